from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, formatLang

# As many stations as a printed page holds below the ballots of the whole place.
SHEET_ROWS = 44
# As many letters as a station's name has on one line there, or a candidate's above a column.
SHEET_NAME = 34


class PoliticalZone(models.Model):
    """A place's page: how it voted, ballot after ballot, added up from its stations."""

    _inherit = "political.zone"

    history = fields.Html("Past ballots", compute="_compute_history", sanitize=False)
    election_count = fields.Integer("Ballots", compute="_compute_election_count")

    @api.depends_context("uid")
    def _compute_election_count(self):
        for zone in self:
            zone.election_count = len(zone._history()) if zone._may_read_results() else 0

    @api.depends_context("uid", "lang")
    def _compute_history(self):
        for zone in self:
            zone.history = zone._history_html() if zone._may_read_results() else False

    def _may_read_results(self):
        # Of the country or a region the pivot tells more, and faster.
        large = len(self) == 1 and self.kind in ("country", "region")
        return not large and self.env["political.result"].has_access("read")

    def _history(self):
        """Ballots counted in this place or in its stations, latest first.

        :returns: list of dicts: ``election`` (record), ``registered``, ``voters``, ``valid``,
            ``places`` and ``candidates``, a list of (name, nuance or bloc, colour, votes)
        """
        self.ensure_one()
        if not isinstance(self.id, int):
            return []
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH counted AS (
                    SELECT t.*, z.kind,
                           first_value(z.kind) OVER (PARTITION BY t.election_id ORDER BY
                               CASE WHEN z.id = %(id)s THEN 0 WHEN z.kind = 'station' THEN 1
                                    ELSE 2 END) AS level
                      FROM political_turnout t JOIN political_zone z ON z.id = t.zone_id
                     WHERE z.id = %(id)s OR z.parent_path LIKE %(path)s
                        OR z.constituency_id = %(id)s OR z.canton_id = %(id)s)
                SELECT election_id, sum(registered), sum(voters), sum(valid), count(*),
                       array_agg(zone_id)
                  FROM counted WHERE kind = level GROUP BY election_id
                """,
                id=self.id,
                path=f"{self.parent_path or self.id}%",
            )
        )
        counted = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        candidates = self._history_candidates(counted)
        elections = self.env["political.election"].browse(counted).exists().sorted("date")
        return [
            {
                "election": election,
                "registered": counted[election.id][0],
                "voters": counted[election.id][1],
                "valid": counted[election.id][2],
                "places": counted[election.id][3],
                "candidates": candidates.get(election.id, []),
            }
            for election in reversed(elections)
        ]

    def _history_candidates(self, counted):
        found = {}
        for election_id, (*_counts, zone_ids) in counted.items():
            self.env.cr.execute(
                SQL(
                    """
                    SELECT c.name, coalesce(b.name->>%(lang)s, b.name->>'en_US', n.code, ''),
                           b.color, sum(r.votes)
                      FROM political_result r
                      JOIN political_candidacy c ON c.id = r.candidacy_id
                      LEFT JOIN political_nuance n ON n.id = c.nuance_id
                      LEFT JOIN political_bloc b ON b.id = c.bloc_id
                     WHERE r.zone_id = ANY(%(zones)s) AND r.election_id = %(election)s
                     GROUP BY c.id, c.name, n.code, b.id ORDER BY sum(r.votes) DESC
                    """,
                    zones=zone_ids,
                    election=election_id,
                    lang=self.env.lang or "en_US",
                )
            )
            found[election_id] = self.env.cr.fetchall()
        return found

    def _history_html(self):
        return Markup().join(self._ballot_html(ballot) for ballot in self._history()[:12])

    def _ballot_html(self, ballot):
        _ = self.env._
        head = _(
            "%(election)s: %(voters)s voters of %(registered)s (%(turnout)s %%)",
            election=ballot["election"].name,
            voters=ballot["voters"],
            registered=ballot["registered"],
            turnout=self._percent(ballot["voters"], ballot["registered"]),
        )
        rows = Markup().join(
            Markup(
                "<tr><td class='w-25'>%s</td><td class='text-muted'>%s</td>"
                "<td class='text-end'>%s</td><td class='text-end'>%s %%</td>"
                "<td class='w-50'><div style='height:10px;width:%s%%;background:%s'></div></td>"
                "</tr>"
            )
            % (
                name,
                bloc,
                votes,
                self._percent(votes, ballot["valid"]),
                round(100 * votes / (ballot["valid"] or 1), 1),
                color or "#6c757d",
            )
            for name, bloc, color, votes in ballot["candidates"][:15]
        )
        return Markup("<h3 class='mt-3 fs-5'>%s</h3><table class='table table-sm'>%s</table>") % (
            head,
            rows,
        )

    def _percent(self, part, whole):
        """A share in percent, as the reader's language writes it."""
        return formatLang(self.env, 100 * part / whole if whole else 0, digits=1)

    def _thousands(self, number):
        return formatLang(self.env, number, digits=0)

    def _shortened(self, name):
        """A name that leaves the others their room on the sheet."""
        return name if len(name) <= SHEET_NAME else f"{name[: SHEET_NAME - 1]}…"

    def action_results(self):
        """Open the results of the place and of those that lie in it.

        :returns: a window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_result_report")
        action["domain"] = [
            "|",
            "|",
            ("zone_id", "child_of", self.id),
            ("constituency_id", "=", self.id),
            ("canton_id", "=", self.id),
        ]
        action["display_name"] = self.display_name
        return action

    def _sheet_stations(self):
        """Stations of the sheet, each with its last ballots."""
        self.ensure_one()
        return self.search([("id", "child_of", self.id), ("kind", "=", "station")], order="code")

    def _sheet_rows(self):
        """What the printed sheet says of each station in the latest ballot: of the largest ones
        where a page does not hold them all.

        :returns: dict: ``election``, ``names`` of the first six candidates, ``rows``: (station,
            registered, voters, list of votes), ``note``: how many are not on the page, or False
        """
        self.ensure_one()
        history = self._history()
        if not history:
            return {}
        election = history[0]["election"]
        names = [name for name, *_told in history[0]["candidates"][:6]]
        turnouts = self.env["political.turnout"].search(
            [("election_id", "=", election.id), ("zone_id", "in", self._sheet_stations().ids)],
            order="registered desc, zone_id",
        )
        shown = turnouts[:SHEET_ROWS].sorted(lambda turnout: turnout.zone_id.code)
        stations = shown.zone_id
        votes = {
            (zone.id, candidacy.name): count
            for zone, candidacy, count in self.env["political.result"]._read_group(
                [("election_id", "=", election.id), ("zone_id", "in", stations.ids)],
                ["zone_id", "candidacy_id"],
                ["votes:sum"],
            )
        }
        return {
            "election": election,
            "names": names,
            "rows": [
                (
                    turnout.zone_id,
                    turnout.registered,
                    turnout.voters,
                    [votes.get((turnout.zone_id.id, name), 0) for name in names],
                )
                for turnout in shown
            ],
            "note": len(turnouts) > len(shown)
            and self.env._(
                "The %(shown)s largest polling stations; %(left)s more are in “Results”.",
                shown=len(shown),
                left=len(turnouts) - len(shown),
            ),
        }
