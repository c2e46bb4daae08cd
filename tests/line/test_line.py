"""The main job, end to end, on real input: a file, a sign-up, a newsletter, fifty doors.

The steps follow each other on one database; each one shows what the next one stands on.
"""

import base64
import re
import time

import pytest
import requests

from tests.phone.phone import Phone
from tools.live import RefusedError, links_in

LEA = "lea.martin@example.org"
OLD_MEMBER = "ancien.abonne@example.org"
CONTACTS = 6382
ADDRESSES = 8413
# Allée Marguerite Duras, Bondy
POINT = (48.893494, 2.488881)
AGREED_AT_DOOR = "rencontre.porte@example.org"


def test_1_staff_imports_the_contact_file(party, shared_data):
    """Odoo's own import takes the whole file; nobody in it has agreed to anything."""
    content = (shared_data / "dedupe" / "contacts_fr_synth_dev.csv").read_bytes()
    assert party.import_contacts(content) == CONTACTS
    assert party.staff.call("res.partner", "search_count", [("ref", "=like", "r%")]) == CONTACTS
    assert party.staff.call("consent.gate", "audience", "newsletter", "email", []) == []


def test_2a_visitor_signs_up_and_confirms(party, odoo_server, phone, pictures, axe):
    """R-07, R-24, R-35: notice, unticked box, a real mail, a link that does nothing by itself,
    a button; then one event, one answer, and a receipt that verifies."""
    phone.goto("/consent/signup/newsletter?lang=fr_FR")
    text = phone.inner_text("body")
    for key in ("Parti de l'Essai", "Base légale", "CNIL", "retirer votre accord"):
        assert key in text
    boxes = phone.locator("input[type=checkbox]")
    assert boxes.count() >= 2
    assert not any(boxes.nth(n).is_checked() for n in range(boxes.count()))
    phone.screenshot(path=pictures / "signup-390.png", full_page=True)
    assert axe(phone) == []
    phone.check("input[name=box][value^=newsletter-email]")
    phone.fill("input[name=email]", LEA)
    phone.click("form button[type=submit]")
    phone.wait_for_url("**/consent/signup/**", wait_until="load")
    phone.wait_for_selector("h1 >> text=/message/")
    assert party.ledger() == []

    message = odoo_server.wait_for_mail(LEA, seconds=60)
    assert message["To"] == LEA
    assert message["Cc"] is None
    [link] = [link for link in links_in(message) if "/consent/confirm/" in link][:1]
    phone.goto(link)
    phone.reload()
    assert party.ledger() == [], "opening the link does nothing"
    phone.screenshot(path=pictures / "confirm-390.png", full_page=True)
    assert axe(phone) == []
    phone.click("form button[type=submit]")
    phone.wait_for_selector("a[href*='/consent/receipt/']")
    phone.screenshot(path=pictures / "confirmed-390.png", full_page=True)

    [event] = party.ledger()
    assert (event["action"], event["means"], event["act"]) == ("given", "web", "double_optin")
    assert len(event["content_sha256"]) == 64
    assert party.answers(LEA) == [False]
    party.receipt = event["receipt"]
    party.link = link


def test_2b_receipt_verifies_for_everybody(party, odoo_server, phone, pictures, axe):
    """The receipt says what was agreed and that it holds, and nothing about who."""
    _wait_until_sealed(party)
    phone.goto(f"/consent/receipt/{party.receipt}?lang=fr_FR")
    text = phone.inner_text("body")
    assert "J'accepte de recevoir par e-mail la lettre d'information" in text
    assert "lea" not in text.lower()
    phone.screenshot(path=pictures / "receipt-390.png", full_page=True)
    assert axe(phone) == []
    state = odoo_server.call("consent.event", "verify_chain")
    assert (state["ok"], state["checked"], state["first_broken"]) == (True, 1, False)
    for wrong in ("0" * 32, "1", "x" * 500):
        answer = phone.request.get(f"{odoo_server.url}/consent/receipt/{wrong}")
        assert answer.status == 404


