"""Beside reports: the script, doors and notes added on the way, the pair's safety, an own phone."""

import re

from .phone import EMAIL, calling


def test_script_with_branches_without_network(browser, field, network):
    """The branch is followed offline; door answers are added up, and what is about the person is
    kept with their consent (R-08). Markup in the script's words stays words."""
    with calling(browser, network.url) as phone:
        before = field.kept_answers()
        page = phone.open(field.code).on_door().ready_offline().page
        phone.context.set_offline(True)
        phone.tap("spoke")
        page.click(".talk .answer.script")
        assert "<script>" in page.inner_text(".script h1")
        page.click(".script .answer.next")
        page.click(".script .choice .answer >> nth=1")
        page.wait_for_selector(".script fieldset")  # only "Transports" leads here
        page.click(".script fieldset .tick >> nth=0")
        page.click(".script fieldset .tick >> nth=1")
        page.click(".script .answer.next")
        page.click(".script .scale .answer >> nth=4")
        page.wait_for_selector(".talk .level")
        kept = page.evaluate("history.state")["params"]
        assert set(kept) <= {"door", "back", "done"}, "answers lie in the browser's history"
        page.click(".talk .answer.spoke")
        page.check("[id=box-canvass_followup-email]")
        page.fill("#email", EMAIL)
        page.check("#own")
        page.click(".consent form > .answer")
        page.wait_for_selector(".agreed h1")
        phone.context.set_offline(False)
        phone.next_door().sent()
        assert field.tally() == {None: 2, "Transports": 1, "Bus": 1, "Tram": 1}
        assert field.kept_answers() == before + 1
        assert page.evaluate("window.owned === undefined")
        assert not phone.errors


def test_script_goes_on_after_the_tab_was_killed(browser, field, network):
    """Each step is on disk, encrypted, before the next question comes: killed in the middle or at
    the end, the same place is there again, and each answer is counted once (R-08)."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().ready_offline().page
        phone.context.set_offline(True)
        phone.tap("spoke")
        here = phone.page.inner_text(".place .number")
        page.click(".talk .answer.script")
        page.click(".script .answer.next")
        page.click(".script .choice .answer >> nth=1")
        page.wait_for_selector(".script fieldset")
        phone.new_tab().page.wait_for_selector(".script fieldset")
        page = phone.page
        assert page.inner_text(".place .number") == here
        assert b"Transports" not in str(phone.kept_talk()).encode()
        page.click(".script fieldset .tick >> nth=0")
        page.click(".script .answer.next")
        page.wait_for_selector(".script .scale")
        page.click(".script .pair .plain >> nth=0")  # back, also over what the killed tab showed
        page.wait_for_selector(".script fieldset")
        page.click(".script fieldset .tick >> nth=1")
        page.click(".script .answer.next")
        page.click(".script .scale .answer >> nth=4")
        page.wait_for_selector(".talk .level")
        page = phone.new_tab().page
        page.wait_for_selector(".talk .level")
        page.click(".talk .answer.spoke")
        page.check("[id=box-canvass_followup-email]")
        page.fill("#email", "max.essai@example.org")
        page.check("#own")
        page.click(".consent form > .answer")
        page.wait_for_selector(".agreed h1")
        phone.new_tab().on_door()  # agreed: nothing of the talk is left
        assert phone.kept_talk() is None
        before = field.kept_answers()
        phone.context.set_offline(False)
        phone.sent()
        assert field.tally() == {None: 2, "Transports": 1, "Tram": 1}
        assert field.kept_answers() == before + 1


def test_script_without_consent_keeps_nothing_of_the_person(browser, field, network):
    """Passed over, gone back, stopped; without consent what was said about the person goes with
    the door: it is neither sent nor kept (R-08)."""
    with calling(browser, network.url) as phone:
        before = field.kept_answers()
        page = phone.open(field.code).on_door().page
        phone.tap("spoke")
        page.click(".talk .answer.script")
        page.click(".script .answer.next")
        page.click(".script .choice .answer >> nth=1")
        page.wait_for_selector(".script fieldset")
        page.click(".script .pair .plain >> nth=0")  # back: the other branch
        page.click(".script .choice .answer >> nth=0")
        page.click(".script .scale .answer >> nth=0")
        phone.page.wait_for_selector(".talk .level")
        phone.next_door().sent()
        events = [event for _path, body in network.posts for event in body.get("events", [])]
        [said] = [event["data"]["answers"] for event in events if event["kind"] == "answers"]
        assert len(said) == 1
        assert len(field.tally()) == 2
        assert field.kept_answers() == before


def test_add_a_door_without_network(browser, field, network):
    """A floor that the turf lacks is added, reported and undone offline, then sent; the next phone
    of the turf has it too."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().ready_offline().sent().page
        phone.context.set_offline(True)
        _add(page, floor="7", mark="gauche")
        assert "7e" in page.inner_text(".place h1")
        phone.tap("not_home")
        phone.context.set_offline(False)
        phone.send_now().sent()
        assert [event["kind"] for event in field.events()] == ["door", "outcome"]
        assert phone.rows()["refused"] == 0
        with calling(browser, network.url) as other:
            other.open(field.code).on_door()
            assert "51" in other.page.inner_text("#top .count")
            assert other.done() == 1
        page.reload()
        phone.on_door()
        assert phone.done() == 1


