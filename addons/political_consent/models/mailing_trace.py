from odoo import fields, models
from odoo.exceptions import UserError

REFUSED = [
    ("consent_missing", "Held back: the contact no longer exists"),
    ("consent_channel_closed", "Held back: the purpose does not use this channel"),
    ("consent_other_controller", "Held back: belongs to another controller"),
    ("consent_opposed", "Held back: withdrew or refused"),
    ("consent_suppressed", "Held back: objected to everything, or was erased"),
    ("consent_underage", "Held back: under age"),
    ("consent_expired", "Held back: the consent has expired"),
    ("consent_address_changed", "Held back: agreed for another address"),
    ("consent_no_basis", "Held back: never agreed"),
    ("consent_no_address", "Held back: no valid address"),
    ("consent_no_balancing_test", "Held back: no balancing test"),
    ("consent_no_targeting_consent", "Held back: did not agree to be targeted"),
    ("consent_refused", "Held back by the consent gate"),
]


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    failure_type = fields.Selection(
        selection_add=[*REFUSED, ("consent_unknown", "Fate unknown: the server was stopped")]
    )
    consent_reason = fields.Char(
        readonly=True, index="btree_not_null", help="Reason code of the consent gate."
    )

    def _failure_of(self, reason):
        """Failure type of a reason of the gate; those of other addons share one."""
        code = f"consent_{reason}"
        return code if code in dict(self._fields["failure_type"].selection) else "consent_refused"

    def _hold_back(self, reason):
        """Mark messages as held back by the gate."""
        return self.write(
            {
                "trace_status": "cancel",
                "failure_type": self._failure_of(reason),
                "consent_reason": reason,
            }
        )

    def action_unknown_arrived(self):
        """The person did get it (staff asked, or the mail server's log says so)."""
        mails = self._unknown_mails()
        mails.write({"state": "sent", "failure_type": False, "failure_reason": False})
        return self.set_sent()

    def action_unknown_resend(self):
        """The person did not get it: put it into the queue again, where the gate asks again."""
        mails = self._unknown_mails()
        mails.write({"state": "outgoing"})
        self.write({"trace_status": "outgoing", "failure_type": False})
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return True

    def _unknown_mails(self):
        self.check_access("write")
        mails = self.sudo().mail_mail_id
        if len(mails) != len(self) or any(mail.state != "unknown" for mail in mails):
            raise UserError(self.env._("The fate of one of these messages is known already."))
        return mails
