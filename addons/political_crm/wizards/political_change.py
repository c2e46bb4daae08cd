from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

ADDRESS = ("street", "street2", "zip", "city")


class PoliticalChange(models.TransientModel):
    """A person has died, or has moved: everything that follows, in one step."""

    _name = "political.change"
    _description = "Deceased or moved"

    partner_id = fields.Many2one("res.partner", "Person", required=True, ondelete="cascade")
    kind = fields.Selection(
        [("moved", "Has moved"), ("deceased", "Has died")], required=True, default="moved"
    )
    day = fields.Date("Since", required=True, default=fields.Date.context_today)
    address_known = fields.Boolean("The new address is known", default=True)
    street = fields.Char()
    street2 = fields.Char()
    zip = fields.Char("Postcode")
    city = fields.Char("Town")
    household_moves = fields.Boolean("The whole household moves")
    has_household = fields.Boolean(compute="_compute_has_household")

    @api.depends("partner_id")
    def _compute_has_household(self):
        for wizard in self:
            wizard.has_household = bool(wizard.partner_id.household_partner_ids)

    def action_apply(self):
        """Write what changed.

        :raises UserError: when nothing says where the person moved to, or the day is to come
        """
        self.ensure_one()
        self.partner_id.check_access("write")
        if self.day > fields.Date.context_today(self):
            raise UserError(self.env._("This day is still to come: wait until it has happened."))
        if not self.partner_id.political_category:
            raise UserError(self.env._("This contact is not in the party's file."))
        if self.kind == "deceased":
            self.partner_id._note_death(self.day)
        else:
            self._move()
        return {"type": "ir.actions.act_window_close"}

    def _move(self):
        if self.address_known and not (self.zip and self.city):
            raise ValidationError(
                self.env._(
                    "Type the new postcode and town, or say that the new address is not known."
                )
            )
        people = self.partner_id
        if self.household_moves:
            people |= people.household_partner_ids
        else:
            people.sudo().household_id = False
        values = {name: self.address_known and self[name] for name in ADDRESS}
        # A station of the old address is no longer theirs, whoever chose it.
        values.update(polling_station_id=False)
        people.write(values)
        if self.address_known:
            # The new branch may lie out of the user's sight: moving there is no wish of theirs.
            people._place(again=True)
