"""The map of places, as a campaign director uses it."""

import re

import pytest
from playwright.sync_api import expect

from tests.places import Department

RANKING = ".o_political_ranking li"


@pytest.fixture(scope="module")
def department(odoo_server):
    return Department(odoo_server)


@pytest.fixture
def chart(desk, log_in, department):
    """The map at desk's width, of the invented department."""
    log_in(desk, "admin")
    open_map(desk, department)
    return desk


def open_map(page, department):
    page.goto("/odoo/party-map")
    page.wait_for_selector(".o_political_map_canvas canvas")
    page.wait_for_selector("#o_map_scope", state="attached")
    if not page.is_visible("#o_map_scope"):
        page.click(".o_political_map_toggle")
    choose(page, "scope", department.zone)


def choose(page, what, value):
    """Choose something in the panel, and wait for its figures."""
    with page.expect_response("**/map_figures*"):
        page.select_option(f"#o_map_{what}", str(value))
    page.wait_for_selector(".o_political_map_loading", state="detached")


def place_on_screen(page, row):
    """Where the middle of a station lies on the page; ``row`` counts from the north-west."""
    box = page.locator(".o_political_map_canvas").bounding_box()
    # Two communes side by side, four stations wide and three high each: the grid is 8 by 6.
    shape = page.evaluate(
        """() => {
            const canvas = document.querySelector(".o_political_map_canvas canvas");
            const at = canvas.getBoundingClientRect();
            const map = document.querySelector(".o_political_map_canvas").getBoundingClientRect();
            const ratio = canvas.width / at.width;
            const pixels = canvas.getContext("2d");
            const filled = (x, y) => pixels.getImageData(
                (x + map.x - at.x) * ratio, (y + map.y - at.y) * ratio, 1, 1
            ).data[3] > 0;
            const xs = [], ys = [];
            for (let x = 0; x < map.width; x += 2) {
                for (let y = 0; y < map.height; y += 2) {
                    if (filled(x, y)) { xs.push(x); ys.push(y); }
                }
            }
            return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
        }"""
    )
    left, right, top, bottom = shape
    width, height = (right - left) / 8, (bottom - top) / 6
    return (
        box["x"] + left + (row % 8 + 0.5) * width,
        box["y"] + top + (row // 8 + 0.5) * height,
    )


def test_colours_hover_and_click(chart, department, axe):
    """Any figure at any level: legend with unit, hover with name and figures, click opens."""
    choose(chart, "measure", "result")
    choose(chart, "column", f"bloc-{department.blocs[0]}")
    legend = chart.locator(".o_political_map_legend")
    assert "(%)" in legend.inner_text()
    assert legend.locator(".o_political_map_swatch").count() == 6
    chart.mouse.move(*place_on_screen(chart, 0))
    tip = chart.locator(".o_political_map_tip")
    tip.wait_for()
    assert "Bureau 0 (Ville 0)" in tip.inner_text()
    assert "25,0 %" in tip.inner_text()
    choose(chart, "measure", "swing")
    assert legend.locator(".o_political_map_swatch").count() >= 2
    choose(chart, "measure", "leader")
    assert "Bloc d'essai" in legend.inner_text()
    assert axe(chart, ".o_political_map") == []
    chart.mouse.click(*place_on_screen(chart, 0))
    chart.wait_for_selector(".o_form_view")
    assert chart.input_value("[name=code] input") == "T700_0000"
    chart.click(".o_breadcrumb .breadcrumb-item a, .o_breadcrumb .o_back_button")
    chart.wait_for_selector(".o_political_map_canvas canvas")
    # The map is found as it was left.
    expect(chart.locator("#o_map_measure")).to_have_value("leader")
    assert not chart.outside, "without a tile server nothing is asked of any other machine"


def test_area_to_list(chart, department):
    """An area drawn by hand gives a list of places."""
    choose(chart, "measure", "turnout")
    chart.click(".o_political_map_choose button")
    first, last = place_on_screen(chart, 0), place_on_screen(chart, 9)
    around = 12
    chart.mouse.move(first[0] - around, first[1] - around)
    chart.mouse.down()
    for x, y in (
        (last[0] + around, first[1] - around),
        (last[0] + around, last[1] + around),
        (first[0] - around, last[1] + around),
    ):
        chart.mouse.move(x, y, steps=5)
    chart.mouse.up()
    chosen = chart.locator(".o_political_map_chosen")
    chosen.wait_for()
    assert chosen.inner_text().startswith("4 ")
    chart.click(".o_political_map_choose button.btn-secondary:has-text('liste')")
    expect(chart.locator(".o_list_view .o_data_row")).to_have_count(4)


def test_sliders_rank_at_once(chart, department, odoo_server):
    """The ranking moves with a slider, as the server would rank; the choice goes to the plan."""
    choose(chart, "measure", "score")
    choose(chart, "plan", department.plan)
    chart.wait_for_selector(RANKING)
    before = chart.locator(RANKING).first.inner_text()
    sliders = chart.locator(".o_political_plan input[type=range]")
    for number in range(sliders.count()):
        sliders.nth(number).fill("100" if number == 1 else "0")
    expect(chart.locator(RANKING).first).not_to_have_text(before, use_inner_text=True)
    shown = chart.locator(f"{RANKING} button").all_inner_texts()
    with chart.expect_response("**/live_figures*"):
        chart.click(".o_political_plan .btn-primary")
    chart.wait_for_selector(".o_political_map_loading", state="detached")
    ranked = odoo_server.call(
        "political.target.score",
        "search_read",
        [["plan_id", "=", department.plan]],
        ["station_id"],
        order="rank",
    )
    assert shown == [one["station_id"][1] for one in ranked][: len(shown)]
    chart.fill("#o_plan_hours", "60")
    chart.click(".o_political_plan button:has-text('meilleurs')")
    chart.click(".o_political_map_choose .btn-primary:has-text('plan')")
    chart.wait_for_selector(".o_notification:has-text('terrain')")
    kept = odoo_server.call(
        "political.target.score",
        "search_read",
        [["plan_id", "=", department.plan], ["selected", "=", True]],
        ["rank", "hours"],
    )
    assert kept and sum(one["hours"] for one in kept) <= 60
    assert [one["rank"] for one in kept] == list(range(1, len(kept) + 1))


def test_form_ranks_at_once(desk, log_in, department, odoo_server, axe):
    """The plan's form has the sliders and the ranking too; they write weights and what is kept."""
    log_in(desk, "admin")
    desk.goto(f"/odoo/action-political_crm.action_target_plan/{department.plan}")
    desk.click(".nav-link[name=ranking]")
    first = desk.locator(RANKING).first
    sliders = desk.locator(".o_political_plan input[type=range]")
    for only in (1, 0):
        before = first.inner_text()
        for number in range(sliders.count()):
            sliders.nth(number).fill("100" if number == only else "0")
        share = desk.locator(".o_political_plan label .text-nowrap").nth(only)
        expect(share).to_have_text("100 %")
    expect(first).not_to_have_text(before, use_inner_text=True)
    assert axe(desk, ".o_political_plan_ranking") == []
    with desk.expect_response("**/live_figures*"):
        desk.click(".o_political_plan .btn-primary")
    [plan] = odoo_server.call(
        "political.target.plan", "read", [department.plan], ["criterion_ids", "selected_count"]
    )
    weights = odoo_server.call(
        "political.target.criterion", "read", plan["criterion_ids"], ["weight"]
    )
    assert [one["weight"] for one in weights] == [100, 0, 0]
    desk.reload()
    desk.click(".nav-link[name=ranking]")
    box = desk.locator(f"{RANKING} input").first
    change = -1 if box.is_checked() else 1
    box.click()
    desk.click(".o_political_plan_ranking > .btn-primary")
    desk.wait_for_selector(".o_notification:has-text('terrain')")
    [after] = odoo_server.call(
        "political.target.plan", "read", [department.plan], ["selected_count"]
    )
    assert after["selected_count"] == plan["selected_count"] + change


def test_phone(phone, log_in, department, axe):
    """At 390 px the panel folds away, a tap tells and opens."""
    log_in(phone, "admin")
    open_map(phone, department)
    choose(phone, "measure", "turnout")
    phone.click(".o_political_map_toggle")
    phone.wait_for_selector("#o_map_scope", state="hidden")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    x, y = place_on_screen(phone, 0)
    phone.touchscreen.tap(x, y)
    popup = phone.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "Ville" in popup.inner_text()
    assert axe(phone, ".o_political_map") == []
    popup.locator("button").click()
    phone.wait_for_selector(".o_form_view")


def test_sheet_of_a_commune(odoo_server, department):
    """The printed sheet: one page a commune, whatever its stations are called."""
    communes = department.communes[:2]
    odoo_server.call(
        "political.zone",
        "write",
        department.stations[:12],
        {"name": "Bureau 1 - Groupe scolaire de l'Exemple, école maternelle et élémentaire"},
    )
    ids = ",".join(map(str, communes))
    pdf = odoo_server.session().http.get(
        f"{odoo_server.url}/report/pdf/political_crm.report_zone_sheet/{ids}", timeout=60
    )
    assert pdf.ok
    assert len(re.findall(rb"/Type /Page\b", pdf.content)) == len(communes)
