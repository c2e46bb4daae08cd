from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Sorting electors by the sound of their names or by where they were born is forbidden.
NAMES = {"lastname", "usage_name", "firstnames"}


class PoliticalRollEntry(models.Model):
    """An elector, while a ballot is open.

    Has no link to contacts (R-16), no place of birth, no nationality, no order number (R-18).
    """

    _name = "political.roll.entry"
    _description = "Elector of a roll"
    _log_access = False
    _order = "roll_id, station_code, street, id"
    _rec_name = "station_code"

    roll_id = fields.Many2one("political.roll", required=True, readonly=True, ondelete="cascade")
    list_kind = fields.Selection(
        [
            ("lp", "Main list"),
            ("lcm", "EU citizens, municipal ballots"),
            ("lce", "EU citizens, European ballots"),
        ],
        "List",
        readonly=True,
    )
    lastname = fields.Char("Birth name", readonly=True)
    usage_name = fields.Char("Name in use", readonly=True)
    firstnames = fields.Char("First names", readonly=True)
    sex = fields.Selection([("F", "Woman"), ("M", "Man")], readonly=True)
    birthdate = fields.Date("Date of birth", readonly=True)
    birth_year = fields.Integer("Year of birth", readonly=True, aggregator=False)
    street = fields.Char(readonly=True)
    street2 = fields.Char("Further address", readonly=True)
    zip = fields.Char("Postcode", readonly=True)
    city = fields.Char("Town", readonly=True)
    country = fields.Char(readonly=True)
    station_code = fields.Char("Polling station", readonly=True)
    station_name = fields.Char("Name of the polling station", readonly=True)
    commune_code = fields.Char("Commune", readonly=True)

    _roll_index = models.Index("(roll_id, station_code)")

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **kwargs):
        self._refuse_names(
            condition.field_expr.split(".")[0] for condition in Domain(domain).iter_conditions()
        )
        self._refuse_names(part.split()[0] for part in (order or "").split(",") if part.strip())
        return super()._search(domain, offset=offset, limit=limit, order=order, **kwargs)

    @api.model
    def _read_group(self, domain, groupby=(), *args, **kwargs):
        self._refuse_names(spec.split(":")[0] for spec in groupby)
        return super()._read_group(domain, groupby, *args, **kwargs)

    @api.model
    def _refuse_names(self, names):
        if not self.env.su and NAMES & set(names):
            raise UserError(
                self.env._(
                    "Electors are not sorted or filtered by their names: it would tell origins "
                    "or beliefs (R-18). Age, sex, address and polling station may be used."
                )
            )
