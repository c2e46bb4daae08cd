from odoo import fields, models

from .res_partner import PEOPLE


class ResPartner(models.Model):
    _inherit = "res.partner"

    volunteer_availability_ids = fields.Many2many(
        "political.availability",
        "political_availability_partner_rel",
        "partner_id",
        "availability_id",
        "Available",
        groups=PEOPLE,
    )
    # What a volunteer offers to speak, as they said it: no guess from a name.
    volunteer_lang_ids = fields.Many2many(
        "res.lang",
        "political_lang_partner_rel",
        "partner_id",
        "lang_id",
        "Speaks",
        context={"active_test": False},
        groups=PEOPLE,
        help="Languages in which the volunteer offered to talk to people.",
    )

    def _leave_file_values(self, vals):
        vals = super()._leave_file_values(vals)
        if "volunteer_skill_ids" in vals and not vals.get("political_category"):
            vals = {
                **vals,
                "volunteer_availability_ids": [fields.Command.clear()],
                "volunteer_lang_ids": [fields.Command.clear()],
                "household_id": False,
            }
        return vals
