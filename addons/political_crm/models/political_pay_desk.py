from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import hash_sign, verify_hash_signed

from ..lib import finance_rules as law

SCOPE = "political-pay"
LINK_HOURS = 24 * 45
PAYABLE = ("political.membership", "political.join.request")


class PoliticalPayDesk(models.AbstractModel):
    """Paying online what a request or a membership owes: the amount is the server's, the link is
    signed, and the law is asked before a provider is (R-53 to R-55)."""

    _name = "political.pay.desk"
    _description = "Online payment of dues"

    @api.model
    def _token(self, record):
        """A signed link's token for a request or a membership."""
        values = [PAYABLE.index(record._name), record.id, record.sudo().partner_id.id or 0]
        return hash_sign(self.sudo().env, SCOPE, values, expiration_hours=LINK_HOURS)

    @api.model
    def _find(self, token):
        """The request or membership behind a link, with all rights, or None.

        A link to somebody who was erased, or to a refused request, leads nowhere.
        """
        try:
            values = verify_hash_signed(self.sudo().env, SCOPE, token)
        except (ValueError, TypeError):
            return None
        if not values:
            return None
        record = self.env[PAYABLE[values[0]]].sudo().browse(values[1]).exists()
        if not record:
            return None
        if record._name == "political.join.request":
            return None if record.state in ("draft", "refused") else record._owing()
        return record if record.partner_id and record.partner_id.id == values[2] else None

    @api.model
    def _partner_of(self, record):
        """Whom the provider's transaction names: the person once they are one, else nobody."""
        return record.partner_id or self.env.ref("base.public_partner").sudo()

    @api.model
    def _start(self, record, make_transaction):
        """Open an online payment: the law is asked under the payer's lock, then the provider.

        :param record: what is paid for, from :meth:`_find`
        :param make_transaction: called with the amount; returns a draft ``payment.transaction``
        :returns: the transaction
        :raises UserError: when nothing is due, or a payment is under way
        :raises ValidationError: when the law forbids it; no transaction is then made
        """
        payer = record._payer()
        payer._lock()
        record.invalidate_recordset()
        self._clear_abandoned(record)
        amount = record._to_pay_now()
        if amount <= 0:
            raise UserError(self.env._("There is nothing left to pay."))
        agent = self.env["political.financial.agent"]._default_for(record.company_id)
        if not agent:
            raise ValidationError(self.env._("Online payment is not open yet."))
        payment = (
            self.env["political.payment"]
            .sudo()
            .create(
                {
                    "company_id": record.company_id.id,
                    "agent_id": agent.id,
                    "payer_id": payer.id,
                    "partner_id": record.partner_id.id,
                    "nationality_id": payer.nationality_id.id,
                    "residence_id": payer.country_id.id,
                    "kind": "dues",
                    "mode": "card",
                    "amount": float(amount),
                    "date": record.company_id._membership_today(),
                    "declared": True,
                    "state": "pending",
                    **record._payment_values(),
                }
            )
        )
        tx = make_transaction(float(amount))
        payment.transaction_id = tx
        return tx

    @api.model
    def _clear_abandoned(self, record):
        """One payment at a time: a page left open gives way, one that the provider has stops it.

        :raises UserError: when the provider is busy with one
        """
        for payment in record.payment_ids.filtered(lambda p: p.state == "pending"):
            if payment.transaction_id.state in ("pending", "authorized", "done"):
                raise UserError(
                    self.env._("A payment is under way: wait for its answer before paying again.")
                )
            payment.write({"state": "cancelled"})


class PoliticalMembership(models.Model):
    _inherit = "political.membership"

    def _payer(self):
        return self.env["political.payer"].sudo()._ensure(self.partner_id)[self.partner_id.id]

    def _to_pay_now(self):
        """EUR to pay now, as Decimal; nothing once it has ended."""
        open_line = self.state in ("requested", "active", "arrears")
        return self._next_payment() if open_line else law.money(0)

    def _payment_values(self):
        rate = self.rate_id
        mandate = rate.elected and rate.name
        return {"membership_id": self.id, "elected": rate.elected, "mandate": mandate}


class PoliticalJoinRequest(models.Model):
    _inherit = "political.join.request"

    def _owing(self):
        """What is paid for: the membership once there is one, the request until then."""
        return self.membership_id or self

    def _payment_values(self):
        return {"request_id": self.id}
