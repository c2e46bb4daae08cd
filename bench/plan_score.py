"""Seconds to score a plan of three criteria over all 69,000 polling stations of the country.

Results are the real ones of 2014 and 2017. Against: writing the same scores through the ORM, from a
sample. Ratio: the ORM's time over ours.
"""

from bench import national
from bench.timing import timed

SAMPLE = 2000


def measure(env, scale):
    before, last = (national.ballot(name) for name in ("2014_euro", "2017_legi_t1"))
    codes = sorted(last)[: int(len(last) * scale)]
    stations = national.places(env, codes)
    blocs = national.blocs(env)
    first = national.store(env, "2014_euro", "2014-05-25", before, stations, blocs)
    second = national.store(env, "2017_legi_t1", "2017-06-11", last, stations, blocs)
    plan = env["political.target.plan"].create(
        {
            "name": "Bench",
            "zone_id": env["political.zone"].search([("code", "=", "BENCH")]).id,
            "election_id": second.id,
            "previous_id": first.id,
            "bloc_id": blocs[0].id,
            "preset": "mobilise",
            "hours_budget": 10_000,
        }
    )
    assert len(plan.criterion_ids) == 3
    env.flush_all()
    seconds, _true = timed(plan.action_score, 3)
    assert plan.score_count == len(codes)
    scores = env["political.target.score"]
    rows = scores.search_read(
        [("plan_id", "=", plan.id)],
        [name for name, field in scores._fields.items() if field.store and name != "id"],
        limit=SAMPLE,
        load=None,
    )
    other = plan.copy({"name": "By the ORM"})
    values = [{**row, "plan_id": other.id} for row in rows]
    for row in values:
        row.pop("id")

    def write():
        scores.create(values)
        env.flush_all()

    sample, _none = timed(write)
    ordinary = sample * len(codes) / len(rows)
    return {
        "value": seconds,
        "unit": "s",
        "against": ordinary,
        "ratio": ordinary / seconds,
        "n": len(codes),
    }
