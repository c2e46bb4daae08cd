from odoo import api, fields, models
from odoo.exceptions import UserError


class PoliticalLetter(models.TransientModel):
    """Letters by post: to whom the gate lets pass, one to a household."""

    _name = "political.letter"
    _description = "Letters by post"

    purpose_id = fields.Many2one(
        "consent.purpose",
        required=True,
        domain="[('allow_post', '=', True)]",
        help="What people agreed to when they agreed to get this letter.",
    )
    partner_ids = fields.Many2many("res.partner", string="People", required=True)
    people_count = fields.Integer("People chosen", compute="_compute_counts")
    allowed_count = fields.Integer("May be written to", compute="_compute_counts")
    letter_count = fields.Integer("Letters", compute="_compute_counts")

    @api.depends("purpose_id", "partner_ids")
    def _compute_counts(self):
        for wizard in self:
            people = wizard.partner_ids
            allowed = people._may_get_letter(wizard.purpose_id) if wizard.purpose_id else people
            wizard.people_count = len(people)
            wizard.allowed_count = len(allowed) if wizard.purpose_id else 0
            wizard.letter_count = len(allowed._letters()) if wizard.purpose_id else 0

    def action_print(self):
        """Print the address labels, one a household.

        :raises UserError: when nobody may be written to
        """
        self.ensure_one()
        allowed = self.partner_ids._may_get_letter(self.purpose_id)
        if not allowed:
            raise UserError(
                self.env._("None of these people agreed to get letters for this purpose.")
            )
        return self.env.ref("political_crm.report_labels").report_action(
            allowed, data={"purpose_id": self.purpose_id.id, "ids": allowed.ids}
        )


class ReportLabels(models.AbstractModel):
    _name = "report.political_crm.labels"
    _description = "Address labels of letters"

    @api.model
    def _get_report_values(self, docids, data=None):
        """The gate is asked again when the labels are printed (R-01)."""
        people = self.env["res.partner"].browse(docids or (data or {}).get("ids") or ())
        people.check_access("read")
        purpose = self.env["consent.purpose"].browse(int((data or {}).get("purpose_id") or 0))
        if not purpose.exists():
            raise UserError(self.env._("Labels are printed from “Letters by post”."))
        allowed = people._may_get_letter(purpose)
        return {
            "doc_ids": allowed.ids,
            "doc_model": "res.partner",
            "docs": allowed,
            "letters": allowed._letters(),
            "data": data,
        }
