import uuid

from odoo import api, fields, models

from ..data import purpose_templates

LANGS = {"fr": "fr_FR", "en": "en_US"}


class ResCompany(models.Model):
    _inherit = "res.company"

    consent_controller_code = fields.Char(
        "Controller's code in the ledger",
        readonly=True,
        copy=False,
        help="Names this controller in the consent ledger whatever becomes of its name.",
    )

    def _consent_controller_code(self):
        """The controller's stable name in the ledger, drawn at first use."""
        self.ensure_one()
        company = self.sudo()
        if not company.consent_controller_code:
            company.consent_controller_code = uuid.uuid4().hex
        return company.consent_controller_code

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies.sudo()._create_default_purposes()
        return companies

    def write(self, vals):
        """A controller that changes its name or address says so: people must be told who asks.

        The wordings published under the old name stay as they were read; new versions follow.
        """
        named = self.filtered(
            lambda company: any(
                name in vals and company[name] != vals[name] for name in ("name", "email")
            )
        )
        result = super().write(vals)
        if named:
            named.sudo()._republish_wordings()
        return result

    def _republish_wordings(self):
        Wording = self.env["consent.wording"]
        published = Wording.search([("company_id", "in", self.ids), ("state", "=", "published")])
        published._new_version().action_publish()

    def _create_default_purposes(self):
        """Create the shipped purposes and publish their wordings, for controllers without any."""
        for lang in LANGS.values():
            # The public pages speak both, whatever the screens do.
            self.env["res.lang"]._activate_lang(lang)
        templates = purpose_templates.load()["purposes"]
        main = self.env.ref("base.main_company", raise_if_not_found=False)
        for company in self:
            company._consent_controller_code()
            for sequence, template in enumerate(templates, 1):
                purpose = company._create_purpose(template, sequence * 10)
                if company == main:
                    self.env["ir.model.data"]._update_xmlids(
                        [
                            {
                                "xml_id": f"political_consent.purpose_{template['code']}",
                                "record": purpose,
                                "noupdate": True,
                            }
                        ]
                    )

    def _create_purpose(self, template, sequence):
        self.ensure_one()
        Purpose = self.env["consent.purpose"].with_context(active_test=False, lang="en_US")
        known = Purpose.search([("company_id", "=", self.id), ("code", "=", template["code"])])
        if known:
            return known
        channels = template["wordings"]
        purpose = Purpose.create(
            {
                **template["values"],
                **template["en"],
                **{f"allow_{channel}": True for channel in channels},
                "code": template["code"],
                "company_id": self.id,
                "sequence": sequence,
            }
        )
        purpose.with_context(lang="fr_FR").write(template["fr"])
        wordings = self.env["consent.wording"].create(
            [
                {
                    "purpose_id": purpose.id,
                    "channel": channel,
                    "lang": LANGS[short],
                    "text": text,
                }
                for channel, texts in channels.items()
                for short, text in texts.items()
            ]
        )
        wordings.action_publish()
        return purpose
