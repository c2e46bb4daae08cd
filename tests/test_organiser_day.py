"""An organiser's day in a real browser: area, cut, adjust, publish, hand out, watch, print,
reissue (issue 7)."""

import base64
import json
import uuid

import pytest
import requests

TOWN = [
    (48.9 + 0.0004 * street, 2.48 + 0.0006 * number) for street in range(10) for number in range(10)
]
PATHS = ".o_canvass_map path.leaflet-interactive"


@pytest.fixture
def operation(rpc):
    """A branch with a hundred doors, and an operation without an area."""
    admin = rpc("admin")
    [company] = admin.call("res.company", "search", domain=[], limit=1, order="id")
    branch = admin.call(
        "political.branch",
        "create",
        vals_list=[{"name": "Section", "kind": "section", "company_id": company}],
    )[0]
    lines = ["id;numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat"] + [
        f"99_{n};{n % 10 + 1};;Rue {n // 10};99999;99999;Essai;{lon:.6f};{lat:.6f}"
        for n, (lat, lon) in enumerate(TOWN)
    ]
    wizard = admin.call(
        "canvass.address.import",
        "create",
        vals_list=[
            {
                "file": base64.b64encode("\n".join(lines).encode()).decode(),
                "branch_id": branch,
                "company_id": company,
            }
        ],
    )[0]
    admin.call("canvass.address.import", "action_load", ids=[wizard])
    return admin.call(
        "canvass.operation",
        "create",
        vals_list=[
            {"name": "Essai du jour", "branch_id": branch, "turf_minutes": 60.0, "goal_doors": 80}
        ],
    )[0]


def report(server, code, outcomes):
    """A volunteer's phone: opens the code and reports doors in walking order."""
    opened = requests.post(
        f"{server.url}/canvass/lease",
        json={"code": code, "device": str(uuid.uuid4()), "name": "Ali"},
        timeout=60,
    ).json()
    assert opened["ok"]
    now = opened["server_time"]
    events = [
        {
            "uid": str(uuid.uuid4()),
            "counter": number,
            "at": now,
            "door": door["id"],
            "kind": "outcome",
            "outcome": outcome,
            "data": {},
        }
        for number, (door, outcome) in enumerate(
            zip(opened["turf"]["doors"], outcomes, strict=False), 1
        )
    ]
    answer = requests.post(
        f"{server.url}/canvass/sync",
        json={"client_now": now, "events": events},
        headers={"X-Canvass-Lease": opened["token"]},
        timeout=60,
    ).json()
    assert {one["status"] for one in answer["results"].values()} == {"stored"}, answer


def shapes(desk):
    return desk.locator(".o_canvass_map path.leaflet-interactive")


def draw(desk, corners):
    """Click the corners on the map and finish."""
    box = desk.locator(".o_canvass_map").bounding_box()
    for x, y in corners:
        desk.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    desk.click(".o_finish")


def test_organiser_day(odoo_server, desk, log_in, axe, operation, rpc):
    admin = rpc("admin")
    log_in(desk, "admin")
    desk.goto(f"{odoo_server.url}/odoo/field-operations/{operation}")
    with desk.expect_response(lambda answer: "board_box" in answer.url):
        desk.click("button[name=action_board]")
    desk.wait_for_selector(".o_canvass_map.leaflet-container")

    # pick the area, cut it
    desk.click(".leaflet-control-zoom-out")
    desk.wait_for_function("!document.querySelector('.leaflet-zoom-anim')")
    desk.click(".o_draw_area")
    draw(desk, [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])
    desk.wait_for_selector(".o_draw_area")
    desk.click(".o_cut:not([disabled])")
    shapes(desk).nth(3).wait_for()
    turfs = turfs_of(admin, operation)
    assert sum(turf["door_count"] for turf in turfs) == len(TOWN)
    cut = len(turfs)

    # adjust: split one, take it back, join two
    shapes(desk).nth(0).click()
    desk.click(".o_split")
    desk.wait_for_function(f"document.querySelectorAll('{PATHS}').length == {cut + 1}")
    desk.click(".o_undo")
    desk.wait_for_function(f"document.querySelectorAll('{PATHS}').length == {cut}")
    shapes(desk).nth(0).click()
    shapes(desk).nth(1).click(modifiers=["Control"])
    desk.click(".o_join:not([disabled])")
    desk.wait_for_function(f"document.querySelectorAll('{PATHS}').length == {cut - 1}")

    # publish, hand out by code, watch
    desk.click(".o_publish_all")
    with desk.expect_response(lambda answer: "action_publish_drafts" in answer.url):
        desk.click(".modal .btn-primary")
    published = turfs_of(admin, operation)
    assert {turf["state"] for turf in published} == {"published"}
    first = published[0]
    report(odoo_server, first["code"], ["spoke", "not_home", "not_home", "refused"])
    desk.reload()
    desk.wait_for_selector("aside table td:has-text('Ali')")
    assert "4 / 80" in desk.inner_text("aside").replace("\n", " ")
    assert axe(desk, "aside") == []

    # print: a PDF with the drawing of the walk
    pdf = desk.request.get(
        f"{odoo_server.url}/report/pdf/political_canvass.report_turf/{first['id']}"
    )
    assert pdf.ok and pdf.body().startswith(b"%PDF")

    # reissue those not home: the old code is over, a new draft holds the rest
    admin.call("canvass.turf", "action_reissue", ids=[first["id"]])
    again = [turf for turf in turfs_of(admin, operation) if turf["state"] == "draft"]
    assert [turf["door_count"] for turf in again] == [first["door_count"] - 2]
    refused = requests.post(
        f"{odoo_server.url}/canvass/lease",
        json={"code": first["code"], "device": str(uuid.uuid4())},
        timeout=60,
    )
    assert json.loads(refused.text) == {"ok": False, "reason": "code"}


def turfs_of(admin, operation):
    return admin.call(
        "canvass.turf",
        "search_read",
        domain=[("operation_id", "=", operation)],
        fields=["name", "state", "code", "door_count"],
        order="id",
    )
