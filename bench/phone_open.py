"""ms from the icon to a usable screen without network, with the processor throttled four times.

Under 1,500; and from a tap to the next door under 100 (`tap`). Against: Odoo's own log-in page with
network and the same throttle, from its address to its field. Ratio: theirs over ours.
"""

import statistics

from playwright.sync_api import sync_playwright

from bench import turf as turfs
from tools.setup import programs

DOORS, OPENINGS, TAPS, THROTTLE = 300, 7, 20, 4
SIZE = {"width": 390, "height": 844}
# Milliseconds from the navigation to the moment the element is there and painted
SEEN = """(selector) => new Promise((resolve) => {
    const look = () => document.querySelector(selector)
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
        : setTimeout(look, 2);
    look();
})"""
TAP = """() => new Promise((resolve) => {
    const before = document.querySelector(".place h1");
    const started = performance.now();
    document.querySelector(".door .answer.not_home").click();
    const look = () => document.querySelector(".place h1") !== before
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)))
        : setTimeout(look, 1);
    look();
})"""


def measure(server, scale):
    number = max(int(DOORS * scale), 40)
    [place] = turfs.published(server, number)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=programs.chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport=SIZE, has_touch=True, is_mobile=True)
        page = _throttled(context)
        page.goto(f"{server.url}/canvass/#{place['code']}")
        page.wait_for_selector(".door h1", timeout=60_000)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        opened, taps = [], []
        context.set_offline(True)
        for _opening in range(OPENINGS):
            page.close()
            page = _throttled(context)
            page.goto(f"{server.url}/canvass/", wait_until="commit")
            opened.append(page.evaluate(SEEN, ".door .answer.not_home"))
        for _tap in range(TAPS):
            taps.append(page.evaluate(TAP))
        context.set_offline(False)
        against = _login(browser, server.url)
        browser.close()
    value = statistics.median(opened)
    return {
        "value": value,
        "unit": "ms",
        "against": against,
        "ratio": against / value,
        "n": number,
        "tap": statistics.median(taps),
    }


def _throttled(context):
    page = context.new_page()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    return page


def _login(browser, url):
    context = browser.new_context(viewport=SIZE)
    seconds = []
    for _opening in range(3):
        page = _throttled(context)
        page.goto(f"{url}/web/login", wait_until="commit")
        seconds.append(page.evaluate(SEEN, "#login"))
        page.close()
    context.close()
    return statistics.median(seconds)
