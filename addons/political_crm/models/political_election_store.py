from collections import Counter, defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib.copying import copy_rows
from ..lib.place_files import DEPARTMENTS, constituency_row, station_row
from ..lib.plain import plain


class PoliticalElectionStore(models.AbstractModel):
    """Puts what a file says into the database, set by set: places, candidacies, counts, votes."""

    _name = "political.election.store"
    _description = "Storing of results"

    @api.model
    def _store(self, election, results, *, create_missing=True):
        """
        :param election: the ballot
        :param results: :class:`~..lib.results_read.Results`
        :param bool create_missing: add places that nobody loaded, if the user may
        :returns: dict with ``added`` and ``changed`` (results) and ``unmatched``, a list of
            ``(line, place, code, detail, rejected)``
        """
        create_missing = create_missing and self.env["political.zone"].has_access("create")
        self.env.flush_all()
        place_ids, unmatched = self._places(results, create_missing)
        candidacy_ids = self._candidacies(election, results, place_ids)
        self.env.flush_all()
        self._turnouts(election, results, place_ids)
        added, changed = self._results(election, results, place_ids, candidacy_ids)
        self.env.invalidate_all(flush=False)
        return {"added": added, "changed": changed, "unmatched": unmatched}

    # ------------------------------------------------------------------ places

    def _places(self, results, create_missing):
        """Ids of the file's places, ``None`` for those that nobody knows."""
        Zone = self.env["political.zone"].sudo()
        remarks = []
        kind = results.layout.level
        known = Zone._places_by_code(kind, {place.code for place in results.places})
        missing = [place for place in results.places if place.code not in known]
        if missing and create_missing:
            remarks += self._add_places(missing)
            known = Zone._places_by_code(kind, {place.code for place in results.places})
        ids = [known.get(place.code) for place in results.places]
        for place, zone_id in zip(results.places, ids, strict=True):
            if zone_id is None:
                remarks.append((0, place.code, "unmatched", place.commune_name, True))
        if kind == "station":
            self._tell_memberships(results, ids)
        return ids, remarks

    def _add_places(self, places):
        """Create places that a file names: stations in their commune, communes in their
        department; communes that the official list does not have are archived."""
        Zone = self.env["political.zone"].sudo()
        towns = {p.commune: p for p in places if p.commune}
        known = Zone._places_by_code("commune", towns)
        departments = {p.department for p in places if p.department}
        official = bool(Zone.search_count([("kind", "=", "commune")], limit=1))
        rows = [
            {"kind": "department", "code": code, "name": _department_name(code)}
            for code in departments - Zone._places_by_code("department", departments).keys()
        ]
        lost = []
        for code, place in towns.items():
            if code not in known:
                foreign = place.department in ("ZZ", "ZX")
                rows.append(
                    {
                        "kind": "commune",
                        "code": code,
                        "name": place.commune_name or code,
                        "parent_kind": "department",
                        "parent_code": place.department,
                        "active": foreign or not official,
                    }
                )
                if official and not foreign:
                    lost.append((0, code, "place_added", place.commune_name, False))
        for place in places:
            if place.level == "station":
                row = station_row(place.code, place.name)
                rows.append({**row, "constituency_code": place.constituency or None})
            elif place.level == "constituency":
                rows.append(constituency_row(place.code, place.department))
        self._constituencies({p.constituency for p in places if p.constituency})
        Zone._store_places(rows)
        return lost

    def _tell_memberships(self, results, ids):
        """Stations know their constituency and canton from the files that tell it (R-73)."""
        places = [pair for pair in zip(ids, results.places, strict=True) if pair[0]]
        told = [(zone_id, place.constituency) for zone_id, place in places if place.constituency]
        known = self._constituencies({code for _zone, code in told})
        self._tell_membership("constituency", ((zone, known[code]) for zone, code in told))
        # Until 2014 there were other cantons than today's.
        if results.layout.name != "ministry_2014":
            told = [(zone_id, _canton_of(place)) for zone_id, place in places if place.canton]
            known = self._cantons({code for _zone, code in told})
            self._tell_membership("canton", ((zone, known[code]) for zone, code in told))

    def _tell_membership(self, kind, pairs):
        """Write the constituency or canton of stations that know none yet."""
        cr = self.env.cr
        cr.execute("CREATE TEMPORARY TABLE told (zone_id integer, other_id integer) ON COMMIT DROP")
        copy_rows(cr, "told", ("zone_id", "other_id"), pairs)
        cr.execute(
            SQL(
                """
                UPDATE political_zone z SET %(field)s = told.other_id FROM told
                 WHERE told.zone_id = z.id AND z.%(field)s IS NULL
                """,
                field=SQL.identifier(f"{kind}_id"),
            )
        )
        cr.execute("DROP TABLE told")
        self.env["political.zone"].invalidate_model([f"{kind}_id"])

    def _cantons(self, wanted):
        """``{"69:07": id}``; those that are missing are added."""
        if not wanted:
            return {}
        Zone = self.env["political.zone"].sudo()
        Zone._store_places(_canton_row(code) for code in wanted)
        known = Zone._places_by_code("canton", {code.replace(":", "") for code in wanted})
        return {code: known[code.replace(":", "")] for code in wanted}

    def _constituencies(self, wanted):
        """``{code: id}``; those that are missing are added."""
        Zone = self.env["political.zone"].sudo()
        known = Zone._places_by_code("constituency", wanted)
        missing = wanted - known.keys()
        if missing:
            Zone._store_places(
                constituency_row(code, _department_of_constituency(code)) for code in missing
            )
            known = Zone._places_by_code("constituency", wanted)
        return known

    # ------------------------------------------------------------------ candidacies

    def _candidacies(self, election, results, place_ids):
        """Ids of the file's candidates, created where the election has none of that name."""
        scopes = self._scopes(election, results, place_ids)
        index = _CandidacyIndex(election.candidacy_ids)
        nuances = self._nuances({c.nuance for c in results.candidates if c.nuance})
        ids = [None] * len(results.candidates)
        new = {}
        for place, candidate in enumerate(results.candidates):
            zone_id = scopes[candidate.scope]
            known = index.find(zone_id, candidate)
            if known:
                self._complete(known, candidate, nuances)
                ids[place] = known.id
            else:
                new.setdefault((zone_id, candidate.key), []).append(place)
        if new:
            values = [
                self._candidacy_values(election, zone_id, results.candidates[places[0]], nuances)
                for (zone_id, _key), places in new.items()
            ]
            Candidacy = self.env["political.candidacy"]
            if not Candidacy.has_access("create"):
                raise UserError(
                    self.env._(
                        "The file names candidates that this election does not have: %(names)s. "
                        "A party administrator adds candidacies.",
                        names=", ".join(one["name"] for one in values[:5]),
                    )
                )
            created = Candidacy.create(values)
            for candidacy, places in zip(created, new.values(), strict=True):
                for place in places:
                    ids[place] = candidacy.id
            created.flush_recordset()
        return ids

    def _candidacy_values(self, election, zone_id, candidate, nuances):
        return {
            "election_id": election.id,
            "zone_id": zone_id,
            "number": candidate.number,
            "name": candidate.name,
            "lastname": candidate.lastname or False,
            "firstname": candidate.firstname or False,
            "nuance_id": nuances.get(candidate.nuance),
        }

    def _complete(self, candidacy, candidate, nuances):
        """Take from a fuller file what an earlier one did not tell."""
        values = {}
        if candidate.number and not candidacy.number:
            values["number"] = candidate.number
        if candidate.nuance and not candidacy.nuance_id:
            values["nuance_id"] = nuances.get(candidate.nuance)
        if candidate.firstname and candidacy.lastname and not candidacy.firstname:
            values["firstname"] = candidate.firstname
            values["name"] = f"{candidate.firstname} {candidacy.lastname}"
        if values and candidacy.has_access("write"):
            candidacy.write(values)

    def _nuances(self, wanted):
        Nuance = self.env["political.nuance"].sudo()
        known = {nuance.code: nuance.id for nuance in Nuance.search([("code", "in", list(wanted))])}
        missing = sorted(wanted - known.keys())
        created = Nuance.create([{"code": code, "name": code} for code in missing])
        return known | {nuance.code: nuance.id for nuance in created}

    def _scopes(self, election, results, place_ids):
        """``{scope: zone id or False}`` of where candidates stand."""
        Zone = self.env["political.zone"].sudo()
        told = defaultdict(set)
        for candidate in results.candidates:
            kind, _mark, code = candidate.scope.partition(":")
            told[kind].add(code)
        found = {"": False}
        if told["constituency"]:
            known = self._constituencies(told["constituency"])
            found |= {f"constituency:{code}": zone_id for code, zone_id in known.items()}
        if told["canton"]:
            known = self._cantons(told["canton"])
            found |= {f"canton:{code}": zone_id for code, zone_id in known.items()}
        for kind in ("commune", "department"):
            known = Zone._places_by_code(kind, told[kind])
            for code in told[kind]:
                zone = Zone.browse(known.get(code) or ())
                if kind == "department" and zone.parent_id.kind == "region":
                    # Regional lists stand in the region, and their files tell departments.
                    zone = zone.parent_id
                found[f"{kind}:{code}"] = zone.id
        if told["cluster"]:
            found |= self._clusters(election, results, place_ids)
        return found

    def _clusters(self, election, results, place_ids):
        """Which constituency stations with the very same candidates form: what most of them know,
        else where the same people stand by this ballot's list or another's, else only their
        department."""
        Zone = self.env["political.zone"].sudo()
        stations = defaultdict(set)
        names = defaultdict(set)
        for place, candidate in zip(results.vote_place, results.vote_candidate, strict=True):
            told = results.candidates[candidate]
            if told.scope.startswith("cluster:") and place_ids[place]:
                stations[told.scope].add(place_ids[place])
                names[told.scope].add(told.key)
        found = {}
        for candidate in results.candidates:
            scope = candidate.scope
            if not scope.startswith("cluster:") or scope in found:
                continue
            department = scope.split(":")[1]
            zone_id = self._constituency_of(election, stations[scope], names[scope], department)
            if zone_id:
                self.env.cr.execute(
                    SQL(
                        "UPDATE political_zone SET constituency_id = %s"
                        " WHERE id = ANY(%s) AND constituency_id IS NULL",
                        zone_id,
                        list(stations[scope]),
                    )
                )
            else:
                zone_id = Zone._places_by_code("department", {department}).get(department)
            found[scope] = zone_id or False
        return found

    def _constituency_of(self, election, stations, names, department):
        self.env.cr.execute(
            SQL(
                """
                SELECT constituency_id FROM political_zone
                 WHERE id = ANY(%s) AND constituency_id IS NOT NULL
                 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1
                """,
                list(stations),
            )
        )
        row = self.env.cr.fetchone()
        if row:
            return row[0]
        Candidacy = self.env["political.candidacy"].sudo()
        same = Candidacy.search(
            [
                ("key", "in", list(names)),
                ("election_id.kind", "=", election.kind),
                ("zone_id.kind", "=", "constituency"),
                ("zone_id.code", "=like", f"{department}%"),
            ],
            order="election_id desc",
        )
        places = Counter(candidacy.zone_id.id for candidacy in same)
        return next((zone_id for zone_id, count in places.most_common(1) if count > 1), None)


