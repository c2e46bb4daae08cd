"""A party of sections with people in them, for the figures of screens and of record rules."""

import json

from odoo.tests import new_test_user
from odoo.tools import SQL

from bench import seed

SECTIONS = 100
STATIONS = 400


def party(env):
    """A federation with its sections, and a town with its polling stations.

    :param env: Odoo's environment
    :return: tuple of the federation, its sections and the stations
    """
    company = env.ref(seed.MAIN)
    branch = env["political.branch"].with_company(company)
    federation = branch.create({"name": "Fédération", "kind": "federation"})
    sections = branch.create(
        [{"name": f"Section {n}", "parent_id": federation.id} for n in range(SECTIONS)]
    )
    zones = env["political.zone"]
    town = zones.create({"name": "Ville", "kind": "commune", "code": "99999"})
    stations = zones.create(
        [
            {
                "name": f"Bureau {n}",
                "kind": "station",
                "code": f"99999_{n:04d}",
                "parent_id": town.id,
                "contour": _square(n),
            }
            for n in range(STATIONS)
        ]
    )
    return federation, sections, stations


def _square(number):
    """A place of a hundredth of a degree, in a town of twenty a row."""
    x, y = 2 + number % 20 / 100, 48 + number // 20 / 100
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    ring = [[x + right / 100, y + up / 100] for right, up in corners]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def members(env, number, sections, stations):
    """People of the party: eight in ten members up to date, the others supporters; they came to
    it in the course of three years.

    :param env: Odoo's environment
    :param int number: how many
    :return: list of ids
    """
    ids = seed.people(env, number)
    env.cr.execute(
        SQL(
            """
            UPDATE res_partner p SET
                   firstname = 'Camille', lastname = 'Nom' || p.id,
                   political_category = CASE WHEN p.id %% 10 < 8 THEN 'member' ELSE 'regular' END,
                   political_origin = (ARRAY['paper_form', 'web_form', 'event'])[1 + p.id %% 3],
                   political_basis = 'body', political_notice = 'collection',
                   political_notice_date = now()::date, is_volunteer = p.id %% 7 = 0,
                   create_date = now() - (p.id %% 1095) * interval '1 day',
                   branch_id = (%(sections)s)[1 + p.id %% %(section_count)s],
                   polling_station_id = (%(stations)s)[1 + p.id %% %(station_count)s]
             WHERE p.id = ANY(%(ids)s)
            """,
            sections=list(sections.ids),
            section_count=len(sections),
            stations=list(stations.ids),
            station_count=len(stations),
            ids=ids,
        )
    )
    env.cr.execute(
        """
        INSERT INTO political_membership (partner_id, company_id, branch_id, state, date_request,
               date_start, date_end, create_date, write_date, create_uid, write_uid)
        SELECT p.id, p.company_id, p.branch_id,
               CASE WHEN p.id % 20 = 0 THEN 'arrears' ELSE 'active' END,
               now()::date - 200, now()::date - 200, now()::date + (p.id % 300)::int, now(), now(),
               1, 1
          FROM res_partner p WHERE p.id = ANY(%s) AND p.political_category = 'member'
        """.replace("%", "%%").replace("%%s", "%s"),
        [ids],
    )
    for table in ("res_partner", "political_membership", "political_zone", "political_branch"):
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
    env.invalidate_all()
    return ids


def user(env, login, group, branches=None):
    """A user of a role, in the main company.

    :param env: Odoo's environment
    :param str login: also the password
    :param str group: xml id
    :param branches: ``political.branch`` records that they lead
    :return: environment of that user
    """
    company = env.ref(seed.MAIN)
    made = new_test_user(
        env,
        login,
        group,
        context={"no_reset_password": True},
        company_id=company.id,
        company_ids=[(6, 0, company.ids)],
    )
    if branches:
        made.branch_ids = branches
    env.flush_all()
    context = {"allowed_company_ids": company.ids, "lang": "fr_FR", "uid": made.id}
    return env(user=made.id, su=False, context=context)
