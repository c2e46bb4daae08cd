from odoo import api, fields, models

from ..lib.plain import candidacy_key


class PoliticalCandidacy(models.Model):
    """Somebody, or a list, that stood in a ballot: a public fact without any link to contacts."""

    _name = "political.candidacy"
    _description = "Candidacy"
    _order = "election_id, zone_id, number, id"
    _rec_names_search = ["name", "lastname"]
    # Candidates are named in official results: erasing a contact leaves the results alone.
    _consent_public_names = True

    election_id = fields.Many2one("political.election", required=True, ondelete="cascade")
    zone_id = fields.Many2one(
        "political.zone",
        "Stands in",
        ondelete="restrict",
        index="btree_not_null",
        help="Constituency or commune; empty: the whole country.",
    )
    number = fields.Integer("Panel", help="Number of the panel or of the list; 0: not known.")
    name = fields.Char(required=True, help="First name and name, or what the list is called.")
    lastname = fields.Char("Last name")
    firstname = fields.Char("First name")
    key = fields.Char(
        required=True,
        help="Name without accents, case and marks: how files name the same candidacy again.",
        compute="_compute_key",
        store=True,
        precompute=True,
    )
    nuance_id = fields.Many2one("political.nuance", ondelete="restrict", index="btree_not_null")
    bloc_id = fields.Many2one(
        "political.bloc",
        compute="_compute_bloc_id",
        store=True,
        readonly=False,
        ondelete="set null",
        index="btree_not_null",
    )
    total_votes = fields.Integer(
        "Votes",
        compute="_compute_total_votes",
        help="In polling stations; in communes or constituencies where no station is known.",
    )

    _key_unique = models.UniqueIndex(
        "(election_id, (COALESCE(zone_id, 0)), key)",
        "This candidacy is in this election already.",
    )

    @api.depends("nuance_id.bloc_id")
    def _compute_bloc_id(self):
        for candidacy in self:
            candidacy.bloc_id = candidacy.nuance_id.bloc_id

    @api.depends("name", "lastname", "firstname")
    def _compute_key(self):
        for candidacy in self:
            candidacy.key = candidacy_key(candidacy.lastname, candidacy.firstname, candidacy.name)

    def _compute_total_votes(self):
        """One level only: the votes of a commune are those of its stations over again."""
        groups = self.env["political.result"]._read_group(
            [("candidacy_id", "in", self.ids)], ["candidacy_id", "zone_id.kind"], ["votes:sum"]
        )
        votes = {(candidacy.id, kind): total for candidacy, kind, total in groups}
        for candidacy in self:
            kinds = ("station", "commune", "constituency")
            found = (votes.get((candidacy.id, kind)) for kind in kinds)
            candidacy.total_votes = next((total for total in found if total), 0)
