from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError


class PoliticalRental(models.Model):
    """A rented or bought file of people: who supplied it, and what allows its use (R-38)."""

    _name = "political.rental"
    _description = "Rented file"
    _order = "end_date desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", "Controller", required=True, default=lambda self: self.env.company
    )
    supplier_id = fields.Many2one(
        "res.partner",
        required=True,
        ondelete="restrict",
        index=True,
        domain=[("is_company", "=", True)],
    )
    contract = fields.Binary(attachment=True, required=True)
    contract_name = fields.Char()
    proof = fields.Binary(
        "Proof of information",
        attachment=True,
        help="That these people were told, when their data was collected, that parties may use "
        "it, and could refuse. Without it nothing can be sent to them.",
    )
    proof_name = fields.Char()
    start_date = fields.Date(default=fields.Date.context_today, required=True)
    end_date = fields.Date(
        required=True, help="Then those who did not become more than prospects are erased."
    )
    person_ids = fields.One2many("res.partner", "rental_id", "People")
    person_count = fields.Integer("People of this file", compute="_compute_person_count")

    _dates_in_order = models.Constraint(
        "CHECK (end_date >= start_date)", "A rented file ends after it begins."
    )

    def _compute_person_count(self):
        counts = dict(
            self.env["res.partner"]._read_group(
                [("rental_id", "in", self.ids)], ["rental_id"], ["__count"]
            )
        )
        for rental in self:
            rental.person_count = counts.get(rental, 0)

    @api.constrains("company_id")
    def _check_company_stays(self):
        for rental in self:
            if rental.sudo().person_ids.company_id - rental.company_id:
                raise ValidationError(self.env._("A rented file stays with its controller."))

    def _is_live(self):
        """Whether the file may be used today: proved and not ended."""
        self.ensure_one()
        return bool(self.sudo().proof) and self.end_date >= fields.Date.context_today(self)

    def _fault_sentence(self):
        if self.end_date < fields.Date.context_today(self):
            return self.env._("The contract of this rented file has ended: it cannot be used.")
        return self.env._(
            "Attach the proof that these people were told of political use and could refuse: "
            "without it the file cannot be used (R-38)."
        )

    @api.model
    def _cron_end(self):
        """Scheduled: erase, after the end of a file, those who stayed prospects."""
        over = self.search([("end_date", "<", fields.Date.today())])
        people = (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search(
                [
                    ("rental_id", "in", over.ids),
                    ("political_category", "=", "prospect"),
                    ("political_origin", "=", "purchased"),
                ],
                limit=500,
            )
        )
        if people:
            self.env["consent.eraser"]._erase_each(people, "retention")

    def action_people(self):
        """Open the people of this file.

        :returns: a window action (dict)
        """
        self.ensure_one()
        if not self.env.user.has_group("political_crm.group_people"):
            raise AccessError(self.env._("You may not see the people of the party."))
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_people")
        action["domain"] = [("rental_id", "=", self.id)]
        return action
