from odoo import api, fields, models
from odoo.exceptions import UserError


class PoliticalBankSlip(models.Model):
    """Cheques or cash that go to the bank together, on one paper."""

    _name = "political.bank.slip"
    _description = "Bank slip"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        "Number", help="As the bank's paper has it, or your own.", default="/", required=True
    )
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    agent_id = fields.Many2one(
        "political.financial.agent",
        "Financial agent",
        required=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env["political.financial.agent"]._default_for(self.env.company),
    )
    mode = fields.Selection(
        [("cheque", "Cheques"), ("cash", "Cash")], required=True, default="cheque"
    )
    date = fields.Date(required=True, default=lambda self: self.env.company._membership_today())
    state = fields.Selection(
        [("draft", "Being filled"), ("deposited", "At the bank")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        readonly=True,
        default=lambda self: self.env.ref("base.EUR", raise_if_not_found=False),
    )
    payment_ids = fields.One2many("political.payment", "slip_id", "Payments")
    total = fields.Monetary(compute="_compute_totals")
    payment_count = fields.Integer("Pieces", compute="_compute_totals")

    @api.depends("payment_ids.amount", "payment_ids.state")
    def _compute_totals(self):
        for slip in self:
            held = slip.payment_ids.filtered(lambda p: p.state == "received")
            slip.total = sum(held.mapped("amount"))
            slip.payment_count = len(held)

    def action_deposit(self):
        """The slip is at the bank: its payments stay on it.

        :raises UserError: when it holds nothing, or something else than it says
        """
        self.check_access("write")
        for slip in self:
            if not slip.payment_ids:
                raise UserError(self.env._("This slip holds no payment yet."))
            wrong = slip.payment_ids.filtered(
                lambda p, slip=slip: p.mode != slip.mode or p.agent_id != slip.agent_id
            )
            if wrong:
                raise UserError(
                    self.env._(
                        "%(payment)s was paid in another way or to another agent than this slip's.",
                        payment=wrong[0].display_name,
                    )
                )
        self.sudo().write({"state": "deposited"})
        return True

    def action_add_waiting(self):
        """Take every payment of this kind that is on no slip yet."""
        self.check_access("write")
        Payment = self.env["political.payment"]
        for slip in self:
            if slip.state != "draft":
                raise UserError(self.env._("This slip is at the bank already."))
            Payment.search(
                [
                    ("company_id", "=", slip.company_id.id),
                    ("agent_id", "=", slip.agent_id.id),
                    ("mode", "=", slip.mode),
                    ("state", "=", "received"),
                    ("counter_of_id", "=", False),
                    ("slip_id", "=", False),
                    ("export_id", "=", False),
                    "|",
                    ("receipt_id", "=", False),
                    ("receipt_id.number", "=", False),
                ]
            ).write({"slip_id": slip.id})
        return True

    def write(self, vals):
        by_hand = "state" in vals and not self.env.su
        if by_hand or (any(s.state == "deposited" for s in self) and not set(vals) <= {"name"}):
            raise UserError(self.env._("This slip is at the bank: it stays as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_empty(self):
        if self.payment_ids or any(slip.state == "deposited" for slip in self):
            raise UserError(self.env._("Only an empty slip can be deleted."))
