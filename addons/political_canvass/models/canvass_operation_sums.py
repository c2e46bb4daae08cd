import csv
import io

from odoo import api, models
from odoo.addons.political_crm.lib.plain import no_formula

from ..lib import cells

FIGURES = ("done", "talks", "not_home", "agreements")


class CanvassOperation(models.Model):
    """The sums of an operation as a table to take away: places and hours, nobody's name."""

    _inherit = "canvass.operation"

    @api.readonly
    def export_sums(self):
        """The board's sums as a CSV, small cells hidden (R-50).

        A row stands for a turf, a team, an hour or a station. Where fewer than ten doors were
        done, or a subtraction between the rows would tell so few, its results are empty.

        :returns: str; semicolons between columns, as French spreadsheets read them
        :raises AccessError: for an operation that the caller may not read
        """
        self.ensure_one()
        data = self.board_data()
        turfs, stations, teams = data["turfs"], data["stations"], data["teams"] or []
        hours = [{**hour, "done": hour["reports"]} for hour in data["hours"]]
        by_turf, by_station = self._known_sums(turfs, stations)
        parts = (
            (self.env._("Turf"), turfs, "name", by_turf),
            (self.env._("Team"), teams, "team", ()),
            (self.env._("Hour (UTC)"), hours, "hour", ()),
            (self.env._("Polling station"), stations, "station", by_station),
        )
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(self._sums_head())
        total = {"name": data["name"], **data["totals"]}
        parts = ((self.env._("Total"), [total], "name", ()), *parts)
        for label, rows, name, known in parts:
            writer.writerows([label, *row] for row in self._sums_rows(rows, name, known))
        return out.getvalue()

    def _sums_head(self):
        return [
            self.env._("Sums by"),
            self.env._("Name"),
            self.env._("Doors"),
            self.env._("Doors done"),
            self.env._("Talks"),
            self.env._("Not home"),
            self.env._("Agreements"),
        ]

    def _known_sums(self, turfs, stations):
        """Which turfs, and which stations, the other rows tell the sum of: those of one team, and
        those that cover the same ground.

        :returns: two lists of sets of indexes
        """
        turf_at = {turf["id"]: index for index, turf in enumerate(turfs)}
        station_at = {one["station_id"]: index for index, one in enumerate(stations)}
        ground = cells.linked((row["turf"], row["station"]) for row in self._board_doors())
        teams = {}
        for index, turf in enumerate(turfs):
            teams.setdefault(turf["team_id"], set()).add(index)
        by_turf = [{turf_at[turf] for turf in some} for some, _rest in ground]
        by_station = [{station_at[station] for station in some} for _rest, some in ground]
        return [*by_turf, *teams.values()], by_station

    @api.model
    def _sums_rows(self, rows, name, known):
        sizes = [row["done"] for row in rows]
        small = cells.hidden(sizes, known)
        for index, row in enumerate(rows):
            shown = {} if index in small else row
            figures = ["" if shown.get(f, False) is False else shown[f] for f in FIGURES]
            yield [no_formula(row[name] or self.env._("Not known")), row.get("doors", ""), *figures]
