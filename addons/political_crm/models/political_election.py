from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("presidential", "Presidential"),
    ("legislative", "Legislative"),
    ("european", "European"),
    ("municipal", "Municipal"),
    ("regional", "Regional"),
    ("departmental", "Departmental"),
    ("senatorial", "Senatorial"),
    ("referendum", "Referendum"),
    ("other", "Other"),
]


class PoliticalElection(models.Model):
    """One round of one ballot. Results hang on places and never on people (R-75)."""

    _name = "political.election"
    _description = "Election"
    _order = "date desc, code"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True)
    code = fields.Char(
        required=True, help="Short and without spaces, as data.gouv.fr writes it: 2022_pres_t1."
    )
    kind = fields.Selection(KINDS, required=True)
    round = fields.Integer(default=1, required=True)
    date = fields.Date(required=True, index=True, help="The day on which most places vote.")
    active = fields.Boolean(default=True)
    previous_id = fields.Many2one(
        "political.election",
        "Compared with",
        ondelete="set null",
        index="btree_not_null",
        help="The ballot that swings and the election night compare with.",
    )
    candidacy_ids = fields.One2many("political.candidacy", "election_id", "Candidacies")
    source = fields.Char(help="Where the results were published, and under which licence.")

    _code_unique = models.Constraint("UNIQUE (code)", "Another election has this code.")
    _round_known = models.Constraint("CHECK (round IN (1, 2))", "A ballot has one or two rounds.")

    @api.constrains("previous_id")
    def _check_previous(self):
        for election in self:
            if election.previous_id == election:
                raise ValidationError(
                    self.env._("An election is compared with another one, not with itself.")
                )
