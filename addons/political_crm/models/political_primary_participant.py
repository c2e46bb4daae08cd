from odoo import api, fields, models
from odoo.tools import email_normalize


class PoliticalPrimaryParticipant(models.Model):
    """Who signed up for a primary; no field leads to a contact, whatever the names say (R-52).

    Whether somebody then voted is written on paper and nowhere here.
    """

    _name = "political.primary.participant"
    _description = "Participant of a primary"
    _order = "name, id"

    primary_id = fields.Many2one("political.primary", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="primary_id.company_id", store=True, index=True)
    name = fields.Char(required=True)
    email = fields.Char("E-mail")
    email_normalized = fields.Char(compute="_compute_email_normalized", store=True)
    zip = fields.Char("Postcode")
    city = fields.Char("Town")
    lang = fields.Char("Language")
    recontact = fields.Boolean(
        "Wishes to hear from us",
        help="Asked apart, not ticked beforehand: a message then asks to confirm.",
    )
    asked = fields.Boolean(readonly=True)

    @api.depends("email")
    def _compute_email_normalized(self):
        for person in self:
            person.email_normalized = email_normalize(person.email or "")
