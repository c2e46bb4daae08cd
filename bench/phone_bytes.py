"""kB on the wire that open a turf of 300 doors (under 150); of the first load too (under 400).

Against: the same doors as `search_read` gives them to a client of the ordinary API. Ratio: theirs
over ours. The first load is counted compressed, as any proxy in front of Odoo sends it.
"""

import gzip
import json
import re
import uuid

import requests

from bench import turf as turfs

DOORS = 300
FIELDS = [
    "display_name",
    "building_id",
    "entrance",
    "floor",
    "has_floor",
    "name",
    "do_not_knock",
    "branch_id",
    "company_id",
]


def measure(server, scale):
    number = max(int(DOORS * scale), 20)
    [place] = turfs.published(server, number)
    body = {"code": place["code"], "device": str(uuid.uuid4())}
    answer = requests.post(
        f"{server.url}/canvass/lease",
        json=body,
        headers={"Accept-Encoding": "identity"},
        timeout=60,
    )
    doors = [door["id"] for door in answer.json()["turf"]["doors"]]
    assert len(doors) == number
    ordinary = server.call("canvass.door", "search_read", [("id", "in", doors)], FIELDS)
    buildings = server.call(
        "canvass.building",
        "search_read",
        [("door_ids", "in", doors)],
        ["street", "number", "suffix", "side", "access_note", "latitude", "longitude"],
    )
    value = len(answer.content) / 1000
    against = len(json.dumps({"result": [ordinary, buildings]})) / 1000
    first = _first_load(server.url)
    assert scale < 1 or (value < 150 and first < 400), (value, first)
    return {
        "value": value,
        "unit": "kB",
        "against": against,
        "ratio": against / value,
        "n": number,
        "first_load": first,
    }


def _first_load(url):
    """Compressed kB of the page, its worker and every file that the worker keeps."""
    worker = requests.get(f"{url}/canvass/background-worker.js", timeout=60)
    shell = json.loads(re.search(r"const SHELL = (\{.*\});", worker.text)[1])
    names = ["/canvass/", "/canvass/manifest.webmanifest", *shell["files"]]
    contents = [requests.get(url + name, timeout=60) for name in names]
    assert {answer.status_code for answer in contents} == {200}
    return sum(len(gzip.compress(a.content)) for a in [worker, *contents]) / 1000
