"""The review of duplicates as somebody uses it who has hundreds of them: by the keyboard."""

import pytest

REVIEW = "/odoo/action-political_crm.action_duplicate_review"
TITLE = ".o_political_duplicates_title"


@pytest.fixture(scope="module")
def pairs(odoo_server):
    """Four people, each written down twice, found by the search."""
    company = odoo_server.sql("SELECT id FROM res_company ORDER BY id LIMIT 1")[0][0]
    for number, (first, last) in enumerate(
        (("Anne", "Kervadec"), ("Paul", "Thibodault"), ("Yves", "Le Goffic"), ("Ida", "Ozanne"))
    ):
        for name in (last, last.upper()):
            odoo_server.call(
                "res.partner",
                "create",
                {
                    "firstname": first,
                    "lastname": name,
                    "email": f"n{number}@example.org",
                    "phone": f"+33 2 61 91 00 4{number}",
                    "street": f"{number + 1} rue des Écoles",
                    "company_id": company,
                    "political_category": "regular",
                    "political_origin": "paper_form",
                },
            )
    odoo_server.call("political.duplicate", "find", [])
    return lambda: dict(
        odoo_server.sql("SELECT state, count(*) FROM political_duplicate GROUP BY state")
    )


def faults(axe, page):
    """What axe-core finds on the screen, with the places."""
    found = axe(page, ".o_political_duplicates")
    return [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found]


def test_keyboard(desk, log_in, axe, odoo_server, pairs):
    """A key a pair; the counter goes down; the last decision is taken back; nothing needs sight
    of a colour."""
    assert pairs() == {"open": 4}
    log_in(desk, "admin")
    desk.goto(REVIEW)
    desk.wait_for_selector(TITLE)
    assert faults(axe, desk) == []

    def press(key, left):
        desk.keyboard.press(key)
        desk.wait_for_selector(f"header .badge >> text=/^{left} /")

    press("ArrowDown", 3)
    assert pairs() == {"distinct": 1, "open": 3}
    press("Space", 2)
    assert pairs() == {"distinct": 1, "household": 1, "open": 2}
    press("ArrowLeft", 1)
    assert odoo_server.sql("SELECT count(*) FROM political_merge WHERE state = 'done'") == [(1,)]

    desk.click("header button >> text=/Annuler|Undo/")
    desk.wait_for_selector("[role=status] >> text=/séparés|apart/")
    assert odoo_server.sql("SELECT count(*) FROM political_merge WHERE state = 'done'") == [(0,)]
    assert pairs() == {"distinct": 2, "household": 1, "open": 1}

    desk.keyboard.press("ArrowUp")
    desk.wait_for_selector("input[type=radio][name=o_political_keep]")
    assert faults(axe, desk) == []
    desk.keyboard.press("Escape")
    desk.wait_for_selector("input[type=radio][name=o_political_keep]", state="detached")
    desk.keyboard.press("ArrowUp")
    desk.locator("input[name=o_political_lastname]").nth(1).check()
    kept = desk.locator("thead th button").nth(0).inner_text()
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".o_nocontent_help")
    assert pairs() == {"distinct": 2, "household": 1}
    [(name,)] = odoo_server.sql(
        "SELECT lastname FROM res_partner p JOIN political_merge m ON m.partner_id = p.id "
        "WHERE m.state = 'done'"
    )
    assert name == name.upper(), f"the other's last name was chosen for {kept}"


def test_small_screen(phone, log_in, axe, pairs):
    """390 px: everything is reached, nothing runs out of the page."""
    log_in(phone, "admin")
    phone.goto(REVIEW)
    phone.wait_for_selector(".o_political_duplicates h2")
    assert faults(axe, phone) == []
    assert phone.evaluate("document.body.scrollWidth <= window.innerWidth")
