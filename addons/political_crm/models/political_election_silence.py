from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

# Of stations, communes and whatever begins with a commune's or a department's code.
SQL_DEPARTMENT_OF_CODE = SQL(
    "CASE WHEN left(z.code, 2) IN ('97', '98') THEN left(z.code, 3) ELSE left(z.code, 2) END"
)


class PoliticalElection(models.Model):
    """The ballot's calendar and its silence window (R-28)."""

    _inherit = "political.election"

    zone_ids = fields.Many2many(
        "political.zone",
        "political_election_zone_rel",
        "election_id",
        "zone_id",
        "Held in",
        help="Empty: in the whole country. Elsewhere nobody keeps silent for it.",
    )
    day_ids = fields.One2many("political.ballot.day", "election_id", "Calendar")

    @api.model_create_multi
    def create(self, vals_list):
        elections = super().create(vals_list)
        days = self.env["political.ballot.day"]
        for election in elections:
            if not election.day_ids:
                values = days._days_of(election.kind)
                election.sudo().day_ids = [Command.create(one) for one in values]
        return elections

    def write(self, vals):
        result = super().write(vals)
        if "kind" in vals:
            for election in self:
                told = {
                    v.get("territory", False): v for v in election.day_ids._days_of(vals["kind"])
                }
                for day in election.day_ids:
                    day.saturday = told.get(day.territory, {}).get("saturday", day.saturday)
        return result

    @api.model
    def _silences(self, at):
        """Ballots that keep some place silent at a moment.

        :param datetime at: naive UTC
        :returns: ``[(election id, {territory or "": until}, territories with a day of their own,
            zone ids)]``
        """
        self.env["political.ballot.day"].flush_model()
        self.flush_model(["active", "zone_ids"])
        self.env.cr.execute(
            SQL(
                """
                SELECT d.election_id, jsonb_object_agg(coalesce(d.territory, ''), d.silent_until)
                       FILTER (WHERE d.silent_from <= %(at)s AND %(at)s < d.silent_until),
                       array_agg(d.territory) FILTER (WHERE d.territory IS NOT NULL),
                       ARRAY(SELECT zone_id FROM political_election_zone_rel r
                              WHERE r.election_id = d.election_id)
                  FROM political_ballot_day d JOIN political_election e ON e.id = d.election_id
                 WHERE e.active AND d.election_id IN (
                        SELECT election_id FROM political_ballot_day
                         WHERE silent_until > %(at)s AND silent_from <= %(at)s)
                 GROUP BY d.election_id
                """,
                at=at,
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _sql_silent_until(self, at, department, zone_path, constituency):
        """Until when a place keeps silent, as an expression, or ``None`` while no ballot is near.

        :param datetime at: naive UTC
        :param SQL department: code of the place's department, ``ZZ`` abroad, NULL when not known
        :param SQL zone_path: ``parent_path`` of the place, NULL when not known
        :param SQL constituency: id of its constituency, NULL when not known
        :returns: SQL of a timestamp, NULL where nobody keeps silent
        """
        cases = []
        for _election_id, until, own, zone_ids in self._silences(at):
            here = SQL(
                "CASE %s ELSE %s::timestamp END",
                SQL(" ").join(
                    SQL("WHEN %s = %s THEN %s::timestamp", department, code, until.get(code))
                    for code in own or [""]
                ),
                until.get(""),
            )
            if zone_ids:
                inside = self._sql_inside(zone_ids, department, zone_path, constituency)
                here = SQL("CASE WHEN %s THEN %s END", inside, here)
            cases.append(here)
        return SQL("GREATEST(%s)", SQL(", ").join(cases)) if cases else None

    @api.model
    def _sql_inside(self, zone_ids, department, zone_path, constituency):
        """Whether a place lies in some zones; a place that is not known may: it keeps silent."""
        zones = self.env["political.zone"].sudo().browse(zone_ids)
        paths = [f"{zone.parent_path}%" for zone in zones]
        departments = [zone._department_code() for zone in zones]
        return SQL(
            """(CASE WHEN %(path)s IS NOT NULL
                     THEN %(path)s LIKE ANY(%(paths)s) OR coalesce(%(constituency)s = ANY(%(ids)s),
                                                                  FALSE)
                     ELSE %(department)s IS NULL OR %(department)s = ANY(%(departments)s) END)""",
            path=zone_path,
            paths=paths,
            constituency=constituency,
            ids=zone_ids,
            department=department,
            departments=departments,
        )

    @api.model
    def _silence_until(self, zones, at=None):
        """Until when places keep silent: for walk lists and whatever else hangs on a place.

        :param zones: ``political.zone`` records
        :param datetime at: naive UTC, now by default
        :returns: ``{zone id: naive UTC datetime or False}``
        """
        found = dict.fromkeys(zones.ids, False)
        until = self._sql_silent_until(
            at or fields.Datetime.now(),
            SQL_DEPARTMENT_OF_CODE,
            SQL("z.parent_path"),
            SQL("z.constituency_id"),
        )
        if until and zones:
            zones.flush_recordset()
            self.env.cr.execute(
                SQL("SELECT id, %s FROM political_zone z WHERE id = ANY(%s)", until, zones.ids)
            )
            found.update({zone_id: moment or False for zone_id, moment in self.env.cr.fetchall()})
        return found
