import base64
import binascii
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..lib import area, cut, pace

OPEN = ("draft", "published")


class CanvassOperation(models.Model):
    """From an area to turfs, and changing them by hand until they are right."""

    _inherit = "canvass.operation"

    area_kind = fields.Selection(
        [
            ("branch", "The whole ground of the branch"),
            ("zones", "Places"),
            ("plan", "Targeting plan"),
            ("polygon", "Drawn on the map"),
        ],
        "Area",
        default="branch",
        required=True,
    )
    zone_ids = fields.Many2many(
        "political.zone",
        "canvass_operation_zone_rel",
        "operation_id",
        "zone_id",
        "Places",
        help="Polling stations, communes, constituencies, cantons or IRIS.",
    )
    plan_id = fields.Many2one(
        "political.target.plan",
        "Targeting plan",
        ondelete="set null",
        help="The polling stations that the plan keeps.",
    )
    area_polygon = fields.Text(
        "Outline", help="GeoJSON, in longitude and latitude; draw it on the map."
    )
    barrier_file = fields.Binary(
        "Barriers",
        help="GeoJSON of rivers, rails and big roads, in longitude and latitude: no turf crosses "
        "them.",
    )
    barrier_filename = fields.Char()
    keep_stations = fields.Boolean(
        "Keep polling stations apart",
        help="No turf then holds doors of two polling stations.",
    )
    turf_minutes = fields.Float("Minutes per turf", default=120.0, required=True)
    flat_minutes = fields.Float("Minutes per flat", default=2.0, required=True)
    floor_minutes = fields.Float("Minutes per floor", default=0.5, required=True)
    crossing_metres = fields.Float(
        "Crossing a street (m)",
        default=10.0,
        required=True,
        help="What changing the side of a street is worth, in metres walked; counted in the walk.",
    )
    walk_style = fields.Selection(
        [
            ("free", "The shortest"),
            ("odd_even", "Odd numbers, then even ones"),
            ("serpentine", "By number, from side to side"),
        ],
        "Order of the doors",
        default="free",
        required=True,
    )
    meeting_latitude = fields.Float("Meeting point, latitude", digits=(10, 6))
    meeting_longitude = fields.Float("Meeting point, longitude", digits=(10, 6))
    undo_stack = fields.Json(groups=fields.NO_ACCESS, copy=False)
    undo_label = fields.Char("Last change", compute="_compute_undo_label")
    cut_figures = fields.Json(groups=fields.NO_ACCESS, copy=False)
    cut_report = fields.Char("Last cut", compute="_compute_cut_report")

    _cut_pace = models.Constraint(
        "CHECK (turf_minutes >= 10 AND flat_minutes > 0 AND floor_minutes >= 0 "
        "AND crossing_metres >= 0)",
        "A turf takes ten minutes or more, and no time is below zero.",
    )

    @api.depends("undo_stack")
    @api.depends_context("lang")
    def _compute_undo_label(self):
        for operation in self:
            stack = operation.sudo().undo_stack
            operation.undo_label = operation._step_label(stack[-1]) if stack else False

    @api.depends("cut_figures")
    @api.depends_context("lang")
    def _compute_cut_report(self):
        for operation in self:
            figures = operation.sudo().cut_figures
            operation.cut_report = figures and self.env._(
                "%(turfs)s turfs of %(mean)s minutes (%(least)s to %(most)s), %(doors)s doors.",
                **figures,
            )

    @api.constrains("area_polygon")
    def _check_area_polygon(self):
        for operation in self:
            if operation.area_polygon:
                try:
                    area.polygon(operation.area_polygon)
                except ValueError as error:
                    raise ValidationError(
                        self.env._("The outline is no area. Draw it again on the map.")
                    ) from error

    @api.constrains("barrier_file")
    def _check_barrier_file(self):
        for operation in self:
            operation._barriers()

    # ---------------------------------------------------------------- the automatic cut

    def action_cut(self):
        """Cut the whole area into turfs of about the same time, walk and name them.

        Drafts that are there are replaced; doors of published turfs stay theirs. The change can
        be undone.

        :returns: the action that shows the turfs
        :raises UserError: without a free door in the area, or for a closed operation
        :raises AccessError: for who may not write the operation
        """
        self.check_access("write")
        for operation in self:
            operation._check_open()
            operation._cut_area()
        return self[:1].action_turfs()

    def _check_open(self):
        if self.state == "closed":
            raise UserError(self.env._("The operation is closed."))

    def _cut_area(self):
        rows = self._free_rows()
        if not rows:
            raise UserError(
                self.env._(
                    "There is no free door in this area: load its addresses first, choose another "
                    "area, or close the turfs that hold its doors."
                )
            )
        turfs = cut.cut(
            self._as_doors(rows, grouped=self.keep_stations),
            self.turf_minutes,
            self._walk_pace(),
            self._barriers(),
        )
        drafts = self.turf_ids.filtered(lambda turf: turf.state == "draft")
        self._remember("cut", drafts)
        drafts.sudo().unlink()
        made = self._store_turfs(rows, turfs)
        self._note_made(made)
        times = [turf.minutes for turf in turfs]
        self.sudo().cut_figures = {
            "turfs": len(turfs),
            "mean": round(sum(times) / len(times)),
            "least": round(min(times)),
            "most": round(max(times)),
            "doors": len(rows),
        }

    def _walk_pace(self, start=None):
        here = (self.meeting_latitude, self.meeting_longitude)
        return cut.Pace(
            speed=self.walk_speed * 1000 / 60,
            crossing=self.crossing_metres,
            start=start or (here if any(here) else None),
            style=self.walk_style,
        )

    def _door_pace(self):
        return pace.Pace(self.door_minutes, self.flat_minutes, self.floor_minutes)

    def _barriers(self):
        """The barrier file's geometries; an empty list without one.

        :raises ValidationError: for a file that is no GeoJSON
        """
        content = self.with_context(bin_size=False).barrier_file
        if not content:
            return []
        try:
            return area.lines(base64.b64decode(content).decode("utf-8-sig"))
        except (ValueError, binascii.Error) as error:
            raise ValidationError(
                self.env._(
                    "The barrier file is not GeoJSON with lines or areas in longitude and "
                    "latitude. Export it again, for instance from QGIS as GeoJSON, EPSG:4326."
                )
            ) from error

    # ---------------------------------------------------------------- which doors

    def _free_rows(self, outline=None, drafts_too=True):
        """The doors of the area that may be knocked at and that no other turf holds.

        :param outline: shapely area to take instead of the operation's own
        :param bool drafts_too: whether doors of drafts count as free: they are to be cut anew
        :returns: list of dicts with the door's place, in the order of knocking within a building
        """
        domain = self._free_domain(drafts_too)
        shape = outline or (self.area_kind == "polygon" and self._polygon()) or None
        if shape:
            domain &= self._box_domain(shape)
        elif self.area_kind == "zones":
            domain &= self._zone_domain()
        elif self.area_kind == "plan":
            domain &= self._plan_domain()
        rows = self._rows_of(domain)
        if shape and rows:
            inside = area.inside(shape, [(row["lon"], row["lat"]) for row in rows])
            rows = [row for row, kept in zip(rows, inside, strict=True) if kept]
        return rows

    def _free_domain(self, drafts_too):
        held = [("operation_id", "in", self.ids)]
        held.append(("turf_id.state", "in", ("published",) if drafts_too else OPEN))
        return Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("branch_id", "child_of", self.branch_id.id),
                ("do_not_knock", "=", False),
                ("to_review", "=", False),
                ("building_id.active", "=", True),
                ("building_id.do_not_knock", "=", False),
                ("building_id.access", "=", "open"),
                ("turf_line_ids", "not any", held),
            ]
        )

    def _polygon(self):
        if not self.area_polygon:
            raise UserError(self.env._("Draw the outline of the area on the map first."))
        return area.polygon(self.area_polygon)

    def _box_domain(self, shape):
        west, south, east, north = shape.bounds
        return Domain(
            [
                ("building_id.longitude", ">=", west),
                ("building_id.longitude", "<=", east),
                ("building_id.latitude", ">=", south),
                ("building_id.latitude", "<=", north),
            ]
        )

    def _zone_domain(self):
        """Doors of the chosen places: by polling station, by commune."""
        if not self.zone_ids:
            raise UserError(self.env._("Choose the places first."))
        within = self.env["political.zone"].search([("id", "child_of", self.zone_ids.ids)])
        stations = self.env["political.zone"].search(
            Domain("kind", "=", "station")
            & (
                Domain("id", "in", within.ids)
                | Domain("constituency_id", "in", self.zone_ids.ids)
                | Domain("canton_id", "in", self.zone_ids.ids)
                | Domain("iris_id", "in", self.zone_ids.ids)
            )
        )
        communes = within.filtered(lambda zone: zone.kind == "commune").mapped("code")
        return Domain("building_id.polling_station_id", "in", stations.ids) | Domain(
            "building_id.city_code", "in", communes
        )

    def _plan_domain(self):
        """Doors of the stations that the plan keeps; the plan's record rules hold."""
        if not self.plan_id:
            raise UserError(self.env._("Choose the targeting plan first."))
        scores = self.env["political.target.score"].search(
            [("plan_id", "=", self.plan_id.id), ("selected", "=", True)]
        )
        return Domain("building_id.polling_station_id", "in", scores.station_id.ids)

    def _rows_of(self, domain):
        """Places of doors that the user may see, read at once."""
        doors = self.env["canvass.door"]
        for model in ("canvass.door", "canvass.building", "canvass.turf.door", "canvass.turf"):
            self.env[model].flush_model()
        query = doors._search(domain)
        building = query.join(doors._table, "building_id", "canvass_building", "id", "place")
        door = SQL.identifier(doors._table)
        at = SQL.identifier(building)
        query.order = SQL(
            "%(at)s.id, %(door)s.entrance NULLS FIRST, %(door)s.floor DESC, %(door)s.name, "
            "%(door)s.id",
            at=at,
            door=door,
        )
        self.env.cr.execute(
            query.select(
                SQL("%s.id AS door", door),
                SQL("%s.id AS building", at),
                SQL("%s.latitude::float8 AS lat", at),
                SQL("%s.longitude::float8 AS lon", at),
                SQL("concat_ws('|', %(at)s.city_code, %(at)s.street) AS street", at=at),
                SQL("%s.street AS street_name", at),
                SQL("coalesce(%s.number, 0) AS number", at),
                SQL("coalesce(%s.home_count, 0) AS homes", at),
                SQL("%s.polling_station_id AS station", at),
                SQL("CASE WHEN %(door)s.has_floor THEN %(door)s.floor END AS floor", door=door),
            )
        )
        return self.env.cr.dictfetchall()

    def _as_doors(self, rows, grouped=False):
        """What the cutter takes, minutes of service included."""
        minutes = self._service_minutes(rows)
        return [
            cut.Door(
                row["lat"],
                row["lon"],
                time,
                row["street"],
                row["number"],
                (row["station"] or 0) if grouped else None,
            )
            for row, time in zip(rows, minutes, strict=True)
        ]

    def _service_minutes(self, rows):
        minutes, start = [], 0
        while start < len(rows):
            end = start
            while end < len(rows) and rows[end]["building"] == rows[start]["building"]:
                end += 1
            floors = [row["floor"] for row in rows[start:end]]
            minutes += pace.minutes(floors, rows[start]["homes"], self._door_pace())
            start = end
        return minutes

    # ---------------------------------------------------------------- storing

    def _store_turfs(self, rows, turfs, names=None):
        """Write cut turfs as drafts: two statements, whatever their number.

        :returns: the turfs
        """
        first = 1 + len(self.with_context(active_test=False).turf_ids)
        width = len(str(first + len(turfs) - 1))  # 07 comes before 12 wherever names are sorted
        values = []
        for number, turf in enumerate(turfs):
            streets = Counter(rows[index]["street_name"] for index in turf.doors)
            street = streets.most_common(1)[0][0]
            name = names[number] if names else f"{first + number:0{width}} · {street}"
            values.append(
                {
                    "name": name,
                    "operation_id": self.id,
                    "start_latitude": self.meeting_latitude,
                    "start_longitude": self.meeting_longitude,
                    "walk_length": turf.length,
                    "walk_bound": turf.bound,
                    "walk_minutes": turf.minutes,
                    "outline": area.outline(
                        [(rows[index]["lon"], rows[index]["lat"]) for index in turf.doors]
                    ),
                }
            )
        made = self.env["canvass.turf"].sudo().create(values)
        self.env["canvass.turf.door"]._place(
            {
                turf.id: [rows[index]["door"] for index in planned.doors]
                for turf, planned in zip(made, turfs, strict=True)
            }
        )
        return made
