"""Rows to measure on, written by SQL: what a base looks like after years, in a minute."""

from odoo.tools import SQL

MAIN = "base.main_company"


def people(env, number):
    """Contacts of the main company, each with an e-mail address and a number.

    :param env: Odoo's environment
    :param int number: how many
    :return: list of ids
    """
    company = env.ref(MAIN)
    env.cr.execute(
        """
        INSERT INTO res_partner (id, commercial_partner_id, name, complete_name, email,
               email_normalized, phone, phone_sanitized, active, type, lang, company_id,
               partner_share, is_company, color, create_date, write_date, create_uid, write_uid)
        SELECT pid, pid, 'Personne ' || i, 'Personne ' || i, 'p' || i || '@example.org',
               'p' || i || '@example.org', '+33' || (199000000 + i), '+33' || (199000000 + i),
               TRUE, 'contact', 'fr_FR', %s, TRUE, FALSE,
               i %% 12, now(), now(), 1, 1
          FROM (SELECT i, nextval('res_partner_id_seq') AS pid FROM generate_series(1, %s) i) i
        RETURNING id
        """,
        [company.id, number],
    )
    ids = [partner_id for (partner_id,) in env.cr.fetchall()]
    env.cr.execute("ANALYZE res_partner")
    env.invalidate_all()
    return ids


def settle(env, *tables):
    """Let the database tidy up behind what was just written, as it has behind rows of years ago:
    it would do so while we measure.

    :param env: Odoo's environment, with nothing to commit
    :param str tables: which ones
    """
    with env.registry.cursor() as cr:
        connection = cr._cnx
        connection.autocommit = True
        for table in tables:
            cr.execute(SQL("VACUUM (ANALYZE) %s", SQL.identifier(table)))
        connection.autocommit = False


def subjects(env, partner_ids):
    """The ledger's subjects of contacts."""
    env["consent.subject"]._ensure(env["res.partner"].browse(partner_ids), env.ref(MAIN))
    env.cr.execute("ANALYZE consent_subject")


def answers(env, purpose, channel, one_in=4, rest=0):
    """A given consent of one subject in so many, as event and state.

    The events carry the hash that the ledger's own code would write.

    :param env: Odoo's environment
    :param purpose: ``consent.purpose``
    :param str channel: email, sms, call, post or door
    :param int one_in: every how many subjects agree
    :param int rest: which of them
    :return: int, how many agreed
    """
    kind = {"email": "s.email_key", "sms": "s.phone_key", "call": "s.phone_key"}.get(channel)
    env.cr.execute(
        SQL(
            """
            WITH e AS MATERIALIZED (
                SELECT gen_random_uuid()::text AS uid, %(controller)s AS controller,
                       s.code AS subject, %(key)s AS identifier_key, s.id AS subject_id,
                       %(code)s AS purpose_code, %(channel)s AS channel,
                       NULL::text AS list_code, 'given' AS action, now()::timestamp AS collected_at,
                       now()::timestamp AS recorded_at, 'UTC' AS timezone, 'fr_FR' AS lang,
                       'consent' AS basis, TRUE AS explicit, FALSE AS targeting,
                       'seed' AS wording_code, repeat('0', 64) AS wording_sha256,
                       repeat('0', 64) AS notice_sha256, 'import' AS means, 'signature' AS act,
                       'seed' AS source_ref, NULL::text AS collector, NULL::text AS age_check,
                       NULL::text AS co_consent_uid, NULL::text AS balancing_sha256,
                       NULL::text AS confirm_token_sha256, NULL::text AS evidence_sha256,
                       NULL::timestamp AS expires_at, NULL::text AS replaces_uid,
                       replace(gen_random_uuid()::text, '-', '') AS receipt
                  FROM consent_subject s
                 WHERE s.id %% %(one_in)s = %(rest)s AND s.partner_id IS NOT NULL
            ), written AS (
                INSERT INTO consent_event (uid, controller, subject, identifier_key, purpose_code,
                       channel, list_code, action, collected_at, recorded_at, timezone, lang, basis,
                       explicit, targeting, wording_code, wording_sha256, notice_sha256, means, act,
                       source_ref, receipt, company_id, purpose_id, content_sha256)
                SELECT uid, controller, subject, identifier_key, purpose_code, channel, list_code,
                       action, collected_at, recorded_at, timezone, lang, basis, explicit,
                       targeting, wording_code, wording_sha256, notice_sha256, means, act,
                       source_ref, receipt, %(company)s, %(purpose)s, %(content)s
                  FROM e
                RETURNING id, subject, identifier_key, collected_at
            )
            INSERT INTO consent_state (subject_id, identifier_key, company_id, purpose_id, channel,
                   action, event_id, collected_at)
            SELECT s.id, w.identifier_key, %(company)s, %(purpose)s, %(channel)s, 'given', w.id,
                   w.collected_at
              FROM written w JOIN consent_subject s ON s.code = w.subject
            """,
            controller=purpose.company_id._consent_controller_code(),
            key=SQL(kind or "NULL::text"),
            code=purpose.code,
            channel=channel,
            one_in=one_in,
            rest=rest,
            company=purpose.company_id.id,
            purpose=purpose.id,
            content=env["consent.event"]._sql_content(),
        )
    )
    return env.cr.rowcount
