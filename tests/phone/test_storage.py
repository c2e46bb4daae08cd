"""The phone's own memory: thrown away, of an earlier version, too old to deliver; a new app."""

import datetime
import json
import re

from .phone import Phone, calling

# Puts the stored state back into the shape that the first version wrote
FIRST_SHAPE = """() => new Promise((resolve, reject) => {
    const request = indexedDB.open("canvass");
    request.onsuccess = () => {
        const db = request.result;
        const all = db.transaction("turfs").objectStore("turfs").getAll();
        all.onsuccess = async () => {
            const [row] = all.result;
            const iv = crypto.getRandomValues(new Uint8Array(12));
            const additionalData = new TextEncoder().encode("state");
            const text = new TextEncoder().encode("{}");
            const data = await crypto.subtle.encrypt(
                {name: "AES-GCM", iv, additionalData}, row.key, text);
            const change = db.transaction("turfs", "readwrite");
            change.objectStore("turfs").put({...row, state: {iv, data}});
            change.oncomplete = () => { db.close(); resolve(); };
            change.onabort = reject;
        };
    };
})"""


def wake(page, origin):
    """What the browser does once there is network: the worker's sync event, in a page's context
    that has nothing of the app."""
    session = page.context.new_cdp_session(page)
    found = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.append(told))
    session.send("ServiceWorker.enable")
    page.goto(f"{origin}/political_canvass/static/src/app/notes.json")
    while not (mine := [each for part in found for each in part["registrations"]]):
        page.wait_for_timeout(20)
    session.send(
        "ServiceWorker.dispatchSyncEvent",
        {
            "origin": origin,
            "registrationId": mine[-1]["registrationId"],
            "tag": "canvass-outbox",
            "lastChance": False,
        },
    )


def test_memory_thrown_away_under_the_open_page(browser, field, network):
    """The browser evicts the database while reports wait: the page writes again what it holds, says
    so, goes on, and nothing is lost."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().ready_offline().sent().page
        network.mode = "cut"
        phone.tap("not_home").tap("refused")
        page.context.new_cdp_session(page).send(
            "Storage.clearDataForOrigin", {"origin": network.url, "storageTypes": "indexeddb"}
        )
        phone.tap("not_home")
        assert phone.unsent() == 3
        phone.wait_for_rows(events=3, leases=1, turfs=1)
        page.click("#badge")
        assert "vidé" in page.inner_text(".status")
        page.reload()
        phone.on_door()
        assert phone.done() == 3
        network.mode = "ok"
        phone.send_now().sent()
        sent = [event for _path, body in network.posts for event in body.get("events", [])]
        counters = {event["uid"]: event["counter"] for event in sent}
        assert len(set(counters.values())) == 3
        assert [event["outcome"] for event in field.events()] == ["not_home", "refused", "not_home"]


def test_memory_thrown_away_while_closed(browser, field, network):
    """Evicted between two openings: the phone holds nothing, says nothing false, and the code opens
    the turf again with what the server has."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().sent().page
        phone.tap("not_home").sent()
        page.goto("about:blank")
        page.context.new_cdp_session(page).send(
            "Storage.clearDataForOrigin", {"origin": network.url, "storageTypes": "indexeddb"}
        )
        phone.open()
        page.wait_for_selector("#code")
        phone.open(field.code).on_door()
        assert phone.done() == 1


