from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("country", "Country"),
    ("region", "Region"),
    ("department", "Department"),
    ("epci", "Intercommunality"),
    ("commune", "Commune"),
    ("arrondissement", "Municipal arrondissement"),
    ("constituency", "Constituency"),
    ("canton", "Canton"),
    ("iris", "IRIS"),
    ("station", "Polling station"),
]


class PoliticalZone(models.Model):
    """An official place, from the country down to the polling station.

    Places are public facts and never point to people (R-75): people point to places.
    """

    _name = "political.zone"
    _description = "Place"
    _parent_name = "parent_id"
    _parent_store = True
    _log_access = False
    _order = "kind, code, id"
    _rec_names_search = ["name", "code", "code_alt"]
    # A street or a square may bear somebody's name: erasing that person leaves the map alone.
    _consent_public_names = True

    name = fields.Char(required=True, index="trigram")
    # Looked up by the unique index below.
    kind = fields.Selection(KINDS, required=True)
    code = fields.Char(
        "Official code",
        required=True,
        help="As the authority writes it, kept as text: 01001, 2A004, 93010_0012.",
    )
    code_alt = fields.Char(
        "Other code",
        index="btree_not_null",
        help="The same place in the other family of codes: results files and the electoral "
        "register do not number polling stations alike.",
    )
    cog_year = fields.Integer(
        "Geography of",
        help="Year of the official geographic code in which this code is valid; 0: not known.",
    )
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one(
        "political.zone",
        "Lies in",
        ondelete="restrict",
        index=True,
        help="The administrative parent. Other memberships have fields of their own.",
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("political.zone", "parent_id", "Parts")
    child_count = fields.Integer(compute="_compute_child_count")
    # A commune may lie in several constituencies and cantons: only the station tells.
    constituency_id = fields.Many2one(
        "political.zone",
        domain=[("kind", "=", "constituency")],
        ondelete="restrict",
        index="btree_not_null",
    )
    canton_id = fields.Many2one(
        "political.zone",
        domain=[("kind", "=", "canton")],
        ondelete="restrict",
        index="btree_not_null",
    )
    iris_id = fields.Many2one(
        "political.zone",
        "IRIS",
        domain=[("kind", "=", "iris")],
        ondelete="restrict",
        index="btree_not_null",
    )
    # Of a polling station: where one goes to vote.
    street = fields.Char("Address", help="Where one votes.")
    zip = fields.Char("Postcode")
    longitude = fields.Float(digits=(10, 7))
    latitude = fields.Float(digits=(10, 7))
    link_ids = fields.One2many("political.zone.link", "zone_id")
    turnout_ids = fields.One2many("political.turnout", "zone_id")
    result_ids = fields.One2many("political.result", "zone_id", "Results")
    indicator_value_ids = fields.One2many("political.indicator.value", "zone_id", "Indicators")
    contour = fields.Text(
        prefetch=False, help="GeoJSON geometry, in longitude and latitude (WGS 84)."
    )

    _code_unique = models.UniqueIndex(
        "(kind, code, (COALESCE(cog_year, 0)))",
        "A place of this kind has this code already in the same year.",
    )
    _no_self_parent = models.Constraint(
        "CHECK (parent_id IS NULL OR parent_id <> id)", "A place does not lie in itself."
    )

    @api.depends("name", "kind", "parent_id.name")
    def _compute_display_name(self):
        """A polling station is known by its town: “Bureau 12” alone says nothing."""
        for zone in self:
            town = zone.kind == "station" and zone.parent_id.name
            zone.display_name = f"{zone.name} ({town})" if town else zone.name

    @api.depends("child_ids")
    def _compute_child_count(self):
        counts = dict(self._read_group([("parent_id", "in", self.ids)], ["parent_id"], ["__count"]))
        for zone in self:
            zone.child_count = counts.get(zone, 0)

    @api.constrains("parent_id")
    def _check_cycle(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("A place cannot lie in one of its own parts. Choose another parent.")
            )

    @api.constrains("constituency_id", "canton_id", "iris_id")
    def _check_kinds(self):
        for zone in self:
            for name, kind in (
                ("constituency_id", "constituency"),
                ("canton_id", "canton"),
                ("iris_id", "iris"),
            ):
                if zone[name] and zone[name].kind != kind:
                    raise ValidationError(
                        self.env._(
                            "“%(place)s” is of another kind than the field “%(field)s” takes.",
                            place=zone[name].display_name,
                            field=zone._fields[name]._description_string(self.env),
                        )
                    )

    def action_parts(self):
        """Open the places that lie in this one.

        :returns: a window action (dict)
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "political.zone",
            "name": self.env._("Places in %(place)s", place=self.name),
            "view_mode": "list,form",
            "domain": [("parent_id", "=", self.id)],
            "context": {"default_parent_id": self.id},
        }

    def _department_code(self):
        """Code of the department that the place lies in, or ``False`` for larger ones."""
        self.ensure_one()
        if self.kind in ("country", "region", "epci"):
            return False
        return self.code[:3] if self.code[:2] in ("97", "98") else self.code[:2]