class _CandidacyIndex:
    """Candidacies of an election by where they stand and how they are called."""

    def __init__(self, candidacies):
        self.by_key = {}
        self.by_lastname = defaultdict(list)
        for candidacy in candidacies:
            zone_id = candidacy.zone_id.id
            self.by_key[zone_id, candidacy.key] = candidacy
            self.by_lastname[zone_id, plain(candidacy.lastname)].append(candidacy)

    def find(self, zone_id, candidate):
        """The candidacy of that name, or of that last name when one of both lacks the first."""
        for where in dict.fromkeys((zone_id, False)):
            known = self.by_key.get((where, candidate.key))
            if known:
                return known
            same = self.by_lastname.get((where, plain(candidate.lastname))) or []
            if candidate.lastname and len(same) == 1:
                [only] = same
                if not candidate.firstname or not only.firstname:
                    return only
        return None


def _canton_of(place):
    return f"{place.department}:{place.canton}"


def _canton_row(code):
    department, _mark, number = code.partition(":")
    return {
        "kind": "canton",
        "code": f"{department}{number}",
        "name": f"Canton {number} ({department})",
        "parent_kind": "department",
        "parent_code": department,
    }


def _department_of_constituency(code):
    return code[:-2]


def _department_name(code):
    return {
        "ZZ": "Français établis hors de France",
        "ZX": "Saint-Barthélemy et Saint-Martin",
    }.get(code, DEPARTMENTS.get(code, f"Département {code}"))