def test_notes_are_about_places(browser, field, network):
    """R-47: a note that looks like a person is refused on the phone, offline too; one about the
    place is shown at once and reaches the other phone."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().ready_offline().page
        phone.context.set_offline(True)
        page.click(".door .answer.others")
        page.click("[data-key=add-note]")
        for text in ("Mme Durand ouvre", "lea@example.org", "06 39 98 12 34"):
            page.fill("#note", text)
            page.click(".add .answer.next")
            page.wait_for_function("() => document.querySelector('.add .why').textContent")
            assert phone.rows()["events"] == 0
        page.fill("#note", "2e cour, sonnette en panne")
        page.click(".add .answer.next")
        phone.on_door()
        assert "2e cour" in page.inner_text(".place")
        phone.context.set_offline(False)
        phone.sent()
        with calling(browser, network.url) as other:
            other.open(field.code).on_door()
            assert "2e cour" in other.page.inner_text(".place")


def test_leave_now_reaches_the_lead(browser, field, network):
    """Told in two taps, kept without network, sent first thing with it; the lead has a message, the
    pair's names are on the lease, and no place is sent (R-49)."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().ready_offline().sent().page
        page.click("#bottom button >> nth=4")
        page.fill("#name", "Zoé")
        page.fill("#pair", "Max")
        page.click("[data-key=save]")
        network.wait_for_answers("/canvass/lease", 2)
        phone.context.set_offline(True)
        page.click("[data-key=leave]")
        page.wait_for_selector(".team .saved")
        assert field.signs() == []
        phone.context.set_offline(False)
        phone.sent()
        assert field.wait_for_signs(["leave"]) == ["leave"]
        assert page.get_attribute("[data-key=call]", "href").startswith("tel:+33")
    lease = field.server.call(
        "canvass.lease",
        "search_read",
        [("turf_id", "=", field.turf)],
        ["alias", "pair_alias", "last_sign_at"],
    )[0]
    assert (lease["alias"], lease["pair_alias"]) == ("Zoé", "Max")
    events = [event for _path, body in network.posts for event in body.get("events", [])]
    assert [sorted(event["data"]) for event in events] == [["signal"]]


def test_check_in_is_asked(browser, field, network):
    """After the time that the office set without a report the phone asks; one tap answers."""
    with calling(browser, network.url) as phone:
        phone.page.clock.install()
        page = phone.open(field.code).on_door().page
        assert page.locator("#checkin *").count() == 0
        page.clock.fast_forward("01:00:00")
        page.wait_for_selector("#checkin [role=alert]")
        page.click("[data-key=ask-well]")
        assert field.wait_for_signs(["well"]) == ["well"]
        assert page.locator("#checkin *").count() == 0


def test_own_phone_signs_up_by_itself(browser, field, network):
    """The third act (R-46): the QR code leads to the sign-up page of this server, which confirms by
    a message; nothing of it passes through the canvasser's phone."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().page
        phone.tap("spoke")
        page.click(".talk .answer.spoke")
        page.click(".own-phone summary")
        page.wait_for_selector(".own-phone svg.qr")
        links = page.evaluate("[...document.querySelectorAll('.own-phone a')].map((a) => a.href)")
        assert links
        with calling(browser, network.url) as own:
            own.page.goto(next(link for link in links if "newsletter" in link))
            assert own.page.locator("form input[name=email]").count() == 1


def test_receipt_to_take_away(browser, field, network):
    """The receipt's link opens for anybody who has it, and names nobody."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().tap("spoke").agree()
        phone.page.wait_for_selector(".agreed svg.qr", timeout=30_000)
        link = phone.page.get_attribute(".agreed figcaption a", "href")
        with calling(browser, network.url) as own:
            answer = own.page.goto(link)
            assert answer.status == 200
            text = own.page.content()
            assert EMAIL not in text
            assert not re.search(r"Inventée|Duras", text)


def test_extended_by_the_lead(browser, field, network):
    """The lead gives more hours: the phone learns it with its next call and goes on."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door().sent()
        first = network.answer("/canvass/lease")["lease"]["expires_at"]
        phone.page.wait_for_timeout(1100)
        field.extend()
        phone.page.evaluate("dispatchEvent(new Event('online'))")
        network.wait_for_answers("/canvass/lease", 3)
        assert network.answer("/canvass/lease")["lease"]["expires_at"] > first
        phone.on_door()


def test_own_position_is_shown_and_not_sent(browser, field, network):
    """R-49: on demand, on the drawing, and in no request."""
    place = {"latitude": -39.99812, "longitude": -120.00013}
    with calling(browser, network.url, geolocation=place, permissions=["geolocation"]) as phone:
        page = phone.open(field.code).on_door().page
        page.click("#bottom button >> nth=2")
        page.wait_for_selector(".map .spot")
        assert page.locator(".map .you").count() == 0
        page.click(".map .plain >> nth=0")
        page.wait_for_selector(".map .you")
        page.click("#bottom button >> nth=0")
        phone.on_door().tap("not_home").sent()
        page.click("#bottom button >> nth=2")
        page.wait_for_selector(".map .spot")
        assert page.locator(".map .you").count() == 0
        assert "39.998" not in str(network.posts)


def _add(page, floor, mark):
    page.click(".door .answer.others")
    page.click("[data-key=add-door]")
    page.fill("#floor", floor)
    page.fill("#mark", mark)
    page.click(".add .answer.next")
    page.wait_for_selector(".door h1")
