import base64

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from ..lib import place_files
from ..lib.contours import ContourError, read_contours
from ..lib.copying import copy_rows
from ..lib.results_file import FileError, unzipped
from .political_zone import KINDS


class PoliticalZoneImport(models.Model):
    """An official list of places, an address table or a file of contours on its way in."""

    _name = "political.zone.import"
    _description = "Import of places"
    _order = "id desc"
    _rec_name = "filename"

    file = fields.Binary(required=True, attachment=True)
    filename = fields.Char("File name")
    kind = fields.Selection(
        KINDS, "Kind of places", help="For lists and contours that do not say it themselves."
    )
    cog_year = fields.Integer("Geography of", help="Year of the list; 0: not known.")
    department_code = fields.Char(
        "Department", help="For constituencies that the file numbers from 1."
    )
    create_missing = fields.Boolean(
        "Add the places that are missing",
        help="Of a file of contours: stations, constituencies and IRIS that nobody loaded yet.",
    )
    state = fields.Selection(
        [("draft", "To load"), ("done", "Loaded")], default="draft", readonly=True, required=True
    )
    added_count = fields.Integer("Added", readonly=True)
    changed_count = fields.Integer("Changed", readonly=True)
    mended_count = fields.Integer("Contours mended", readonly=True)
    unmatched_count = fields.Integer("Without a place", readonly=True)
    unknown_count = fields.Integer("Addresses without a station", readonly=True)
    rejected_count = fields.Integer("Lines left out", readonly=True)
    people_count = fields.Integer("People placed", readonly=True)
    report = fields.Html("What happened", readonly=True)

    def action_apply(self):
        """Load the file. The same file twice changes nothing.

        :raises UserError: with what is wrong with the file; nothing is then stored
        :raises AccessError: without the right to write places
        """
        self.env["political.zone"].check_access("write")
        self.check_access("write")
        for job in self:
            content = base64.b64decode(job.with_context(bin_size=False).file or b"")
            try:
                is_geojson = unzipped(content).lstrip()[:1] == b"{"
                values = job._load_contours(content) if is_geojson else job._load_list(content)
            except FileError as error:
                raise UserError(
                    self.env["political.election.import"]._file_sentence(error)
                    if error.code != "no_header"
                    else self._unknown_list()
                ) from error
            except ContourError as error:
                raise UserError(self._contour_sentence(error)) from error
            job.write({"state": "done", **values})
            job.report = job._report()
        return True

    # ------------------------------------------------------------------ lists and addresses

    def _load_list(self, content):
        found = place_files.read_places(content, self.kind or "")
        Zone = self.env["political.zone"].sudo()
        year = self.cog_year or None
        done = Zone._store_places({"cog_year": year, **place} for place in found.places)
        done = {"added_count": done["added"], "changed_count": done["changed"]}
        if found.links:
            done["added_count"] += self._store_mergers(found.links)
        if found.addresses:
            done |= self._load_addresses(found.addresses)
        return {**done, "rejected_count": found.rejected}

    def _store_mergers(self, links):
        """Communes that merged are archived, and linked to what they became."""
        Zone = self.env["political.zone"].sudo()
        known = Zone._places_by_code("commune", {code for link in links for code in link[:2]})
        pairs = {
            (known[before], known[after]): day
            for before, after, day in links
            if before in known and after in known and before != after
        }
        Link = self.env["political.zone.link"].sudo()
        there = {
            (link.zone_id.id, link.other_id.id)
            for link in Link.search(
                [("kind", "=", "merged"), ("zone_id", "in", [zone for zone, _other in pairs])]
            )
        }
        Link.create(
            [
                {"zone_id": zone, "other_id": other, "kind": "merged", "date_from": day or False}
                for (zone, other), day in pairs.items()
                if (zone, other) not in there
            ]
        )
        return len(pairs.keys() - there)

    def _load_addresses(self, addresses):
        Address = self.env["political.address"].sudo()
        done = Address._store_addresses(addresses)
        communes = {address[1] for address in addresses}
        unknown = Address._assign_stations(communes)
        return {
            "added_count": done["added"],
            "changed_count": done["changed"],
            "unknown_count": unknown,
            "people_count": self._place_people({a[5] for a in addresses if a[5]}),
        }

    def _place_people(self, postcodes):
        """People whose address is known now are placed; the others stay unknown and counted."""
        People = self.env["res.partner"].sudo()
        people = People.search(
            [
                *People._people_domain(),
                ("polling_station_id", "=", False),
                ("zip", "in", sorted(postcodes)),
            ]
        )
        people._place()
        return len(people.filtered("polling_station_id"))

    # ------------------------------------------------------------------ contours

    def _load_contours(self, content):
        contours, left_out = read_contours(
            unzipped(content), self.kind or "", self.department_code or ""
        )
        Zone = self.env["political.zone"].sudo()
        added = 0
        if self.create_missing:
            rows = [place_files.place_row(contour.kind, contour.code) for contour in contours]
            # Only the missing ones: the names of the others are better than what a contour tells.
            known = {
                kind: Zone._places_by_code(kind, {c.code for c in contours if c.kind == kind})
                for kind in {contour.kind for contour in contours}
            }
            added = Zone._store_places(
                row for row in rows if row and row["code"] not in known[row["kind"]]
            )["added"]
        Zone.flush_model()
        cr = self.env.cr
        cr.execute(
            "CREATE TEMPORARY TABLE contour_in (kind varchar, code varchar, contour text)"
            " ON COMMIT DROP"
        )
        rows = ((c.kind, c.code, c.geometry) for c in contours)
        copy_rows(cr, "contour_in", ("kind", "code", "contour"), rows)
        cr.execute(
            """
            UPDATE political_zone z SET contour = i.contour FROM contour_in i
             WHERE z.kind = i.kind AND z.code = i.code AND z.active
               AND z.contour IS DISTINCT FROM i.contour
            """
        )
        changed = cr.rowcount
        cr.execute(
            """
            SELECT count(*) FROM contour_in i WHERE NOT EXISTS (
                SELECT FROM political_zone z
                 WHERE z.kind = i.kind AND z.code = i.code AND z.active)
            """
        )
        [unmatched] = cr.fetchone()
        cr.execute("DROP TABLE contour_in")
        Zone.invalidate_model(["contour"])
        towns = {c.code.partition("_")[0] for c in contours if c.kind == "station"}
        return {
            "added_count": added,
            "changed_count": changed,
            "mended_count": sum(contour.mended for contour in contours),
            "unmatched_count": unmatched,
            "rejected_count": left_out,
            "unknown_count": self._assign_addresses(towns),
        }

    def _assign_addresses(self, towns):
        """Addresses loaded before the contours find their station now."""
        Address = self.env["political.address"].sudo()
        self.env.cr.execute("SELECT DISTINCT commune_code FROM political_address")
        loaded = {code for (code,) in self.env.cr.fetchall()}
        communes = {code for code in loaded if self.env["political.zone"]._town_of(code) in towns}
        return Address._assign_stations(communes) if communes else 0

    # ------------------------------------------------------------------ words

    def _report(self):
        rows = Markup().join(
            Markup("<li>%s: %s</li>") % (self._fields[name]._description_string(self.env), count)
            for name in (
                "added_count",
                "changed_count",
                "mended_count",
                "unmatched_count",
                "unknown_count",
                "rejected_count",
                "people_count",
            )
            if (count := self[name])
        )
        if not rows:
            return Markup("<p>%s</p>") % self.env._("Nothing was new in this file.")
        return Markup("<ul>%s</ul>") % rows

    def _unknown_list(self):
        return self.env._(
            "This is no list that is known by its columns (communes of the COG, movements, polling "
            "stations and addresses of the register, addresses of the BAN). For another list with "
            "a column “code”, choose the kind of places."
        )

    def _contour_sentence(self, error):
        _ = self.env._
        return {
            "not_geojson": _("This is no GeoJSON: contours come as a feature collection."),
            "empty": _("The file holds no contour."),
            "no_code": _(
                "No contour of the file bears a code that is known. Choose the kind of places."
            ),
            "projection": _(
                "The contours are not in longitude and latitude (WGS 84). Ask for that projection."
            ),
        }[error.code]
