import base64
import binascii
import io

from odoo import api, fields, models
from odoo.addons.political_crm.lib.copying import references_at_once
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.gc import disabling_gc

from ..lib import addresses

# What a second load of a newer file may correct; the branch, notes and marks stay.
CORRECTED = (
    "number",
    "suffix",
    "street",
    "zip",
    "city",
    "city_code",
    "latitude",
    "longitude",
    "polling_station_id",
)
# What a file may leave out, and who is asked then: what was there, then the register.
UNTOLD = {
    "city_code": SQL("coalesce(told.city_code, old.city_code)"),
    "polling_station_id": SQL(
        "coalesce(told.polling_station_id, old.polling_station_id, told.register_id)"
    ),
}
# An address as COPY reads it: an empty cell is NULL.
LINE = "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%.6f\t%.6f\t%s\n"


class CanvassAddressImport(models.TransientModel):
    """Loads an address file of the BAN as buildings, each with one door to begin with.

    Set-based: the file goes through a temporary table, then one statement for the buildings and
    one for the doors. The rows are those that ``create()`` would have written. Loading the same
    file again changes nothing.
    """

    _name = "canvass.address.import"
    _description = "Load addresses"

    file = fields.Binary(attachment=False)
    filename = fields.Char()
    company_id = fields.Many2one(
        "res.company", "Controller", required=True, default=lambda self: self.env.company
    )
    branch_id = fields.Many2one(
        "political.branch",
        required=True,
        domain="[('company_id', '=', company_id)]",
        help="Whose ground these addresses are. Those that are there already keep their branch.",
    )
    state = fields.Selection([("draft", "To load"), ("done", "Loaded")], default="draft")
    created_count = fields.Integer("New buildings", readonly=True)
    updated_count = fields.Integer("Corrected buildings", readonly=True)
    unchanged_count = fields.Integer("Unchanged buildings", readonly=True)
    door_count = fields.Integer("New doors", readonly=True)
    rejected_count = fields.Integer("Lines left out", readonly=True)
    repeated_count = fields.Integer("Repeated lines", readonly=True)
    rejected_lines = fields.Text("Why lines were left out", readonly=True)

    def action_load(self):
        """Load the file; the wizard then shows the counts.

        :returns: the action that shows the wizard again
        :raises UserError: for a file that cannot be used; nothing is then written
        """
        self.ensure_one()
        try:
            content = base64.b64decode(self.file or b"", validate=True)
        except (binascii.Error, ValueError) as error:
            raise UserError(self.env._("The file did not arrive whole. Try again.")) from error
        self._take(content)
        return self._again()

    def _take(self, content):
        """Load the bytes of a file, and count.

        :raises UserError: for a file that cannot be used; nothing is then written
        """
        self._check_rights()
        found = self._parse(content)
        self._stage(found.addresses)
        created, updated = self._write_buildings()
        doors = self._write_doors(created)
        if created or doors:
            # The planner must know of a whole town at once, not when autovacuum passes by.
            self.env.cr.execute("ANALYZE canvass_building, canvass_door")
        self.write(
            {
                "state": "done",
                "created_count": created,
                "updated_count": updated,
                "unchanged_count": len(found.addresses) - created - updated,
                "door_count": doors,
                "rejected_count": len(found.rejected),
                "repeated_count": found.repeated,
                "rejected_lines": self._rejected_text(found.rejected),
            }
        )

    def _check_rights(self):
        self.env["canvass.building"].check_access("create")
        self.env["canvass.door"].check_access("create")
        self.branch_id.check_access("read")
        if self.branch_id.company_id != self.company_id:
            raise UserError(self.env._("The branch belongs to another controller."))
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("This is not one of your companies."))

    def _again(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Load addresses"),
        }

    def action_buildings(self):
        """Open the buildings; returns a window action."""
        return self.env["ir.actions.act_window"]._for_xml_id("political_canvass.action_building")

    # ---------------------------------------------------------------- reading

    def _parse(self, content):
        try:
            # A million rows that stay would be walked by the collector over and over.
            with disabling_gc():
                return addresses.parse(content)
        except addresses.AddressFileError as error:
            raise UserError(self._sentence(error)) from error

    def _sentence(self, error):
        """What is wrong with the file and what to do, in words."""
        details = {"line": 0, "columns": [], "found": 0, "expected": 0, **error.details}
        details["columns"] = ", ".join(details["columns"])
        again = self.env._("Nothing was loaded. Download the file again from adresse.data.gouv.fr.")
        sentences = {
            "empty": self.env._("The file is empty."),
            "html": self.env._(
                "This is a web page, not an address file: the download was probably answered by "
                "a login or an error page."
            ),
            "binary": self.env._(
                "This is not a text file. Choose the CSV file, not a spreadsheet."
            ),
            "gzip": self.env._("The compressed file is damaged or incomplete."),
            "too_large": self.env._(
                "The file is larger than a gigabyte. Load it department by department."
            ),
            "encoding": self.env._(
                "Line %(line)s is not in UTF-8. The file was saved by another program: use the "
                "original.",
                line=details["line"],
            ),
            "columns": self.env._(
                "The heading lacks these columns: %(columns)s. This is not an address file of the "
                "BAN.",
                columns=details["columns"],
            ),
            "short_line": self.env._(
                "Line %(line)s has %(found)s columns where the heading has %(expected)s: the file "
                "was cut short or changed.",
                line=details["line"],
                found=details["found"],
                expected=details["expected"],
            ),
            "quotes": self.env._(
                "The quotation marks around line %(line)s do not match: the file was cut short or "
                "changed.",
                line=details["line"],
            ),
            "unusable": self.env._(
                "Too many lines cannot be used, the first one is line %(line)s (%(reason)s).",
                line=details["line"],
                reason=self._reasons().get(details.get("reason"), ""),
            ),
        }
        return f"{sentences[error.code]} {again}"

    def _reasons(self):
        return {
            "id": self.env._("no code"),
            "street": self.env._("no street"),
            "number": self.env._("the number is not a number"),
            "point": self.env._("no valid point"),
        }

    def _rejected_text(self, rejected):
        reasons = self._reasons()
        lines = [
            self.env._("Line %(line)s: %(reason)s.", line=line, reason=reasons[reason])
            for line, reason in rejected[:100]
        ]
        if len(rejected) > len(lines):
            lines.append(self.env._("… and %(count)s more.", count=len(rejected) - len(lines)))
        return "\n".join(lines)

    # ---------------------------------------------------------------- writing

    def _stage(self, found):
        self.env.cr.execute(
            """
            DROP TABLE IF EXISTS canvass_address_staging;
            CREATE TEMPORARY TABLE canvass_address_staging (
                code text, number integer, suffix text, street text, zip text, city text,
                city_code text, latitude numeric, longitude numeric, station text,
                register_id integer
            ) ON COMMIT DROP
            """
        )
        self.env.cr.copy_expert(
            "COPY canvass_address_staging (code, number, suffix, street, zip, city, city_code, "
            "latitude, longitude, station) FROM STDIN (FORMAT text, NULL '')",
            io.BytesIO(self._lines(found)),
        )
        self.env.cr.execute("ANALYZE canvass_address_staging (code, station)")
        self._ask_the_register()

    def _ask_the_register(self):
        """The BAN tells no polling station: the register's address table does, where it was
        loaded under *Places*."""
        self.env["political.address"].flush_model()
        self.env.cr.execute(
            """
            UPDATE canvass_address_staging staged SET register_id = a.station_id
              FROM political_address a
             WHERE a.ban_id = staged.code AND a.station_id IS NOT NULL
            """
        )

    def _lines(self, found):
        text = "".join([LINE % address for address in found])
        odd = "\\" in text or "\r" in text or text.count("\n") > len(found)
        if odd or text.count("\t") > LINE.count("\t") * len(found):
            # Hardly any file has such a cell: only then is each of them looked at.
            text = "".join([LINE % tuple(map(self._escaped, address)) for address in found])
        return text.encode()

    def _escaped(self, cell):
        return " ".join(cell.replace("\\", "\\\\").split()) if isinstance(cell, str) else cell

    def _write_buildings(self):
        """Insert new buildings, correct those that the file tells otherwise; ``(new, corrected)``.

        Empty texts are NULL and the computed columns hold what the ORM would have computed.
        """
        self.env["canvass.building"].flush_model()
        cr = self.env.cr
        cr.execute(self._sql_correct())
        corrected = cr.rowcount
        with references_at_once(cr, "canvass_building", self._number_of_new()) as alone:
            cr.execute(self._sql_insert(SQL() if alone else SQL("ON CONFLICT DO NOTHING")))
            created = cr.rowcount
        self.env["canvass.building"].invalidate_model()
        return created, corrected

    def _number_of_new(self):
        """How many of the staged addresses are not there yet."""
        self.env.cr.execute(
            """
            SELECT count(*) FROM canvass_address_staging staged
             WHERE NOT EXISTS (SELECT FROM canvass_building there
                                WHERE there.company_id = %s AND there.code = staged.code)
            """,
            [self.company_id.id],
        )
        return self.env.cr.fetchone()[0]

    def _sql_staged(self):
        """The staged addresses with what their columns have to be computed from."""
        return SQL(
            """
            SELECT staged.code, staged.number, staged.suffix, staged.street, staged.zip,
                   staged.city, staged.city_code, staged.latitude, staged.longitude,
                   zone.id AS polling_station_id,
                   concat_ws(' ', nullif(staged.number, 0)::text, staged.suffix, staged.street)
                       AS address,
                   CASE WHEN staged.number = 0 THEN NULL
                        WHEN staged.number %% 2 = 1 THEN 'odd' ELSE 'even' END AS side,
                   staged.register_id
              FROM canvass_address_staging staged
              LEFT JOIN (
                SELECT DISTINCT ON (named.station) named.station, station.id
                  FROM (SELECT DISTINCT station FROM canvass_address_staging
                         WHERE station IS NOT NULL) named
                  JOIN political_zone station
                    ON station.kind = 'station'
                   AND named.station IN (station.code, station.code_alt)
                 ORDER BY named.station, station.active DESC, station.cog_year DESC NULLS LAST
              ) zone ON zone.station = staged.station
            """
        )

    def _sql_correct(self):
        """What the file does not tell stays as it was."""
        names = [SQL.identifier(name) for name in CORRECTED]
        return SQL(
            """
            UPDATE canvass_building old
               SET (%(corrected)s, address, side, write_uid, write_date)
                 = (%(told)s, told.address, told.side, %(uid)s, %(now)s)
              FROM (%(staged)s) told
             WHERE old.company_id = %(company)s AND old.code = told.code
               AND (%(old)s) IS DISTINCT FROM (%(told)s)
            """,
            corrected=SQL(", ").join(names),
            old=SQL(", ").join(SQL("old.%s", name) for name in names),
            told=SQL(", ").join(
                UNTOLD.get(field) or SQL("told.%s", name)
                for field, name in zip(CORRECTED, names, strict=True)
            ),
            staged=self._sql_staged(),
            company=self.company_id.id,
            uid=self.env.uid,
            now=self.env.cr.now(),
        )

    def _sql_insert(self, conflict):
        return SQL(
            """
            INSERT INTO canvass_building (
                code, number, suffix, street, zip, city, city_code, latitude, longitude,
                polling_station_id, address, side, company_id, branch_id, active,
                access, do_not_knock, create_uid, create_date, write_uid, write_date)
            SELECT told.code, told.number, told.suffix, told.street, told.zip, told.city,
                   told.city_code, told.latitude, told.longitude,
                   coalesce(told.polling_station_id, told.register_id), told.address, told.side,
                   %(company)s, %(branch)s, true, 'open', false,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM (%(staged)s) told
             WHERE NOT EXISTS (SELECT FROM canvass_building there
                                WHERE there.company_id = %(company)s AND there.code = told.code)
             ORDER BY told.code
            %(conflict)s
            """,
            staged=self._sql_staged(),
            company=self.company_id.id,
            branch=self.branch_id.id,
            uid=self.env.uid,
            now=self.env.cr.now(),
            conflict=conflict,
        )

    def _write_doors(self, number):
        """One door for every staged building that has none; returns how many.

        :param int number: how many buildings are new
        """
        self.env["canvass.door"].flush_model()
        with references_at_once(self.env.cr, "canvass_door", number):
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO canvass_door (
                        building_id, company_id, branch_id, floor, has_floor, active,
                        do_not_knock, to_review, create_uid, create_date, write_uid, write_date)
                    SELECT building.id, building.company_id, building.branch_id, 0, false, true,
                           false, false, %(uid)s, %(now)s, %(uid)s, %(now)s
                      FROM canvass_address_staging staged
                      JOIN canvass_building building
                        ON building.code = staged.code AND building.company_id = %(company)s
                     WHERE NOT EXISTS (SELECT FROM canvass_door door
                                        WHERE door.building_id = building.id)
                     ORDER BY building.id
                    """,
                    company=self.company_id.id,
                    uid=self.env.uid,
                    now=self.env.cr.now(),
                )
            )
            count = self.env.cr.rowcount
        self.env["canvass.door"].invalidate_model()
        return count

    @api.model
    def _load(self, content, branch, company=None):
        """Load a file without the wizard's screen (demo data, scripts); returns the wizard."""
        wizard = self.create(
            {"branch_id": branch.id, "company_id": (company or branch.company_id).id}
        )
        wizard._take(content)
        return wizard
