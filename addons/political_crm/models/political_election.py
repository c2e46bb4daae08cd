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
    candidacy_count = fields.Integer(compute="_compute_counts")
    place_count = fields.Integer(compute="_compute_counts")
    source = fields.Char(help="Where the results were published, and under which licence.")

    _code_unique = models.Constraint("UNIQUE (code)", "Another election has this code.")
    _round_known = models.Constraint("CHECK (round IN (1, 2))", "A ballot has one or two rounds.")

    def _compute_counts(self):
        def counts(model):
            groups = self.env[model]._read_group(
                [("election_id", "in", self.ids)], ["election_id"], ["__count"]
            )
            return {election.id: count for election, count in groups}

        candidacies, places = counts("political.candidacy"), counts("political.turnout")
        for election in self:
            election.candidacy_count = candidacies.get(election.id, 0)
            election.place_count = places.get(election.id, 0)

    @api.constrains("previous_id")
    def _check_previous(self):
        for election in self:
            if election.previous_id == election:
                raise ValidationError(
                    self.env._("An election is compared with another one, not with itself.")
                )

    def action_results(self):
        """Open the results of the ballot.

        :returns: a window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_result_report")
        action["domain"] = [("election_id", "=", self.id)]
        action["display_name"] = self.name
        return action

    def action_candidacies(self):
        """Open the candidacies of the ballot.

        :returns: a window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_candidacy")
        action["domain"] = [("election_id", "=", self.id)]
        action["context"] = {"default_election_id": self.id}
        return action

    def action_import(self):
        """Open a new import of results into this ballot.

        :returns: a window action (dict)
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import results"),
            "res_model": "political.election.import",
            "view_mode": "form",
            "context": {"default_election_id": self.id},
        }
