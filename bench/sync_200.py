"""p95 seconds of 200 phones that bring their reports within a minute, two at each turf (under 2).

Each phone sends fifteen reports in one request; none is lost and none doubled. Against: the p95 of
as many visitors who open core's home page on the same server in the same minute. Ratio: theirs over
ours.
"""

import random
import statistics
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import requests

from bench import turf as turfs
from tools import ports

PHONES, MINUTE, REPORTS, DOORS = 200, 60, 15, 40
OPTIONS = ("--workers=2", f"--gevent-port={ports.free()}")


def measure(server, scale):
    number = max(int(PHONES * scale), 10)
    places = turfs.published(server, DOORS, -(-number // 2))
    # A hall behind one address opens its turfs
    phones = [_open(server, places[n // 2]["code"]) for n in range(number)]
    chance = random.Random(200)  # noqa: S311 - moments, no secrets
    moments = [chance.uniform(0, MINUTE * min(scale, 1)) for _ in phones]
    _together([(moment, lambda: requests.get(server.url, timeout=60)) for moment in moments[:4]])
    plain = _together([(m, lambda: requests.get(server.url, timeout=60)) for m in moments])
    spent = _together(
        [
            (m, lambda phone=phone: _sync(server, phone))
            for m, phone in zip(moments, phones, strict=True)
        ]
    )
    _none_lost(server, [place["id"] for place in places], phones)
    value, against = _p95(spent), _p95(plain)
    return {"value": value, "unit": "s", "against": against, "ratio": against / value, "n": number}


def _open(server, code):
    body = {"code": code, "device": str(uuid.uuid4())}
    answer = requests.post(f"{server.url}/canvass/lease", json=body, timeout=60).json()
    doors = [door["id"] for door in answer["turf"]["doors"]]
    return {
        "token": answer["token"],
        "events": [_event(n, door) for n, door in enumerate(doors[:REPORTS])],
    }


def _event(number, door):
    at = datetime.now(timezone.utc) - timedelta(seconds=REPORTS - number)
    return {
        "uid": str(uuid.uuid4()),
        "counter": number + 1,
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "door": door,
        "kind": "outcome",
        "outcome": "not_home",
        "data": {},
    }


def _sync(server, phone):
    answer = requests.post(
        f"{server.url}/canvass/sync",
        json={"events": phone["events"]},
        headers={"X-Canvass-Lease": phone["token"]},
        timeout=60,
    )
    statuses = {result["status"] for result in answer.json()["results"].values()}
    assert statuses == {"stored"}, answer.text
    return answer


def _together(acts):
    """Do each act at its second; the seconds that each took."""
    started = time.monotonic()

    def one(pair):
        moment, act = pair
        time.sleep(max(0, started + moment - time.monotonic()))
        begun = time.monotonic()
        answer = act()
        assert answer.status_code == 200, answer.text[:300]
        return time.monotonic() - begun

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def _p95(seconds):
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def _none_lost(server, turf_ids, phones):
    rows = server.sql("SELECT uid FROM canvass_event WHERE turf_id = ANY(%s)", turf_ids)
    sent = sorted(event["uid"] for phone in phones for event in phone["events"])
    assert sorted(uid for (uid,) in rows) == sent, (len(rows), len(sent))
