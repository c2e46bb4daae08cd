"""An organiser's day in a real browser: area, cut, adjust, publish, hand out, watch, print,
reissue (issue 7)."""

import base64
import json
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

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
    admin.call("canvass.team", "create", vals_list=[{"name": "Les bleus", "branch_id": branch}])
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


def choose(desk, turf):
    """Choose one turf from the list, whatever was chosen before."""
    with desk.expect_response(lambda answer: "board_walk" in answer.url):
        desk.select_option(".o_choose", str(turf["id"]))
    desk.wait_for_selector(".o_canvass_chosen")


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

    # a street goes to the neighbour and comes back; a turf is drawn by hand
    chosen, other = turfs_of(admin, operation)[-2:]
    choose(desk, chosen)
    moving = desk.locator(".o_street option").nth(1)
    number = int(re.search(r"\((\d+)\)", moving.inner_text())[1])
    desk.select_option(".o_street", moving.get_attribute("value"))
    desk.select_option(".o_target", str(other["id"]))
    with desk.expect_response(lambda answer: "action_move_street" in answer.url):
        desk.click(".o_move")
    counts = {turf["id"]: turf["door_count"] for turf in turfs_of(admin, operation)}
    assert counts[other["id"]] == other["door_count"] + number
    with desk.expect_response(lambda answer: "action_undo" in answer.url):
        desk.click(".o_undo:not([disabled])")
    counts = {turf["name"]: turf["door_count"] for turf in turfs_of(admin, operation)}
    assert counts[chosen["name"]] == chosen["door_count"]
    desk.click(".o_draw_turf")
    with desk.expect_response(lambda answer: "action_draw" in answer.url):
        draw(desk, [(0.3, 0.3), (0.5, 0.3), (0.5, 0.5), (0.3, 0.5)])
    drawn = turfs_of(admin, operation)
    assert sum(turf["door_count"] for turf in drawn) == len(TOWN)
    assert drawn[-1]["door_count"] > 0

    # publish, hand out to a team and by code, watch
    desk.click(".o_publish_all")
    with desk.expect_response(lambda answer: "action_publish_drafts" in answer.url):
        desk.click(".modal .btn-primary")
    published = turfs_of(admin, operation)
    assert {turf["state"] for turf in published} == {"published"}
    first = published[0]
    choose(desk, first)
    with desk.expect_response(lambda answer: "canvass.turf/write" in answer.url):
        desk.select_option(".o_team", label="Les bleus")
    report(odoo_server, first["code"], ["spoke", "not_home", "not_home", "refused"])
    desk.reload()
    desk.wait_for_selector("aside table td:has-text('Ali')")
    assert "4 / 80" in desk.inner_text("aside").replace("\n", " ")
    assert "Les bleus" in desk.inner_text("table.o_teams")
    assert axe(desk, "aside") == []

    # the sums to take away: four doors are too few to be told
    with desk.expect_download() as download:
        desk.click(".o_export")
    rows = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert rows[1] == f"Total;Essai du jour;{len(TOWN)};;;;"

    # print: a PDF with the drawing of the walk, of several turfs at once
    ids = f"{first['id']},{published[1]['id']}"
    pdf = desk.request.get(f"{odoo_server.url}/report/pdf/political_canvass.report_turf/{ids}")
    assert pdf.ok and len(re.findall(rb"/Type /Page\b", pdf.body())) >= 2

    # reissue those not home: the old code is over, a new draft holds the rest
    choose(desk, first)
    with desk.expect_response(lambda answer: "action_reissue" in answer.url):
        desk.click(".o_reissue")
    again = [turf for turf in turfs_of(admin, operation) if turf["state"] == "draft"]
    assert [turf["door_count"] for turf in again] == [first["door_count"] - 2]
    refused = requests.post(
        f"{odoo_server.url}/canvass/lease",
        json={"code": first["code"], "device": str(uuid.uuid4())},
        timeout=60,
    )
    assert json.loads(refused.text) == {"ok": False, "reason": "code"}


@pytest.fixture
def shift(operation, rpc):
    """An outing tomorrow that volunteers may sign up for: its id and link."""
    admin = rpc("admin")
    [mine] = admin.call("canvass.operation", "read", ids=[operation], fields=["company_id"])
    admin.call(
        "res.company", "write", ids=[mine["company_id"][0]], vals={"email": "parti@example.org"}
    )
    start = datetime.now(timezone.utc) + timedelta(hours=20)
    made = admin.call(
        "canvass.shift",
        "create",
        vals_list=[
            {
                "name": "Samedi matin",
                "operation_id": operation,
                "start": f"{start:%Y-%m-%d %H:%M:%S}",
                "stop": f"{start + timedelta(hours=2):%Y-%m-%d %H:%M:%S}",
                "needs_pairs": False,
            }
        ],
    )
    return admin.call("canvass.shift", "read", ids=made, fields=["link"])[0]


