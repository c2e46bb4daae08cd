from odoo import fields, models
from odoo.tools import SQL


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    political_payment_ids = fields.One2many(
        "political.payment",
        "transaction_id",
        "Party payments",
        groups="political_crm.group_finance",
    )

    def _post_process(self):
        """What a provider says becomes money of the party once, however often it says so."""
        result = super()._post_process()
        for tx in self.sudo():
            if tx.operation == "refund":
                tx._political_refunded()
            elif tx.political_payment_ids:
                tx._political_settle()
        return result

    def _political_settle(self):
        """Bring the payment of this transaction to what the provider said.

        A callback may come twice, late, or for somebody who is gone: the payment's own state, read
        under the payer's lock, decides.
        """
        self.ensure_one()
        payment = self.political_payment_ids
        payment.payer_id._lock()
        self.env.cr.execute(
            SQL("SELECT state FROM political_payment WHERE id = %s FOR UPDATE", payment.id)
        )
        payment.invalidate_recordset(["state"])
        if self.state in ("cancel", "error") and payment.state == "pending":
            payment.write({"state": "cancelled"})
        elif self.state == "done" and payment.state in ("pending", "cancelled"):
            reason = payment._reason_to_refund()
            if reason:
                payment.write({"state": "to_refund", "refund_reason": reason})
                payment._refund_online()
            else:
                # Its date stays that of the act, whenever the callback comes
                payment.write({"state": "received"})
                payment._send_thanks()

    def _political_refunded(self):
        payment = self.source_transaction_id.political_payment_ids
        if payment and self.state == "done" and payment.state in ("received", "to_refund"):
            payment._undo("refunded")
