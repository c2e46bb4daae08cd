"""A canvasser walks: code, doors in order, reports, a consent, undo."""

from .phone import EMAIL, calling

REPORTS = ["not_home", "refused", "spoke", "not_home", "come_back", "not_home", "refused"]


def test_ten_reports_one_consent(browser, field, network):
    """A phone without account sees its turf's doors in order, reports ten, one person agrees:
    the server holds each report once and the consent with its proof (R-05, R-45, R-46)."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door()
        doors = network.opened()["turf"]["doors"]
        assert phone.page.url == f"{network.url}/canvass/", "the code stays out of the address"
        seen = [_report(phone, outcome) for outcome in [*REPORTS, "not_home", "not_home"]]
        phone.tap("spoke").agree().next_door()
        phone.sent()
        assert seen == [(door["street"], door["number"]) for door in doors[:9]]
        assert phone.done() == 10
        events = field.events()
        outcomes = [event["outcome"] for event in events if event["kind"] == "outcome"]
        assert sorted(outcomes) == sorted([*REPORTS, "not_home", "not_home", "spoke"])
        assert [event["kind"] for event in events].count("consent") == 1
        assert len({event["uid"] for event in events}) == len(events) == 11
        assert field.consents(EMAIL) == 1
        assert not phone.errors
    assert field.code not in str([path for path, _body in network.posts])


def _report(phone, outcome):
    place = phone.place()
    phone.tap(outcome)
    if outcome == "come_back":
        phone.page.click(".later .answer >> nth=0")
    elif outcome == "spoke":
        phone.next_door()
    phone.on_door()
    return place


def test_wrong_code_opens_nothing(browser, field, network):
    """A code that opens nothing says so, keeps nothing, and the right one works afterwards."""
    with calling(browser, network.url) as phone:
        phone.open("2222222222")
        phone.page.wait_for_selector(".start [role=alert]")
        assert phone.rows()["leases"] == phone.rows()["turfs"] == 0
        code = f"{field.code[:5].lower()}-{field.code[5:]}"
        phone.page.fill("#code", code)
        phone.page.keyboard.press("Enter")
        phone.on_door()


def test_saving_waits_for_notice_box_and_own_tick(browser, field, network):
    """No box is ticked before the person does it, and nothing can be saved before the notice was
    on screen, a box, an address and the person's own tick (R-07, R-46)."""
    # A screen so low that the notice ends below it
    with calling(browser, network.url, viewport={"width": 320, "height": 200}) as phone:
        page = phone.open(field.code).on_door().page
        phone.tap("spoke")
        page.click(".talk .answer.spoke")
        page.wait_for_selector(".consent")
        assert page.locator(".consent input:checked").count() == 0
        save = page.locator(".consent form .answer")
        page.evaluate("document.querySelector('[id^=box-][id$=-email]').click()")
        page.evaluate("document.querySelector('#own').click()")
        page.evaluate(
            "value => { const field = document.querySelector('#email'); field.value = value;"
            "field.dispatchEvent(new Event('input')); }",
            EMAIL,
        )
        assert save.is_disabled(), "all is filled in, but the notice was not seen to its end"
        page.locator(".notice .end").scroll_into_view_if_needed()
        page.wait_for_function("() => !document.querySelector('.consent form .answer').disabled")
        for field_id, value in (("own", False), ("email", "")):
            part = page.locator(f"#{field_id}")
            part.set_checked(value) if value is False else part.fill(value)
            assert save.is_disabled()
            part.set_checked(True) if value is False else part.fill(EMAIL)
            assert save.is_enabled()


def test_signature_goes_along_as_evidence(browser, field, network):
    """The person signs with a finger: the act in the ledger is the signature, its picture lies
    beside it (R-46)."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().page
        phone.tap("spoke")
        page.click(".talk .answer.spoke")
        page.check("[id^=box-][id$=-email]")
        page.fill("#email", "noa.signe@example.org")
        page.click(".sign summary")
        pad = page.locator("canvas.signature")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 60, steps=5)
        page.mouse.up()
        page.check("#own")
        page.click(".consent form > .answer")
        page.wait_for_selector(".agreed h1")
        phone.next_door().sent()
    rows = field.server.sql(
        "SELECT e.act, v.kind FROM consent_event e "
        "JOIN consent_evidence_event r ON r.event_id = e.id "
        "JOIN consent_evidence v ON v.id = r.evidence_id "
        "WHERE e.source_ref IN "
        "(SELECT 'canvass.lease/' || id FROM canvass_lease WHERE turf_id = %s)",
        field.turf,
    )
    assert rows == [("signature", "signature")]


def test_refusal_at_the_last_moment_stores_nothing(browser, field, network):
    """Somebody who typed their address and then says no leaves no trace anywhere (R-09)."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().page
        phone.tap("spoke")
        page.click(".talk .answer.spoke")
        page.check("[id^=box-][id$=-email]")
        page.fill("#email", "nobody@example.org")
        page.click(".consent form > .plain")
        phone.on_door().sent()
        assert [event["kind"] for event in field.events()] == ["outcome"]
        assert "nobody@example.org" not in str(network.posts)
        assert field.consents("nobody@example.org") == 0


def test_undo_is_a_further_event(browser, field, network):
    """Undo brings the door back; both events are kept (append-only)."""
    with calling(browser, network.url) as phone:
        phone.open(field.code).on_door()
        first = phone.place()
        phone.tap("refused").sent()
        phone.page.click("#undo button")
        phone.wait_for_done(0)
        assert phone.place() == first
        phone.tap("not_home").sent()
        kinds = [(event["kind"], event["outcome"] or None) for event in field.events()]
        assert kinds == [("outcome", "refused"), ("undo", None), ("outcome", "not_home")]
        phone.page.reload()
        phone.on_door()
        assert phone.done() == 1


def test_whole_floor_in_one_tap(browser, field, network):
    """One tap reports every door of a floor, an event each, none for doors reported before."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().page
        floor = field.floor_doors()
        phone.choose(floor[0]).tap("refused")
        page.click(f"[data-key=door-{floor[1]}]")
        page.click(".door .answer.others")
        page.click(".more .answer.not_home >> nth=0")
        page.wait_for_selector(".list")
        phone.sent()
        reported = {event["door"]: event["outcome"] for event in field.events()}
        assert reported == {floor[0]: "refused", **dict.fromkeys(floor[1:], "not_home")}


def test_texts_of_the_server_stay_texts(browser, field, network):
    """An access note that looks like HTML is shown letter by letter and runs nothing."""
    with calling(browser, network.url) as phone:
        page = phone.open(field.code).on_door().page
        phone.choose(field.floor_doors()[0])
        assert field.note in page.inner_text(".access")
        assert page.locator(".access *").count() == 0
        assert page.evaluate("window.owned === undefined")