def volunteers(admin, shift):
    return admin.call(
        "canvass.assignment",
        "search_read",
        domain=[("shift_id", "=", shift["id"])],
        fields=["state", "alias"],
    )


def test_two_clicks_sign_up_once(odoo_server, operation, shift, rpc):
    """Sent several times at the same moment, a sign-up is one volunteer."""
    odoo_server.expect_in_log(r"could not serialize access")  # the others wait, and try again
    url = odoo_server.url + urlsplit(shift["link"]).path
    ready = threading.Barrier(4)

    def click(_number):
        with requests.Session() as session:
            page = session.get(url, timeout=60).text
            form = {
                "csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page)[1],
                "name": "Lou",
                "email": "lou@example.org",
            }
            ready.wait(60)
            return session.post(url, data=form, timeout=60).status_code

    with ThreadPoolExecutor(4) as hands:
        assert [*hands.map(click, range(4))] == [200] * 4
    assert len(volunteers(rpc("admin"), shift)) == 1


def test_shift_pages(odoo_server, phone, axe, shift, rpc):
    """A volunteer signs up on their phone, comes, goes out and is back."""
    admin = rpc("admin")
    phone.goto(odoo_server.url + urlsplit(shift["link"]).path)
    assert axe(phone) == []
    phone.fill("#name", "Ali")
    phone.fill("#email", "ali")
    phone.click("button[type=submit]")
    phone.wait_for_selector("#email-wrong")
    assert axe(phone) == []
    phone.errors.clear()  # the browser's word about the answer's status, 400
    phone.fill("#email", "ali@example.org")
    with phone.expect_navigation():
        phone.click("button[type=submit]")
    assert axe(phone) == []
    send_mails(admin)
    mail = odoo_server.wait_for_mail("ali@example.org")
    phone.goto(
        odoo_server.url
        + re.search(r"/canvass/me/[\w-]+", mail.get_body(("html",)).get_content())[0]
    )
    for act in ("accept", "start", "fine", "back"):
        assert axe(phone) == [], act
        with phone.expect_navigation():
            phone.click(f"button[value={act}]")
    assert axe(phone) == []
    [one] = volunteers(admin, shift)
    assert (one["state"], one["alias"]) == ("back", "Ali")


def send_mails(admin):
    """What the queue's job does, which the tests' servers have off."""
    [job] = admin.call(
        "ir.model.data",
        "search_read",
        domain=[("module", "=", "mail"), ("name", "=", "ir_cron_mail_scheduler_action")],
        fields=["res_id"],
    )
    admin.call("ir.cron", "method_direct_trigger", ids=[job["res_id"]])


def test_panels(odoo_server, desk, log_in, axe, operation, rpc):
    """A panel is put on the map, and its poster goes up and comes down there."""
    admin = rpc("admin")
    [branch] = admin.call("canvass.operation", "read", ids=[operation], fields=["branch_id"])
    action = admin.call(
        "canvass.action",
        "create",
        vals_list=[{"name": "Collage", "kind": "posters", "branch_id": branch["branch_id"][0]}],
    )[0]
    log_in(desk, "admin")
    desk.goto(f"{odoo_server.url}/odoo/field-actions/{action}")
    desk.click("button[name=action_panels]")
    desk.wait_for_selector(".o_canvass_panels .leaflet-container")
    desk.click(".o_add_panel")
    desk.fill("#o_panel_name", "Devant l'école")
    desk.click(".o_canvass_map")
    desk.click(".o_save_panel:not([disabled])")
    desk.wait_for_selector(".leaflet-marker-icon")
    desk.click(".o_up")
    desk.click(".o_down")
    desk.wait_for_selector(".o_up")
    assert axe(desk, ".o_canvass_panels aside") == []
    [panel] = admin.call(
        "canvass.panel",
        "search_read",
        domain=[("action_id", "=", action)],
        fields=["state", "latitude"],
    )
    assert panel["state"] == "down" and panel["latitude"]
    [read] = admin.call("canvass.action", "read", ids=[action], fields=["done_quantity"])
    assert read["done_quantity"] == 2


def turfs_of(admin, operation):
    return admin.call(
        "canvass.turf",
        "search_read",
        domain=[("operation_id", "=", operation)],
        fields=["name", "state", "code", "door_count"],
        order="id",
    )
