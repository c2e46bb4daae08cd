from odoo import models
from odoo.tools import SQL

from .consent_event import IDENTIFIER_OF


class ConsentEvent(models.Model):
    """R-02: what waits to be sent dies in the transaction that closes the consent."""

    _inherit = "consent.event"

    def _after_closing(self):  # pylint: disable=missing-return
        super()._after_closing()
        for channel, stop in self._waiting_queues().items():
            events = self.filtered(lambda e, c=channel: e.channel == c)
            if events:
                stop(events)

    def _waiting_queues(self):
        """``{channel: method that stops its waiting messages}``; other addons add theirs."""
        return {
            "email": ConsentEvent._stop_mails,
            "sms": ConsentEvent._stop_sms,
            "post": ConsentEvent._stop_letters,
        }

    def _stop_mails(self):
        self.env["mail.mail"].flush_model()
        stopped = self._stop(
            "mail_mail",
            people=SQL(
                "EXISTS (SELECT FROM mail_mail_res_partner_rel r WHERE r.mail_mail_id = m.id "
                "AND r.res_partner_id = closed.partner_id)"
            ),
            candidates=SQL(
                """SELECT r.mail_mail_id FROM mail_mail_res_partner_rel r
                     JOIN closed ON closed.partner_id = r.res_partner_id
                    UNION SELECT k.id FROM mail_mail k
                     JOIN closed ON closed.identifier_key = k.consent_key"""
            ),
            cancelled="cancel",
        )
        self._stop_traces(SQL("mail_mail_id = ANY(%s)", stopped))
        self.env["mail.mail"].invalidate_model(["state", "failure_type", "failure_reason"])

    def _stop_sms(self):
        self.env["sms.sms"].flush_model()
        stopped = self._stop(
            "sms_sms",
            people=SQL("m.partner_id = closed.partner_id"),
            candidates=SQL(
                """SELECT k.id FROM sms_sms k JOIN closed ON closed.partner_id = k.partner_id
                    UNION SELECT k.id FROM sms_sms k
                     JOIN closed ON closed.identifier_key = k.consent_key"""
            ),
            cancelled="canceled",
        )
        self._stop_traces(SQL("sms_id_int = ANY(%s)", stopped))
        self.env["sms.sms"].invalidate_model(["state", "failure_type"])

    def _stop(self, table, people, candidates, cancelled):
        """Cancel the waiting messages of a queue that these events close; returns their ids.

        Who withdraws waits for no mail server and no SMS provider: what a queue has locked is
        passed over here. It is on its way already (for SMS, all that the queue's transaction took
        at once), or the gate, asked in a later transaction, holds it back.
        """
        kind = IDENTIFIER_OF[self[0].channel]
        self.env.cr.execute(
            SQL(
                """
                WITH closed AS MATERIALIZED (
                    SELECT e.purpose_id, e.list_id, e.company_id, e.identifier_key,
                           p.targeting, s.partner_id
                      FROM consent_event e
                      JOIN consent_purpose p ON p.id = e.purpose_id
                      LEFT JOIN consent_subject s
                        ON s.code = e.subject
                           OR e.subject IS NULL AND s.%(key)s = e.identifier_key
                     WHERE e.id = ANY(%(ids)s)
                ), waiting AS MATERIALIZED (
                    SELECT m.id FROM %(table)s m
                     WHERE m.state = 'outgoing' AND m.id IN (%(candidates)s)
                       AND EXISTS (
                            SELECT FROM closed
                             WHERE (%(people)s OR closed.identifier_key = m.consent_key)
                               AND (m.consent_purpose_id = closed.purpose_id
                                    AND (closed.list_id IS NULL
                                         OR closed.list_id = m.consent_list_id)
                                    OR closed.targeting AND m.consent_segmented
                                       AND EXISTS (SELECT FROM consent_purpose q
                                                    WHERE q.id = m.consent_purpose_id
                                                      AND q.company_id = closed.company_id)))
                       FOR NO KEY UPDATE OF m SKIP LOCKED
                )
                UPDATE %(table)s AS m
                   SET state = %(cancelled)s, failure_type = 'consent_refused'
                  FROM waiting
                 WHERE m.id = waiting.id
                RETURNING m.id
                """,
                key=SQL.identifier(f"{kind}_key"),
                ids=self.ids,
                table=SQL.identifier(table),
                cancelled=cancelled,
                candidates=candidates,
                people=people,
            ),
            # A message sent since this transaction began makes it begin again: no error
            log_exceptions=False,
        )
        return [message_id for (message_id,) in self.env.cr.fetchall()]

    def _stop_traces(self, condition):
        self.env["mailing.trace"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailing_trace
                   SET trace_status = 'cancel', failure_type = 'consent_opposed',
                       consent_reason = 'opposed'
                 WHERE trace_status = 'outgoing' AND %s
                """,
                condition,
            )
        )
        self.env["mailing.trace"].invalidate_model()

    def _stop_letters(self):
        """Letters of the addon ``snailmail``, where it is installed, are asked for again."""
        if "snailmail.letter" not in self.env:
            return
        subjects = (
            self.env["consent.subject"]
            .sudo()
            .search([("code", "in", [code for code in self.mapped("subject") if code])])
        )
        letters = (
            self.env["snailmail.letter"]
            .sudo()
            .search([("state", "=", "pending"), ("partner_id", "in", subjects.partner_id.ids)])
        )
        self.env["consent.foreign.route"]._refuse_letters(letters)
