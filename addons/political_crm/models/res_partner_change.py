from odoo import fields, models

from .political_membership import OPEN
from .res_partner import PEOPLE


class ResPartner(models.Model):
    _inherit = "res.partner"

    deceased_date = fields.Date("Died on", readonly=True, copy=False, groups=PEOPLE)

    def action_change(self):
        """Open the wizard for who has died or moved."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deceased or moved"),
            "res_model": "political.change",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id},
        }

    def _note_death(self, day):
        """Nobody writes to the dead: answers end, what was planned is called off, the card is
        archived.

        :param date day: of the death
        """
        people = self.sudo()
        states = self.env["consent.state"].sudo()
        states = states.search(
            [("subject_id.partner_id", "in", people.ids), ("action", "=", "given")]
        )
        states._record_end("expired", "staff")
        people.membership_ids.filtered(lambda line: line.state in OPEN).action_deceased()
        people.activity_ids.unlink()
        leads = self.env["crm.lead"].sudo().search([("partner_id", "in", people.ids)])
        leads.filtered("political_category").action_archive()
        people.mandate_ids.filtered(lambda m: m.date_start > day).unlink()
        people.mandate_ids.filtered(lambda m: not m.date_end or m.date_end > day).write(
            {"date_end": day}
        )
        # Also whose membership was noted without a line of its own
        people.filtered(lambda p: p.political_category == "member").political_category = "former"
        people.write({"deceased_date": day, "household_id": False, "is_volunteer": False})
        people.action_archive()
