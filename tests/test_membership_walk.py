"""A membership from the first click to the last: a visitor joins and pays, the member renews and
leaves, the local lead welcomes, the financial agent counts, the officer erases; in a real browser.

The steps follow each other on one database; each one shows what the next one stands on.
"""

import base64
import re

import pytest

from tools.live import links_in

from .membership_party import Party, served

NOA = "noa.essai@example.org"


@pytest.fixture(scope="module")
def odoo_server(platform):
    """The server of this module, with core's demo provider."""
    with served(platform, "membership_walk") as server:
        yield server


@pytest.fixture(scope="module")
def party(odoo_server):
    """The party whose membership it is."""
    return Party(odoo_server)


def fill_in(page, party, **typed):
    """Fill in the join form and send it."""
    values = {
        "firstname": "Noa",
        "lastname": "Essai",
        "birthdate": "1990-05-05",
        "email": NOA,
        "street": "3 rue du Test",
        "zip": "93140",
        "city": "Bondy",
        **typed,
    }
    page.goto("/membership/join?lang=fr_FR")
    for name, value in values.items():
        page.fill(f"#{name}", value)
    page.select_option("#nationality", "FR")
    page.select_option("#branch", str(party.north))
    page.check(f"#rate{party.rate}")
    page.check("#statement")
    page.check("#declared")
    page.click("main form button[type=submit]")
    page.wait_for_selector("h1 >> text=/message/")


def link_to(server, address, part):
    """The link in the newest mail to an address."""
    message = server.wait_for_mail(address, seconds=90)
    return next(link for link in links_in(message) if part in link)


def confirm(page, link):
    """Press the button of a confirmation's page."""
    page.goto(link)
    page.click("main form button[type=submit]")


def pay(page):
    """Pay with core's demo provider, as a visitor does; the page says what became of it."""
    page.wait_for_selector("form.o_payment_form")
    page.wait_for_selector("button[name=o_payment_submit_button]:not([disabled])")
    page.fill("#customer_input", "4242 4242 4242 4242")
    page.click("button[name=o_payment_submit_button]")
    page.wait_for_url("**/membership/paid/**", timeout=60_000)
    page.wait_for_selector("h1")
    return page.inner_text("main")


def portal(page, login):
    """Log a member in, where members log in."""
    page.goto("/web/login")
    page.fill("#login", login)
    page.fill("#password", login)
    page.click("form.oe_login_form button[type=submit]")
    page.wait_for_url("**/my**")


