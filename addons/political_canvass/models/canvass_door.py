from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .canvass_building import check_note


class CanvassDoor(models.Model):
    """A door to knock at. It has a place in a building and no resident (R-09)."""

    _name = "canvass.door"
    _description = "Door"
    _order = "building_id, floor desc, name, id"

    building_id = fields.Many2one("canvass.building", required=True, index=True, ondelete="cascade")
    entrance = fields.Char(size=20, help="Staircase or building letter.")
    floor = fields.Integer(default=0, help="0 is the ground floor.")
    has_floor = fields.Boolean("Floor known", default=False)
    name = fields.Char("Mark", size=20, help="Number or side on the landing; never a name.")
    company_id = fields.Many2one(related="building_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="building_id.branch_id", store=True, index=True)
    do_not_knock = fields.Boolean(
        default=False,
        help="Left out of every new turf. No name and no reason is kept; the mark goes on its "
        "date (R-48).",
    )
    do_not_knock_until = fields.Date(
        compute="_compute_do_not_knock_until", store=True, readonly=False
    )
    active = fields.Boolean(default=True)
    turf_line_ids = fields.One2many("canvass.turf.door", "door_id", "Turfs")

    _place_unique = models.UniqueIndex(
        "(building_id, coalesce(entrance, ''), floor, coalesce(name, ''))",
        "This door is there already.",
    )

    @api.depends("building_id.address", "entrance", "floor", "has_floor", "name")
    def _compute_display_name(self):
        for door in self:
            floor = door.has_floor and self.env._("floor %(number)s", number=door.floor)
            parts = (door.building_id.address, door.entrance, floor, door.name)
            door.display_name = ", ".join(filter(None, parts))

    @api.depends("do_not_knock")
    def _compute_do_not_knock_until(self):
        for door in self:
            door.do_not_knock_until = door.do_not_knock and (
                door.do_not_knock_until or self._default_until()
            )

    @api.constrains("name", "entrance")
    def _check_marks(self):
        for door in self:
            check_note(self.env, door.name)
            check_note(self.env, door.entrance)

    def write(self, vals):
        result = super().write(vals)
        if "building_id" in vals:
            self.check_access("write")
        return result

    @api.model
    def _default_until(self):
        """A campaign's time; an operation that has an end date sets its own."""
        return fields.Date.context_today(self) + relativedelta(years=1)

    @api.model
    def _cron_lift_do_not_knock(self):
        """Forget the marks whose date has come (R-48)."""
        today = fields.Date.context_today(self)
        for model in ("canvass.building", "canvass.door"):
            self.env[model].flush_model()
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET do_not_knock = false, do_not_knock_until = NULL "
                    "WHERE do_not_knock AND do_not_knock_until < %s",
                    SQL.identifier(self.env[model]._table),
                    today,
                )
            )
            self.env[model].invalidate_model(["do_not_knock", "do_not_knock_until"])

    @api.model
    def _nearest(self, latitude, longitude, number, domain=None):
        """The doors nearest to a point that the user may see and that may be knocked at.

        :param float latitude, longitude: degrees
        :param int number: how many doors
        :param domain: further conditions on doors
        :returns: doors, nearest building first, within a building from the top floor down
        """
        conditions = [
            ("do_not_knock", "=", False),
            ("to_review", "=", False),
            ("building_id.active", "=", True),
            ("building_id.do_not_knock", "=", False),
            ("building_id.access", "=", "open"),
            *(domain or []),
        ]
        query = self._search(conditions)
        building = query.join(self._table, "building_id", "canvass_building", "id", "nearest")
        query.order = SQL(
            "%s <-> point(%s, degrees(ln(tan(pi() / 4 + radians(%s) / 2)))), %s, %s, %s",
            self._sql_point(building),
            longitude,
            latitude,
            SQL.identifier(building, "id"),
            SQL("%s DESC", SQL.identifier(self._table, "floor")),
            SQL.identifier(self._table, "id"),
        )
        query.limit = number
        return self.browse(query)

    @api.model
    def _sql_point(self, alias):
        """The indexed expression of ``canvass.building``."""
        return SQL(
            "point(%s::float8, degrees(ln(tan(pi() / 4 + radians(%s::float8) / 2))))",
            SQL.identifier(alias, "longitude"),
            SQL.identifier(alias, "latitude"),
        )

    def _snapshot(self):
        """The door as a phone will hold it."""
        building = self.building_id
        number = " ".join(filter(None, (str(building.number or ""), building.suffix)))
        return {
            "id": self.id,
            "street": building.street,
            "number": number,
            "building": building.id,
            "label": self.entrance or "",
            "floor": self.floor if self.has_floor else None,
            "door": self.name or "",
            "access": building.access_note or "",
            "lat": building.latitude,
            "lon": building.longitude,
            "side": building.side or None,
        }
