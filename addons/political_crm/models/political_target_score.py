from odoo import fields, models


class PoliticalTargetScore(models.Model):
    """A station's place in a plan. Places only: nothing here leads to a person (R-75)."""

    _name = "political.target.score"
    _description = "Score of a polling station"
    _log_access = False
    _order = "plan_id, rank"
    _rec_name = "station_id"

    plan_id = fields.Many2one("political.target.plan", required=True, ondelete="cascade")
    station_id = fields.Many2one(
        "political.zone", "Polling station", required=True, ondelete="cascade", index=True
    )
    commune_id = fields.Many2one(related="station_id.parent_id")
    rank = fields.Integer(readonly=True, aggregator=None, help="1: to be visited first.")
    score = fields.Float(
        digits=(5, 1),
        readonly=True,
        aggregator="avg",
        help="0 to 100: how well the place fits the plan's criteria.",
    )
    score_low = fields.Float("From", digits=(5, 1), readonly=True, aggregator=None)
    score_high = fields.Float("To", digits=(5, 1), readonly=True, aggregator=None)
    known = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Share of the criteria's weight that is known for this place.",
    )
    registered = fields.Integer("Registered voters", readonly=True)
    doors = fields.Integer(readonly=True, help="Counted in the field, else from registered voters.")
    hours = fields.Float(readonly=True, help="To knock at every door once.")
    expected_contacts = fields.Integer(
        readonly=True, help="Doors that open and talk, by the plan's rate."
    )
    selected = fields.Boolean(help="Kept for the field.")
    hidden = fields.Boolean(
        readonly=True,
        help="So few voters, here or beside it, that figures would tell how somebody voted (R-50).",
    )

    # One index serves the order on screen and the deletion before a new score. It asks for no
    # uniqueness: PostgreSQL would look at each row that was just deleted before it writes its heir,
    # and two scores of one plan meet at the plan itself, which each writes.
    _rank_index = models.Index("(plan_id, rank)")

    def action_keep(self):
        """Keep these stations for the field."""
        self._keep(True)

    def action_let_go(self):
        """Keep these stations no longer."""
        self._keep(False)

    def _keep(self, kept):
        # Scores are written by nobody: the plan decides who may choose among them.
        self.check_access("read")
        self.plan_id.check_access("write")
        self.sudo().selected = kept
