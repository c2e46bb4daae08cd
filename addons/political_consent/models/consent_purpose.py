import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

CHANNELS = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("call", "Telephone call"),
    ("post", "Post"),
    ("door", "Door to door"),
]
BASES = [
    ("consent", "Consent"),
    ("membership", "Legitimate activities of a political body with its members"),
    ("legitimate_interest", "Legitimate interest"),
    ("contract", "Contract"),
    ("legal_obligation", "Legal obligation"),
]


class ConsentPurpose(models.Model):
    _name = "consent.purpose"
    _description = "Purpose of processing"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Stable name for programs and for the ledger.")
    company_id = fields.Many2one(
        "res.company",
        string="Controller",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    description = fields.Text(
        translate=True, help="What people are told that their data is used for, in one sentence."
    )
    legal_basis = fields.Selection(BASES, required=True, default="consent", tracking=True)
    statutory = fields.Boolean(
        tracking=True,
        help="What the statutes or the law oblige the party to send, such as the call to a "
        "general meeting. An objection to canvassing does not stop it (R-29).",
    )
    explicit = fields.Boolean(
        default=True,
        help="The consent reveals a political opinion: article 9 of the GDPR asks for an "
        "explicit act.",
    )
    targeting = fields.Boolean(
        help="Consent to be targeted by political advertising, asked separately: "
        "article 18 of regulation (EU) 2024/900."
    )
    allow_email = fields.Boolean("E-mail")
    allow_sms = fields.Boolean("SMS")
    allow_call = fields.Boolean("Telephone calls")
    allow_post = fields.Boolean("Post")
    allow_door = fields.Boolean("Door to door")
    data_categories = fields.Text(translate=True)
    recipients = fields.Text(translate=True)
    transfers = fields.Text("Transfers outside the EU", translate=True)
    security = fields.Text("Security measures", translate=True)
    retention_months = fields.Integer("Kept for (months)", tracking=True)
    retention_start = fields.Selection(
        [
            ("last_contact", "Last contact"),
            ("withdrawal", "Withdrawal or end of membership"),
            ("collection", "Collection"),
        ],
        default="last_contact",
        required=True,
    )
    retention_source = fields.Char(help="Where the term comes from: a text, or a decision of ours.")
    retention_action = fields.Selection(
        [("ask", "Ask again once"), ("anonymise", "Anonymise"), ("delete", "Delete")],
        default="anonymise",
    )
    review_months = fields.Integer(
        "Asked again after (months)",
        help="A consent expires this many months after it was given; 0: never.",
    )
    balancing_test = fields.Binary(attachment=True, groups="political_consent.group_consent_dpo")
    balancing_author = fields.Char()
    balancing_date = fields.Date()
    wording_ids = fields.One2many("consent.wording", "purpose_id")
    list_ids = fields.One2many("consent.list", "purpose_id")
    wording_count = fields.Integer(compute="_compute_wording_count")
    is_open = fields.Boolean(
        "Ready to collect",
        compute="_compute_is_open",
        help="A wording with its notice is published and the retention term is complete.",
    )

    _code_unique = models.UniqueIndex(
        "(company_id, code)", "This controller has a purpose with this code already."
    )

    @api.depends("wording_ids")
    def _compute_wording_count(self):
        counts = dict(
            self.env["consent.wording"]._read_group(
                [("purpose_id", "in", self.ids)], ["purpose_id"], ["__count"]
            )
        )
        for purpose in self:
            purpose.wording_count = counts.get(purpose, 0)

    @api.depends("wording_ids.state", "retention_months", "retention_source", "retention_action")
    def _compute_is_open(self):
        for purpose in self:
            purpose.is_open = purpose._has_term() and any(
                wording.state == "published" for wording in purpose.wording_ids
            )

    @api.constrains("retention_months", "review_months")
    def _check_terms(self):
        for purpose in self:
            if purpose.retention_months < 0 or purpose.review_months < 0:
                raise ValidationError(self.env._("A term is a positive number of months."))

    @api.constrains("code", "legal_basis", "company_id")
    def _check_ledger_keeps_meaning(self):
        """What the ledger points to keeps the meaning that it had."""
        for purpose in self:
            if purpose.code != (purpose.code or "").strip():
                raise ValidationError(self.env._("A code has no spaces around it."))

    def write(self, vals):
        frozen = {"code", "company_id", "legal_basis", "explicit", "targeting"} & set(vals)
        if frozen:
            used = self.filtered(lambda p: p._is_used())
            changed = used.filtered(lambda p: any(p._differs(name, vals) for name in frozen))
            if changed:
                raise UserError(
                    self.env._(
                        "Consents were collected for “%(purpose)s”: its code, controller, basis "
                        "and flags stay as people agreed to them. Archive it and make a new one.",
                        purpose=changed[0].name,
                    )
                )
        return super().write(vals)

    def _differs(self, name, vals):
        field = self._fields[name]
        return field.convert_to_write(self[name], self) != vals[name]

    def _is_used(self):
        self.ensure_one()
        return bool(
            self.env["consent.event"].sudo().search([("purpose_id", "=", self.id)], limit=1)
        )

    def _has_term(self):
        self.ensure_one()
        return bool(self.retention_months and self.retention_source and self.retention_action)

    def _balancing_sha256(self):
        """Fingerprint of the balancing test that a legitimate interest rests on (R-13)."""
        self.ensure_one()
        if self.legal_basis != "legitimate_interest" or not self.balancing_test:
            return None
        return hashlib.sha256(base64.b64decode(self.balancing_test)).hexdigest()

    def _has_balancing_test(self):
        """R-13: an interest counts once it was weighed, by somebody, on a day, in writing."""
        self.ensure_one()
        return bool(self.balancing_test and self.balancing_author and self.balancing_date)

    def _channels(self):
        """Codes of the channels that this purpose may use."""
        self.ensure_one()
        return [code for code, _label in CHANNELS if self[f"allow_{code}"]]

    @api.model
    def _get(self, code, company=None):
        """The purpose of a controller by its code.

        :raises UserError: when that controller has no such purpose
        """
        company = company or self.env.company
        purpose = self.sudo().search(
            [("code", "=", code), ("company_id", "=", company.id)], limit=1
        )
        if not purpose:
            raise UserError(
                self.env._(
                    "%(company)s has no purpose “%(code)s”. Choose one of the purposes under "
                    "Trust › Purposes.",
                    company=company.name,
                    code=code,
                )
            )
        return purpose.sudo(self.env.su)

    def action_wordings(self):
        """Open the wordings of the purpose."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "consent.wording",
            "name": self.env._("Wordings"),
            "view_mode": "list,form",
            "domain": [("purpose_id", "=", self.id)],
            "context": {"default_purpose_id": self.id},
        }
