"""Each addon comes, is updated and goes, on an empty database and on a used one."""

import contextlib
import json
import shutil

import pytest

from tools import databases, template
from tools.locks import alone
from tools.places import BUILD

from .real_odoo import RealOdoo

ADDONS = ("political_consent", "political_crm", "political_canvass")
ENRICHMENT = (
    "partner_autocomplete",
    "crm_iap_enrich",
    "crm_iap_mine",
    "crm_iap_reveal",
    "website_crm_iap_reveal",
)
# What a base that runs CRM, website and mailings looks like before the party's addons come.
USED = """
partners = env["res.partner"].create([
    {"name": "Imprimerie", "is_company": True, "email": "atelier@example.org"},
    {"name": "Anouk Lanterneuve", "email": "anouk@example.org", "phone": "+33199000001"},
])
env["crm.lead"].create([
    {"name": "Affiches", "partner_id": partners[0].id},
    {"name": "Sans contact", "email_from": "devis@example.org"},
])
audience = env["mailing.list"].create({"name": "Clients"})
env["mailing.contact"].create(
    {"name": "Anouk", "email": "anouk@example.org", "list_ids": [(4, audience.id)]}
)
env.cr.commit()
"""
# One of each thing that an addon keeps.
ENTER = {
    "political_consent": """
company = env["res.company"].search([], limit=1, order="id")
person = env["res.partner"].create({"name": "Rose Vergelis", "email": "rose@example.org"})
purpose = env["consent.purpose"]._get("newsletter", company)
wording = env["consent.wording"]._published(purpose, "email", "fr_FR")
env["consent.list"].create({"name": "Lettre", "code": "lettre", "purpose_id": purpose.id})
person.consent_record("newsletter", "email", "given", {
    "means": "paper", "wording_code": wording.code, "evidence": "c2Nhbg==",
})
env.cr.commit()
env["consent.seal"]._seal_in_turn()
assert env["consent.event"].verify_chain()["ok"]
env.cr.commit()
""",
    "political_crm": """
company = env["res.company"].search([], limit=1, order="id")
zone = env["political.zone"].create({"name": "Bureau 1", "kind": "station", "code": "99999_0001"})
branch = env["political.branch"].create({"name": "Section", "code": "S", "company_id": company.id})
branch.zone_ids = zone
env.user.branch_ids = branch
env["res.partner"].create({
    "name": "Lucien Vergelis", "email": "lucien@example.org", "company_id": company.id,
    "political_category": "member", "political_origin": "paper_form", "branch_id": branch.id,
    "polling_station_id": zone.id, "is_volunteer": True, "support_level": "1",
})
env.cr.commit()
""",
    "political_canvass": """
branch = env["political.branch"].search([], limit=1)
if not branch:
    company = env["res.company"].search([], limit=1, order="id")
    branch = branch.create({"name": "Section", "code": "S", "company_id": company.id})
env["canvass.building"].create([
    {"number": n, "street": "Rue Inventée", "latitude": -40 + n / 1000, "longitude": -120,
     "branch_id": branch.id, "door_ids": [(0, 0, {})]} for n in range(1, 6)
])
operation = env["canvass.operation"].create({"name": "Essai", "branch_id": branch.id})
cut = env["canvass.turf.around"].create({
    "operation_id": operation.id, "name": "A", "latitude": -40, "longitude": -120,
    "door_number": 5,
})
env["canvass.turf"].browse(cut.action_cut()["res_id"]).action_publish()
env.cr.commit()
""",
}
UNINSTALL = """
env["ir.module.module"].search([("name", "=", "{addon}")]).button_immediate_uninstall()
"""
# Everything that an addon may add to a database: whatever is new afterwards was left behind.
SCHEMA = """
SELECT 'table', table_name::text FROM information_schema.tables WHERE table_schema = 'public'
UNION ALL
SELECT 'column', table_name || '.' || column_name FROM information_schema.columns
 WHERE table_schema = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass || ' ' || conname FROM pg_constraint WHERE conrelid <> 0
UNION ALL
SELECT 'index', indexname FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'trigger', tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'model', model FROM ir_model
UNION ALL
SELECT 'rule', name FROM ir_rule
UNION ALL
SELECT 'cron', cron_name FROM ir_cron
UNION ALL
SELECT 'group', name->>'en_US' FROM res_groups
"""
# The databases' own scratch tables, which Odoo drops when it vacuums
PASSING = ("pg_", "_upgrade")


