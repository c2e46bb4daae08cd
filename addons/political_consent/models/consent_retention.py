from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models, modules
from odoo.tools import SQL

BATCH = 50
NOTICE_DAYS = 30


class RetentionRule(NamedTuple):
    """One reason why a person's time is over."""

    code: str
    label: str
    people: SQL
    """Query of ``partner_id``, legal holds and keepers not yet taken out."""
    action: str
    """``anonymise`` or ``delete``."""


class ConsentRetention(models.AbstractModel):
    """Nobody outlives their term (R-43): what expires, who is asked again, who goes."""

    _name = "consent.retention"
    _description = "Retention"

    # ---------------------------------------------------------------- for addons

    @api.model
    def _rules(self, company, at):
        """Reasons for which people's time is over. Addons add theirs (R-12, R-25).

        :rtype: list[RetentionRule]
        """
        terms = self._sql_terms()
        return [
            RetentionRule(
                f"terms_{action}",
                label,
                SQL(
                    """SELECT t.partner_id FROM (%(terms)s) t
                        WHERE t.company_id = %(company)s
                        GROUP BY t.partner_id
                       HAVING bool_and(COALESCE(t.due <= %(at)s, FALSE))
                          AND NOT bool_or(t.is_open)
                          AND bool_or(t.action = 'delete') = %(delete)s""",
                    terms=terms,
                    company=company.id,
                    at=at,
                    delete=action == "delete",
                ),
                action,
            )
            for action, label in (
                ("anonymise", self.env._("Every term has passed")),
                ("delete", self.env._("Every term has passed, deletion")),
            )
        ]

    @api.model
    def _last_contact_queries(self):
        """Queries of (partner_id, at): signs of life that prolong a term counted from the last
        contact. Addons add theirs: a payment, an answer, a presence."""
        return [
            SQL("SELECT author_id, date FROM mail_message WHERE author_id IS NOT NULL"),
        ]

    @api.model
    def _sql_keepers(self, at):
        """Conditions over ``res_partner`` that keep a person whatever the terms say.

        Addons add theirs: a member, an elected official.

        :rtype: list[SQL]
        """
        return [
            self.env["consent.legal.hold"]._sql_held(at),
            SQL(
                "EXISTS (SELECT FROM res_users u WHERE u.partner_id = res_partner.id "
                "AND u.active AND NOT u.share)"
            ),
            SQL("EXISTS (SELECT FROM res_company c WHERE c.partner_id = res_partner.id)"),
        ]

    # ---------------------------------------------------------------- terms

    @api.model
    def _sql_terms(self):
        """Query of (partner_id, company_id, purpose_id, action, start, due, is_open): when the
        term of each purpose for each person ends; ``due`` is null while it has not begun."""
        return SQL(
            """
            SELECT x.*, x.start + make_interval(months => x.months) AS due FROM (
                SELECT s.partner_id, e.company_id, e.purpose_id, p.retention_months AS months,
                       p.retention_action AS action, state.is_open,
                       CASE p.retention_start
                            WHEN 'collection' THEN min(e.collected_at)
                            WHEN 'withdrawal' THEN
                                 max(e.collected_at) FILTER (WHERE e.action <> 'given'
                                                               AND NOT state.is_open)
                            ELSE greatest(max(e.collected_at) FILTER (
                                               WHERE e.means NOT IN ('job', 'merge', 'erasure')),
                                          max(life.at)) END AS start
                  FROM consent_event e
                  JOIN consent_subject s ON s.code = e.subject
                  JOIN consent_purpose p ON p.id = e.purpose_id
                  CROSS JOIN LATERAL (
                       SELECT count(*) > 0 AS is_open FROM consent_state t
                        WHERE t.subject_id = s.id AND t.purpose_id = e.purpose_id
                          AND t.action = 'given') state
                  LEFT JOIN (SELECT partner_id, max(at) AS at FROM (%s) l (partner_id, at)
                              GROUP BY partner_id) life ON life.partner_id = s.partner_id
                 WHERE s.partner_id IS NOT NULL AND p.retention_months > 0
                 GROUP BY s.partner_id, e.company_id, e.purpose_id, p.retention_months,
                          p.retention_action, p.retention_start, state.is_open) x
            """,
            SQL(" UNION ALL ").join(self._last_contact_queries()),
        )

    @api.model
    def _people(self, rule, at):
        """Ids of the contacts that a rule catches, keepers taken out."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM res_partner WHERE id IN (%s) AND NOT (%s) ORDER BY id",
                rule.people,
                SQL(" OR ").join(self._sql_keepers(at)),
            )
        )
        return [partner_id for (partner_id,) in self.env.cr.fetchall()]

    # ---------------------------------------------------------------- the night's work

    @api.model
    def _cron(self):
        """Scheduled: expire, ask again, and let go of those whose terms are over."""
        for company in self.env["res.company"].search([]):  # pylint: disable=no-search-all
            self.with_company(company)._run(company)

    @api.model
    def _run(self, company):
        """One controller's night; returns the log, a ``consent.retention.run``."""
        at = fields.Datetime.now()
        run = self.env["consent.retention.run"].sudo().create({"company_id": company.id})
        run._add("asked", self.env._("Asked again, once"), "ask", self._ask_again(company, at))
        run._add(
            "expired", self.env._("Consents that expired"), "expire", self._expire(company, at)
        )
        for rule in self._rules(company, at):
            people = self._people(rule, at)
            done = 0
            for start in range(0, len(people), BATCH):
                batch = self.env["res.partner"].browse(people[start : start + BATCH]).exists()
                done += self._let_go(batch, rule)
                self._progress(len(batch), len(people) - start - len(batch))
            run._add(rule.code, rule.label, rule.action, done)
        return run

    @api.model
    def _let_go(self, partners, rule):
        self.env["consent.eraser"]._erase_each(
            partners, "retention", blank=rule.action == "anonymise", suppress=False
        )
        return len(partners)

    @api.model
    def _progress(self, done, remaining):
        if not modules.module.current_test:
            self.env["ir.cron"]._commit_progress(done, remaining=remaining)

    @api.model
    def _dry_run(self, company):
        """What :meth:`_run` would do now, doing nothing of it."""
        at = fields.Datetime.now()
        run = (
            self.env["consent.retention.run"]
            .sudo()
            .create({"company_id": company.id, "dry_run": True})
        )
        run._add("asked", self.env._("Asked again, once"), "ask", len(self._to_ask(company, at)))
        run._add(
            "expired",
            self.env._("Consents that expired"),
            "expire",
            len(self._to_expire(company, at)),
        )
        for rule in self._rules(company, at):
            run._add(rule.code, rule.label, rule.action, len(self._people(rule, at)))
        return run

    # ---------------------------------------------------------------- expiry

    @api.model
    def _to_expire(self, company, at):
        """Open answers whose review date or term has passed.

        One that a later consent of the same person stands beside is left alone: an end said for
        the old address would end the new one too (:func:`~..lib.fold.fold`).
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT t.id FROM consent_state t
                  JOIN consent_subject s ON s.id = t.subject_id
                  LEFT JOIN (%(terms)s) term ON term.partner_id = s.partner_id
                       AND term.purpose_id = t.purpose_id
                 WHERE t.company_id = %(company)s AND t.action = 'given'
                   AND (t.expires_at <= %(at)s OR term.due <= %(at)s)
                   AND NOT EXISTS (
                        SELECT FROM consent_state o
                         WHERE o.subject_id = t.subject_id AND o.purpose_id = t.purpose_id
                           AND o.channel = t.channel AND o.action = 'given' AND o.id <> t.id
                           AND (t.list_id IS NULL OR o.list_id = t.list_id)
                           AND (o.expires_at IS NULL OR o.expires_at > %(at)s)
                           AND o.collected_at > t.collected_at)
                """,
                terms=self._sql_terms(),
                company=company.id,
                at=at,
            )
        )
        return [state_id for (state_id,) in self.env.cr.fetchall()]

    @api.model
    def _expire(self, company, at):
        """End what is due, a thousand at a time."""
        state_ids = self._to_expire(company, at)
        for start in range(0, len(state_ids), 1000):
            states = self.env["consent.state"].sudo().browse(state_ids[start : start + 1000])
            states._record_end("expired", "job")
            self._progress(len(states), max(0, len(state_ids) - start - len(states)))
        return len(state_ids)

    # ---------------------------------------------------------------- asking again, once

    @api.model
    def _to_ask(self, company, at):
        """Open answers by e-mail or SMS that end within a month and were not asked again."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT t.id FROM consent_state t
                  JOIN consent_subject s ON s.id = t.subject_id AND s.partner_id IS NOT NULL
                  JOIN consent_purpose p ON p.id = t.purpose_id AND p.active
                  LEFT JOIN (%(terms)s) term ON term.partner_id = s.partner_id
                       AND term.purpose_id = t.purpose_id AND p.retention_action = 'ask'
                 WHERE t.company_id = %(company)s AND t.action = 'given'
                   AND ((t.channel = 'email' AND t.identifier_key = s.email_key)
                        OR (t.channel = 'sms' AND t.identifier_key = s.phone_key))
                   AND (t.expires_at BETWEEN %(at)s AND %(soon)s
                        OR term.due BETWEEN %(at)s AND %(soon)s)
                   AND NOT EXISTS (SELECT FROM consent_reask r
                                    WHERE r.subject_id = t.subject_id
                                      AND r.purpose_id = t.purpose_id
                                      AND r.channel = t.channel AND r.asked_at > t.collected_at)
                """,
                terms=self._sql_terms(),
                company=company.id,
                at=at,
                soon=at + timedelta(days=NOTICE_DAYS),
            )
        )
        return [state_id for (state_id,) in self.env.cr.fetchall()]

    @api.model
    def _ask_again(self, company, at):
        """Send one message that asks whether the consent still holds; silence lets it end."""
        states = self.env["consent.state"].sudo().browse(self._to_ask(company, at))
        allowed = states.filtered(self._may_ask)
        for state in allowed:
            partner = state.subject_id.partner_id
            lang = partner.lang or self.env.lang or "fr_FR"
            wording = self.env["consent.wording"]._published(state.purpose_id, state.channel, lang)
            if not wording:
                continue
            kind = "email" if state.channel == "email" else "phone"
            self.env["consent.signup"]._ask(
                {
                    "company_id": company.id,
                    "partner_id": partner.id,
                    "kind": kind,
                    "address": partner.email_normalized
                    if kind == "email"
                    else partner.phone_sanitized,
                    "lang": lang,
                },
                [(wording, state.list_id)],
            )
        self.env["consent.reask"].sudo()._note(allowed, at)
        return len(allowed)

    @api.model
    def _may_ask(self, state):
        """Only whom the gate lets through today may be asked for tomorrow."""
        gate = self.env["consent.gate"].sudo()
        request = gate._gate_request(state.purpose_id, state.channel, audience=state.list_id)
        partner_id = state.subject_id.partner_id.id
        return gate._reasons([partner_id], request)[partner_id] is None
