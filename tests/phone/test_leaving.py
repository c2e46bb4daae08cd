"""What a phone holds, how it is locked away, and that it is gone at the end (R-45)."""

import datetime

from .phone import EMAIL, Phone, calling

NOTHING = {"device": 0, "leases": 0, "turfs": 0, "events": 0, "refused": 0, "receipts": 0}


def test_disk_holds_nothing_readable(killable, field, network):
    """Neither the token, a street nor an address of a person lies in clear in the profile's
    files, although the reports wait there to be sent."""
    phone = killable.start(network.url)
    phone.open(field.code).on_door().sent()
    turf = network.opened()
    network.mode = "cut"
    phone.tap("spoke").agree().next_door()
    assert phone.rows()["events"] == 2
    killable.kill()
    secrets = [turf["token"], EMAIL, field.code, turf["turf"]["doors"][0]["street"]]
    for text in secrets:
        for form in (text.encode(), text.encode("utf-16-le")):
            assert not killable.files_with(form), text
    # A field's name lies there in clear: else the search itself would be blind.
    assert killable.files_with(b"postKey")


def test_keys_cannot_be_taken_out(browser, field, network):
    """The keys in the database are non-extractable."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door()
        refused = phone.page.evaluate(
            """() => new Promise((resolve) => {
                const request = indexedDB.open("canvass");
                request.onsuccess = () => {
                    const store = request.result.transaction("turfs").objectStore("turfs");
                    store.getAll().onsuccess = async ({target}) => {
                        const {key} = target.result[0];
                        request.result.close();
                        try {
                            await crypto.subtle.exportKey("raw", key);
                            resolve("exported");
                        } catch (error) {
                            resolve(error.name);
                        }
                    };
                };
            })"""
        )
        assert refused == "InvalidAccessError"


def test_leaving_erases_everything(browser, field, network):
    """After "leave" the phone holds no row and no key, and opens on the code's field."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().tap("not_home").sent()
        _leave(phone)
        assert phone.rows() == NOTHING
        phone.open()
        phone.page.wait_for_selector("#code")
        assert phone.page.locator("#top *").count() == 0


def test_leaving_offline_keeps_only_what_is_unsent(browser, field, network):
    """Left without network: the turf is gone at once, the reports are delivered later, then all
    is gone."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().ready_offline().sent()
        phone.context.set_offline(True)
        phone.tap("not_home").tap("refused")
        _leave(phone)
        rows = phone.rows()
        assert (rows["turfs"], rows["receipts"], rows["events"]) == (0, 0, 2)
        phone.page.close()
        phone = Phone(phone.context, network.url).open()
        phone.page.wait_for_selector(".start .trouble")
        phone.context.set_offline(False)
        _empty(phone)
        assert [event["outcome"] for event in field.events()] == ["not_home", "refused"]


def test_revoked_while_offline(browser, field, network):
    """Taken back by the lead: reports made before are delivered, then the phone erases and says
    so; nothing more can be read."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().ready_offline().sent()
        network.mode = "cut"
        phone.tap("not_home")
        # The server keeps whole seconds: the report is to be clearly before the end.
        phone.page.wait_for_timeout(1100)
        field.revoke()
        network.mode = "ok"
        phone.send_now()
        phone.page.wait_for_selector(".start .saved")
        _empty(phone)
        assert len(field.events()) == 1
        last = network.answer("/canvass/sync")
        assert last["lease"] == "ended"
        assert last["state"] == {}


def test_shift_over_by_the_clock_without_network(browser, field, network):
    """Hours over and no network: the turf is erased all the same, what is unsent stays."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().ready_offline().sent()
        end = datetime.datetime.fromisoformat(
            network.opened()["lease"]["expires_at"].replace("Z", "+00:00")
        )
        phone.context.set_offline(True)
        phone.tap("not_home")
        phone.page.close()
        page = phone.context.new_page()
        page.clock.set_fixed_time(end + datetime.timedelta(minutes=1))
        phone.page = page
        phone.open()
        page.wait_for_selector("#code")
        page.wait_for_selector(".start .trouble")
        phone.wait_for_rows(turfs=0, receipts=0, leases=1, events=1)


def test_second_turf_delivers_the_first_ones_reports(browser, field, network):
    """Scanning another code closes the first lease; its unsent report still arrives under it."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().sent()
        network.mode = "404"
        phone.tap("not_home")
        network.mode = "ok"
        phone.open(field.code).on_door().sent(60_000)
        assert phone.rows()["leases"] == 1
        tokens = {body.get("code") for path, body in network.posts if path == "/canvass/lease"}
        assert tokens >= {field.code}
        assert len(field.events()) == 1


def _leave(phone):
    phone.page.click("#bottom button >> nth=3")
    phone.page.click("[data-key=yes]")
    phone.page.wait_for_selector(".start")


def _empty(phone):
    phone.wait_for_rows(leases=0)
    assert phone.rows() == NOTHING
