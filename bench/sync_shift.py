"""Seconds of one request that brings a whole shift: an event a door, 300 of them (under 1).

Against: an ORM `create` an event and its commit, which neither know a report again nor show it.
Ratio: their time over ours (at least 20). The detail is the ratio to the ordinary way to the same
end, a request an event: look for its UUID, `create`, `write` of the door's line, commit.

Commits are on disk when they return, as PostgreSQL does it unless told otherwise: a phone forgets
what it is told is stored.
"""

import statistics
import uuid
from datetime import timedelta

from odoo import fields, models
from odoo.addons.political_canvass.lib.payload import stamp

from bench.timing import timed

DOORS = 300
ROUNDS = 5
OUTCOMES = ("not_home", "spoke", "refused", "leaflet")


def measure(env, scale):
    number = max(int(DOORS * scale), 20)
    env.cr.execute("SET synchronous_commit = on")
    turfs = _turfs(env, number)
    env.cr.commit()
    ours, theirs, bare = [], [], []
    for turf in turfs:
        ours.append(_sync(env, turf, number))
        theirs.append(_one_by_one(env, turf, number, _report))
        bare.append(_one_by_one(env, turf, number, _create))
    value, against = statistics.median(ours), statistics.median(bare)
    assert scale < 1 or value < 1, ours
    return {
        "value": value,
        "unit": "s",
        "against": against,
        "ratio": against / value,
        "n": number,
        "details": [
            f"beside all that the request does, event by event: "
            f"{statistics.median(theirs) / value:.3g}"
        ],
    }


def _turfs(env, number):
    """A turf a round, all of the same doors."""
    company = env.ref("base.main_company")
    branch = env["political.branch"].create(
        {"name": "Bench", "code": "BENCH", "kind": "section", "company_id": company.id}
    )
    buildings = env["canvass.building"].create(
        [
            {
                "number": 2 * place,
                "street": "Rue de l'Essai",
                "latitude": -41.0 + 0.0002 * place,
                "longitude": -121.0,
                "branch_id": branch.id,
                "door_ids": [(0, 0, {"name": "gauche"}), (0, 0, {"name": "droite"})],
            }
            for place in range(1, number // 2 + 2)
        ]
    )
    operation = env["canvass.operation"].create({"name": "Bench", "branch_id": branch.id})
    turfs = env["canvass.turf"].create(
        [{"name": f"Bench {place}", "operation_id": operation.id} for place in range(ROUNDS)]
    )
    for turf in turfs:
        turf._set_doors(buildings.door_ids[:number])
    turfs.action_publish()
    return turfs


def _lease(env, turf):
    answer = env["canvass.lease"]._open(turf.code, str(uuid.uuid4()), "Ali")
    return env["canvass.lease"]._of_token(answer["token"]), answer["token"]


def _sync(env, turf, number):
    lease, token = _lease(env, turf)
    now = fields.Datetime.now()
    events = [
        {
            "uid": str(uuid.uuid4()),
            "counter": place,
            "at": stamp(now - timedelta(seconds=number - place)),
            "door": door.id,
            "kind": "outcome",
            "outcome": OUTCOMES[place % len(OUTCOMES)],
            "data": {},
        }
        for place, door in enumerate(turf.line_ids.door_id[:number])
    ]
    env.cr.commit()
    env.invalidate_all()

    def request():
        answer = lease._sync(token, events, stamp(now))
        env.cr.commit()
        return answer

    seconds, answer = timed(request)
    statuses = [result["status"] for result in answer["results"].values()]
    assert statuses == ["stored"] * number, answer
    return seconds


def _one_by_one(env, turf, number, request):
    lease, _token = _lease(env, turf)
    doors = turf.line_ids.door_id.ids[:number]
    events = env["canvass.event"].sudo()

    def requests():
        for place, door in enumerate(doors):
            request(events, lease, place, door)
            env.cr.commit()

    env.cr.commit()
    seconds, _none = timed(requests)
    return seconds


def _create(events, lease, place, door):
    values = {
        "uid": str(uuid.uuid4()),
        "counter": place,
        "kind": "outcome",
        "outcome": OUTCOMES[place % len(OUTCOMES)],
        "data": {},
        "turf_id": lease.turf_id.id,
        "door_id": door,
        "lease_id": lease.id,
        "company_id": lease.company_id.id,
        "operation_id": lease.operation_id.id,
        **dict.fromkeys(("client_at", "at", "received_at"), fields.Datetime.now()),
        "skew": 0,
    }
    # The model refuses `create`: what the ORM itself would do, without the refusals.
    return models.BaseModel.create(events, [values])


def _report(events, lease, place, door):
    events.env.invalidate_all()  # each request begins with nothing at hand
    assert not events.search_count([("uid", "=", str(uuid.uuid4()))], limit=1)
    event = _create(events, lease, place, door)
    line = events.env["canvass.turf.door"].sudo()
    line = line.search([("turf_id", "=", lease.turf_id.id), ("door_id", "=", door)])
    line.write({"outcome": event.outcome, "reported_at": event.at, "visits": line.visits + 1})
