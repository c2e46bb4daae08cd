"""Seconds to sync fifty doors from a phone, in one request.

Against: fifty single creates over RPC, the way a form would report them. Ratio: ours over that.
"""

import datetime
import uuid

import requests

from bench.timing import timed

DOORS = 50
TIMES = 5


def measure(server, scale):
    doors = max(int(DOORS * scale), 5)
    code = _published_turf(server, doors)
    device = str(uuid.uuid4())
    http = requests.Session()
    lease = http.post(f"{server.url}/canvass/lease", json={"code": code, "device": device}).json()
    ids = [door["id"] for door in lease["turf"]["doors"]]
    headers = {"X-Canvass-Lease": lease["token"]}
    batches = iter([_events(ids, batch) for batch in range(TIMES + 1)])

    def sync():
        body = {"events": next(batches)}
        answer = http.post(f"{server.url}/canvass/sync", json=body, headers=headers).json()
        assert all(r["status"] == "stored" for r in answer["results"].values()), answer
        return answer

    sync()
    value, _answer = timed(sync, TIMES)
    against, _none = timed(lambda: _single_creates(server, doors), 3)
    [(stored,)] = server.sql("SELECT count(*) FROM canvass_event")
    assert stored == doors * (TIMES + 1)
    return {"value": value, "unit": "s", "against": against, "ratio": value / against, "n": doors}


def _events(ids, batch):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    now = now.replace("+00:00", "Z")
    return [
        {
            "uid": str(uuid.uuid4()),
            "counter": batch * len(ids) + place,
            "at": now,
            "client_now": now,
            "door": door,
            "kind": "outcome",
            "outcome": "not_home",
            "data": {},
        }
        for place, door in enumerate(ids, 1)
    ]


def _single_creates(server, number):
    for door in range(number):
        server.call("crm.lead", "create", {"name": f"Porte {door}", "type": "lead"})


def _published_turf(server, doors):
    company = server.call("res.company", "search", [], limit=1, order="id")[0]
    branch = server.call(
        "political.branch",
        "create",
        {"name": "Mesure", "code": "BENCH", "kind": "section", "company_id": company},
    )
    server.call(
        "canvass.building",
        "create",
        [
            {
                "number": 2 * place,
                "street": "Rue de la Mesure",
                "latitude": -40 + 0.0002 * place,
                "longitude": -120,
                "branch_id": branch,
                "door_ids": [(0, 0, {})],
            }
            for place in range(1, doors + 1)
        ],
    )
    operation = server.call("canvass.operation", "create", {"name": "Mesure", "branch_id": branch})
    cut = server.call(
        "canvass.turf.around",
        "create",
        {
            "operation_id": operation,
            "name": "Mesure",
            "latitude": -40,
            "longitude": -120,
            "door_number": doors,
        },
    )
    turf = server.call("canvass.turf.around", "action_cut", [cut])["res_id"]
    server.call("canvass.turf", "action_publish", [turf])
    return server.call("canvass.turf", "read", [turf], ["code"])[0]["code"]
