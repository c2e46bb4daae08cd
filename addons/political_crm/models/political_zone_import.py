import base64

from odoo import fields, models
from odoo.exceptions import UserError

from ..lib import place_files
from ..lib.contours import ContourError, read_contours
from ..lib.plain import plain
from ..lib.results_file import FileError, unzipped
from .political_zone import KINDS


class PoliticalZoneImport(models.Model):
    """An official list of places, an address table or a file of contours on its way in."""

    _name = "political.zone.import"
    _inherit = "political.data.remarks"
    _description = "Import of places"
    _order = "id desc"
    _rec_name = "filename"

    file = fields.Binary(required=True, attachment=True)
    kind = fields.Selection(
        KINDS, "Kind of places", help="For lists and contours that do not say it themselves."
    )
    cog_year = fields.Integer("Geography of", help="Year of the list; 0: not known.")
    department_code = fields.Char(
        "Department", help="For constituencies that the file numbers from 1."
    )
    commune_id = fields.Many2one(
        "political.zone",
        "Commune of the file",
        domain=[("kind", "=", "commune")],
        ondelete="set null",
        index="btree_not_null",
        help="For a town's file that does not say which town it is.",
    )
    create_missing = fields.Boolean(
        "Add the places that are missing",
        help="Stations, constituencies and IRIS that nobody loaded yet: of a file of contours, of "
        "codes, of polling places or of addresses by IRIS.",
    )
    state = fields.Selection(
        [("draft", "To check"), ("ready", "Checked"), ("done", "Loaded")],
        default="draft",
        readonly=True,
        required=True,
    )
    added_count = fields.Integer("Added", readonly=True)
    changed_count = fields.Integer("Changed", readonly=True)
    mended_count = fields.Integer("Contours mended", readonly=True)
    unmatched_count = fields.Integer("Without a place", readonly=True)
    unknown_count = fields.Integer("Addresses without a station", readonly=True)
    iris_count = fields.Integer("Addresses given an IRIS", readonly=True)
    rejected_count = fields.Integer("Lines left out", readonly=True)
    people_count = fields.Integer("People placed", readonly=True)
    preview = fields.Html("What it says", readonly=True)
    report = fields.Html("What happened", readonly=True)

    def action_preview(self):
        """Read the file, store nothing of it, and show what was understood.

        :raises UserError: with what is wrong with the file or what it needs
        :raises AccessError: without the right to write places
        """
        self._check_importer()
        for job in self:
            found = job._read_file()
            job._tell(found, job._unmatched(found))
            job.state = "ready"
        return True

    def action_apply(self):
        """Load the file. The same file twice changes nothing.

        :raises UserError: with what is wrong with the file; nothing is then stored
        :raises AccessError: without the right to write places
        """
        self._check_importer()
        for job in self:
            found = job._read_file()
            unmatched = job._unmatched(found)
            job.write({"state": "done", **job._load(found)})
            job._tell(found, unmatched)
            job.report = job._report()
        return True

    # ------------------------------------------------------------------ reading

    def _check_importer(self):
        self.env["political.zone"].check_access("write")
        self.check_access("write")

    def _read_file(self):
        """
        :returns: :class:`~..lib.place_table.PlaceFile`, or a
            :class:`~..lib.contours.ContourFile`
        :raises UserError: on a file that is refused
        """
        self.ensure_one()
        content = base64.b64decode(self.with_context(bin_size=False).file or b"")
        try:
            content = unzipped(content)
            if content.lstrip()[:1] == b"{":
                return read_contours(content, self.kind or "", self.department_code or "")
            return place_files.read_places(
                content, self.kind or "", (self.commune_id or self._commune_of_name()).code or ""
            )
        except FileError as error:
            raise UserError(self._file_sentence(error)) from error
        except ContourError as error:
            raise UserError(self._contour_sentence(error)) from error

    def _commune_of_name(self):
        """The one commune whose name is a word of the file's name."""
        Zone = self.env["political.zone"]
        words = [word.title() for word in plain((self.filename or "").split(".")[0]).split()]
        found = Zone.search([("kind", "=", "commune"), ("name", "in", words)])
        return found if len(found) == 1 else Zone

    # ------------------------------------------------------------------ lists and addresses

    def _load(self, found):
        """Store what a file says.

        :param found: of :meth:`_read_file`
        :returns: values of the counts
        """
        Zone = self.env["political.zone"].sudo()
        year = self.cog_year or None
        done = Zone._store_places(
            {"cog_year": year, **place} for place in self._places_to_store(found)
        )
        done = {"added_count": done["added"], "changed_count": done["changed"]}
        if found.links:
            done["added_count"] += self._store_mergers(found.links)
        if found.addresses:
            done |= self._load_addresses(found.addresses)
        return done

    def _places_to_store(self, found):
        return found.places

    def _unmatched(self, found):
        """Remarks on what the file says of places that are not loaded, and that it does not
        bring."""
        return []

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
