"""Mean absolute error, in points, of a forecast of 30 June 2024 in the stations of department 69.

The model learns from the European ballot of 2014, the presidential one of 2017 (its second round as
an indicator) and the legislative one of 2017, on the whole country. Of 2024 it gets what the
uniform swing gets too: the level of each bloc and of turnout in the *rest* of the country, as a
poll would have told. No figure of 2024 from department 69 goes in.

Against: the better of two naive guesses from the last ballot, June 2017: the same in the same
place, and the same moved by the swing of the rest of the country. Ratio: error over that guess
(aim: 0.8). Printed besides: each bloc, and the same guesses from the presidential ballot.
"""

import csv

import numpy as np

from bench import national
from bench.model_fit import forecast

# Nuances of the ministry in 2024, by bloc.
NUANCES = {
    "left": "EXG COM FI SOC RDG VEC DVG UG ECO".split(),
    "centre_right": "ENS HOR REN MDM UDI LR DVD DVC DSV".split(),
    "far_right": "RN REC UXD EXD".split(),
}
TRUTH = "leg2024_t1_actual_blocs_dep69.csv"
ELSEWHERE = "leg2024_circonscriptions_candidats.csv"
COLUMNS = ("gauche_pct", "centre_droite_pct", "extreme_droite_pct")


def measure(env, scale):
    from odoo.addons.political_crm.lib import backtest

    level = elsewhere()
    made, stations, blocs = forecast(env, scale, turnout_level=100 * level[-1])
    made.level_ids = [
        (0, 0, {"bloc_id": bloc.id, "share": 100 * share})
        for bloc, share in zip(blocs, level, strict=False)
    ]
    made.action_fit()
    came = truth()
    codes = sorted(code for code in came if code in stations)
    places = np.array(sorted(stations[code] for code in codes))
    by_place = {stations[code]: came[code] for code in codes}
    truths = np.array([by_place[place] for place in places.tolist()])
    tables = [made._shares(bloc, places) for bloc in (*blocs, blocs.browse())]
    shares, low, high = (np.column_stack([table[:, n] for table in tables]) for n in range(3))
    names = [*national.BLOCS, "turnout"]
    found, details = {}, []
    for ballot in ("2017_legi_t1", "2017_pres_t1"):
        rows = national.ballot(ballot)
        lines = backtest.compare(
            shares, (low, high), _last(rows, stations, places), level - _level(rows), truths
        )
        found[ballot] = backtest.gain(lines)
        details += _told(ballot, names, lines, found[ballot])
    error, naive, _gained = found["2017_legi_t1"]
    return {
        "value": error,
        "unit": "points",
        "against": naive,
        "ratio": error / naive,
        "n": len(places),
        "details": details,
    }


def elsewhere():
    """Shares of the blocs, then turnout, of 30 June 2024 outside department 69.

    :return: array
    """
    votes = dict.fromkeys(NUANCES, 0)
    registered = voters = total = 0
    seen = set()
    path = national.SHARED / "elections" / ELSEWHERE
    with path.open(encoding="latin-1", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["Departement"] == "69":
                continue
            total += int(row["NbVoix"])
            for bloc, nuances in NUANCES.items():
                votes[bloc] += int(row["NbVoix"]) if row["CodNuaCand"] in nuances else 0
            if row["CodCirElec"] not in seen:
                seen.add(row["CodCirElec"])
                registered += int(row["Inscrits"])
                voters += int(row["Votants"])
    return np.array([*(count / total for count in votes.values()), voters / registered])


def truth():
    """What was voted in 2024, by code of the station: shares of the blocs and turnout."""
    found = {}
    with (national.SHARED / "elections" / TRUTH).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if all(row[column] for column in (*COLUMNS, "abstention_pct")):
                shares = [float(row[column]) / 100 for column in COLUMNS]
                found[row["code_bv"]] = (*shares, 1 - float(row["abstention_pct"]) / 100)
    return found


def _last(rows, stations, places):
    codes = {zone: code for code, zone in stations.items()}
    table = np.full((len(places), 4), np.nan)
    for n, place in enumerate(places.tolist()):
        registered, voters, valid, votes = rows.get(codes[place], (0, 0, 0, ()))
        if valid:
            table[n] = [*(count / valid for count in votes), voters / registered]
    return table


def _level(rows):
    """The naive guess's own level: the whole country in that ballot."""
    registered, voters, valid = (sum(row[n] for row in rows.values()) for n in range(3))
    votes = np.sum([row[3] for row in rows.values()], axis=0)
    return np.array([*(votes / valid), voters / registered])


def _told(ballot, names, lines, gained):
    """The lines that tell of each bloc."""
    error, naive, share = gained
    told = [
        f"against {ballot}: error {error:.2f}, better naive guess {naive:.2f}, gain {share:.1%}"
    ]
    for name, line in zip(names, lines, strict=True):
        told.append(
            f"{name:13} {line['n']:5} error {line['error']:5.2f}, same place "
            f"{line['same_place']:5.2f}, uniform swing {line['uniform_swing']:5.2f}; rank "
            f"{line['rank']:.3f}, naive {line['naive_rank']:.3f}; in the bar {line['covered']:.0%}"
        )
    return told
