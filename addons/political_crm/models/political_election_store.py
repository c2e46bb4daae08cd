from collections import Counter, defaultdict
from itertools import compress, repeat

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib.copying import copy_lines, copy_rows
from ..lib.place_files import DEPARTMENTS, constituency_row, station_row
from ..lib.plain import plain

RESULT_COLUMNS = ("candidacy_id", "election_id", "zone_id", "votes")
COUNTS = ("registered", "voters", "valid", "blank", "spoiled")


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
            self._tell_constituencies(results, ids)
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

    def _tell_constituencies(self, results, ids):
        """Stations know their constituency from the files that tell it (R-73)."""
        told = [
            (zone_id, place.constituency)
            for place, zone_id in zip(results.places, ids, strict=True)
            if zone_id and place.constituency
        ]
        if not told:
            return
        Zone = self.env["political.zone"].sudo()
        known = self._constituencies({code for _zone, code in told})
        self.env.cr.execute(
            "CREATE TEMPORARY TABLE told (zone_id integer, other_id integer) ON COMMIT DROP"
        )
        copy_rows(
            self.env.cr,
            "told",
            ("zone_id", "other_id"),
            ((zone_id, known[code]) for zone_id, code in told),
        )
        self.env.cr.execute(
            """
            UPDATE political_zone z SET constituency_id = told.other_id FROM told
             WHERE told.zone_id = z.id AND z.constituency_id IS NULL
            """
        )
        self.env.cr.execute("DROP TABLE told")
        Zone.invalidate_model(["constituency_id"])

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
            Zone._store_places(_canton_row(code) for code in told["canton"])
            known = Zone._places_by_code("canton", {c.replace(":", "") for c in told["canton"]})
            found |= {f"canton:{c}": known[c.replace(":", "")] for c in told["canton"]}
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
        else where the same people stood in another round, else only their department."""
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
                ("election_id", "!=", election.id),
                ("election_id.kind", "=", election.kind),
                ("zone_id.kind", "=", "constituency"),
                ("zone_id.code", "=like", f"{department}%"),
            ],
            order="election_id desc",
        )
        places = Counter(candidacy.zone_id.id for candidacy in same)
        return next((zone_id for zone_id, count in places.most_common(1) if count > 1), None)

    # ------------------------------------------------------------------ counts and votes

    def _turnouts(self, election, results, place_ids):
        cr = self.env.cr
        cr.execute(
            """
            CREATE TEMPORARY TABLE turnout_in (zone_id integer, registered integer,
                voters integer, valid integer, blank integer, spoiled integer) ON COMMIT DROP
            """
        )
        rows = (
            (zone_id, *counts)
            for zone_id, counts in zip(place_ids, results.counts, strict=True)
            if zone_id
        )
        copy_rows(cr, "turnout_in", ("zone_id", *COUNTS), rows)
        cr.execute(
            SQL(
                """
                UPDATE political_turnout t
                   SET registered = i.registered, voters = i.voters, valid = i.valid,
                       blank = coalesce(i.blank, t.blank), spoiled = coalesce(i.spoiled, t.spoiled)
                  FROM turnout_in i
                 WHERE t.election_id = %s AND t.zone_id = i.zone_id
                   AND (t.registered, t.voters, t.valid, t.blank, t.spoiled) IS DISTINCT FROM
                       (i.registered, i.voters, i.valid, coalesce(i.blank, t.blank),
                        coalesce(i.spoiled, t.spoiled))
                """,
                election.id,
            )
        )
        cr.execute(
            SQL(
                """
                INSERT INTO political_turnout (election_id, zone_id, registered, voters, valid,
                                               blank, spoiled)
                SELECT %s, i.* FROM turnout_in i
                    ON CONFLICT (election_id, zone_id) DO NOTHING
                """,
                election.id,
            )
        )
        cr.execute("DROP TABLE turnout_in")

    def _results(self, election, results, place_ids, candidacy_ids):
        """:returns: tuple of int: results added, results changed"""
        cr = self.env.cr
        text, number = self._result_lines(election, results, place_ids, candidacy_ids)
        cr.execute(SQL("SELECT FROM political_result WHERE election_id = %s LIMIT 1", election.id))
        if not cr.rowcount:
            copy_lines(cr, "political_result", RESULT_COLUMNS, text)
            return number, 0
        cr.execute(
            """
            CREATE TEMPORARY TABLE result_in (candidacy_id integer, election_id integer,
                zone_id integer, votes integer) ON COMMIT DROP
            """
        )
        copy_lines(cr, "result_in", RESULT_COLUMNS, text)
        cr.execute("ANALYZE result_in")
        cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE result_new ON COMMIT DROP AS
                SELECT i.*, r.id FROM result_in i
                  LEFT JOIN political_result r ON r.election_id = %s
                   AND r.candidacy_id = i.candidacy_id AND r.zone_id = i.zone_id
                 WHERE r.id IS NULL OR r.votes <> i.votes
                """,
                election.id,
            )
        )
        cr.execute(
            """
            UPDATE political_result r SET votes = i.votes FROM result_new i WHERE r.id = i.id
            """
        )
        changed = cr.rowcount
        cr.execute(
            """
            INSERT INTO political_result (candidacy_id, election_id, zone_id, votes)
            SELECT candidacy_id, election_id, zone_id, votes FROM result_new WHERE id IS NULL
            """
        )
        added = cr.rowcount
        cr.execute("DROP TABLE result_in, result_new")
        return added, changed

    def _result_lines(self, election, results, place_ids, candidacy_ids):
        """COPY's text of the results of known places, and how many they are."""
        places = list(map(place_ids.__getitem__, results.vote_place))
        candidacies = map(candidacy_ids.__getitem__, results.vote_candidate)
        votes = results.votes
        if len(set(candidacy_ids)) < len(candidacy_ids):
            # One candidacy under two spellings: a place may have both.
            sums = Counter()
            for key_place, candidacy, number in zip(places, candidacies, votes, strict=True):
                sums[key_place, candidacy] += number
            places = [place for place, _candidacy in sums]
            candidacies = [candidacy for _place, candidacy in sums]
            votes = list(sums.values())
        rows = zip(candidacies, repeat(election.id), places, votes)
        if None in place_ids:
            rows = compress(rows, places)
        lines = list(map("%d\t%d\t%d\t%d".__mod__, rows))
        return "\n".join(lines), len(lines)


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