def test_2c_second_press_altered_and_expired_links(party, odoo_server, phone):
    """R-35: each says clearly what is wrong, and writes nothing."""
    before = len(party.ledger())
    phone.goto(party.link)
    assert phone.locator("form button[type=submit]").count() == 0
    assert "déjà" in phone.inner_text("body").lower() or "Already" in phone.inner_text("body")
    altered = party.link.replace("/consent/confirm/", "/consent/confirm/x")
    answer = phone.request.get(altered)
    assert answer.status == 404

    phone.goto("/consent/signup/newsletter?lang=fr_FR")
    phone.check("input[name=box][value^=newsletter-email]")
    phone.fill("input[name=email]", "trop.tard@example.org")
    phone.click("form button[type=submit]")
    phone.wait_for_url("**/consent/signup/**", wait_until="load")
    phone.wait_for_selector("h1 >> text=/message/")
    message = odoo_server.wait_for_mail("trop.tard@example.org", seconds=60)
    [link] = [link for link in links_in(message) if "/consent/confirm/" in link][:1]
    phone.goto(link)
    odoo_server.sql("UPDATE consent_signup SET expires_at = now() - interval '1 hour'")
    token = phone.get_attribute("form input[name=csrf_token]", "value")
    answer = phone.request.post(link, form={"csrf_token": token})
    assert answer.status == 410
    assert "expir" in answer.text()
    assert len(party.ledger()) == before
    assert party.answers("trop.tard@example.org") == []


def test_2d_website_block_goes_the_same_way(party, odoo_server):
    """Core's public route neither subscribes without confirmation nor undoes an opposition."""
    server = odoo_server
    mailing_list = server.call("mailing.list", "create", {"name": "Lettre", "is_public": True})
    contact = server.call("mailing.contact", "create", {"name": "Ancien", "email": OLD_MEMBER})
    server.call(
        "mailing.subscription",
        "create",
        {"contact_id": contact, "list_id": mailing_list, "opt_out": True},
    )
    server.call("mail.blacklist", "create", {"email": OLD_MEMBER})
    before = len(party.ledger(action="given"))
    for email in (OLD_MEMBER, "toute.neuve@example.org"):
        answer = _public_call(
            server,
            "/website_mass_mailing/subscribe",
            list_id=mailing_list,
            value=email,
            subscription_type="email",
        )
        assert "error" not in answer, answer
    rows = server.sql("SELECT opt_out FROM mailing_subscription WHERE list_id = %s", mailing_list)
    assert rows == [(True,)], "the opposition stands, and nobody else has joined"
    assert len(party.ledger(action="given")) == before
    server.expect_in_log("Nobody is subscribed on their behalf|Personne n'est inscrit")
    with pytest.raises(RefusedError):
        party.staff.call(
            "mailing.subscription",
            "write",
            server.call("mailing.subscription", "search", [("contact_id", "=", contact)]),
            {"opt_out": False},
        )


def test_3_newsletter_reaches_who_agreed_and_nobody_else(
    party, odoo_server, desk, log_in, pictures
):
    """R-01: all contacts are chosen, only those who confirmed get it; the mailing says why."""
    odoo_server.mails.clear()
    model = party.server.call("ir.model", "search", [("model", "=", "res.partner")])[0]
    purpose = party.staff.call("consent.purpose", "search", [("code", "=", "newsletter")])[0]
    mailing = party.staff.call(
        "mailing.mailing",
        "create",
        {
            "subject": "Lettre de novembre",
            "mailing_model_id": model,
            "mailing_domain": "[]",
            "body_html": "<p>Bonjour, voici nos nouvelles.</p>",
            "consent_purpose_id": purpose,
        },
    )
    party.staff.call("mailing.mailing", "action_launch", [mailing])
    people = party.server.call("res.partner", "search_count", [])
    _wait(lambda: _state(party, mailing) == "done", "the mailing is done", 240)
    message = odoo_server.wait_for_mail(LEA, seconds=60)
    newsletters = [m for m in odoo_server.mails if m["Subject"] == "Lettre de novembre"]
    assert [m.sent_to for m in newsletters] == [[LEA]]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert LEA not in message["List-Unsubscribe"]
    [row] = party.staff.call("mailing.mailing", "read", [mailing], ["consent_counts"])
    counts = {line["code"]: line["count"] for line in row["consent_counts"]}
    assert counts["allowed"] == 1
    assert sum(count for code, count in counts.items() if code != "people") == counts["people"]
    assert counts["no_basis"] > 4000
    assert people >= counts["people"] >= CONTACTS

    log_in(desk, "staff")
    desk.goto(f"/odoo/mailing.mailing/{mailing}")
    desk.wait_for_selector(".o_form_view")
    desk.wait_for_selector("text=/never agreed|sans consentement/")
    desk.screenshot(path=pictures / "mailing-1280.png")


