"""Make the demo's past ballot from the ministry's results, in the project's own layout.

    python tools/demo_results.py 2017-presidentielle-1_par_bureau_large.csv.gz

writes into ``addons/political_crm/demo/``. See the SOURCE.md beside them.
"""

import csv
import gzip
import sys
from pathlib import Path

COMMUNE = "93010"
TARGET = Path(__file__).resolve().parents[1] / "addons" / "political_crm" / "demo"
# Panel, first name and nuance as the ministry's dictionary writes it, by last name.
CANDIDATES = {
    "DUPONT-AIGNAN": (1, "Nicolas", "DLF"),
    "LE PEN": (2, "Marine", "FN"),
    "MACRON": (3, "Emmanuel", "REM"),
    "HAMON": (4, "Benoît", "SOC"),
    "ARTHAUD": (5, "Nathalie", "EXG"),
    "POUTOU": (6, "Philippe", "EXG"),
    "CHEMINADE": (7, "Jacques", "DIV"),
    "LASSALLE": (8, "Jean", "DIV"),
    "MÉLENCHON": (9, "Jean-Luc", "FI"),
    "ASSELINEAU": (10, "François", "DIV"),
    "FILLON": (11, "François", "LR"),
}


def main(source):
    with gzip.open(source, "rt", encoding="utf-8", newline="") as stream:
        rows = [
            row for row in csv.DictReader(stream) if row["departement"] + row["commune"] == COMMUNE
        ]
    known = {row["code"] for row in _read("political.zone.csv")}
    rows = [row for row in rows if f"{COMMUNE}_{row['bureau']}" in known]
    _write("political.candidacy.csv", map(_candidacy, CANDIDATES))
    _write("political.turnout.csv", map(_turnout, rows))
    _write(
        "political.result.csv",
        (_result(row, name) for row in rows for name in CANDIDATES),
    )


def _candidacy(name):
    number, first, nuance = CANDIDATES[name]
    return {
        "id": f"candidacy_2017_{number:02d}",
        "election_id:id": "election_2017_pres_t1",
        "number": number,
        "name": f"{first} {name}",
        "lastname": name,
        "firstname": first,
        "nuance_id:id": f"nuance_{nuance.lower()}",
    }


def _turnout(row):
    voters, valid, blank = int(row["votants"]), int(row["exprimes"]), int(row["blancs"])
    return {
        "id": f"turnout_2017_{row['bureau']}",
        "election_id:id": "election_2017_pres_t1",
        "zone_id:id": f"zone_bondy_{row['bureau']}",
        "registered": row["inscrits"],
        "voters": voters,
        "valid": valid,
        "blank": blank,
        "spoiled": voters - valid - blank,
    }


def _result(row, name):
    return {
        "id": f"result_2017_{row['bureau']}_{CANDIDATES[name][0]:02d}",
        "candidacy_id:id": f"candidacy_2017_{CANDIDATES[name][0]:02d}",
        "zone_id:id": f"zone_bondy_{row['bureau']}",
        "votes": row[name],
    }


def _read(name):
    with (TARGET / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(name, rows):
    rows = list(rows)
    with (TARGET / name).open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
