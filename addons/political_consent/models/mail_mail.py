from odoo import api, fields, models, modules
from odoo.tools import SQL, email_normalize

from ..lib import route as routes

# How many mails pass before the cron job's progress is written: each one commits twice already.
PROGRESS_EVERY = 20


class MailMail(models.Model):
    """The last gate (R-01): every e-mail is asked for again, by itself, when it is sent.

    ``state`` gains *unknown*, which is written and committed before the mail server is talked to.
    A kill in between leaves the mail so: nobody can tell whether it arrived, the queue does not
    take it again, and staff finds it in a list.
    """

    _name = "mail.mail"
    _inherit = ["mail.mail", "consent.route.mixin"]

    state = fields.Selection(
        selection_add=[("unknown", "Fate unknown")],
        ondelete={"unknown": lambda mails: mails.write({"state": "exception"})},
    )
    failure_type = fields.Selection(
        selection_add=[("consent_refused", "Held back by the consent gate")]
    )

    @api.model
    def _route_key(self, vals):
        return self.env["consent.key"]._digest("email", email_normalize(vals.get("email_to")))

    # ---------------------------------------------------------------- sending

    def _send(
        self,
        auto_commit=False,
        raise_exception=False,
        smtp_session=None,
        alias_domain_id=False,
        mail_server=False,
        post_send_callback=None,
    ):
        if self.env["ir.mail_server"]._disable_send():
            return True
        options = {
            "raise_exception": raise_exception,
            "smtp_session": smtp_session,
            "alias_domain_id": alias_domain_id,
            "mail_server": mail_server,
        }
        mails = self._not_held()
        if not auto_commit:
            return super(MailMail, mails)._send(post_send_callback=post_send_callback, **options)
        done = []
        for mail in mails:
            if mail._claim():
                super(MailMail, mail)._send(auto_commit=True, **options)
            done.append(mail.id)
            if post_send_callback and len(done) % PROGRESS_EVERY == 0:
                post_send_callback(done)
        if post_send_callback:
            post_send_callback(self.ids)
        return True

    def _claim(self):
        """Commit, before the mail server is talked to, that this mail is in flight.

        :returns: whether it is ours to send
        """
        self.ensure_one()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE mail_mail SET state = 'unknown' WHERE id IN ("
                "SELECT id FROM mail_mail WHERE id = %s AND state = 'outgoing' "
                "FOR NO KEY UPDATE SKIP LOCKED)",
                self.id,
            )
        )
        if not self.env.cr.rowcount:
            self.invalidate_recordset(["state"])
            return False
        self.env.cr.execute(
            SQL(
                "UPDATE mailing_trace SET failure_type = 'consent_unknown' WHERE mail_mail_id = %s",
                self.id,
            )
        )
        self.env.cr.commit()  # pylint: disable=invalid-commit
        # Only in this transaction: until it commits, the mail is "unknown" for everybody else.
        self.state = "outgoing"
        return True

    def send_after_commit(self):
        """As in core, on a cursor of its own, where each mail may be claimed."""
        if modules.module.current_test:
            return super().send_after_commit()
        mail_ids = self.ids
        registry = self.env.registry
        context = self.env.context

        @self.env.cr.postcommit.add
        def send_claimed():
            with registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, context)
                env["mail.mail"].browse(mail_ids).send(auto_commit=True)

        return None

    def _not_held(self):
        """Mails that need not wait; the others stay in the queue until their moment."""
        gate = self.env["consent.gate"].sudo()
        held = self.browse()
        for mail in self:
            route = mail._route()
            if route.kind != routes.PURPOSE or not route.purpose_id or mail.state != "outgoing":
                continue
            until = gate._held_until(gate._route_request(route, "email"), mail.recipient_ids)
            if until:
                mail.scheduled_date = until
                held |= mail
        return self - held

    # ---------------------------------------------------------------- the gate

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        emails = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        emails = [single for email in emails for single in self._one_recipient_each(email)]
        reasons = self._consent_reasons(emails)
        sent = [email for email in emails if not reasons[self._recipient(email)]]
        if emails and not sent:
            self._refuse(next(iter(reasons.values())))
        elif len(sent) < len(emails):
            self._cancel_notifications([pair for pair, reason in reasons.items() if reason])
        return [self._finish_email(email) for email in sent]

    @api.model
    def _one_recipient_each(self, email):
        """R-27: nobody sees who else got it. Copies become mails of their own."""
        headers = {
            name: value
            for name, value in email["headers"].items()
            if name not in ("X-Msg-To-Add", "X-Forge-To")
        }
        addresses = [*email["email_to"], *email["email_cc"]]
        if not addresses:
            return [{**email, "headers": headers}]
        return [
            {
                **email,
                "headers": dict(headers),
                "email_to": [address],
                "email_cc": [],
                "email_to_normalized": [email_normalize(address) or address],
            }
            for address in addresses
        ]

    @api.model
    def _recipient(self, email):
        """(partner id, normalised address) of an e-mail about to leave."""
        address = email["email_to"][0] if email["email_to"] else False
        partner = email["partner_id"]
        return (partner.id if partner else False, email_normalize(address) if address else False)

    def _consent_reasons(self, emails):
        self.ensure_one()
        company = (self.record_company_id or self.create_uid.company_id or self.env.company).sudo()
        recipients = list(dict.fromkeys(self._recipient(email) for email in emails))
        return self._route_reasons(recipients, "email", company)

    def _refuse(self, reason):
        """Hold back for good, and say why on the mail, its trace and its notifications.

        A mail that core finds without recipient and without failure counts as sent.
        """
        label = self.env["consent.gate"]._reason_labels().get(reason, reason)
        self.write(
            {
                "state": "cancel",
                "failure_type": "consent_refused",
                "failure_reason": self.env._("Held back: %(reason)s.", reason=label),
            }
        )
        self.mailing_trace_ids.sudo()._hold_back(reason)

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        refused = self.filtered(lambda m: m.failure_type == "consent_refused")
        if refused:
            refused._postprocess_refused()
        rest = self - refused
        if not rest:
            return True
        return super(MailMail, rest)._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    def _cancel_notifications(self, recipients):
        """Some recipients of a letter are held back: core must not call them reached."""
        self.env["mail.notification"].sudo().search(
            [
                ("mail_mail_id", "=", self.id),
                "|",
                ("res_partner_id", "in", [pid for pid, _address in recipients if pid]),
                ("mail_email_address", "in", [a for pid, a in recipients if not pid and a]),
            ]
        ).write({"notification_status": "canceled", "failure_type": "consent_refused"})

    def _postprocess_refused(self):
        notifications = (
            self.env["mail.notification"]
            .sudo()
            .search([("notification_type", "=", "email"), ("mail_mail_id", "in", self.ids)])
        )
        for mail in self:
            notifications.filtered(lambda n, mail=mail: n.mail_mail_id == mail).write(
                {
                    "notification_status": "exception",
                    "failure_type": "consent_refused",
                    "failure_reason": mail.failure_reason,
                }
            )

    # ---------------------------------------------------------------- what goes out

    def _prepare_outgoing_body(self):
        """R-62: no pixel that tells whether, when and where somebody opened it."""
        body = super()._prepare_outgoing_body()
        if body and self.mailing_id and self.mailing_trace_ids:
            pixel = type(body)(f'<img src="{self._get_tracking_url()}"/>')
            body = body.replace(pixel, type(body)())
        return body

    def _finish_email(self, email):
        """Put what every message has to say (R-26) into an e-mail about to leave."""
        return email
