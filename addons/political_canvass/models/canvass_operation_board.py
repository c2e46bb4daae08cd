import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import cells

TALKS = ("spoke", "refused", "come_back")
STUCK_HOURS = 2  # out, and nothing reported for so long
SUMMED = ("doors", "done", "talks", "not_home", "agreements")
HOUR_SUMS = ("reports", "talks", "agreements")
STATION_SUMS = ("doors", "done", "talks", "not_home")
HIDDEN = ("talks", "not_home")  # of a small station
GAP_HOURS = 1  # a longer pause between two reports is no work
OUT, STUCK, DONE = "out", "stuck", "done"


class CanvassOperation(models.Model):
    """The live board: what was done, by turf, team, hour and station, in a fixed number of
    queries, and what leads do from there."""

    _inherit = "canvass.operation"

    def action_board(self):
        """Open the map with the live counts; returns a client action."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "political_canvass.board",
            "name": self.name,
            "params": {"operation_id": self.id},
            "context": {"active_id": self.id, "active_model": self._name},
        }

    def action_publish_drafts(self):
        """Publish every draft of the operations; see :meth:`canvass.turf.action_publish`."""
        drafts = self.turf_ids.filtered(lambda turf: turf.state == "draft")
        if not drafts:
            raise UserError(self.env._("There is no draft to publish: cut the area first."))
        drafts.action_publish()

    @api.readonly
    def board_data(self):
        """Everything that the board shows of one operation.

        :returns: dict with ``name``, ``state``, ``goal``, ``area`` (GeoJSON or False),
            ``undo`` (label or False), ``turfs``, ``out``, ``hours``, ``stations``, ``teams``
            (False for who is not their lead), ``totals``; sums of doors and reports only,
            nothing about residents
        :raises AccessError: for an operation that the caller may not read
        """
        self.ensure_one()
        self.check_access("read")
        for model in ("canvass.turf", "canvass.turf.door", "canvass.lease", "canvass.operation"):
            self.env[model].flush_model()
        leases = self._board_leases()
        doors = self._board_doors()
        turfs = self._board_turfs(doors, leases)
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "goal": self.goal_doors,
            "area": self.area_polygon or False,
            "undo": self.undo_label,
            "cut_report": self.cut_report,
            "turfs": turfs,
            "out": self._board_out(leases),
            "hours": self._board_hours(leases),
            "stations": self._board_stations(doors),
            "teams": self._board_teams(turfs),
            "totals": self._board_totals(turfs, leases),
            "pace": self._board_pace(turfs),
        }

    # ---------------------------------------------------------------- queries

    def _board_doors(self):
        """Doors by turf, station and kind of report."""
        self.env.cr.execute(
            SQL(
                """
                SELECT line.turf_id AS turf, b.polling_station_id AS station,
                       count(*) AS doors,
                       count(line.outcome) AS done,
                       count(*) FILTER (WHERE line.outcome = ANY(%(talks)s)) AS talks,
                       count(*) FILTER (WHERE line.outcome = 'not_home') AS not_home,
                       count(*) FILTER (WHERE line.conflict) AS conflicts
                  FROM canvass_turf_door line
                  JOIN canvass_door d ON d.id = line.door_id
                  JOIN canvass_building b ON b.id = d.building_id
                 WHERE line.operation_id = %(operation)s
                 GROUP BY 1, 2
                """,
                operation=self.id,
                talks=list(TALKS),
            )
        )
        return self.env.cr.dictfetchall()

    def _board_leases(self):
        """Reports by lease and hour, in one pass over the events."""
        self.env.cr.execute(
            SQL(
                """
                WITH told AS (
                    -- a million rows: only a report has an outcome, so it alone is looked at
                    SELECT lease_id, date_bin('1 hour', at, '2000-01-01') AS hour,
                           count(outcome) AS reports,
                           count(*) FILTER (WHERE outcome = ANY(%(talks)s)) AS talks,
                           count(*) FILTER (WHERE outcome IS NULL AND kind = 'consent')
                               AS agreements,
                           min(at) AS first, max(at) AS last
                      FROM canvass_event WHERE operation_id = %(operation)s
                     GROUP BY 1, 2
                )
                SELECT lease.id AS lease, lease.turf_id AS turf, lease.alias, lease.opened_at,
                       lease.revoked_at IS NULL AND lease.expires_at > %(now)s AS is_out,
                       told.hour, told.reports, told.talks, told.agreements, told.first, told.last
                  FROM canvass_lease lease LEFT JOIN told ON told.lease_id = lease.id
                 WHERE lease.operation_id = %(operation)s
                 ORDER BY lease.id, told.hour
                """,
                operation=self.id,
                talks=list(TALKS),
                now=fields.Datetime.now(),
            )
        )
        return self.env.cr.dictfetchall()

    # ---------------------------------------------------------------- parts

    def _board_turfs(self, doors, leases):
        self.env.cr.execute(
            SQL(
                """
                SELECT t.id, t.name, t.state, t.outline, t.walk_length, t.walk_bound,
                       t.walk_minutes, t.code, team.id AS team_id, team.name AS team
                  FROM canvass_turf t LEFT JOIN canvass_team team ON team.id = t.team_id
                 WHERE t.operation_id = %s ORDER BY t.id
                """,
                self.id,
            )
        )
        rows = self.env.cr.dictfetchall()
        sums = {}
        for row in doors:
            turf = sums.setdefault(row["turf"], dict.fromkeys(("doors", "done", "talks"), 0))
            turf["not_home"] = turf.get("not_home", 0) + row["not_home"]
            turf["conflicts"] = turf.get("conflicts", 0) + row["conflicts"]
            for name in ("doors", "done", "talks"):
                turf[name] += row[name]
        last, agreements, heard = {}, {}, {}
        for row in leases:
            if row["last"]:
                last[row["turf"]] = max(row["last"], last.get(row["turf"], row["last"]))
                agreements[row["turf"]] = agreements.get(row["turf"], 0) + row["agreements"]
            if row["is_out"]:
                # Whoever has just opened the turf is not silent, whenever others last reported.
                moments = [row["opened_at"], row["last"], heard.get(row["turf"])]
                heard[row["turf"]] = max(filter(None, moments))
        return [
            self._board_turf(
                row, sums.get(row["id"], {}), last.get(row["id"]), heard.get(row["id"])
            )
            | {"agreements": agreements.get(row["id"], 0)}
            for row in rows
        ]

    def _board_turf(self, row, sums, last, heard):
        """One turf; ``heard`` is when a phone that holds it now last gave a sign."""
        doors, done = sums.get("doors", 0), sums.get("done", 0)
        show = row["state"]
        if show == "published" and heard:
            quiet = heard < fields.Datetime.now() - timedelta(hours=STUCK_HOURS)
            show = STUCK if quiet else OUT
        if show != "draft" and doors and done >= doors:
            show = DONE
        bound = row["walk_bound"] or 0
        return {
            "id": row["id"],
            "name": row["name"],
            "state": row["state"],
            "team_id": row["team_id"] or False,
            "team": row["team"] or False,
            "show": show,
            "outline": json.loads(row["outline"]) if row["outline"] else False,
            "doors": doors,
            "done": done,
            "talks": sums.get("talks", 0),
            "not_home": sums.get("not_home", 0),
            "conflicts": sums.get("conflicts", 0),
            "length": round(row["walk_length"] or 0),
            "minutes": round(row["walk_minutes"] or 0),
            "gap": round(100 * (row["walk_length"] / bound - 1), 1) if bound else 0.0,
            "last": fields.Datetime.to_string(last) if last else False,
        }

    def _board_out(self, leases):
        """Phones that hold a turf now: who, since when, last report."""
        found, mine = {}, self._is_lead()
        for row in leases:
            if row["is_out"]:
                one = found.setdefault(
                    row["lease"],
                    {
                        "lease": row["lease"],
                        "turf": row["turf"],
                        "alias": row["alias"] or False,
                        "since": fields.Datetime.to_string(row["opened_at"]),
                        # A canvasser's figures are for their own lead alone.
                        "reports": 0 if mine else False,
                        "last": False,
                    },
                )
                if mine:
                    one["reports"] += row["reports"] or 0
                one["last"] = fields.Datetime.to_string(row["last"]) if row["last"] else False
        return list(found.values())

    def _is_lead(self):
        """Whether the user leads these canvassers: their figures are for nobody else."""
        mine = self.env.user.sudo().branch_scope_ids
        return self.user_id == self.env.user or self.branch_id in mine

    def _board_teams(self, turfs):
        """Sums by team; False for whoever is not their lead."""
        if not self._is_lead():
            return False
        sums = {}
        for turf in turfs:
            if turf["team_id"]:
                nothing = dict.fromkeys(("turfs", *SUMMED), 0)
                one = sums.setdefault(turf["team_id"], {"team": turf["team"], **nothing})
                one["turfs"] += 1
                for name in SUMMED:
                    one[name] += turf[name]
        return sorted(sums.values(), key=lambda one: one["team"])

    @api.model
    def _board_hours(self, leases):
        sums = {}
        for row in leases:
            if row["hour"]:
                hour = sums.setdefault(row["hour"], dict.fromkeys(HOUR_SUMS, 0))
                for name in hour:
                    hour[name] += row[name]
        return [
            {"hour": fields.Datetime.to_string(hour), **values}
            for hour, values in sorted(sums.items())
        ]

    def _board_stations(self, doors):
        """Sums by polling station; one that stands for fewer than ten doors done tells no results,
        nor one that would tell them by subtraction (R-50)."""
        sums = {}
        for row in doors:
            one = sums.setdefault(row["station"], dict.fromkeys(STATION_SUMS, 0))
            for name in one:
                one[name] += row[name]
        zones = self.env["political.zone"].browse([station for station in sums if station])
        names = {zone.id: zone.display_name for zone in zones}
        # by code: station 3 comes before station 27
        order = [*zones.sorted(lambda zone: (zone.code or "", zone.id)).ids]
        order += [station for station in sums if not station]
        small = cells.hidden([sums[station]["done"] for station in order])
        return [
            {
                "station_id": station,
                "station": names.get(station, False),
                **sums[station],
                **(dict.fromkeys(HIDDEN, False) if index in small else {}),
            }
            for index, station in enumerate(order)
        ]

    @api.model
    def _board_totals(self, turfs, leases):
        sums = {name: sum(turf[name] for turf in turfs) for name in (*SUMMED, "conflicts")}
        return {**sums, "hours": round(self._worked_hours(leases), 1)}

    @api.model
    def _worked_hours(self, leases):
        """From a lease's first report to its last, longer pauses left out."""
        worked, last = {}, {}
        for row in leases:
            if not row["first"]:
                continue
            spent = (row["last"] - row["first"]).total_seconds() / 3600
            before = last.get(row["lease"])
            pause = (row["first"] - before).total_seconds() / 3600 if before else 0
            worked[row["lease"]] = (
                worked.get(row["lease"], 0) + spent + (pause if 0 < pause <= GAP_HOURS else 0)
            )
            last[row["lease"]] = row["last"]
        return sum(worked.values())

    def _board_pace(self, turfs):
        """Doors a day until now, and what the goal asks for from now on; False without an end."""
        today = fields.Date.context_today(self)
        done = sum(turf["done"] for turf in turfs)
        passed = max(1, (min(today, self.date_end or today) - self.date_start).days + 1)
        left = (self.date_end - today).days + 1 if self.date_end else 0
        missing = max(0, (self.goal_doors or 0) - done)
        return {
            "by_day": round(done / passed, 1),
            "needed": round(missing / left, 1) if left > 0 and self.goal_doors else False,
        }

    @api.readonly
    def board_box(self):
        """Where the addresses of the operation's ground are.

        :returns: ``[[south, west], [north, east]]`` in degrees, or False without an address
        """
        self.ensure_one()
        self.check_access("read")
        [found] = self.env["canvass.building"]._read_group(
            [("branch_id", "child_of", self.branch_id.id), ("company_id", "=", self.company_id.id)],
            [],
            ["latitude:min", "longitude:min", "latitude:max", "longitude:max", "__count"],
        )
        south, west, north, east, count = found
        return [[south, west], [north, east]] if count else False

    @api.readonly
    def board_streets(self, turf_ids):
        """Streets of drafts, to move them by.

        :param list turf_ids: turfs of this operation
        :returns: list of ``{"turf", "street", "doors"}``
        """
        self.ensure_one()
        self.check_access("read")
        self.env.cr.execute(
            SQL(
                """
                SELECT line.turf_id AS turf, b.street, count(*) AS doors
                  FROM canvass_turf_door line
                  JOIN canvass_door d ON d.id = line.door_id
                  JOIN canvass_building b ON b.id = d.building_id
                 WHERE line.operation_id = %s AND line.turf_id = ANY(%s)
                 GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
                """,
                self.id,
                [int(turf_id) for turf_id in turf_ids],
            )
        )
        return self.env.cr.dictfetchall()

    @api.readonly
    def board_walk(self, turf_id):
        """The doors of a turf in walking order, for the map.

        :returns: list of ``[latitude, longitude, outcome or False]``
        """
        self.ensure_one()
        self.check_access("read")
        lines = self.env["canvass.turf.door"].search(
            [("operation_id", "=", self.id), ("turf_id", "=", int(turf_id))], order="sequence"
        )
        return [
            [
                line.door_id.building_id.latitude,
                line.door_id.building_id.longitude,
                line.outcome or False,
            ]
            for line in lines
        ]
