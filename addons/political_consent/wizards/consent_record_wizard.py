from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.consent_purpose import CHANNELS

MEANS = [
    ("paper", "Paper form"),
    ("phone", "Telephone call"),
    ("letter", "Letter"),
    ("canvass", "At the door"),
    ("staff", "In person"),
]
WRITTEN = ("paper", "letter", "canvass")


class ConsentRecordWizard(models.TransientModel):
    """Staff write down what a person said: on paper, by letter, by telephone, face to face."""

    _name = "consent.record.wizard"
    _description = "Record an answer"

    partner_id = fields.Many2one("res.partner", required=True, readonly=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    action = fields.Selection(
        [("given", "Agrees"), ("refused", "Refuses"), ("withdrawn", "Withdraws")], required=True
    )
    purpose_id = fields.Many2one(
        "consent.purpose", required=True, domain="[('company_id', '=', company_id)]"
    )
    channel = fields.Selection(CHANNELS, required=True)
    list_id = fields.Many2one("consent.list", domain="[('purpose_id', '=', purpose_id)]")
    means = fields.Selection(MEANS, required=True, default="paper")
    lang = fields.Selection(
        selection="_selection_lang",
        string="Language",
        required=True,
        default=lambda self: self.env.lang,
    )
    wording_id = fields.Many2one("consent.wording", compute="_compute_wording_id")
    wording_text = fields.Text(related="wording_id.text", string="Words agreed to")
    wording_notice = fields.Text(related="wording_id.notice", string="Notice")
    collected_at = fields.Datetime(
        "On", help="Leave empty for now. For a form of the past, the day it was signed."
    )
    evidence = fields.Binary("Scan", attachment=False)
    evidence_name = fields.Char()
    source_ref = fields.Char("Form's number")
    birthdate = fields.Date(related="partner_id.birthdate", readonly=True)
    age_check = fields.Selection(
        [("adult", "18 or over"), ("15", "15 or over"), ("joint", "Under 15, with a parent")],
        string="Age, as declared",
    )

    @api.model
    def _selection_lang(self):
        return self.env["consent.wording"]._selection_lang()

    @api.depends("partner_id")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.partner_id.sudo().company_id or self.env.company

    @api.depends("purpose_id", "channel", "lang", "action")
    def _compute_wording_id(self):
        Wording = self.env["consent.wording"]
        for wizard in self:
            wizard.wording_id = (
                Wording._published(wizard.purpose_id, wizard.channel, wizard.lang)
                if wizard.purpose_id and wizard.channel and wizard.action == "given"
                else False
            )

    def action_record(self):
        """Write the answer to the ledger.

        :raises UserError: when the proof is incomplete
        :raises AccessError: without the right to record consents
        """
        self.ensure_one()
        self._check_proof()
        self.partner_id.with_company(self.company_id).consent_record(
            self.purpose_id.code, self.channel, self.action, self._proof()
        )
        return {"type": "ir.actions.act_window_close"}

    def _check_proof(self):
        _ = self.env._
        if self.action != "given":
            return
        if not self.wording_id:
            raise UserError(_("No wording is published for this purpose and channel."))
        if self.means in WRITTEN and not self.evidence:
            raise UserError(_("Attach the scan of the form or letter: it is the proof."))
        if not self.birthdate and not self.age_check:
            raise UserError(_("Ask for the age: under 15 a parent must agree too."))
        if self.age_check == "joint" and not self.evidence:
            raise UserError(_("Attach the form that the child and the parent signed."))

    def _proof(self):
        proof = {
            "means": self.means,
            "wording_code": self.wording_id.code,
            "collected_at": self.collected_at,
            "evidence": self.evidence,
            "evidence_name": self.evidence_name,
            "source_ref": self.source_ref,
            "age_check": self.age_check if self.action == "given" else False,
            "list_code": self.list_id.code,
            "lang": self.lang,
        }
        return {name: value for name, value in proof.items() if value}
