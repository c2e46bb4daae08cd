"""Seconds until the live board of an operation with a million reports is there.

Against: the same sums read by `_read_group`, one for each of the board's tables. Ratio: ours over
that; the issue's limit is 1 s, and the number of queries does not grow.
"""

from odoo.addons.political_crm.lib.copying import references_at_once

from bench import bondy
from bench.timing import timed

EVENTS = 1_000_000
COPIES = 6
TIMES = 3


def measure(env, scale):
    number = int(EVENTS * scale)
    ground = bondy.branch(env)
    bondy.doors(env, ground, max(1, round(COPIES * min(1.0, scale))))
    few_events = 1000
    small = _operation(env, ground, 3, few_events)
    operation = _operation(env, ground, 200, number)
    env.cr.commit()
    env.cr.execute("ANALYZE")
    few, many = _queries(env, small), _queries(env, operation)
    assert few == many, (few, many)
    value, data = timed(operation.board_data, TIMES)
    assert sum(hour["reports"] for hour in data["hours"]) == number, data["totals"]
    against, _groups = timed(lambda: _by_groups(env, operation), TIMES)
    return {
        "value": value,
        "unit": "s",
        "against": against,
        "ratio": value / against,
        "n": number,
        "queries": many,
        "details": [f"{many} queries, as for {few_events:,} reports"],
    }


def _operation(env, ground, turfs, events):
    """An operation whose published turfs were walked for weeks, written by SQL."""
    operation = env["canvass.operation"].create(
        {"name": "Bilan", "branch_id": ground.id, "turf_minutes": 150.0}
    )
    doors = env["canvass.door"].search([("branch_id", "=", ground.id)]).ids
    size = max(1, len(doors) // turfs)
    made = env["canvass.turf"].create(
        [{"name": f"Secteur {n}", "operation_id": operation.id} for n in range(turfs)]
    )
    env["canvass.turf.door"]._place(
        {
            turf.id: doors[number * size : (number + 1) * size]
            for number, turf in enumerate(made)
            if doors[number * size : (number + 1) * size]
        }
    )
    env.flush_all()
    env.cr.execute(
        """
        INSERT INTO canvass_lease (turf_id, operation_id, company_id, branch_id, token_sha256,
               opened_at, expires_at)
        SELECT t.id, t.operation_id, t.company_id, t.branch_id, gen_random_uuid()::text,
               now() - n * interval '1 day', now() - n * interval '1 day' + interval '4 hours'
          FROM canvass_turf t, generate_series(0, 9) n WHERE t.operation_id = %s
        """,
        [operation.id],
    )
    with references_at_once(env.cr, "canvass_event", events):
        env.cr.execute(
            """
            INSERT INTO canvass_event (uid, kind, outcome, turf_id, door_id, lease_id, company_id,
                   operation_id, counter, client_at, at, skew, received_at)
            SELECT gen_random_uuid()::text, 'outcome',
                   (ARRAY['not_home', 'spoke', 'refused', 'come_back'])[1 + i %% 4],
                   l.turf_id, d.door_id, l.id, l.company_id, l.operation_id, i, at.at, at.at, 0,
                   at.at
              FROM generate_series(0, %(events)s - 1) i
              JOIN (SELECT id, turf_id, company_id, operation_id, opened_at,
                           row_number() OVER (ORDER BY id) - 1 AS n
                      FROM canvass_lease WHERE operation_id = %(operation)s) l
                ON l.n = i %% (SELECT count(*) FROM canvass_lease
                                WHERE operation_id = %(operation)s)
              JOIN LATERAL (SELECT l.opened_at + (i %% 14400) * interval '1 second' AS at) at
                ON true
              JOIN (SELECT DISTINCT ON (turf_id) turf_id, door_id FROM canvass_turf_door
                     WHERE operation_id = %(operation)s ORDER BY turf_id, id) d
                ON d.turf_id = l.turf_id
            """,
            {"events": events, "operation": operation.id},
        )
    env.cr.execute(
        """
        UPDATE canvass_turf_door
           SET outcome = (ARRAY['not_home', 'spoke', 'refused'])[1 + id %% 3], visits = 1
         WHERE operation_id = %s AND id %% 5 > 0
        """,
        [operation.id],
    )
    env.invalidate_all()
    return operation


def _queries(env, operation):
    env.flush_all()
    env.invalidate_all()
    before = env.cr.sql_log_count
    operation.board_data()
    return env.cr.sql_log_count - before


def _by_groups(env, operation):
    mine = [("operation_id", "=", operation.id)]
    events, lines = env["canvass.event"], env["canvass.turf.door"]
    return [
        events._read_group(mine, ["turf_id", "kind", "outcome"], ["__count"]),
        events._read_group(mine, ["at:hour", "kind", "outcome"], ["__count"]),
        events._read_group(mine, ["lease_id", "kind"], ["__count", "at:min", "at:max"]),
        lines._read_group(mine, ["turf_id", "outcome"], ["__count"]),
        lines._read_group(
            mine, ["door_id", "outcome"], ["__count"]
        ),  # by station: through the building of each door
    ]
