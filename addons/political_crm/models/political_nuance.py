from odoo import api, fields, models


class PoliticalNuance(models.Model):
    """What the ministry of the Interior calls the colour of a candidate or of a list."""

    _name = "political.nuance"
    _description = "Political nuance"
    _order = "code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, help="As the ministry writes it: UG, LDIV, RN.")
    name = fields.Char(required=True)
    bloc_id = fields.Many2one(
        "political.bloc",
        ondelete="set null",
        index="btree_not_null",
        help="Where you count it. Each candidacy follows, unless its own bloc was chosen.",
    )

    _code_unique = models.Constraint("UNIQUE (code)", "Another nuance has this code.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for nuance in self:
            same = nuance.name == nuance.code
            nuance.display_name = nuance.code if same else f"{nuance.code} - {nuance.name}"