def test_3b_public_pages_for_everybody(party, odoo_server, phone, pictures, axe):
    """R-03: each page in French and English, no wider than a phone, without a fault for a screen
    reader; and the newsletter is left by the keyboard alone, without a log-in."""
    message = odoo_server.wait_for_mail(LEA)
    [link] = {link for link in links_in(message) if "/consent/preferences/" in link}
    preferences = link.removeprefix(odoo_server.url).partition("?")[0]
    paths = {
        "signup": "/consent/signup/newsletter",
        "rights": "/consent/rights",
        "receipt": f"/consent/receipt/{party.receipt}",
        "preferences": preferences,
    }
    for lang in ("en_US", "fr_FR"):
        for name, path in paths.items():
            phone.goto(f"{path}?lang={lang}")
            assert phone.get_attribute("html", "lang")[:2] == lang[:2], path
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert axe(phone) == [], path
            phone.screenshot(path=pictures / f"{name}-{lang}-390.png", full_page=True)
    for _press in range(12):
        phone.keyboard.press("Tab")
        if phone.evaluate("document.activeElement.getAttribute('role')") == "switch":
            break
    phone.keyboard.press("Enter")
    phone.wait_for_selector("text=/C'est fait/")
    assert axe(phone) == []
    [left] = party.ledger(action="withdrawn", means="preferences")
    assert (left["purpose_code"], left["channel"]) == ("newsletter", "email")


def test_4_staff_loads_the_town_and_cuts_a_turf(party, desk, log_in, shared_data, pictures):
    """The town's addresses load once; fifty doors around a point are walked, published, shown."""
    content = (shared_data / "adresses" / "ban_93010_bondy.csv").read_bytes()
    branch = party.server.call(
        "political.branch",
        "create",
        {"name": "Bondy", "code": "BONDY", "kind": "section", "company_id": party.company},
    )
    first = _load_addresses(party, content, branch)
    assert first["created_count"] + first["rejected_count"] + first["repeated_count"] == ADDRESSES
    assert first["created_count"] > 8000
    before = _buildings(party)
    second = _load_addresses(party, content, branch)
    assert (second["created_count"], second["updated_count"], second["door_count"]) == (0, 0, 0)
    assert _buildings(party) == before, "loading twice changes nothing"

    wordings = party.server.call(
        "consent.wording",
        "search",
        [
            ("purpose_id.code", "=", "newsletter"),
            ("channel", "=", "email"),
            ("state", "=", "published"),
        ],
    )
    operation = party.organiser.call(
        "canvass.operation",
        "create",
        {"name": "Bondy nord", "branch_id": branch, "wording_ids": [(6, 0, wordings)]},
    )
    cut = party.organiser.call(
        "canvass.turf.around",
        "create",
        {
            "operation_id": operation,
            "name": "Duras",
            "latitude": POINT[0],
            "longitude": POINT[1],
            "door_number": 50,
        },
    )
    party.turf = party.organiser.call("canvass.turf.around", "action_cut", [cut])["res_id"]
    party.organiser.call("canvass.turf", "action_publish", [party.turf])
    fields = ["code", "link", "door_count", "walk_length", "walk_bound", "state", "qr"]
    [turf] = party.organiser.call("canvass.turf", "read", [party.turf], fields)
    assert turf["door_count"] == 50
    assert turf["walk_length"] >= turf["walk_bound"] > 0
    assert base64.b64decode(turf["qr"]).startswith(b"\x89PNG")
    party.turf_link = turf["link"]

    log_in(desk, "organiser")
    desk.goto(f"/odoo/canvass.turf/{party.turf}")
    desk.wait_for_selector(".o_form_view img")
    desk.screenshot(path=pictures / "turf-1280.png")


