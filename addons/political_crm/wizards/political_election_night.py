from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

SHOWN_MISSING = 40


class PoliticalElectionNight(models.TransientModel):
    """Election night: counts come in station by station; totals move against the last ballot."""

    _name = "political.election.night"
    _description = "Election night"
    _rec_name = "election_id"

    election_id = fields.Many2one(
        "political.election", required=True, default=lambda self: self._next_election()
    )
    zone_id = fields.Many2one(
        "political.zone",
        "Where",
        domain=[("kind", "in", ("commune", "arrondissement", "constituency", "canton"))],
        help="The commune or constituency whose stations you follow.",
    )
    station_id = fields.Many2one("political.zone", "Polling station")
    registered = fields.Integer()
    voters = fields.Integer()
    blank = fields.Integer()
    spoiled = fields.Integer()
    line_ids = fields.One2many("political.election.night.line", "night_id", "Votes")
    difference = fields.Integer(
        "Left to share out",
        compute="_compute_difference",
        help="Voters less blank, spoiled and the votes typed below: 0 when it adds up.",
    )
    expected_count = fields.Integer("Stations", compute="_compute_progress")
    reported_count = fields.Integer("Reported", compute="_compute_progress")
    missing = fields.Html("Still missing", compute="_compute_progress")
    totals = fields.Html("Totals so far", compute="_compute_progress")

    @api.model
    def _next_election(self):
        Election = self.env["political.election"]
        today = fields.Date.context_today(self)
        return Election.search([("date", "<=", today)], limit=1) or Election.search([], limit=1)

    @api.depends("voters", "blank", "spoiled", "line_ids.votes")
    def _compute_difference(self):
        for night in self:
            votes = sum(night.line_ids.mapped("votes"))
            night.difference = night.voters - night.blank - night.spoiled - votes

    @api.depends("election_id", "zone_id")
    def _compute_progress(self):
        for night in self:
            stations = night._stations()
            turnouts = night._turnouts(night.election_id, stations)
            reported = turnouts.zone_id
            night.expected_count, night.reported_count = len(stations), len(reported)
            left = stations - reported
            names = ", ".join(left[:SHOWN_MISSING].mapped("name"))
            more = len(left) - SHOWN_MISSING
            night.missing = Markup("<p>%s%s</p>") % (names, f" … +{more}" if more > 0 else "")
            night.totals = night._totals_html(turnouts)

    def _stations(self):
        """Stations of the place, in the order of their numbers."""
        zone = self.zone_id
        if not zone:
            return self.env["political.zone"]
        inside = {
            "constituency": [("constituency_id", "=", zone.id)],
            "canton": [("canton_id", "=", zone.id)],
        }.get(zone.kind, [("id", "child_of", zone.id)])
        return self.env["political.zone"].search([("kind", "=", "station"), *inside], order="code")

    def _turnouts(self, election, stations):
        return self.env["political.turnout"].search(
            [("election_id", "=", election.id), ("zone_id", "in", stations.ids)]
        )

    # ------------------------------------------------------------------ typing

    @api.onchange("election_id", "zone_id")
    def _onchange_place(self):
        left = self._stations() - self._turnouts(self.election_id, self._stations()).zone_id
        self.station_id = left[:1]
        self._fill_station()

    @api.onchange("station_id")
    def _fill_station(self):
        """What is known of the station: its counts, else its registered voters of last time."""
        turnout = self._turnouts(self.election_id, self.station_id)
        before = self._turnouts(self.election_id.previous_id, self.station_id)
        self.registered = turnout.registered or before.registered
        self.voters, self.blank, self.spoiled = turnout.voters, turnout.blank, turnout.spoiled
        results = self.env["political.result"].search(
            [("election_id", "=", self.election_id.id), ("zone_id", "in", self.station_id.ids)]
        )
        votes = {result.candidacy_id.id: result.votes for result in results}
        self.line_ids = [
            Command.clear(),
            *(
                Command.create({"candidacy_id": one.id, "votes": votes.get(one.id, 0)})
                for one in self._candidacies()
            ),
        ]

    def _candidacies(self):
        """Those who stand where the station is."""
        station = self.station_id
        around = [int(part) for part in (station.parent_path or "").split("/") if part]
        around += (station.constituency_id + station.canton_id).ids
        return self.env["political.candidacy"].search(
            [
                ("election_id", "=", self.election_id.id),
                "|",
                ("zone_id", "=", False),
                ("zone_id", "in", around),
            ],
            order="number, id",
        )

    def action_save(self):
        """Store the counts of the station and go on to the next one that is missing.

        :returns: a window action (dict)
        :raises UserError: when the counts cannot be true
        :raises AccessError: without the right to write results
        """
        self.ensure_one()
        self._check_counts()
        self._save_turnout()
        self._save_votes()
        left = self._stations() - self._turnouts(self.election_id, self._stations()).zone_id
        following = self.create({"election_id": self.election_id.id, "zone_id": self.zone_id.id})
        following.station_id = left[:1]
        following._fill_station()
        return following._open()

    def action_refresh(self):
        """Show what others have typed meanwhile.

        :returns: a window action (dict)
        """
        self.ensure_one()
        return self._open()

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Election night"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "current",
        }

    def _check_counts(self):
        if not self.station_id or self.station_id.kind != "station":
            raise UserError(self.env._("Choose the polling station that you have counts of."))
        if self.voters > self.registered:
            raise UserError(
                self.env._(
                    "%(voters)s voters of %(registered)s registered: one of both is wrong.",
                    voters=self.voters,
                    registered=self.registered,
                )
            )
        if self.difference:
            raise UserError(
                self.env._(
                    "The votes do not add up: %(difference)s are left between the voters and the "
                    "blank, spoiled and cast votes. Nothing was stored.",
                    difference=self.difference,
                )
            )

    def _save_turnout(self):
        values = {
            "registered": self.registered,
            "voters": self.voters,
            "blank": self.blank,
            "spoiled": self.spoiled,
            "valid": self.voters - self.blank - self.spoiled,
        }
        turnout = self._turnouts(self.election_id, self.station_id)
        if turnout:
            turnout.write(values)
        else:
            turnout.create(
                {"election_id": self.election_id.id, "zone_id": self.station_id.id, **values}
            )

    def _save_votes(self):
        Result = self.env["political.result"]
        known = {
            result.candidacy_id: result
            for result in Result.search(
                [("election_id", "=", self.election_id.id), ("zone_id", "=", self.station_id.id)]
            )
        }
        new = []
        for line in self.line_ids:
            result = known.get(line.candidacy_id)
            if not result:
                new.append(
                    {
                        "candidacy_id": line.candidacy_id.id,
                        "zone_id": self.station_id.id,
                        "votes": line.votes,
                    }
                )
            elif result.votes != line.votes:
                result.votes = line.votes
        Result.create(new)

    # ------------------------------------------------------------------ totals

    def _totals_html(self, turnouts):
        """Shares of the stations that reported, against the same stations last time: comparing
        them with the whole commune would tell of who counts fast."""
        valid = sum(turnouts.mapped("valid"))
        if not valid:
            return False
        stations = turnouts.zone_id
        now = self._votes(self.election_id, stations)
        before, blocs = self._shares_before(stations)
        rows = Markup()
        for candidacy, votes in sorted(now.items(), key=lambda pair: -pair[1]):
            share = 100 * votes / valid
            past = before.get(candidacy.key, blocs.get(candidacy.bloc_id))
            swing = f"{share - past:+.1f}" if past is not None else ""
            rows += Markup(
                "<tr><td>%s</td><td class='text-end'>%s</td><td class='text-end'>%s %%</td>"
                "<td class='text-end text-muted'>%s</td></tr>"
            ) % (candidacy.name, votes, f"{share:.1f}", swing)
        _ = self.env._
        registered, voters = sum(turnouts.mapped("registered")), sum(turnouts.mapped("voters"))
        head = _(
            "%(voters)s voters of %(registered)s (%(turnout)s %%)",
            voters=voters,
            registered=registered,
            turnout=f"{100 * voters / registered:.1f}" if registered else "0",
        )
        names = Markup("<tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th></tr>") % (
            _("Candidate or list"),
            _("Votes"),
            _("Share"),
            _("Against last time, same stations"),
        )
        return Markup("<p>%s</p><table class='table table-sm'>%s%s</table>") % (head, names, rows)

    def _votes(self, election, stations):
        groups = self.env["political.result"]._read_group(
            [("election_id", "=", election.id), ("zone_id", "in", stations.ids)],
            ["candidacy_id"],
            ["votes:sum"],
        )
        return dict(groups)

    def _shares_before(self, stations):
        """Shares of last time: of the same person, and of each bloc."""
        previous = self.election_id.previous_id
        valid = sum(self._turnouts(previous, stations).mapped("valid")) if previous else 0
        if not valid:
            return {}, {}
        people, blocs = {}, {}
        for candidacy, votes in self._votes(previous, stations).items():
            people[candidacy.key] = 100 * votes / valid
            if candidacy.bloc_id:
                total = blocs.get(candidacy.bloc_id, 0) + 100 * votes / valid
                blocs[candidacy.bloc_id] = total
        return people, blocs


class PoliticalElectionNightLine(models.TransientModel):
    """Votes typed for one candidacy."""

    _name = "political.election.night.line"
    _description = "Votes of an election night"

    night_id = fields.Many2one("political.election.night", required=True, ondelete="cascade")
    candidacy_id = fields.Many2one("political.candidacy", required=True)
    votes = fields.Integer()
