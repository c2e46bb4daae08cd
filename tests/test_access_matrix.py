"""docs/access.md is what a remote call meets: each group, each model, each operation."""

import pytest

from tools import access_table
from tools.live import RefusedError

# One of each kind, asked for by another program with a key of the user's own.
ROLES = {
    "portal": "base.group_portal",
    "user": "base.group_user",
    "branch_lead": "political_crm.group_branch_lead",
    "staff": "political_crm.group_staff",
    "finance": "political_crm.group_finance",
}
ASKED = (
    "political.timeline",
    "political.relation",
    "political.mandate",
    "political.payment",
    "political.primary.participant",
    "consent.event",
    "canvass.turf",
)
DENIED = "AccessError|You are not allowed to access|Access Denied by ACLs"


@pytest.fixture(scope="module")
def document():
    return access_table.DOCUMENT.read_text()


@pytest.fixture(scope="module")
def measured(platform, odoo_server):
    # Beside the server: what is made to measure is rolled back
    return access_table.measure_on(platform, odoo_server.database)


def test_table_is_true(document, measured):
    """R-10, R-42: every group on every model; a new one must be listed."""
    names = [access_table.short(group) for group in measured["groups"]]
    found = {
        model: dict(zip(names, cells, strict=True)) for model, cells in measured["models"].items()
    }
    stated = access_table.parse(document)
    assert sorted(found) == sorted(stated), "run: python -m tools.access_table"
    wrong = [
        f"{model}, {name}: the document says {stated[model].get(name)}, the server {letters}"
        for model, cells in found.items()
        for name, letters in cells.items()
        if stated[model].get(name) != letters
    ]
    assert not wrong, "run: python -m tools.access_table\n" + "\n".join(wrong)
    assert len(found) > 60
    assert set(names) == set(next(iter(stated.values())))


def test_rules_are_true(document, measured):
    """R-41: the record rules that the document names are those there are."""
    assert access_table.render(measured).split("## Record rules")[1].strip() == (
        access_table.parse_rules(document)
    )


def test_nobody_outside_has_a_right(document):
    """R-10: neither any internal user nor the administrator of the rights reads people's data by
    these rights alone; visitors and members with an account change none of it."""
    stated = access_table.parse(document)
    personal = (
        "political.relation",
        "political.mandate",
        "political.household",
        "political.timeline",
        "political.relay",
        "political.primary.participant",
        "political.payment",
        "political.join.request",
    )
    for model in personal:
        assert stated[model]["user"] == "-", model
        assert stated[model]["system"] == "-", model
        assert not set(stated[model]["portal"]) & set("WCUX"), model
    ledger = stated["consent.event"]
    assert not any(set(letters) & set("WCU") for letters in ledger.values())


def test_a_program_meets_the_same(document, odoo_server, measured):
    """R-10, R-71: the JSON-2 API with a user's own key reads what the table says and no more."""
    odoo_server.expect_in_log(DENIED)
    stated = access_table.parse(document)
    for name, group in ROLES.items():
        if name == "portal":
            continue  # a member with an account gets no key
        login = f"matrix_{name}"
        [group_id] = odoo_server.call(
            "res.groups", "search", [("id", "=", _ref(odoo_server, group))]
        )
        odoo_server.call(
            "res.users",
            "create",
            {
                "name": login,
                "login": login,
                "password": login,
                "group_ids": [(6, 0, [group_id])],
            },
        )
        api = odoo_server.rpc(login)
        for model in ASKED:
            try:
                api.call(model, "search_read", domain=[], fields=["id"], limit=1)
                reads = True
            except RefusedError as refused:
                assert refused.name.endswith("AccessError"), refused
                reads = False
            assert reads == ("R" in stated[model][name]), f"{name} reads {model}"


def _ref(server, xml_id):
    module, name = xml_id.split(".")
    [row] = server.call(
        "ir.model.data",
        "search_read",
        [("module", "=", module), ("name", "=", name)],
        fields=["res_id"],
    )
    return row["res_id"]
