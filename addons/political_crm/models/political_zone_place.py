from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..lib import town as towns


class PoliticalZone(models.Model):
    _inherit = "political.zone"

    @api.model
    def _places_of_addresses(self, addresses):
        """Where people at some addresses vote, and whose branch is at home there.

        :param list addresses: (street, postcode, town, station id or False, company id)
        :returns: as many (station id or False, how it was found or False, branch id or False)
        :rtype: list[tuple]
        """
        stations = self._stations_of_addresses(addresses)
        communes = self._communes_of([(a[1], a[2]) for a in addresses])
        alone = self._only_station_of(set(communes) - {False})
        zones = []
        for n, address in enumerate(addresses):
            if address[3]:
                stations[n] = (address[3], False)
            elif not stations[n][0] and communes[n] in alone:
                stations[n] = (alone[communes[n]], "town")
            zones.append(stations[n][0] or communes[n])
        branches = self._branches_of(
            {(zone, a[4]) for zone, a in zip(zones, addresses, strict=True) if zone and a[4]}
        )
        return [
            (station[0], station[1], branches.get((zone, address[4]), False))
            for station, zone, address in zip(stations, zones, addresses, strict=True)
        ]

    @api.model
    def _stations_of_addresses(self, addresses):
        """Stations that an address register knows; other models extend it.

        :returns: as many (station id or False, ``address`` or False)
        """
        return [(False, False)] * len(addresses)

    @api.model
    def _communes_of(self, towns_typed):
        """Ids of the communes (or arrondissements) that postcodes and names mean, or ``False``."""
        prefixes = {p for postcode, _town in towns_typed for p in towns.department(postcode)}
        if not prefixes:
            return [False] * len(towns_typed)
        self.env["political.zone"].flush_model(["kind", "code", "name", "active"])
        self.env.cr.execute(
            SQL(
                """
                SELECT id, kind, code, name FROM political_zone
                 WHERE kind IN ('commune', 'arrondissement') AND active
                   AND code LIKE ANY(%s) ORDER BY cog_year
                """,
                [f"{prefix}%" for prefix in sorted(prefixes)],
            )
        )
        by_name, by_code = {}, {}
        for zone_id, kind, code, name in self.env.cr.fetchall():
            by_code[code] = zone_id
            if kind == "commune":
                prefix = code[:3] if code[:2] in ("97", "98") else code[:2]
                by_name[prefix, towns.plain(name)] = zone_id
        return [
            self._commune_of(postcode, name, by_name, by_code) for postcode, name in towns_typed
        ]

    @api.model
    def _commune_of(self, postcode, name, by_name, by_code):
        part = by_code.get(towns.arrondissement(postcode))
        if part:
            return part
        plain = towns.plain(name)
        return next(
            (
                by_name[prefix, plain]
                for prefix in towns.department(postcode)
                if (prefix, plain) in by_name
            ),
            False,
        )

    @api.model
    def _only_station_of(self, commune_ids):
        """``{commune id: station id}`` of the communes in which everybody votes at one place."""
        if not commune_ids:
            return {}
        self.env.cr.execute(
            SQL(
                """
                SELECT parent_id, min(id) FROM political_zone
                 WHERE kind = 'station' AND active AND parent_id = ANY(%s)
                 GROUP BY parent_id HAVING count(*) = 1
                """,
                list(commune_ids),
            )
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _branches_of(self, zones):
        """The branch at home in the nearest place around each zone.

        :param set zones: (zone id, company id)
        :returns: ``{(zone id, company id): branch id}``
        """
        if not zones:
            return {}
        self.env["political.branch"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT id, ARRAY(SELECT unnest(string_to_array(trim(trailing '/' FROM parent_path),
                                                               '/'))::int)
                       || ARRAY[constituency_id, canton_id]
                  FROM political_zone WHERE id = ANY(%s)
                """,
                list({zone_id for zone_id, _company_id in zones}),
            )
        )
        around = {zone_id: [z for z in path if z] for zone_id, path in self.env.cr.fetchall()}
        self.env.cr.execute(
            SQL(
                """
                SELECT b.company_id, r.zone_id, b.id FROM political_branch_zone_rel r
                  JOIN political_branch b ON b.id = r.branch_id AND b.active
                  JOIN political_zone z ON z.id = r.zone_id
                 WHERE r.zone_id = ANY(%s)
                 ORDER BY length(z.parent_path) - length(replace(z.parent_path, '/', '')),
                          length(b.parent_path) - length(replace(b.parent_path, '/', '')),
                          b.id DESC
                """,
                list({zone for path in around.values() for zone in path}),
            )
        )
        at_home = defaultdict(list)
        for company_id, zone_id, branch_id in self.env.cr.fetchall():
            at_home[company_id].append((zone_id, branch_id))
        found = {}
        for zone_id, company_id in zones:
            near = [b for z, b in at_home[company_id] if z in around.get(zone_id, ())]
            if near:
                found[zone_id, company_id] = near[-1]
        return found
