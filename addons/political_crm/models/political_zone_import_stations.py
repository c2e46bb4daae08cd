from odoo import models

# Tables about places that other files bring: what they say of unknown ones waits for these.
OF_KNOWN_PLACES = ("station_codes", "polling_places", "address_iris")


class PoliticalZoneImport(models.Model):
    """What a table says of stations, IRIS and addresses that are loaded already."""

    _inherit = "political.zone.import"

    def _places_to_store(self, found):
        places = super()._places_to_store(found)
        if found.name not in OF_KNOWN_PLACES or self.create_missing:
            return places
        known = self._known_places(found)
        return [place for place in places if place["code"] in known]

    def _unmatched(self, found):
        remarks = super()._unmatched(found)
        if getattr(found, "name", "") not in OF_KNOWN_PLACES:
            return remarks
        if not self.create_missing:
            known = self._known_places(found)
            remarks += [
                (place["line"], place["code"], "unmatched", place["name"] or "", True)
                for place in found.places
                if place["code"] not in known
            ]
        if found.iris_of:
            remarks += self.env["political.address"].sudo()._iris_unknown(found.iris_of)
        return remarks

    def _known_places(self, found):
        kinds = {place["kind"] for place in found.places}
        Zone = self.env["political.zone"].sudo()
        return {
            code
            for kind in kinds
            for code in Zone._places_by_code(kind, {p["code"] for p in found.places})
        }

    def _load(self, found):
        done = super()._load(found)
        if getattr(found, "iris_of", None):
            done["iris_count"] = self.env["political.address"].sudo()._store_iris(found.iris_of)
        return done
