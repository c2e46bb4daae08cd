"""Seconds until the map of a department is painted: 1,306 stations with their real contours.

From the click on the menu until the frame after the shapes were drawn, in headless Chromium, with
the contours in the server's cache as for everybody after the first reader. Against: the same
contours as they come (GeoJSON, one SVG path each), parsed and painted by Leaflet in the same page.
Ratio: the ordinary way's time over ours. Printed besides: frames per second while the map is
dragged for two seconds (aim: 30), and the size of the contours on the wire.
"""

import json
import time

from playwright.sync_api import sync_playwright

from bench import national
from tools.setup import programs

CONTOURS = "dep69_bureaux_contours_voronoi.geojson"
FRAMES = """
() => new Promise((done) => {
    const times = [];
    const until = performance.now() + 2000;
    const tick = (now) => {
        times.push(now);
        now < until ? requestAnimationFrame(tick) : done(times);
    };
    requestAnimationFrame(tick);
})
"""
ORDINARY = """
async (text) => {
    const box = document.createElement("div");
    box.style.cssText = "position:fixed;inset:0;z-index:9999";
    document.body.append(box);
    const start = performance.now();
    const map = L.map(box, {renderer: L.svg()});
    const layer = L.geoJSON(JSON.parse(text), {style: {weight: 0.6}});
    map.fitBounds(layer.getBounds(), {animate: false});
    layer.addTo(map);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const seconds = (performance.now() - start) / 1000;
    map.remove();
    box.remove();
    return seconds;
}
"""


def measure(server, scale):
    shapes = json.loads((national.SHARED / "geo" / CONTOURS).read_text())
    shapes["features"] = shapes["features"][: int(len(shapes["features"]) * scale)]
    zone, number = _load(server, shapes["features"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=programs.chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(base_url=server.url, viewport={"width": 1280, "height": 800})
        page.goto("/web/login")
        page.fill("#login", "admin")
        page.fill("#password", "admin")
        page.press("#password", "Enter")
        page.wait_for_selector(".o_web_client")
        sizes = []
        page.on("response", lambda answer: _note_size(answer, sizes))
        # The first reader fills the cache; the page's own code is loaded here too.
        _open(page, zone)
        seconds = _paint_again(page)
        frames = _frames(page)
        ordinary = page.evaluate(ORDINARY, json.dumps(shapes))
        browser.close()
    told = f"{frames:.0f} frames/s while dragged; contours {max(sizes) / 1000:.0f} kB on the wire"
    return {
        "value": seconds,
        "unit": "s",
        "against": ordinary,
        "ratio": ordinary / seconds,
        "n": number,
        "details": [told],
    }


def _load(server, features):
    """A department of one commune with these contours, and a ballot to colour by."""
    call = server.call
    zone = call("political.zone", "create", {"name": "A", "kind": "department", "code": "BENCH"})
    commune = call(
        "political.zone",
        "create",
        {"name": "B", "kind": "commune", "code": "BENCH", "parent_id": zone},
    )
    stations = call(
        "political.zone",
        "create",
        [
            {
                "name": f"Bureau {n}",
                "kind": "station",
                "code": feature["properties"]["code_bv"],
                "parent_id": commune,
                "contour": json.dumps(feature["geometry"]),
            }
            for n, feature in enumerate(features)
        ],
    )
    values = {"name": "Bench", "code": "bench", "kind": "other", "date": "2024-06-30"}
    election = call("political.election", "create", values)
    call(
        "political.turnout",
        "create",
        [
            {
                "election_id": election,
                "zone_id": station,
                "registered": 1000,
                "voters": 400 + n % 500,
                "valid": 390 + n % 500,
            }
            for n, station in enumerate(stations)
        ],
    )
    return zone, len(stations)


def _open(page, zone):
    page.goto("/odoo/party-map")
    page.wait_for_selector("#o_map_scope")
    if page.input_value("#o_map_scope") != str(zone):
        page.select_option("#o_map_scope", str(zone))
    _painted(page)


def _painted(page):
    """Milliseconds of the page's own clock when the last shapes were on screen."""
    page.wait_for_selector(".o_political_map_legend")
    page.wait_for_selector(".o_political_map_loading", state="detached")
    return page.evaluate("performance.getEntriesByName('political-map-painted').at(-1).startTime")


def _paint_again(page):
    """Leave the map for the places' list, then come back by the menu."""
    page.goto("/odoo/action-political_crm.action_zone")
    page.wait_for_selector(".o_list_view, .o_kanban_view")
    page.evaluate("performance.clearMarks()")
    page.evaluate(
        """() => {
            window.asked = performance.now();
            odoo.__WOWL_DEBUG__.root.env.services.action.doAction("political_crm.action_map");
        }"""
    )
    page.wait_for_function("performance.getEntriesByName('political-map-painted').length")
    return (_painted(page) - page.evaluate("window.asked")) / 1000


def _frames(page):
    """Frames per second while the map is dragged to and fro."""
    box = page.locator(".o_political_map_canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(f"window.frames_told = ({FRAMES})()")
    end, step = time.monotonic() + 2.1, 0
    while time.monotonic() < end:
        step += 1
        page.mouse.move(x + 150 * ((step % 40) / 20 - 1), y + 60 * ((step % 30) / 15 - 1))
    page.mouse.up()
    times = page.evaluate("() => window.frames_told")
    return 1000 * (len(times) - 1) / (times[-1] - times[0])


def _note_size(answer, sizes):
    if "/political/map/contours/" in answer.url:
        sizes.append(len(answer.body()) and int(answer.headers.get("content-length", 0)))
