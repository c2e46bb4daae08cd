from collections import Counter

from markupsafe import Markup

from odoo import models

from ..lib.contours import ContourFile

COUNTS = (
    "added_count",
    "changed_count",
    "iris_count",
    "mended_count",
    "unmatched_count",
    "unknown_count",
    "rejected_count",
    "people_count",
)


class PoliticalZoneImport(models.Model):
    """What was understood of a file of places, and what became of it, in words."""

    _inherit = "political.zone.import"

    def _tell(self, found, unmatched):
        """Write what the file says and what is odd in it."""
        self.ensure_one()
        problems = [*found.problems, *unmatched]
        self.write(
            {
                "unmatched_count": len(unmatched),
                "rejected_count": found.rejected,
                "preview": self._preview_facts(self._facts(found))
                + self._preview_problems(problems),
                "problem_file": self._problem_csv(problems) if problems else False,
            }
        )

    def _facts(self, found):
        _ = self.env._
        is_contours = isinstance(found, ContourFile)
        facts = [(_("Layout"), self._contour_words() if is_contours else self._layout_words(found))]
        kinds = (
            Counter(one.kind for one in found.contours)
            if is_contours
            else Counter(place["kind"] for place in found.places)
        )
        words = dict(self._fields["kind"]._description_selection(self.env))
        facts += [(words[kind], self._spaced(count)) for kind, count in kinds.items()]
        if is_contours:
            return [*facts, (_("Contours mended"), self._spaced(found.mended))]
        for title, rows in (
            (_("Mergers"), found.links),
            (_("Addresses"), found.addresses or found.iris_of),
        ):
            if rows:
                facts.append((title, self._spaced(len(rows))))
        return facts

    def _contour_words(self):
        return self.env._("contours (GeoJSON)")

    def _layout_words(self, found):
        _ = self.env._
        return {
            "communes": _("communes of the official geographic code"),
            "movements": _("movements of communes"),
            "register": _("polling stations of the electoral register"),
            "register_addresses": _("addresses of the electoral register, with their station"),
            "addresses": _("addresses of the Base Adresse Nationale"),
            "station_codes": _("codes of stations in results and in contours"),
            "polling_places": _("polling places of Paris"),
            "address_iris": _("addresses with their IRIS"),
            "list": _("list of places with their codes"),
        }[found.name]

    def _report(self):
        rows = Markup().join(
            Markup("<li>%s: %s</li>") % (self._fields[name]._description_string(self.env), count)
            for name in COUNTS
            if (count := self[name])
        )
        if not rows:
            return Markup("<p>%s</p>") % self.env._("Nothing was new in this file.")
        return Markup("<ul>%s</ul>") % rows

    def _file_sentence(self, error):
        _ = self.env._
        if error.code == "no_header":
            return _(
                "This is no list that is known by its columns (communes of the COG, movements, "
                "polling stations and addresses of the register, codes of stations, polling places "
                "of Paris, addresses of the BAN or with their IRIS). For another list with a "
                "column “code”, choose the kind of places."
            )
        if error.code == "no_rows":
            return _("No line of the file tells of a place. Is it the right file?")
        return self.env["political.election.import"]._file_sentence(error)

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
