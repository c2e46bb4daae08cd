from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..lib import notes


def check_note(env, text):
    """Refuse a note that looks like a person (R-47).

    :raises ValidationError: with what was found, without repeating it
    """
    found = notes.person_pattern(text)
    if not found:
        return
    what = {
        "email": env._("an e-mail address"),
        "phone": env._("a telephone number"),
        "title": env._("somebody's name"),
        "person": env._("something about a person"),
    }[found]
    raise ValidationError(
        env._(
            "This note holds %(what)s. Notes are for getting in only (a door code, a second "
            "court); nothing about people is kept at an address.",
            what=what,
        )
    )


class CanvassBuilding(models.Model):
    """An address where doors are: a point, how to get in, and nothing about who lives there."""

    _name = "canvass.building"
    _description = "Building"
    _order = "city, street, number, suffix NULLS FIRST, id"
    _rec_name = "address"
    _rec_names_search = ["address"]
    _check_company_auto = True

    address = fields.Char(compute="_compute_address", store=True)
    code = fields.Char("BAN code", readonly=True, copy=False, help="The address file's own code.")
    number = fields.Integer(help="0 where the place has none.")
    suffix = fields.Char(help="bis, ter, A…")
    street = fields.Char(required=True, index=True)
    zip = fields.Char("Postal code")
    city = fields.Char(index=True)
    city_code = fields.Char("Commune code")
    side = fields.Selection([("odd", "Odd"), ("even", "Even")], compute="_compute_side", store=True)
    latitude = fields.Float(digits=(10, 6), required=True)
    longitude = fields.Float(digits=(10, 6), required=True)
    polling_station_id = fields.Many2one(
        "political.zone",
        domain=[("kind", "=", "station")],
        ondelete="set null",
        index="btree_not_null",
    )
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    branch_id = fields.Many2one(
        "political.branch",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        help="Whose ground this is: its local leads see the address.",
    )
    access_note = fields.Char(
        size=notes.MAX_LENGTH, help="How to get in. Never anything about people."
    )
    home_count = fields.Integer(
        "Homes", help="How many homes the building has; 0 when that is not known."
    )
    access = fields.Selection(
        [
            ("open", "May be knocked at"),
            ("leaflet", "Leaflets only"),
            ("closed", "No way in"),
            ("unsafe", "Not safe to enter"),
        ],
        default="open",
        required=True,
        help="Only buildings that may be knocked at go into turfs of door-to-door work. It is "
        "about the building, never about who lives there.",
    )
    do_not_knock = fields.Boolean(
        default=False,
        help="Left out of every new turf. No name and no reason is kept; the mark goes on its "
        "date (R-48).",
    )
    do_not_knock_until = fields.Date(
        compute="_compute_do_not_knock_until", store=True, readonly=False
    )
    active = fields.Boolean(default=True)
    door_ids = fields.One2many("canvass.door", "building_id", "Doors")
    door_count = fields.Integer(compute="_compute_door_count")

    _code_unique = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL", "This address was loaded already."
    )
    _point = models.Constraint(
        "CHECK (latitude BETWEEN -85 AND 85 AND longitude BETWEEN -180 AND 180)",
        "A point has a latitude between -85° and 85° and a longitude between -180° and 180°.",
    )
    _homes = models.Constraint("CHECK (home_count >= 0)", "A building has no fewer than 0 homes.")
    # Nearest first without looking at every address: Mercator keeps the shape of small places,
    # so its plain distance ranks neighbours rightly.
    _nearest = models.Index(
        "USING gist (point(longitude::float8, "
        "degrees(ln(tan(pi() / 4 + radians(latitude::float8) / 2)))))"
    )

    @api.depends("number", "suffix", "street")
    def _compute_address(self):
        for building in self:
            parts = (str(building.number or ""), building.suffix or "", building.street or "")
            building.address = " ".join(filter(None, parts))

    @api.depends("number")
    def _compute_side(self):
        for building in self:
            building.side = building.number and ("odd" if building.number % 2 else "even")

    @api.depends("address", "city")
    @api.depends_context("show_city")
    def _compute_display_name(self):
        for building in self:
            city = self.env.context.get("show_city") and building.city
            building.display_name = f"{building.address}, {city}" if city else building.address

    @api.depends("do_not_knock")
    def _compute_do_not_knock_until(self):
        for building in self:
            building.do_not_knock_until = building.do_not_knock and (
                building.do_not_knock_until or self.env["canvass.door"]._default_until()
            )

    @api.depends("door_ids")
    def _compute_door_count(self):
        counts = dict(
            self.env["canvass.door"]._read_group(
                [("building_id", "in", self.ids)], ["building_id"], ["__count"]
            )
        )
        for building in self:
            building.door_count = counts.get(building._origin, 0)

    @api.constrains("access_note")
    def _check_access_note(self):
        for building in self:
            check_note(self.env, building.access_note)

    def write(self, vals):
        result = super().write(vals)
        if not {"branch_id", "company_id"}.isdisjoint(vals):
            # Rules are checked before a write; nobody pushes an address onto others' ground.
            self.check_access("write")
        return result

    def action_doors(self):
        """Open the doors of the building; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_canvass.action_door")
        action["domain"] = [("building_id", "=", self.id)]
        action["context"] = {"default_building_id": self.id}
        return action
