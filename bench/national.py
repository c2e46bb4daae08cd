"""Real results by polling station, read from the shared files, and put into a database by COPY."""

import csv
import gzip
import io
from pathlib import Path

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
# The ministry's letters of overseas departments, before 2024.
OVERSEAS = {
    "ZA": "971", "ZB": "972", "ZC": "973", "ZD": "974", "ZM": "976", "ZN": "988", "ZP": "987",
    "ZS": "975", "ZW": "986",
}  # fmt: skip
# Which lists and candidates count for which bloc: a choice, made before looking at 2024.
BLOCS = ("left", "centre_right", "far_right")
BALLOTS = {
    "2014_euro": (
        "2014-05-25",
        "2014-europeennes_par_bureau_large.csv.gz",
        {
            "left": "LFG LUG LVEC LDVG LEXG".split(),
            "centre_right": "LUC LUMP LDVD".split(),
            "far_right": "LFN LEXD".split(),
        },
    ),
    "2017_pres_t1": (
        "2017-04-23",
        "2017-presidentielle-1_par_bureau_large.csv.gz",
        {
            "left": "ARTHAUD HAMON MÉLENCHON POUTOU".split(),
            "centre_right": "MACRON FILLON".split(),
            "far_right": ["LE PEN", "DUPONT-AIGNAN"],
        },
    ),
    "2017_legi_t1": (
        "2017-06-11",
        "2017-legislatives-1_par_bureau_large.csv.gz",
        {
            "left": "COM DVG ECO EXG FI RDG SOC".split(),
            "centre_right": "DVD LR MDM REM UDI".split(),
            "far_right": "FN EXD DLF".split(),
        },
    ),
}
DUEL = ("2017_pres_t2", "2017-05-07", "2017-presidentielle-2_par_bureau_long.csv.gz")


def station_code(row):
    """The code of a station as results files of today write it: ``69123_0305``."""
    department = OVERSEAS.get(row["departement"], row["departement"])
    commune = row["commune"]
    return f"{department}{commune if len(department) == 2 else commune[-2:]}_{row['bureau']}"


def ballot(name):
    """A national ballot by station.

    :param str name: of BALLOTS
    :return: dict by code of the station: (registered, voters, valid, votes by bloc as a tuple)
    """
    _date, file, blocs = BALLOTS[name]
    found = {}
    for row in _rows(file):
        counts = [sum(_count(row[column]) for column in blocs[bloc]) for bloc in BLOCS]
        found[station_code(row)] = (
            _count(row["inscrits"]), _count(row["votants"]), _count(row["exprimes"]), tuple(counts)
        )  # fmt: skip
    return found


def duel():
    """The second round of 2017 by station, as ``ballot`` does: Macron for the centre and right, Le
    Pen for the far right.

    :return: dict
    """
    found = {}
    for row in _rows(DUEL[2]):
        code = station_code(row)
        known = found.get(code, (0, 0, 0, (0, 0, 0)))[3]
        votes = _count(row["voix"])
        ours = (0, votes, 0) if row["nom"] == "MACRON" else (0, 0, votes)
        found[code] = (
            _count(row["inscrits"]), _count(row["votants"]), _count(row["exprimes"]),
            tuple(a + b for a, b in zip(known, ours, strict=True)),
        )  # fmt: skip
    return found


def _rows(file):
    with gzip.open(SHARED / "elections" / "national" / file, "rt", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _count(text):
    return int(float(text)) if text else 0


def places(env, codes):
    """Departments, communes and stations of these codes, below one country.

    :param env: Odoo's environment
    :param codes: codes of stations
    :return: dict of ids by code of the station
    """
    country = env["political.zone"].create({"name": "France", "kind": "country", "code": "BENCH"})
    communes = sorted({code.split("_")[0] for code in codes})
    departments = sorted({_department(commune) for commune in communes})
    above = {"": (country.id, country.parent_path)}
    for kind, wanted, parent in (
        ("department", departments, lambda code: ""),
        ("commune", communes, _department),
        ("station", sorted(codes), lambda code: code.split("_")[0]),
    ):
        above = _zones(env, kind, [(code, above[parent(code)]) for code in wanted])
    env.cr.execute("ANALYZE political_zone")
    env.invalidate_all()
    return {code: zone for code, (zone, _path) in above.items()}


def _department(commune):
    return commune[:3] if commune[:2] in ("97", "98") else commune[:2]


def _zones(env, kind, rows):
    """Zones of one kind; the ids are drawn first, since each path holds its own."""
    env.cr.execute(
        "SELECT nextval('political_zone_id_seq') FROM generate_series(1, %s)", [len(rows)]
    )
    ids = [zone for (zone,) in env.cr.fetchall()]
    found = {
        code: (zone, f"{path}{zone}/")
        for zone, (code, (_parent, path)) in zip(ids, rows, strict=True)
    }
    lines = [
        f"{found[code][0]}\t{code}\t{kind}\tB{code}\t{parent}\t{found[code][1]}\tt"
        for code, (parent, _path) in rows
    ]
    copy(env, "political_zone (id, name, kind, code, parent_id, parent_path, active)", lines)
    return found


def blocs(env):
    """The three blocs as records, in the order of BLOCS."""
    return env["political.bloc"].create([{"name": f"Bench {name}"} for name in BLOCS])


def store(env, name, date, rows, stations, made):
    """A ballot's turnout and votes.

    :param str name: code of the election
    :param dict rows: what ``ballot`` returns
    :param dict stations: ids by code
    :param made: the blocs' records
    :return: political.election
    """
    election = env["political.election"].create(
        {"name": name, "code": f"bench_{name}", "kind": "other", "date": date}
    )
    standing = [n for n in range(len(made)) if any(row[3][n] for row in rows.values())]
    candidacies = env["political.candidacy"].create(
        [
            {"name": made[n].name, "election_id": election.id, "bloc_id": made[n].id}
            for n in standing
        ]
    )
    env.flush_all()
    known = [(stations[code], row) for code, row in rows.items() if code in stations]
    copy(
        env,
        "political_turnout (election_id, zone_id, registered, voters, valid)",
        [f"{election.id}\t{zone}\t{row[0]}\t{row[1]}\t{row[2]}" for zone, row in known],
    )
    copy(
        env,
        "political_result (election_id, candidacy_id, zone_id, votes)",
        [
            f"{election.id}\t{candidacy.id}\t{zone}\t{row[3][n]}"
            for n, candidacy in zip(standing, candidacies, strict=True)
            for zone, row in known
        ],
    )
    env.cr.execute("ANALYZE political_turnout")
    env.cr.execute("ANALYZE political_result")
    return election


def copy(env, target, lines):
    """Lines into a table, by COPY."""
    # Figures that are taken from outside Odoo read the shared files with this module too.
    from odoo.addons.political_crm.lib.copying import references_at_once

    with references_at_once(env.cr, target.split(" ")[0], len(lines)):
        env.cr.copy_expert(f"COPY {target} FROM STDIN", io.StringIO("\n".join(lines)))
