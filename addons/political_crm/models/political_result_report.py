from odoo import fields, models
from odoo.tools import SQL

from .political_election import KINDS as ELECTION_KINDS
from .political_zone import KINDS as ZONE_KINDS


class PoliticalResultReport(models.Model):
    """Results with the places they lie in, for pivots and graphs. Places only (R-75)."""

    _name = "political.result.report"
    _description = "Results by place"
    _auto = False
    _log_access = False
    _order = "election_id, zone_id, votes desc, id"
    _rec_name = "candidacy_id"

    election_id = fields.Many2one("political.election", readonly=True)
    date = fields.Date("Day of the ballot", readonly=True)
    kind = fields.Selection(ELECTION_KINDS, "Kind of election", readonly=True)
    level = fields.Selection(ZONE_KINDS, "Counted by", readonly=True)
    zone_id = fields.Many2one("political.zone", "Place", readonly=True)
    commune_id = fields.Many2one("political.zone", readonly=True)
    constituency_id = fields.Many2one("political.zone", readonly=True)
    canton_id = fields.Many2one("political.zone", readonly=True)
    candidacy_id = fields.Many2one("political.candidacy", readonly=True)
    nuance_id = fields.Many2one("political.nuance", readonly=True)
    bloc_id = fields.Many2one("political.bloc", readonly=True)
    votes = fields.Integer(readonly=True)
    turnout_id = fields.Many2one("political.turnout", "Counts", readonly=True)
    valid = fields.Integer("Cast votes", readonly=True)
    registered = fields.Integer(readonly=True)
    share = fields.Float(
        "% of cast votes",
        readonly=True,
        aggregator="avg",
        help="Votes over the cast votes of the places in question, never an average of shares.",
    )
    share_registered = fields.Float("% of registered", readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT r.id, r.election_id, e.date, e.kind, z.kind AS level, r.zone_id,
                   CASE WHEN z.kind = 'station' THEN
                            CASE WHEN p.kind = 'arrondissement' THEN p.parent_id ELSE p.id END
                        WHEN z.kind = 'commune' THEN z.id END AS commune_id,
                   CASE WHEN z.kind = 'constituency' THEN z.id
                        ELSE z.constituency_id END AS constituency_id,
                   z.canton_id, r.candidacy_id, c.nuance_id, c.bloc_id, r.votes,
                   t.id AS turnout_id, t.valid, t.registered,
                   100.0 * r.votes / NULLIF(t.valid, 0) AS share,
                   100.0 * r.votes / NULLIF(t.registered, 0) AS share_registered
              FROM political_result r
              JOIN political_candidacy c ON c.id = r.candidacy_id
              JOIN political_election e ON e.id = r.election_id
              JOIN political_zone z ON z.id = r.zone_id
              LEFT JOIN political_zone p ON p.id = z.parent_id
              LEFT JOIN political_turnout t
                     ON t.election_id = r.election_id AND t.zone_id = r.zone_id
            """
        )

    def _read_group_select(self, aggregate_spec, query):
        """Shares are votes over the cast votes of distinct places: averaging the shares of small
        and large places would be wrong, and so would counting a place once a candidate."""
        whole = {"share:avg": "valid", "share_registered:avg": "registered"}.get(aggregate_spec)
        if not whole:
            return super()._read_group_select(aggregate_spec, query)
        votes = self._field_to_sql(self._table, "votes", query)
        count = self._field_to_sql(self._table, whole, query)
        turnout = self._field_to_sql(self._table, "turnout_id", query)
        # A count has less than nine figures: each place's is added once, tagged by the place.
        return SQL(
            "100.0 * SUM(%(votes)s) / NULLIF("
            "SUM(DISTINCT %(turnout)s::numeric * 1000000000 + %(count)s)"
            " - SUM(DISTINCT CASE WHEN %(count)s IS NOT NULL"
            " THEN %(turnout)s::numeric * 1000000000 END), 0)",
            votes=votes,
            turnout=turnout,
            count=count,
        )
