from odoo import api, models


class ConsentChecklist(models.AbstractModel):
    """What is to be done once before people's data comes in; it ends (R-69)."""

    _name = "consent.checklist"
    _description = "Set-up checklist"

    @api.model
    def _items(self, company):
        """Steps of the set-up. Addons extend it.

        :returns: list of (done, what to do, action xml id or False)
        :rtype: list[tuple[bool, str, str | bool]]
        """
        _ = self.env._
        company = company.sudo()
        officer = self.env["consent.right.request"]._officer(company)
        purposes = self.env["consent.purpose"].sudo().search([("company_id", "=", company.id)])
        here = "political_consent."
        return [
            (
                bool(company.email and company.street),
                _("Name the controller: address and e-mail of the organisation"),
                "base.action_res_company_form",
            ),
            (
                bool(officer) and not officer.has_group("base.group_system"),
                _("Name a data protection officer who is no administrator"),
                "base.action_res_users",
            ),
            (
                all(not purpose._register_gaps() for purpose in purposes),
                _("Complete the purposes: recipients, security, terms"),
                f"{here}consent_purpose_action",
            ),
            (
                bool(company.consent_processor_ids),
                _("Name the suppliers that handle data: host, mail, SMS"),
                f"{here}consent_processor_action",
            ),
            (
                bool(company.consent_processor_ids)
                and all(one.contract_date for one in company.consent_processor_ids),
                _("Sign the contract of article 28 with each of them"),
                f"{here}consent_processor_action",
            ),
            (
                bool(company.consent_head_email),
                _("Choose who keeps the ledger's daily fingerprint outside"),
                "base.action_res_company_form",
            ),
            (
                bool(company.consent_dpia_date),
                _("Sign the impact assessment (a template is on the overview)"),
                "base.action_res_company_form",
            ),
            (
                bool(self.env["consent.erasure"]._path().parent.is_dir()),
                _("Back up the file of erasures apart from the database"),
                f"{here}consent_erasure_action",
            ),
        ]

    @api.model
    def _progress(self, company):
        """(steps done, steps)."""
        items = self._items(company)
        return sum(bool(done) for done, _what, _action in items), len(items)
