"""Seconds to learn a forecast from three national ballots and a second round, and to store it for
all 69,000 polling stations.

Against: writing as many forecast values through the ORM, from a sample. Ratio: the ORM's time over
ours.
"""

from bench import national
from bench.timing import timed

SAMPLE = 2000


def forecast(env, scale, **values):
    """A forecast on the real national files, not computed yet.

    :return: tuple (political.target.forecast, ids of stations by code, the blocs' records)
    """
    ballots = {name: national.ballot(name) for name in national.BALLOTS}
    codes = sorted(set().union(*ballots.values()))
    step = max(round(1 / scale), 1)
    # Whole communes, from every part of the country.
    kept = {
        commune
        for n, commune in enumerate(sorted({c.split("_")[0] for c in codes}))
        if not n % step
    }
    codes = [code for code in codes if code.split("_")[0] in kept or code.startswith("69")]
    stations = national.places(env, codes)
    blocs = national.blocs(env)
    elections = [
        national.store(env, name, national.BALLOTS[name][0], rows, stations, blocs)
        for name, rows in ballots.items()
    ]
    duel = national.store(env, *national.DUEL[:2], national.duel(), stations, blocs)
    made = env["political.target.forecast"].create(
        {
            "name": "Bench",
            "zone_id": env["political.zone"].search([("code", "=", "BENCH")]).id,
            "election_ids": [(6, 0, [election.id for election in elections])],
            "duel_ids": [(6, 0, duel.ids)],
            "bloc_ids": [(6, 0, blocs.ids)],
            **values,
        }
    )
    env.flush_all()
    return made, stations, blocs


def measure(env, scale):
    made, stations, _blocs = forecast(env, scale)
    seconds, _true = timed(made.action_fit)
    values = env["political.target.forecast.value"]
    number = values.search_count([("forecast_id", "=", made.id)])
    assert number > 3.9 * 0.9 * len(stations), (number, len(stations))
    rows = values.search_read(
        [("forecast_id", "=", made.id)],
        ["station_id", "bloc_id", "share", "low", "high"],
        limit=SAMPLE,
        load=None,
    )
    other = made.copy({"name": "By the ORM"})
    for row in rows:
        row.pop("id")

    def write():
        values.create([{**row, "forecast_id": other.id} for row in rows])
        env.flush_all()

    sample, _none = timed(write)
    ordinary = sample * number / len(rows)
    return {
        "value": seconds,
        "unit": "s",
        "against": ordinary,
        "ratio": ordinary / seconds,
        "n": len(stations),
    }
