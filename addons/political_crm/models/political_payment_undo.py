from odoo import models
from odoo.exceptions import UserError


class PoliticalPayment(models.Model):
    """Money that goes back, or never came; what is locked is corrected by its opposite (R-58)."""

    _inherit = "political.payment"

    def action_bounce(self):
        """The bank sent it back: the cheque bounced, the debit was refused."""
        return self._undo("bounced")

    def action_refund(self):
        """Pay it back: through the provider that took it, else by hand."""
        self.check_access("write")
        for payment in self.sudo():
            if payment.state not in ("received", "to_refund"):
                raise UserError(self.env._("Only money that was received is paid back."))
            if payment.transaction_id and payment._refund_online():
                continue
            payment._undo("refunded")
        return True

    def action_cancel(self):
        """An online payment that was never made."""
        self.check_access("write")
        if any(payment.state != "pending" for payment in self):
            raise UserError(self.env._("Only a payment under way is given up."))
        self.sudo().write({"state": "cancelled"})
        return True

    def action_counter_entry(self):
        """Correct locked entries by their opposite, in the same year (R-58).

        :returns: the action that opens the counter-entries
        """
        self.check_access("write")
        made = self.sudo().browse()
        for payment in self.sudo():
            if payment.state != "received" or payment.counter_of_id or payment.counter_ids:
                raise UserError(self.env._("A counter-entry corrects one received entry, once."))
            made |= payment._counter_entry()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Counter-entries"),
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": [("id", "in", made.ids)],
        }

    def _counter_entry(self):
        self.ensure_one()
        return self.copy(
            {
                "amount": -self.amount,
                "counter_of_id": self.id,
                "date": self.date,
                "membership_id": self.membership_id.id,
                "payer_id": self.payer_id.id,
                "partner_id": self.partner_id.id,
            }
        )

    def _undo(self, state):
        self.check_access("write")
        for payment in self.sudo():
            if payment.state not in ("received", "to_refund") or payment.counter_of_id:
                raise UserError(self.env._("Only money that was received can go back."))
            if payment.export_id or payment.receipt_id.filtered("number"):
                if payment.counter_ids:
                    raise UserError(self.env._("This entry was corrected already."))
                payment._counter_entry()
            else:
                payment.write({"state": state, "receipt_id": False})
        return True

    def _refund_online(self):
        """Ask the provider to pay back; False when it cannot.

        The entry changes once the provider has said that it is done.
        """
        self.ensure_one()
        tx = self.sudo().transaction_id
        if tx.state != "done" or tx.provider_id.support_refund == "none":
            return False
        if tx.child_transaction_ids.filtered(
            lambda t: t.operation == "refund" and t.state not in ("error", "cancel")
        ):
            return True
        if self.state == "received":
            self.write({"state": "to_refund", "refund_reason": self.refund_reason or "asked"})
        tx._refund()
        return True
