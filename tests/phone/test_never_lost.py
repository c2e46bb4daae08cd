"""A knock is never lost and never doubled, whatever the network, the server or the phone do."""

import json

from .phone import EMAIL, Phone, calling

# Writes smaller and smaller pieces beside the app's database until not even the last fits
FILL = """async () => {
    const db = await new Promise((resolve) => {
        const request = indexedDB.open("junk");
        request.onupgradeneeded = () =>
            request.result.createObjectStore("junk", {autoIncrement: true});
        request.onsuccess = () => resolve(request.result);
    });
    let size = 65536;
    while (size >= 16) {
        const piece = crypto.getRandomValues(new Uint8Array(size));
        await new Promise((resolve) => {
            const change = db.transaction("junk", "readwrite", {durability: "strict"});
            change.objectStore("junk").add(piece);
            change.oncomplete = resolve;
            change.onabort = () => { size /= 2; resolve(); };
        });
    }
    db.close();
}"""

ANSWERS_THAT_DECIDE_NOTHING = ["400", "403", "404", "413", "500", "503", "portal", "forged", "cut"]


def test_no_foreign_answer_is_final(browser, field, network):
    """Only our own signed answer empties the outbox: no status, page or unsigned yes does."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().sent()
        for turn, mode in enumerate(ANSWERS_THAT_DECIDE_NOTHING, start=1):
            network.mode = mode
            before = len(network.posts)
            phone.tap("not_home").tap("refused")
            phone.send_now()
            phone.page.wait_for_selector(".status .trouble")
            network.wait_for_posts(before + 2)
            assert phone.rows()["events"] == phone.unsent() == 2, mode
            assert phone.rows()["turfs"] == 1, "an unsigned end erases nothing"
            assert len(field.events()) == 2 * (turn - 1), mode
            network.mode = "ok"
            phone.send_now().sent()
            assert phone.rows()["events"] == 0, mode
            phone.page.click("#bottom button >> nth=0")
            phone.on_door()
        outcomes = [event["outcome"] for event in field.events()]
        assert outcomes == ["not_home", "refused"] * len(ANSWERS_THAT_DECIDE_NOTHING)


def test_a_shift_goes_in_one_request(browser, field, network):
    """What 300 doors gave without network is one request, once there is some."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().ready_offline()
        phone.context.set_offline(True)
        phone.tap_and_undo(150)
        assert phone.unsent() == 300
        before = len(network.posts)
        phone.context.set_offline(False)
        phone.send_now().sent()
        sent = [body["events"] for path, body in network.posts[before:] if path == "/canvass/sync"]
        assert [len(events) for events in sent] == [300]
        assert len(field.events()) == 300


def test_a_slow_link_takes_what_it_can(browser, field, network):
    """A request that does not get through in time is tried smaller, and the rest follows."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().ready_offline()
        # The half minute that a phone waits, shortened
        phone.page.evaluate(
            "() => { const wait = AbortSignal.timeout.bind(AbortSignal);"
            " AbortSignal.timeout = () => wait(2000); }"
        )
        phone.context.set_offline(True)
        phone.tap_and_undo(20)
        network.mode = "narrow"
        before = len(network.posts)
        phone.context.set_offline(False)
        phone.send_now()
        phone.page.wait_for_selector(".status .trouble >> text=/réseau est très lent/")
        phone.sent(timeout=60_000)
        sizes = [len(body["events"]) for path, body in network.posts[before:] if "sync" in path]
        assert sizes[0] == 40
        assert min(sizes) < 20
        assert len(field.events()) == 40


def test_lost_answer_stores_once(browser, field, network):
    """The server stored, the answer was lost: the phone sends again and hears "known"."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().sent()
        network.mode = "lost"
        phone.tap("not_home").tap("spoke").agree()
        network.wait_for_answers("/canvass/sync", 2)
        assert phone.rows()["events"] == 3
        network.mode = "ok"
        phone.next_door().send_now().sent()
        assert b'"status":"known"' in b"".join(body for *_rest, body in network.answers)
        assert len(field.events()) == 3
        assert field.consents(EMAIL) == 1


