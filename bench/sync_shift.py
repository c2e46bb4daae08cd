"""Seconds of one request that brings a whole shift: an event a door, 300 of them (under 1).

Against: one ORM `create` an event, each committed as its own request would. Ratio: their time over
ours (at least 20).
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
    turf = _turf(env, number)
    env.cr.commit()
    ours, theirs = [], []
    for _round in range(ROUNDS):
        ours.append(_sync(env, turf, number))
        theirs.append(_one_by_one(env, turf, number))
    value, against = statistics.median(ours), statistics.median(theirs)
    return {"value": value, "unit": "s", "against": against, "ratio": against / value, "n": number}


def _turf(env, number):
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
    turf = env["canvass.turf"].create({"name": "Bench", "operation_id": operation.id})
    turf._set_doors(buildings.door_ids[:number])
    turf.action_publish()
    return turf


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


def _one_by_one(env, turf, number):
    lease, _token = _lease(env, turf)
    now = fields.Datetime.now()
    events = env["canvass.event"].sudo()
    doors = turf.line_ids.door_id.ids[:number]

    def requests():
        for place, door in enumerate(doors):
            # The model refuses `create`: what the ORM itself would do, without the refusals.
            models.BaseModel.create(
                events,
                [
                    {
                        "uid": str(uuid.uuid4()),
                        "counter": place,
                        "kind": "outcome",
                        "outcome": OUTCOMES[place % len(OUTCOMES)],
                        "data": {},
                        "turf_id": turf.id,
                        "door_id": door,
                        "lease_id": lease.id,
                        "company_id": lease.company_id.id,
                        "operation_id": lease.operation_id.id,
                        "client_at": now,
                        "at": now,
                        "skew": 0,
                        "received_at": now,
                    }
                ],
            )
            env.cr.commit()

    seconds, _none = timed(requests)
    return seconds