def test_5_phone_reports_ten_doors_and_one_consent(
    party, odoo_server, browser, desk, log_in, pictures, axe
):
    """R-45, R-46: no account; fifty doors in order and nothing else; ten reports, one consent
    with its proof; sending again changes nothing; the organiser sees it."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
    caller = Phone(context, odoo_server.url)
    sent = []
    caller.page.on("request", lambda r: sent.append(r) if r.url.endswith("/canvass/sync") else None)
    link = re.sub(r"^https?://[^/]+", odoo_server.url, party.turf_link)
    caller.page.goto(link)
    caller.on_door()
    caller.page.screenshot(path=pictures / "phone-door-390.png")
    assert axe(caller.page) == []
    assert caller.page.inner_text("#top .count") == "0 sur 50"
    for outcome in ("not_home", "refused", "not_home", "not_home", "refused", "not_home"):
        caller.tap(outcome)
    caller.tap("spoke").next_door()
    caller.tap("not_home").tap("refused").tap("spoke")
    caller.page.screenshot(path=pictures / "phone-talk-390.png")
    caller.agree(email=AGREED_AT_DOOR)
    caller.page.screenshot(path=pictures / "phone-agreed-390.png")
    caller.next_door()
    _wait(lambda: _reports(party) == 10, "ten reports on the server", 60)
    _wait(lambda: len(party.ledger(means="canvass")) == 1, "the consent on the server", 60)
    [event] = party.ledger(means="canvass")
    assert (event["act"], event["channel"], event["purpose_code"]) == (
        "tick",
        "email",
        "newsletter",
    )
    assert event["wording_sha256"]
    assert party.answers(AGREED_AT_DOOR) == [False]

    rows = party.server.sql("SELECT count(*), max(id) FROM canvass_event")
    for request in sent:
        again = caller.page.request.post(
            request.url, data=request.post_data, headers=_lease_headers(request)
        )
        assert again.ok
    assert party.server.sql("SELECT count(*), max(id) FROM canvass_event") == rows
    assert len(party.ledger(means="canvass")) == 1
    assert not caller.errors
    context.close()

    log_in(desk, "organiser")
    desk.goto(f"/odoo/canvass.turf/{party.turf}")
    desk.wait_for_selector(".o_form_view")
    [turf] = party.organiser.call(
        "canvass.turf", "read", [party.turf], ["door_done_count", "agreement_count"]
    )
    assert (turf["door_done_count"], turf["agreement_count"]) == (10, 1)
    desk.screenshot(path=pictures / "turf-progress-1280.png")


# --- Steps' helpers ---------------------------------------------------------------------------


def _wait(condition, what, seconds):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"not within {seconds} s: {what}"
        time.sleep(0.2)


def _wait_until_sealed(party):
    def sealed():
        return not party.server.sql("SELECT 1 FROM consent_seal_pending")

    _wait(sealed, "the ledger is sealed", 30)


def _public_call(server, path, **params):
    answer = requests.post(server.url + path, json={"params": params}, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _state(party, mailing):
    [row] = party.staff.call("mailing.mailing", "read", [mailing], ["state"])
    return row["state"]


def _load_addresses(party, content, branch):
    wizard = party.server.call(
        "canvass.address.import",
        "create",
        {
            "file": base64.b64encode(content).decode(),
            "filename": "ban_93010.csv",
            "branch_id": branch,
        },
    )
    party.server.call("canvass.address.import", "action_load", [wizard])
    [row] = party.server.call(
        "canvass.address.import",
        "read",
        [wizard],
        ["created_count", "updated_count", "door_count", "rejected_count", "repeated_count"],
    )
    return row


def _buildings(party):
    return party.server.sql(
        "SELECT count(*), max(write_date), sum(hashtext(b::text)::bigint) FROM canvass_building b"
    )


def _reports(party):
    [(count,)] = party.server.sql(
        "SELECT count(*) FROM canvass_event WHERE turf_id = %s AND kind = 'outcome'", party.turf
    )
    return count


def _lease_headers(request):
    return {
        name: value
        for name, value in request.headers.items()
        if name in ("x-canvass-lease", "content-type")
    }
