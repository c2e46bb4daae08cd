"""Every screen: no accessibility fault, nothing cut off, in both languages and sizes."""

import gzip
import json
from pathlib import Path

import pytest

from .phone import SIZE, calling

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "addons/political_canvass/static"
APP = STATIC / "src/app"
LEAFLET = ROOT / "addons/political_crm/static/lib/leaflet"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
# What each screen is looked at in: size, text size in percent, direction
VIEWS = {
    "320": ({"width": 320, "height": 640}, 100, "ltr"),
    "390": ({"width": 390, "height": 844}, 100, "ltr"),
    "large": ({"width": 390, "height": 844}, 200, "ltr"),
    "rtl": ({"width": 390, "height": 844}, 100, "rtl"),
}
TURN = """([percent, direction]) => {
    document.documentElement.style.fontSize = percent === 100 ? "" : `${percent * 0.18}px`;
    document.documentElement.dir = direction;
}"""
SMALL = """() => [...document.querySelectorAll("button, a, summary, input, label.tick")]
    .filter((each) => each.offsetParent && !each.closest("label.tick > *") && each.id !== "own")
    .filter((each) => !(each.type === "checkbox"))
    .filter((each) => !each.closest("figcaption"))
    .filter((each) => each.getBoundingClientRect().height < 47.5)
    .map((each) => each.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_every_screen(browser, field, network, pictures, locale):
    """On each screen, at 390 and 320 px, with text twice as large, and mirrored as a language from
    right to left will have it: axe-core finds nothing, nothing is cut off sideways, each target is
    at least 48 px high."""
    # The page's policy would refuse axe as it refuses any other script that is not its own.
    with calling(browser, network.url, locale, bypass_csp=True) as phone:
        phone.page.add_init_script(path=AXE)
        for name in _tour(phone, field):
            for view, (size, percent, direction) in VIEWS.items():
                phone.page.set_viewport_size(size)
                phone.page.evaluate(TURN, [percent, direction])
                if pictures:
                    file = f"{locale[:2]}-{view}-{name}.png"
                    phone.page.screenshot(path=pictures / file, animations="disabled")
                assert _faults(phone.page) == [], (name, view)
                assert phone.page.evaluate(SMALL) == [], (name, view)
            phone.page.set_viewport_size(SIZE)
            phone.page.evaluate(TURN, [100, "ltr"])
        assert not phone.errors


def test_keyboard_alone(browser, field, network):
    """A door can be reported by Tab and Enter, and the reader is led to the next door."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().page
        assert page.evaluate("document.activeElement.tagName") == "H1"
        page.keyboard.press("Tab")
        assert "not_home" in page.evaluate("document.activeElement.className")
        page.keyboard.press("Enter")
        phone.wait_for_done(1)
        assert page.evaluate("document.activeElement.tagName") == "H1"
        assert page.inner_text("#live")


def test_first_load_is_small():
    """The whole shell is under 400 kB compressed, libraries included."""
    files = [path for path in APP.rglob("*.*") if path.is_file()]
    files += [STATIC / "lib/lean-qr/index.mjs", *LEAFLET.glob("leaflet.*")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 400_000


def test_languages_say_the_same():
    """Each language has the same sentences with the same values (plural forms may differ)."""
    texts = {path.stem: json.loads(path.read_text()) for path in (APP / "i18n").glob("*.json")}
    assert set(texts) == {"fr", "en"}
    assert _sentences(texts["fr"]) == _sentences(texts["en"])


def _sentences(texts):
    forms = {"one", "two", "few", "many", "other"}
    found = {}
    for key, text in texts.items():
        stem, _, form = key.rpartition(".")
        name = stem if form in forms else key
        values = {part.split("}")[0] for part in text.split("{")[1:]}
        found.setdefault(name, set()).update(values)
    return found


def _faults(page):
    faults = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
    )
    # A phone would zoom out: what counts is the width that it has.
    wide = page.evaluate("document.documentElement.scrollWidth") - page.viewport_size["width"]
    shown = [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in faults]
    return shown + ([("wider than the screen", wide)] if wide > 0 else [])


def _tour(phone, field):
    """Walk through all screens; yields the name of each once it is shown."""
    page = phone.page
    page.clock.install()
    phone.open()
    yield "start"
    phone.open("2222222222")
    page.wait_for_selector(".start [role=alert]")
    yield "wrong-code"
    phone.open(field.code).on_door()
    yield "door"
    phone.tap("not_home")
    yield "undo"
    page.click(".door .answer.others")
    page.wait_for_selector(".more")
    yield "more"
    page.click("[data-key=add-door]")
    page.wait_for_selector(".add form")
    page.click(".add .answer.next")
    page.wait_for_function("() => document.querySelector('.add .why').textContent")
    yield "add-door"
    page.go_back()
    page.click("[data-key=add-note]")
    page.fill("#note", "Mme Durand ouvre")
    page.click(".add .answer.next")
    page.wait_for_function("() => document.querySelector('.add .why').textContent")
    yield "add-note"
    page.go_back()
    page.go_back()
    page.click(".door .answer.come_back")
    page.wait_for_selector(".later")
    yield "later"
    page.go_back()
    phone.on_door().tap("spoke")
    page.wait_for_selector(".talk")
    yield "talk"
    page.click(".talk .answer.script")
    page.wait_for_selector(".script h1")
    yield "script-statement"
    page.click(".script .answer.next")
    page.wait_for_selector(".script .choice")
    yield "script-choice"
    page.click(".script .choice .answer >> nth=1")
    page.wait_for_selector(".script fieldset")
    yield "script-several"
    page.click(".script fieldset .tick >> nth=0")
    page.click(".script .answer.next")
    page.wait_for_selector(".script .scale")
    yield "script-scale"
    page.click(".script .scale .answer >> nth=3")
    page.wait_for_selector(".talk .level")
    yield "script-done"
    page.click(".talk .answer.spoke")
    page.wait_for_selector(".consent")
    yield "consent"
    page.click(".own-phone summary")
    page.wait_for_selector(".own-phone svg")
    page.locator(".own-phone svg").first.scroll_into_view_if_needed()
    yield "own-phone"
    page.click(".own-phone summary")
    page.check("[id^=box-][id$=-email]")
    page.fill("#email", "lea.martin@example.org")
    page.check("#own")
    page.click(".consent summary >> nth=-1")
    yield "consent-filled"
    page.click(".consent form > .answer")
    page.wait_for_selector(".agreed svg.qr")
    yield "agreed"
    phone.next_door().sent()
    page.click("#bottom button >> nth=1")
    page.wait_for_selector(".list")
    yield "list"
    page.click("#bottom button >> nth=2")
    page.wait_for_selector(".map .spot")
    yield "map"
    page.click("#bottom button >> nth=4")
    page.wait_for_selector(".team")
    page.click("[data-key=well]")
    page.wait_for_selector(".team .saved")
    yield "team"
    page.clock.fast_forward("01:00:00")
    page.wait_for_selector("#checkin [role=alert]")
    box = page.locator("#checkin [role=alert]").bounding_box()
    assert box["y"] < page.viewport_size["height"], "the question is out of sight"
    yield "check-in"
    page.click("[data-key=ask-well]")
    page.click("#badge")
    page.wait_for_selector(".status")
    yield "status"
    page.click("#bottom button >> nth=3")
    page.wait_for_selector(".leave")
    yield "leave"
    page.click("[data-key=yes]")
    page.wait_for_selector(".start")
    yield "left"