def test_opens_without_network_and_shows_what_was_saved(browser, field, network):
    """Reopened without network the page shows the turf and the reports, and takes more."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().ready_offline()
        phone.tap("not_home").sent()
        phone.context.set_offline(True)
        phone.tap("refused")
        phone.page.reload()
        phone.on_door()
        assert phone.done() == 2
        assert phone.unsent() == 1
        phone.tap("not_home").tap("spoke").agree().next_door()
        phone.page.close()
        phone = Phone(phone.context, network.url).open().on_door()
        assert phone.done() == 4
        assert phone.unsent() == 4
        assert not phone.errors
        phone.context.set_offline(False)
        phone.sent()
        assert len(field.events()) == 5
        assert len({event["uid"] for event in field.events()}) == 5


def test_browser_killed_right_after_a_report(killable, field, network):
    """SIGKILL as soon as the screen moved on, again and again: each time the reports are there when
    the app is reopened."""
    phone = killable.start(network.url)
    phone.open(field.code).on_door().ready_offline().sent()
    network.mode = "cut"
    expected = []
    for turn in range(3):
        for outcome in ["not_home"] * (turn + 1) + ["refused"]:
            phone.tap(outcome)
            expected.append(outcome)
        killable.kill()
        phone = killable.start(network.url)
        phone.open().on_door()
        assert phone.done() == phone.unsent() == len(expected)
    network.mode = "ok"
    phone.send_now().sent()
    assert [event["outcome"] for event in field.events()] == expected


def test_one_bad_event_holds_nothing_back(browser, field, network):
    """What the server refuses goes to a visible quarantine with its reason; the rest is stored."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().page
        network.mode = "cut"
        phone.tap("not_home").tap("spoke").agree_to_calls("+33 000 000 000").next_door()
        phone.tap("refused")
        network.mode = "ok"
        phone.send_now()
        page.wait_for_selector("#badge.trouble")
        assert page.locator(".quarantine li").count() == 1
        assert "inutilisable" in page.inner_text(".quarantine li")
        assert phone.rows()["events"] == 0
        assert phone.rows()["refused"] == 1
        assert [event["outcome"] for event in field.events()] == ["not_home", "spoke", "refused"]
        page.reload()
        page.wait_for_selector("#badge.trouble")


def test_full_storage_is_said_and_nothing_pretended(browser, field, network):
    """A report that could not be written is not shown as saved; the neighbour that fits is."""
    # Without the shell's own files there is little to fill.
    with calling(browser, network.url, service_workers="block") as phone:
        quota = phone.context.new_cdp_session(phone.page)
        quota.send("Storage.overrideQuotaForOrigin", {"origin": network.url, "quotaSize": 2 << 20})
        page = phone.open(field.code).on_door().sent().page
        here = phone.place()
        page.evaluate(FILL)
        page.click(".door .answer.not_home")
        page.wait_for_selector(".alarm[role=alert]")
        assert "pleine" in page.inner_text(".alarm")
        assert phone.place() == here
        assert phone.done() == 0
        assert phone.rows()["events"] == 0
        page.evaluate("new Promise((done) => (indexedDB.deleteDatabase('junk').onsuccess = done))")
        phone.tap("not_home").sent()
        assert len(field.events()) == 1


def test_browser_that_keeps_nothing_is_refused(browser, field, network):
    """Without a database the app says so instead of collecting reports that would be lost."""
    with calling(browser, network.url) as phone:
        phone.page.add_init_script(
            "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); }"
        )
        phone.open(field.code)
        phone.page.wait_for_selector(".problem")
        assert phone.page.locator(".answer").count() == 0
        assert not network.posts


def test_two_tabs_share_one_outbox(browser, field, network):
    """Two tabs of one phone number their reports apart and each shows the other's."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().sent()
        network.mode = "cut"
        other = Phone.__new__(Phone)
        other.__dict__.update(phone.__dict__, page=phone.context.new_page())
        other.open().on_door()
        doors = [door["id"] for door in network.opened()["turf"]["doors"]]
        for each, door in zip((phone, other, phone, other), doors, strict=False):
            each.page.bring_to_front()
            each.choose(door).tap("not_home")
        assert phone.done() == other.done() == 4
        network.mode = "ok"
        phone.send_now().sent()
        sent = [event for path, body in network.posts for event in body.get("events", [])]
        counters = {event["uid"]: event["counter"] for event in sent}
        assert sorted(counters.values()) == [1, 2, 3, 4]
        assert len(field.events()) == 4


def test_wire_carries_no_more_than_the_protocol(browser, field, network):
    """Events carry the protocol's keys and no others: no position, no text about anybody (R-47,
    R-49), and the token in no address."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door()
        phone.tap("not_home")
        phone.page.click("#undo button")
        phone.on_door()
        phone.tap("spoke").agree().next_door().sent()
    token = network.opened()["token"]
    events = [event for path, body in network.posts for event in body.get("events", [])]
    keys = {"uid", "counter", "at", "door", "kind", "outcome", "data"}
    assert events
    assert all(set(event) <= keys for event in events)
    assert token not in json.dumps([path for path, _body in network.posts])
