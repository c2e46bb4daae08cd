from os.path import commonpath

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

# From the finest: the first that a small map can still show is the one drawn.
LEVELS = ("station", "commune", "department", "region")
MOST_PLACES = 1500


class PoliticalDashboard(models.TransientModel):
    """The overview's map: how many of the reader's own people live in each place.

    Nothing but their number, which the record rules have cut to whom the reader may see: no
    result and no score stands beside it (R-75).
    """

    _inherit = "political.dashboard"

    @api.model
    @api.readonly
    def map_counts(self, branch_id=False):
        """Count the reader's people by place, at the finest level that a small map can show.

        :param branch_id: id of a branch, with its sub-branches; False: everybody in sight
        :returns: dict: ``contours`` (address of the shapes, or False where no place has one),
            ``counted`` (what is counted, in words), ``places`` (list of ``[id, name, counts in
            that order]``), ``elsewhere`` (people whose polling station is not known), ``tiles``
        :raises AccessError: for who is of no group of the party
        """
        self._check_reader()
        domain = self._map_domain(branch_id)
        sums = self._map_sums(domain)
        known = sum(counts[0] for _path, _drawn, counts in sums.get("station", {}).values())
        total = self.env["res.partner"].search_count(domain)
        kind, scope = self._map_level(sums)
        return {
            "contours": kind and self.env["political.map"]._shapes(scope, kind)["contours"],
            "counted": self._map_counted(),
            "places": self._map_places(kind, scope, sums.get(kind, {})),
            "elsewhere": total - known,
            "tiles": self.env["political.map"]._tiles(),
        }

    @api.model
    def action_place(self, branch_id, zone_id):
        """Open the reader's people of a place.

        :param branch_id: id of a branch, or False
        :param zone_id: id of a place on the map
        :returns: a window action (dict)
        """
        self._check_reader()
        zone = self.env["political.zone"].browse(zone_id).exists()
        board = self.new({"company_id": self.env.company.id, "branch_id": branch_id})
        return board._open_people([("polling_station_id", "child_of", zone.ids)], zone.display_name)

    @api.model
    def _map_domain(self, branch_id):
        board = self.new({"company_id": self.env.company.id, "branch_id": branch_id})
        return board._people_domain()

    @api.model
    def _map_counted(self):
        """What each place is counted for, in the order of :meth:`_map_sums`."""
        _ = self.env._
        return [_("People"), _("Members"), _("Supporters"), _("Volunteers")]

    @api.model
    def _map_sums(self, domain):
        """People of every station, and of every place that it lies in.

        :returns: ``{kind: {place's id: (path, has a contour, counts)}}``
        """
        people = self.env["res.partner"]
        people.flush_model()
        query = people._search(domain & Domain("polling_station_id", "!=", False))
        found = {}
        for kind, *row in self.env.execute_query(
            SQL(
                """
                WITH counts AS (
                    SELECT p.polling_station_id AS station, COUNT(*) AS people,
                           COUNT(*) FILTER (WHERE p.political_category = 'member') AS members,
                           COUNT(*) FILTER (WHERE p.political_category = 'regular') AS supporters,
                           COUNT(*) FILTER (WHERE p.is_volunteer) AS volunteers
                      FROM res_partner p WHERE p.id IN %s GROUP BY 1
                )
                SELECT a.kind, a.id, a.parent_path, bool_or(a.contour IS NOT NULL),
                       ARRAY[SUM(c.people), SUM(c.members), SUM(c.supporters),
                             SUM(c.volunteers)]::integer[]
                  FROM counts c
                  JOIN political_zone z ON z.id = c.station
                 CROSS JOIN LATERAL
                       unnest(string_to_array(trim('/' FROM z.parent_path), '/')) AS part
                  JOIN political_zone a ON a.id = part::integer
                 WHERE a.kind IN %s
                 GROUP BY a.id
                """,
                query.subselect(),
                LEVELS,
            )
        ):
            zone_id, path, drawn, counts = row
            found.setdefault(kind, {})[zone_id] = (path, drawn, counts)
        return found

    @api.model
    def _map_level(self, sums):
        """The finest kind whose places can be drawn, and the place that holds them all."""
        for kind in LEVELS:
            places = sums.get(kind, {}).values()
            scope = self._map_scope([path for path, _drawn, _counts in places])
            if scope and any(drawn for _path, drawn, _counts in places):
                ids, _above = self.env["political.place.figures"]._places(kind, scope)
                if len(ids) <= MOST_PLACES:
                    return kind, scope
        return False, self.env["political.zone"]

    @api.model
    def _map_scope(self, paths):
        """The smallest place around all of these; of a single one, the place above it."""
        above = [path.strip("/").rpartition("/")[0] for path in paths]
        common = commonpath(above) if above else ""
        return self.env["political.zone"].browse(int(common.split("/")[-1]) if common else ())

    @api.model
    def _map_places(self, kind, scope, sums):
        """Every place of the map with its counts: where nobody lives there are none."""
        if not kind:
            return []
        ids, _above = self.env["political.place.figures"]._places(kind, scope)
        nobody = [0] * len(self._map_counted())
        return [
            [zone.id, zone.display_name, sums[zone.id][2] if zone.id in sums else nobody]
            for zone in self.env["political.zone"].browse(ids.tolist())
        ]
