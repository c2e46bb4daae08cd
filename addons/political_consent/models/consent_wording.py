import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..data import purpose_templates
from .consent_purpose import CHANNELS

FROZEN = {
    "purpose_id",
    "channel",
    "lang",
    "code",
    "version",
    "text",
    "notice",
    "sha256",
    "notice_sha256",
    "text_source",
    "notice_source",
    "published_at",
}


class ConsentWording(models.Model):
    """The exact words a person agrees to, and the notice shown with them.

    One wording is for one purpose, one channel and one language. Once published it never
    changes (R-36): editing makes the next version, and the ledger points at the version shown.
    """

    _name = "consent.wording"
    _description = "Wording of a consent"
    _order = "purpose_id, channel, lang, version desc, id desc"

    purpose_id = fields.Many2one("consent.purpose", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="purpose_id.company_id", store=True, index=True)
    channel = fields.Selection(CHANNELS, required=True)
    lang = fields.Selection(
        selection="_selection_lang",
        string="Language",
        required=True,
        default=lambda self: self.env.lang,
    )
    version = fields.Integer(default=1, readonly=True, copy=False)
    code = fields.Char(readonly=True, copy=False, index=True)
    text = fields.Text(
        "Words agreed to", required=True, help="{controller} stands for the controller's name."
    )
    notice = fields.Text(
        help="Left empty, it is composed from the purpose when the wording is published."
    )
    text_source = fields.Text(readonly=True, copy=False)
    notice_source = fields.Text(readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("retired", "Retired")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    published_at = fields.Datetime(readonly=True, copy=False)
    sha256 = fields.Char("Fingerprint", readonly=True, copy=False)
    notice_sha256 = fields.Char("Notice's fingerprint", readonly=True, copy=False)

    _code_unique = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL",
        "This version of the wording exists already.",
    )
    _one_published = models.UniqueIndex(
        "(purpose_id, channel, lang) WHERE state = 'published'",
        "Another version of this wording is published.",
    )

    @api.model
    def _selection_lang(self):
        """Every language, also those that the screens are not shown in: people read these."""
        langs = self.env["res.lang"].with_context(active_test=False).sudo().search([])  # pylint: disable=no-search-all
        return [(lang.code, lang.name) for lang in langs]

    @api.depends("code", "purpose_id", "channel", "lang", "version")
    def _compute_display_name(self):
        for wording in self:
            wording.display_name = wording.code or self.env._(
                "%(purpose)s (%(channel)s, %(lang)s, draft)",
                purpose=wording.purpose_id.name or "",
                channel=dict(CHANNELS).get(wording.channel, ""),
                lang=wording.lang or "",
            )

    @api.constrains("purpose_id", "channel")
    def _check_channel(self):
        for wording in self:
            if wording.channel not in wording.purpose_id._channels():
                raise ValidationError(
                    self.env._(
                        "“%(purpose)s” does not use this channel.", purpose=wording.purpose_id.name
                    )
                )

    def write(self, vals):
        if FROZEN & set(vals) and any(wording.state != "draft" for wording in self):
            raise UserError(
                self.env._(
                    "A published wording stays as people read it. Use “New version” to edit it."
                )
            )
        return super().write(vals)

    def unlink(self):
        if any(wording.state != "draft" for wording in self):
            raise UserError(self.env._("A wording that was published is kept as proof."))  # pylint: disable=no-raise-unlink
        return super().unlink()

    def action_publish(self):
        """Freeze the drafts, compose missing notices, retire the versions before them.

        :raises UserError: when the purpose lacks its retention term or description (R-24, R-43)
        """
        self.check_access("write")
        for wording in self:
            if wording.state != "draft":
                raise UserError(self.env._("Only a draft can be published."))
            wording._check_publishable()
            wording._publish()
        return True

    def _check_publishable(self):
        purpose = self.purpose_id
        missing = []
        if not purpose._has_term():
            missing.append(self.env._("how long data is kept, why, and what happens then"))
        if not purpose.description:
            missing.append(self.env._("what the data is used for"))
        if not (self.text or "").strip():
            missing.append(self.env._("the words agreed to"))
        if missing:
            raise UserError(
                self.env._(
                    "“%(purpose)s” cannot be collected yet. Missing: %(missing)s.",
                    purpose=purpose.name,
                    missing=", ".join(missing),
                )
            )

    def _publish(self):
        siblings = self.search(
            [
                ("purpose_id", "=", self.purpose_id.id),
                ("channel", "=", self.channel),
                ("lang", "=", self.lang),
                ("id", "!=", self.id),
                ("state", "!=", "draft"),
            ]
        )
        siblings.filtered(lambda w: w.state == "published").state = "retired"
        siblings.flush_recordset()
        version = max(siblings.mapped("version"), default=0) + 1
        text = self._fill(self.text)
        notice = self._fill(self.notice or self._compose_notice())
        self.write(
            {
                "version": version,
                "code": f"{self.purpose_id.code}-{self.channel}-{self.lang}-v{version}",
                "text": text,
                "notice": notice,
                # What the next version starts from, where the controller's name may differ.
                "text_source": self.text,
                "notice_source": self.notice,
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
                "notice_sha256": hashlib.sha256(notice.encode()).hexdigest(),
                "published_at": fields.Datetime.now(),
                "state": "published",
            }
        )

    def _fill(self, text):
        return text.strip().replace("{controller}", self.company_id.name)

    def _compose_notice(self):
        """The notice of article 13, from what the purpose says of itself (R-24).

        :raises UserError: when we ship no notice in this language
        """
        template = purpose_templates.notice(self.lang)
        if not template:
            raise UserError(
                self.env._("Write the notice: none is shipped in the language %s.", self.lang)
            )
        purpose = self.purpose_id.with_context(lang=self.lang)
        company = purpose.company_id
        return template["lines"].format(
            controller=company.name,
            contact=f" ({company.email})" if company.email else "",
            description=purpose.description,
            basis=template["basis"][purpose.legal_basis],
            recipients=purpose.recipients or template["recipients"],
            months=purpose.retention_months,
            source=purpose.retention_source,
        )

    def action_new_version(self):
        """A draft that starts from this wording; returns the action that opens it."""
        self.ensure_one()
        draft = self._new_version()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "view_mode": "form",
        }

    def _new_version(self):
        """Drafts with the words as they were written, placeholders included."""
        return self.create(
            [
                {
                    "purpose_id": wording.purpose_id.id,
                    "channel": wording.channel,
                    "lang": wording.lang,
                    "text": wording.text_source or wording.text,
                    "notice": wording.notice_source,
                }
                for wording in self
            ]
        )

    @api.model
    def _published(self, purpose, channel, lang=None):
        """The published wording for a purpose and channel, in the language or the nearest one."""
        wordings = self.sudo().search(
            [
                ("purpose_id", "=", purpose.id),
                ("channel", "=", channel),
                ("state", "=", "published"),
            ]
        )
        lang = lang or self.env.lang or "fr_FR"
        return (
            wordings.filtered(lambda w: w.lang == lang)
            or wordings.filtered(lambda w: w.lang[:2] == lang[:2])
            or wordings.filtered(lambda w: w.lang == "fr_FR")
            or wordings
        )[:1]