def test_updated_app_reads_an_old_outbox(browser, field, network):
    """What the first version kept is read by this one, its unsent reports are delivered."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().ready_offline().sent().page
        network.mode = "cut"
        phone.tap("not_home")
        page.evaluate(FIRST_SHAPE)
        page.reload()
        phone.on_door()
        assert phone.done() == 1
        network.mode = "ok"
        phone.send_now().sent()
        assert len(field.events()) == 1


def test_new_version_does_not_swap_a_running_shift(browser, field, network):
    """A new shell installs beside the old one; the open page goes on with its outbox, and the next
    opening runs the new one with everything there."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().ready_offline().sent().page
        old = page.evaluate("caches.keys()")
        network.mode = "cut"
        phone.tap("not_home")
        network.worker_version = "0123456789abcdef"
        page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
        page.wait_for_function(
            "() => navigator.serviceWorker.getRegistration().then((found) => found.waiting)"
        )
        phone.tap("refused")
        assert page.evaluate("caches.match('/canvass/').then((found) => found.ok)")
        assert set(old) < set(page.evaluate("caches.keys()"))
        page.close()
        phone = Phone(phone.context, network.url, page=phone.context.new_page()).open().on_door()
        phone.page.wait_for_function(
            "() => caches.keys().then((keys) => keys.join() === 'canvass-shell-0123456789abcdef')"
        )
        assert phone.done() == 2
        network.mode = "ok"
        phone.send_now().sent()
        assert [event["outcome"] for event in field.events()] == ["not_home", "refused"]


def test_reports_leave_while_the_app_is_closed(browser, field, network):
    """Without network, then closed: once there is network the browser wakes the worker, which
    delivers with the keys that it finds, empties the outbox, and no page is opened for it."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().ready_offline().sent().page
        network.mode = "cut"
        phone.tap("not_home").tap("refused")
        phone.send_now()
        page.wait_for_selector(".status .trouble")
        page.wait_for_function(
            "() => navigator.serviceWorker.ready.then((worker) => worker.sync.getTags())"
            ".then((tags) => tags.includes('canvass-outbox'))"
        )
        other = phone.context.new_page()
        page.close()
        network.mode = "ok"
        wake(other, network.url)
        network.wait_for_answers("/canvass/sync", 1)
        assert [event["outcome"] for event in field.events()] == ["not_home", "refused"]
        phone.page = other
        phone.open().on_door().sent()
        assert phone.done() == 2
        assert phone.rows()["events"] == 0


def test_reports_too_old_to_deliver_are_said_and_given_up_by_hand(browser, field, network):
    """Thirty days after the end nothing can be delivered any more: the phone says so, and erases on
    the user's word only."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().ready_offline().sent()
        end = datetime.datetime.fromisoformat(
            network.opened()["lease"]["expires_at"].replace("Z", "+00:00")
        )
        phone.context.set_offline(True)
        phone.tap("not_home")
        phone.page.close()
        page = phone.context.new_page()
        page.clock.set_fixed_time(end + datetime.timedelta(days=32))
        phone.page = page
        phone.open()
        page.wait_for_selector("[data-key=give-up]")
        assert phone.rows()["events"] == 1
        page.click("[data-key=give-up]")
        phone.wait_for_rows(events=0, leases=0, device=0)


def test_clock_a_day_wrong(browser, field, network):
    """A phone a day ahead: its report is stored at the right time, the skew beside it."""
    with calling(browser, network.url) as phone:
        now = datetime.datetime.now(datetime.timezone.utc)
        phone.page.clock.set_fixed_time(now + datetime.timedelta(days=1))
        phone.open(field.code).on_door().tap("not_home").sent()
        [(skew, wrong)] = field.server.sql(
            "SELECT skew, abs(extract(epoch FROM at - received_at)) > 120 FROM canvass_event "
            "WHERE turf_id = %s",
            field.turf,
        )
        assert abs(skew - 86400) < 300
        assert not wrong


def test_two_phones_at_one_door(browser, field, network):
    """Both reports are kept, the later one is shown, and both phones are told of the conflict."""
    with calling(browser, network.url) as one, calling(browser, network.url) as other:
        one.open(field.code).on_door()
        other.open(field.code).on_door()
        door = network.opened()["turf"]["doors"][0]["id"]
        one.choose(door).tap("not_home").sent()
        other.choose(door).tap("refused").sent()
        one.page.evaluate("dispatchEvent(new Event('online'))")
        one.page.click("#bottom button >> nth=1")
        one.page.wait_for_selector(f"[data-key=door-{door}] >> text=/deux avis/")
        assert len(field.events()) == 2
        assert re.search("Refus", one.page.inner_text(f"[data-key=door-{door}]"))
        assert json.dumps(network.answer("/canvass/sync")["state"]).count("true") >= 1
