from odoo import models
from odoo.addons.political_consent.lib import route as routes

from ..lib import finance_rules as law


class PoliticalPayment(models.Model):
    _inherit = "political.payment"

    def _reason_to_refund(self):
        """Why money that just came in cannot be kept, or None."""
        self.ensure_one()
        reason = self._owner_gone()
        if reason:
            return reason
        line = self.membership_id
        if self.kind == "dues" and line:
            if law.money(self.amount) > line._left_to_pay():
                return "double"
            if line.state not in ("requested", "active", "arrears"):
                return "ended"
        faults = set(self._faults()) - {"amount"}
        return "cap" if faults else None

    def _owner_gone(self):
        """Whether nobody is left to have paid: erased, or refused."""
        if self.partner_id:
            return None
        if not self.request_id:
            return "erased"
        return "refused" if self.request_id.state == "refused" else None

    def _assign(self, partner, line):
        """Give a payment that came with a request to the person whom the request turned out to
        be; their own caps are asked now.

        :param partner: the person
        :param line: the membership that it pays
        """
        self.ensure_one()
        Payer = self.env["political.payer"].sudo()
        known = Payer.search(
            [("partner_id", "=", partner.id), ("company_id", "=", self.company_id.id)]
        )
        if not known and not self.payer_id.partner_id:
            self.payer_id.partner_id = partner
        elif self.export_id:
            # Locked: it stays with the payer that was sent to the CNCCFP
            return
        state, reason = self.state, self.refund_reason
        if state in ("pending", "received"):
            # Set aside while the payer changes: it may not fit below the other one's caps
            self.write({"state": "to_refund"})
        self.write({"partner_id": partner.id})
        if state == "to_refund":
            return
        self.membership_id = line
        fault = state == "received" and self._reason_to_refund()
        if fault:
            self.write({"refund_reason": fault})
            self._refund_online()
        else:
            self.write({"state": state, "refund_reason": reason})

    def _thanks_address(self):
        return self.partner_id.email or self.request_id.email

    def _send_thanks(self):
        """Acknowledge by mail what was paid online; the act of the person that this answers."""
        template = self.env.ref("political_crm.mail_template_payment").sudo()
        for payment in self.filtered(lambda p: p._thanks_address()):
            with routes.transaction("payment"):
                template.send_mail(payment.id)
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
