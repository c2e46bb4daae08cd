"""political_crm comes, is updated and goes, on an empty database and on a used one."""

import pytest

from .real_odoo import RealOdoo

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
# One of each thing that political_crm keeps.
ENTER = """
company = env["res.company"].search([], limit=1)
zone = env["political.zone"].create({"name": "Bureau 1", "kind": "station", "code": "99999_0001"})
branch = env["political.branch"].create({"name": "Section", "company_id": company.id})
branch.zone_ids = zone
env.user.branch_ids = branch
person = env["res.partner"].create({
    "name": "Rose Vergelis", "email": "rose@example.org", "company_id": company.id,
    "political_category": "member", "political_origin": "paper_form", "branch_id": branch.id,
    "polling_station_id": zone.id, "is_volunteer": True, "support_level": "1",
    "volunteer_skill_ids": [(6, 0, env["political.skill"].search([], limit=2).ids)],
})
env["crm.lead"].create({"name": "Rencontre", "partner_id": person.id})
env.cr.commit()
"""
UNINSTALL = """
env["ir.module.module"].search([("name", "=", "political_crm")]).button_immediate_uninstall()
"""
LEFTOVERS = """
SELECT 'table', table_name FROM information_schema.tables
 WHERE table_schema = 'public' AND table_name LIKE 'political%'
UNION ALL
SELECT 'column', table_name || '.' || column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name IN ('res_partner', 'crm_lead', 'res_users')
   AND (column_name LIKE 'political%' OR column_name IN
        ('branch_id', 'polling_station_id', 'support_level', 'is_volunteer'))
UNION ALL
SELECT 'constraint', conname FROM pg_constraint WHERE conname LIKE '%political%'
UNION ALL
SELECT 'index', indexname FROM pg_indexes
 WHERE indexname LIKE '%political%' OR indexname LIKE '%internal_cards%'
UNION ALL
SELECT 'trigger', tgname FROM pg_trigger WHERE tgname LIKE '%political%'
UNION ALL
SELECT 'function', proname FROM pg_proc WHERE proname LIKE '%political%'
UNION ALL
SELECT 'rule', name::text FROM ir_rule
 WHERE domain_force LIKE '%political%' OR domain_force LIKE '%branch%'
UNION ALL
SELECT 'data', model || ' ' || name FROM ir_model_data WHERE module = 'political_crm'
   AND model <> 'ir.module.module'
UNION ALL
SELECT 'model', model FROM ir_model WHERE model LIKE 'political.%'
UNION ALL
SELECT 'menu', complete_name FROM (SELECT name::text AS complete_name, web_icon FROM ir_ui_menu) m
 WHERE web_icon LIKE 'political_crm%'
UNION ALL
SELECT 'cron', cron_name FROM ir_cron WHERE cron_name LIKE '%political%'
"""


@pytest.fixture
def odoo(tmp_path):
    with RealOdoo(tmp_path) as made:
        yield made


@pytest.mark.parametrize("used", [False, True], ids=["empty", "used"])
def test_comes_is_updated_and_goes(odoo, used):
    """Nothing of it is left: no table, column, rule, index, trigger or function."""
    if used:
        odoo.run("--init=crm,website_mass_mailing,mass_mailing_crm,website_event", "--without-demo")
        odoo.run(script=USED)
    before = contents(odoo) if used else []
    odoo.run("--init=political_crm", "--without-demo")
    if used:
        assert contents(odoo) == before
    assert odoo.query(
        "SELECT count(*) FROM ir_module_module WHERE state = 'installed' AND name IN"
        " ('partner_autocomplete', 'crm_iap_enrich', 'crm_iap_mine', 'website_crm_iap_reveal')"
    ) == [["0"]]
    assert odoo.query(LEFTOVERS), "the query for leftovers sees nothing of an installed addon"
    odoo.run(script=ENTER)
    odoo.run("--update=political_crm")
    odoo.run(script=UNINSTALL)
    assert odoo.query(LEFTOVERS) == []
    assert odoo.query("SELECT name FROM res_partner WHERE email = 'rose@example.org'") == [
        ["Rose Vergelis"]
    ]
    assert odoo.query(
        "SELECT count(*) FROM ir_module_module WHERE name = 'political_consent'"
        " AND state = 'installed'"
    ) == [["1"]]
    odoo.run("--update=political_consent")


def contents(odoo):
    """People and leads of a used base that an installation must leave alone."""
    return odoo.query(
        "SELECT 'partner', name, email, company_id FROM res_partner"
        " UNION ALL SELECT 'lead', name, email_from, company_id FROM crm_lead"
        " UNION ALL SELECT 'contact', name, email, 0 FROM mailing_contact ORDER BY 1, 2"
    )