def test_1_visitor_joins_and_pays(party, odoo_server, phone, axe):
    """R-07, R-24, R-60: notice and tax text, nothing ticked, a mail, a button, a payment; then a
    member who agreed to nothing else."""
    phone.goto("/membership/join?lang=fr_FR")
    text = phone.inner_text("body")
    for key in ("Parti de l'Essai", "CNIL", "66 %", "11-4", "aussi bien sans"):
        assert key in text, key
    boxes = phone.locator("input[type=checkbox]")
    assert not any(boxes.nth(n).is_checked() for n in range(boxes.count()))
    assert axe(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    fill_in(phone, party)
    assert odoo_server.sql("SELECT state FROM political_join_request") == [("draft",)]
    link = link_to(odoo_server, NOA, "/membership/confirm/")
    phone.goto(link)
    phone.reload()
    assert odoo_server.sql("SELECT state FROM political_join_request") == [("draft",)]
    assert axe(phone) == []
    confirm(phone, link)
    phone.wait_for_url("**/membership/pay/**")
    assert "60,00" in phone.inner_text("body")
    assert axe(phone, "#wrapwrap") == []
    odoo_server.mails.clear()
    assert "Merci" in pay(phone)
    assert axe(phone) == []
    [(partner, category)] = odoo_server.sql(
        "SELECT id, political_category FROM res_partner WHERE email_normalized = %s", NOA
    )
    assert category == "member"
    assert party.lines(partner) == [("active", 60.0, 60.0)]
    assert odoo_server.sql("SELECT count(*) FROM consent_event") == [(0,)]
    thanks = odoo_server.wait_for_mail(NOA, seconds=90)
    assert "60,00" in thanks.get_body(("html", "plain")).get_content()
    party.noa = partner


def test_2_member_sees_their_own(party, odoo_server, phone, axe):
    """My membership, my card, my payments, my data: the member's own rows and nobody else's."""
    odoo_server.call(
        "res.users",
        "create",
        {
            "login": "noa",
            "password": "noa",
            "partner_id": party.noa,
            "lang": "fr_FR",
            "group_ids": [(6, 0, [party.ref("base.group_portal")])],
        },
    )
    other = party.person("Lou", "Voisine")
    agent = odoo_server.session("agent")
    agent.call(
        "political.payment",
        "create",
        {
            "partner_id": other,
            "amount": 33,
            "kind": "gift",
            "nationality_id": party.ref("base.fr"),
        },
    )
    portal(phone, "noa")
    for path, wanted in (
        ("membership", "jour"),
        ("payments", "60,00"),
        ("receipts", "reçu"),
        ("data", NOA),
    ):
        phone.goto(f"/my/{path}?lang=fr_FR")
        text = phone.inner_text("main")
        assert wanted in text, path
        assert "33,00" not in text
        assert axe(phone) == [], path
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, path
    card = phone.request.get(f"{odoo_server.url}/my/membership/card")
    assert card.body()[:5] == b"%PDF-"
    assert phone.request.get(f"{odoo_server.url}/my/receipts/1/pdf").status == 404


def test_3_local_lead_welcomes(party, odoo_server, desk, phone, log_in):
    """A request of somebody known is staged; the lead compares and says that it is the same."""
    known = party.person("Camille", "Nord", phone="+33 1 99 00 12 34")
    before = odoo_server.sql("SELECT street, city FROM res_partner WHERE id = %s", known)
    odoo_server.mails.clear()
    fill_in(
        phone,
        party,
        firstname="Camille",
        lastname="Nord",
        email="camille.nord@example.org",
        street="99 avenue Ailleurs",
    )
    confirm(phone, link_to(odoo_server, "camille.nord@example.org", "/membership/confirm/"))
    phone.wait_for_url("**/membership/pay/**")
    assert party.lines(known) == []
    assert odoo_server.sql("SELECT street, city FROM res_partner WHERE id = %s", known) == before
    assert "Merci" in pay(phone)
    assert party.lines(known) == []

    # The first page of the back office builds its bundles
    desk.set_default_timeout(120_000)
    log_in(desk, "lead")
    desk.goto("/odoo/action-political_crm.action_join_request")
    card = desk.locator(".o_kanban_record", has_text="Camille Nord")
    card.wait_for()
    assert "60" not in card.inner_text()
    card.click()
    desk.click("button[name=action_compare]")
    desk.wait_for_selector(".modal .o_field_one2many")
    assert "99 avenue Ailleurs" in desk.inner_text(".modal")
    desk.click(".modal button[name=action_same]")
    desk.wait_for_selector(".modal", state="detached")
    assert party.lines(known) == [("active", 60.0, 60.0)]
    assert odoo_server.sql("SELECT street, city FROM res_partner WHERE id = %s", known) == before
    desk.goto("/odoo/action-political_crm.action_membership")
    desk.wait_for_selector(".o_list_view td:has-text('Camille Nord')")
    assert desk.locator("th[data-name=amount_due]").count() == 0, "no amount for the lead"


def test_4_financial_agent_counts(party, odoo_server, desk, log_in):
    """R-53, R-56: what was paid online is there; a cheque over the cap is refused in words; the
    receipts are prepared without a number of ours."""
    # A refusal of the law is a sentence for the user, and a line of Odoo's log
    odoo_server.expect_in_log("88-227")
    log_in(desk, "agent")
    desk.goto("/odoo/action-political_crm.action_payment")
    desk.wait_for_selector(".o_list_view td:has-text('Noa Essai')")
    desk.click(".o_list_button_add")
    desk.wait_for_selector(".o_form_view")
    desk.fill("div[name=partner_id] input", "Noa Essai")
    desk.click(".o-autocomplete--dropdown-item:has-text('Noa Essai')")
    desk.fill("div[name=amount] input", "7500")
    desk.click(".o_form_button_save")
    desk.wait_for_selector(".o_error_dialog, .modal:has-text('7 500')")
    assert "88-227" in desk.inner_text(".modal")
    desk.click(".modal button:has-text('Fermer'), .modal .btn-primary")
    desk.click(".o_form_button_cancel")
    assert odoo_server.sql("SELECT count(*) FROM political_payment WHERE amount = 7500") == [(0,)]
    desk.goto("/odoo/action-political_crm.action_receipt")
    desk.click("button[name=action_prepare]")
    desk.wait_for_selector(".o_list_view td:has-text('Noa Essai')")
    numbers = odoo_server.sql("SELECT DISTINCT number FROM political_receipt")
    assert numbers == [(None,)]


def test_5_member_renews(party, odoo_server, phone):
    """Paid before the end, the next period follows without a gap."""
    portal(phone, "noa")
    phone.goto("/my/membership?lang=fr_FR")
    phone.click("a.btn-primary[href*='/membership/renew/']")
    phone.wait_for_selector("#declared")
    assert len(party.lines(party.noa)) == 1, "looking opens nothing"
    phone.select_option("#nationality", "FR")
    phone.check("#declared")
    phone.click("main form button[type=submit]")
    phone.wait_for_url("**/membership/pay/**")
    assert "Merci" in pay(phone)
    assert party.lines(party.noa) == [("renewed", 60.0, 60.0), ("active", 60.0, 60.0)]
    dates = odoo_server.sql(
        "SELECT date_start, date_end FROM political_membership WHERE partner_id = %s ORDER BY id",
        party.noa,
    )
    assert (dates[1][0] - dates[0][1]).days == 1
    phone.goto("/my/receipts?lang=fr_FR")
    phone.wait_for_selector("a[href='/my/receipts/1/pdf']")
    receipt = phone.request.get(f"{odoo_server.url}/my/receipts/1/pdf")
    assert receipt.body()[:5] == b"%PDF-"


def test_6_member_leaves(party, odoo_server, phone, axe):
    """Leaving takes one page and no reason; the member is a former one at once (R-44)."""
    portal(phone, "noa")
    phone.goto("/my/membership?lang=fr_FR")
    phone.click("a[href='/my/membership/leave']")
    phone.wait_for_selector("button.btn-danger")
    assert axe(phone) == []
    phone.click("button.btn-danger")
    phone.wait_for_selector("[role=status]")
    assert party.lines(party.noa)[-1][0] == "resigned"
    assert odoo_server.sql(
        "SELECT political_category FROM res_partner WHERE id = %s", party.noa
    ) == [("former",)]
    assert phone.request.get(f"{odoo_server.url}/my/membership/card").status == 404


def test_7_officer_erases(party, odoo_server, desk, phone, log_in):
    """R-31, article 17(3)(b): asked for on the public page, done on the officer's screen; the
    person is gone, the accounts stay with who paid, and no link leads back."""
    odoo_server.mails.clear()
    phone.goto("/consent/rights?lang=fr_FR")
    phone.check("input[name=kind][value=erasure]")
    phone.fill("#right_email", NOA)
    phone.click("main form button[type=submit]")
    queue = party.ref("mail.ir_cron_mail_scheduler_action")
    odoo_server.call("ir.cron", "method_direct_trigger", [queue])
    link = link_to(odoo_server, NOA, "/consent/rights/confirm/")
    confirm(phone, link)
    [(asked,)] = odoo_server.sql("SELECT id FROM consent_right_request WHERE kind = 'erasure'")
    log_in(desk, "officer")
    desk.goto(f"/odoo/consent.right.request/{asked}")
    desk.click("button[name=action_answer]")
    wizard = desk.locator(".modal .o_form_view")
    wizard.locator(".o_field_widget[name=partner_ids] .o_tag", has_text="Noa Essai").wait_for()
    assert "Paiement" in wizard.locator("[name=preview]").inner_text(), "what the law keeps"
    desk.click(".modal button[name=action_next]")
    wizard.locator("[name=understood] input").check()
    wizard.locator("[name=count_typed] input").fill("1")
    desk.click(".modal button[name=action_erase]")
    desk.wait_for_selector(".modal", state="detached")
    assert odoo_server.sql(
        "SELECT count(*) FROM res_partner WHERE active AND (email ILIKE %s OR name = 'Noa Essai')",
        NOA,
    ) == [(0,)]
    kept = odoo_server.sql(
        """
        SELECT y.lastname, p.partner_id, p.state FROM political_payment p
          JOIN political_payer y ON y.id = p.payer_id WHERE y.lastname = 'Essai' ORDER BY p.id
        """
    )
    assert kept == [("Essai", None, "received")] * 2
    lines = odoo_server.sql(
        "SELECT partner_id, card_code, state FROM political_membership WHERE state = 'resigned'"
    )
    assert lines == [(None, None, "resigned")]
    agent = odoo_server.session("agent")
    year = agent.call("political.payment", "search_read", [], ["year"], limit=1)[0]["year"]
    export = agent.call("political.payment.export", "create", {"year": year, "kind": "donors"})
    payers = agent.call("political.payer", "search", [("street", "=", False)])
    assert not payers
    agent.call("political.payment.export", "action_make", [export])
    [row] = agent.call("political.payment.export", "read", [export], ["file"])
    content = base64.b64decode(row["file"]).decode()
    assert re.search(r"Noa\tEssai\t.*120\.00", content)
    assert NOA not in content
