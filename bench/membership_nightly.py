"""Seconds of the night's work on 200,000 memberships: arrears, ends, renewals to open.

Against: the same work record by record, as the methods of one membership do it, measured on a
sample and multiplied. Ratio: the loop's seconds over ours (at least 50).
"""

from datetime import timedelta

from odoo import fields

from bench import seed
from bench.timing import timed

LINES = 200_000
SAMPLE = 200
# Of ten members: five ended yesterday, two are beyond the grace, three go on.
ENDED, BEYOND = 5, 7


def measure(env, scale):
    number = max(int(LINES * scale), 1000)
    company = env.ref(seed.MAIN)
    rate = env["political.membership.rate"].create(
        {"name": "Plein tarif", "amount": 60, "company_id": company.id}
    )
    people = seed.people(env, number + SAMPLE)
    _members(env, people, company, rate)
    env.cr.commit()
    job = env["political.membership.job"].with_context(lang="en_US")

    sample = env["political.membership"].search([("partner_id", "in", people[number:])])
    loop, done = timed(lambda: _loop(env, sample))
    assert done["arrears"] and done["lapsed"] and done["renewals"], done
    env.cr.rollback()
    env.cr.execute("DELETE FROM political_membership WHERE partner_id = ANY(%s)", [people[number:]])
    env.cr.commit()
    value, done = timed(lambda: _job(env, job))
    tenth = number // 10
    assert done["arrears"] == BEYOND * tenth, done
    assert done["lapsed"] == (BEYOND - ENDED) * tenth, done
    against = loop / len(sample) * number
    return {
        "value": value,
        "unit": "s",
        "against": against,
        "ratio": against / value,
        "n": number,
    }


def _members(env, people, company, rate):
    """A live line each, as the screens would have made it."""
    today = fields.Date.today()
    env.cr.execute(
        """
        UPDATE res_partner SET political_category = 'member', political_origin = 'paper_form',
               political_basis = 'body', political_notice = 'collection'
         WHERE id = ANY(%s)
        """,
        [people],
    )
    env.cr.execute(
        """
        INSERT INTO political_membership (partner_id, company_id, state, date_request, date_start,
               date_end, rate_id, instalments, currency_id, amount_due, card_code, create_date,
               write_date, create_uid, write_uid)
        SELECT p.id, %(company)s, 'active', %(start)s, %(start)s,
               CASE WHEN p.n %% 10 < %(ended)s THEN %(yesterday)s::date
                    WHEN p.n %% 10 < %(beyond)s THEN %(long_ago)s::date
                    ELSE %(later)s::date END,
               %(rate)s, 1, %(currency)s, 60, md5(p.id::text), now(), now(), 1, 1
          FROM unnest(%(people)s) WITH ORDINALITY AS p(id, n)
        """,
        {
            "company": company.id,
            "start": today - timedelta(days=500),
            "yesterday": today - timedelta(days=1),
            "long_ago": today - timedelta(days=200),
            "later": today + timedelta(days=200),
            "ended": ENDED,
            "beyond": BEYOND,
            "rate": rate.id,
            "currency": rate.currency_id.id,
            "people": people,
        },
    )
    # What was paid, so that the loop's methods find these lines up to date
    env.cr.execute(
        """
        INSERT INTO political_financial_agent (name, kind, company_id, active)
        VALUES ('Mandataire', 'party', %s, TRUE) RETURNING id
        """,
        [company.id],
    )
    agent = env.cr.fetchone()[0]
    env.cr.execute(
        """
        INSERT INTO political_payer (company_id, partner_id, code, turn, lastname)
        SELECT %(company)s, id, md5(id::text), 0, 'Personne' FROM unnest(%(people)s) AS id
        """,
        {"company": company.id, "people": people},
    )
    env.cr.execute(
        """
        INSERT INTO political_payment (uid, company_id, agent_id, partner_id, payer_id, kind, mode,
               state, currency_id, amount, date, year, membership_id)
        SELECT md5(m.id::text), m.company_id, %(agent)s, m.partner_id, y.id, 'dues', 'cheque',
               'received', m.currency_id, 60, m.date_start, 2024, m.id
          FROM political_membership m JOIN political_payer y ON y.partner_id = m.partner_id
        """,
        {"agent": agent},
    )
    env.cr.execute("ANALYZE political_membership; ANALYZE political_payment; ANALYZE res_partner")
    env.invalidate_all()


def _job(env, job):
    done = job._run()
    env.cr.commit()
    return done


def _loop(env, lines):
    """One membership after the other: the methods that a screen's button calls."""
    done = {"arrears": 0, "lapsed": 0, "renewals": 0}
    for line in lines:
        line._settle()
        grace = line.company_id.membership_grace_days
        if line.state == "arrears":
            done["arrears"] += 1
            if line.date_end + timedelta(days=grace) < line.company_id._membership_today():
                line._end("lapsed")
                done["lapsed"] += 1
                env.flush_all()
                continue
        opens = line.date_end - timedelta(days=line.company_id.membership_renewal_days)
        if opens <= line.company_id._membership_today():
            done["renewals"] += bool(line._open(line.partner_id, line.rate_id, previous=line))
        env.flush_all()
    return done