# What the last one brings when nothing of ours is there yet
BROUGHT = """
import json
last = env["ir.module.module"].search([("name", "=", "political_canvass")])
needed = last.upstream_dependencies(exclude_states=("installed",))
print("BROUGHT", json.dumps(needed.mapped("name")))
"""


@pytest.fixture
def without_ours(platform, tmp_path):
    """What a party that runs Odoo has, before our addons come."""
    template.ensure_base(platform)
    with cloned(tmp_path, template.BASE, "base.lock") as odoo:
        yield odoo


@pytest.fixture
def made_at_once(platform, tmp_path):
    """The template: all three were installed at once on an empty database, and never used."""
    with cloned(tmp_path, template.DATABASE, "template.lock") as odoo:
        yield odoo


@contextlib.contextmanager
def cloned(folder, source, lock):
    with contextlib.ExitStack() as stack:
        with alone(BUILD / lock):
            odoo = stack.enter_context(RealOdoo(folder, template=source))
            files = databases.FILESTORES / source
            shutil.copytree(files, folder / "data" / "filestore" / odoo.database)
        yield odoo


def test_one_by_one_on_a_used_database(without_ours):
    """Each comes with those it depends on, leaves people and leads alone, is updated, and goes
    without a trace, while those it depends on stay and still work."""
    odoo = without_ours
    [brought] = [
        json.loads(line.removeprefix("BROUGHT "))
        for line in odoo.run(script=USED + BROUGHT).splitlines()
        if line.startswith("BROUGHT ")
    ]
    assert set(ADDONS) - {"political_canvass"} <= set(brought)
    people, schemas = contents(odoo), []
    for addon in ADDONS:
        schemas.append(schema(odoo))
        odoo.run(f"--init={addon}", "--without-demo")
        assert contents(odoo) == people
        assert installed(odoo) == set(ADDONS[: ADDONS.index(addon) + 1])
        assert no_enrichment(odoo)
        odoo.run(script=ENTER[addon])
        odoo.run(f"--update={addon}")
        people = contents(odoo)
    for addon in reversed(ADDONS):
        odoo.run(script=UNINSTALL.format(addon=addon))
        assert left_behind(schemas.pop(), schema(odoo)) == []
        assert installed(odoo) == set(ADDONS[: ADDONS.index(addon)])
        assert contents(odoo) == people
    assert odoo.query("SELECT count(*) FROM ir_model_data WHERE module LIKE 'political%'") == [
        ["0"]
    ]


def test_all_at_once_on_an_empty_database(made_at_once):
    """They come together; without the first one, none of them stays."""
    odoo = made_at_once
    assert installed(odoo) == set(ADDONS)
    assert no_enrichment(odoo)
    for addon in ADDONS:
        odoo.run(script=ENTER[addon])
    odoo.run(script=UNINSTALL.format(addon="political_consent"))
    assert installed(odoo) == set()
    names = [name for _kind, name in schema(odoo)]
    assert not [n for n in names if "consent_" in n or "canvass" in n or "political" in n]


def schema(odoo):
    return [tuple(row) for row in odoo.query(SCHEMA)]


def left_behind(before, after):
    return sorted(row for row in set(after) - set(before) if not row[1].startswith(PASSING))


def installed(odoo):
    rows = odoo.query(
        "SELECT name FROM ir_module_module WHERE state = 'installed' AND name LIKE 'political%'"
    )
    return {name for (name,) in rows}


def no_enrichment(odoo):
    return not set(ENRICHMENT) & {
        name
        for (name,) in odoo.query("SELECT name FROM ir_module_module WHERE state = 'installed'")
    }


def contents(odoo):
    """People and leads that an addon's coming and going must leave alone."""
    return odoo.query(
        "SELECT 'partner', name, email, company_id FROM res_partner"
        " UNION ALL SELECT 'lead', name, email_from, company_id FROM crm_lead"
        " UNION ALL SELECT 'contact', name, email, 0 FROM mailing_contact ORDER BY 1, 2"
    )
