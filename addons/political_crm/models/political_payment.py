import uuid
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import formatLang

from ..lib import finance_rules as law

FINANCE = "political_crm.group_finance"
KINDS = [
    ("dues", "Dues"),
    ("gift", "Gift to the party"),
    ("campaign", "Gift to a candidate"),
]
MODES = [
    ("card", "Card"),
    ("cheque", "Cheque"),
    ("transfer", "Transfer"),
    ("debit", "Direct debit"),
    ("cash", "Cash"),
]
STATES = [
    ("pending", "Under way"),
    ("received", "Received"),
    ("to_refund", "To pay back"),
    ("refunded", "Paid back"),
    ("bounced", "Bounced"),
    ("cancelled", "Not made"),
]
# Money that the party holds or is about to: what the caps add up.
COUNTED = ("pending", "received")
LEGAL_FIELDS = {
    "amount",
    "date",
    "kind",
    "mode",
    "elected",
    "mandate",
    "agent_id",
    "payer_id",
    "partner_id",
    "nationality_id",
    "residence_id",
    "currency_id",
    "company_id",
    "reference",
    "slip_id",
    "uid",
    "counter_of_id",
}
# Only what the actions below do changes these.
PROTECTED = {
    "uid",
    "payer_id",
    "state",
    "refund_reason",
    "receipt_id",
    "export_id",
    "counter_of_id",
    "transaction_id",
    "request_id",
}


class PoliticalPayment(models.Model):
    """Dues and gifts: each amount that a person paid, or is paying.

    What the law forbids is refused before the money is taken (R-53 to R-59), under a lock per
    person, so that two payments at the same moment cannot both fit below a cap.
    """

    _name = "political.payment"
    _description = "Payment"
    _order = "date desc, id desc"
    _check_company_auto = True

    uid = fields.Char(
        "Entry", required=True, readonly=True, copy=False, default=lambda self: str(uuid.uuid4())
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
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env["political.financial.agent"]._default_for(self.env.company),
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        index="btree_not_null",
        ondelete="restrict",
        help="Empty when the person was erased: the accounts keep the payer.",
    )
    payer_id = fields.Many2one(
        "political.payer", required=True, index=True, ondelete="restrict", readonly=True
    )
    kind = fields.Selection(KINDS, required=True, default="dues", index=True)
    mode = fields.Selection(MODES, "Paid by", required=True, default="cheque")
    state = fields.Selection(
        STATES, "Status", required=True, default="received", index=True, readonly=True, copy=False
    )
    refund_reason = fields.Selection(
        [
            ("cap", "Over the legal cap"),
            ("double", "Paid twice"),
            ("ended", "The membership had ended"),
            ("refused", "The request to join was refused"),
            ("erased", "The person was erased"),
            ("asked", "Asked for"),
        ],
        readonly=True,
        copy=False,
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        readonly=True,
        default=lambda self: self.env.ref("base.EUR", raise_if_not_found=False),
    )
    amount = fields.Monetary(required=True)
    date = fields.Date(
        "Paid on",
        required=True,
        index=True,
        default=lambda self: self.env.company._membership_today(),
        help="The civil year of this day is the one whose cap it counts in.",
    )
    elected = fields.Boolean(
        "Dues of an elected person",
        help="Owed because of a mandate: outside the cap of 7,500 EUR.",
    )
    mandate = fields.Char("Mandate held", help="For the dues of an elected person.")
    nationality_id = fields.Many2one(
        "res.country", compute="_compute_identity", store=True, readonly=False
    )
    residence_id = fields.Many2one(
        "res.country", "Tax residence", compute="_compute_identity", store=True, readonly=False
    )
    declared = fields.Boolean(
        "Declaration signed",
        help="The payer declared that the account is theirs and that all their gifts and dues to "
        "parties this year stay within 7,500 EUR.",
    )
    reference = fields.Char(
        help="Cheque number, reference of the transfer or debit, as on the bank statement."
    )
    membership_id = fields.Many2one(
        "political.membership",
        "Allocated to",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
    request_id = fields.Many2one(
        "political.join.request", index="btree_not_null", ondelete="set null"
    )
    slip_id = fields.Many2one(
        "political.bank.slip", "Bank slip", index="btree_not_null", ondelete="restrict", copy=False
    )
    receipt_id = fields.Many2one(
        "political.receipt", index="btree_not_null", ondelete="restrict", readonly=True, copy=False
    )
    export_id = fields.Many2one(
        "political.payment.export",
        "Locked by",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
    )
    counter_of_id = fields.Many2one(
        "political.payment", "Corrects", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    counter_ids = fields.One2many("political.payment", "counter_of_id", "Corrected by")
    transaction_id = fields.Many2one(
        "payment.transaction", "Online payment", readonly=True, copy=False, ondelete="restrict"
    )
    year = fields.Integer(compute="_compute_year", store=True, index=True)
    year_total = fields.Monetary(
        "This year",
        compute="_compute_year_total",
        help="Gifts and dues of this person this year, against 7,500 EUR.",
    )
    warning = fields.Char(compute="_compute_warning")

    _uid_unique = models.Constraint("UNIQUE (uid)", "An entry is made once.")
    _transaction_unique = models.UniqueIndex(
        "(transaction_id) WHERE transaction_id IS NOT NULL",
        "This online payment was recorded already.",
    )
    _counter_unique = models.UniqueIndex(
        "(counter_of_id) WHERE counter_of_id IS NOT NULL", "This entry was corrected already."
    )
    _sign = models.Constraint(
        "CHECK (amount > 0 OR (amount < 0 AND counter_of_id IS NOT NULL))",
        "An amount is above zero; only a counter-entry is below.",
    )

    # ---------------------------------------------------------------- computed

    @api.depends("payer_id", "kind", "amount", "date")
    def _compute_display_name(self):
        for payment in self:
            amount = formatLang(self.env, payment.amount, currency_obj=payment.currency_id)
            payment.display_name = f"{payment.payer_id.display_name or ''} · {amount}"

    @api.depends("date")
    def _compute_year(self):
        for payment in self:
            payment.year = payment.date.year if payment.date else 0

    @api.depends("partner_id")
    def _compute_identity(self):
        """What the payer said last time stands until they say otherwise."""
        payers = self.env["political.payer"].sudo()
        known = {
            payer.partner_id: payer
            for payer in payers.search([("partner_id", "in", self.partner_id.ids)])
        }
        for payment in self:
            payer = payment.payer_id or known.get(payment.partner_id)
            payment.nationality_id = payment.nationality_id or (payer and payer.nationality_id)
            payment.residence_id = (
                payment.residence_id
                or (payer and payer.country_id)
                or payment.partner_id.country_id
            )

    @api.depends("payer_id", "partner_id", "date", "amount", "kind", "elected", "state")
    def _compute_year_total(self):
        for payment in self:
            payer = payment.payer_id or self.env["political.payer"].sudo().search(
                [
                    ("partner_id", "=", payment.partner_id.id or 0),
                    ("company_id", "=", payment.company_id.id),
                ]
            )
            year = payment.date.year if payment.date else 0
            total = payment._totals(payer, year)["party"] if payer else 0
            saved = payment._origin.id and payment.state in COUNTED
            counts = law.counts_for_party_cap(payment.kind, payment.elected)
            payment.year_total = float(total) + (payment.amount if counts and not saved else 0.0)

    @api.depends("mode", "amount", "date", "partner_id", "kind", "year_total")
    def _compute_warning(self):
        """What is allowed and yet should be looked at."""
        for payment in self:
            payment.warning = payment._warning()

    def _warning(self):
        if self.mode == "cash" and self.payer_id and self.date:
            same_day = self.sudo().search(
                [
                    ("payer_id", "=", self.payer_id.id),
                    ("mode", "=", "cash"),
                    ("date", "=", self.date),
                    ("state", "in", COUNTED),
                ]
            )
            if law.money(sum(same_day.mapped("amount"))) > law.CASH_CAP:
                return self.env._(
                    "Several cash payments of one day add up to more than 150 EUR: was one gift "
                    "split?"
                )
        if law.money(self.year_total) > law.PARTY_CAP * 8 / 10:
            return self.env._(
                "This person is near 7,500 EUR this year; gifts to other parties count too."
            )
        return False

    # ---------------------------------------------------------------- writing

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_protected(vals)
            vals.setdefault("company_id", self.env.company.id)
        self._attach_payers(vals_list)
        payments = super().create(vals_list)
        payments.sudo()._keep_identity()
        payments.filtered(lambda p: p.state == "received")._after_change()
        return payments

    def _attach_payers(self, vals_list):
        """Every payment has a payer, who is locked from here to the end of the transaction."""
        Payer = self.env["political.payer"].sudo()
        partners = (
            self.env["res.partner"]
            .sudo()
            .browse({vals["partner_id"] for vals in vals_list if vals.get("partner_id")})
        )
        for partner in partners:
            if not partner.company_id:
                raise ValidationError(
                    self.env._(
                        "%(name)s is in no controller's file: give the contact its company first.",
                        name=partner.display_name,
                    )
                )
        payer_of = Payer._ensure(partners)
        for vals in vals_list:
            if vals.get("partner_id"):
                payer = payer_of[vals["partner_id"]]
                if payer.company_id.id != vals["company_id"]:
                    raise ValidationError(
                        self.env._("The payer is in the file of another controller (R-41).")
                    )
                vals["payer_id"] = payer.id
        alone = {vals["payer_id"] for vals in vals_list if not vals.get("partner_id")}
        if alone:
            Payer.browse(alone)._lock()

    def _keep_identity(self):
        for payment in self:
            payer = payment.payer_id
            values = {}
            if payment.nationality_id and payment.nationality_id != payer.nationality_id:
                values["nationality_id"] = payment.nationality_id.id
            if payment.residence_id and payment.residence_id != payer.country_id:
                values["country_id"] = payment.residence_id.id
            if values:
                payer.write(values)

    def _check_protected(self, vals):
        counter = vals.get("counter_of_id") or self.counter_of_id
        if "amount" in vals and law.money(vals["amount"]) <= 0 and not counter:
            raise ValidationError(self._fault_sentences()["amount"])
        if not self.env.su and PROTECTED & set(vals):
            raise AccessError(
                self.env._("The status of a payment changes by its buttons, never by hand.")
            )

    def write(self, vals):
        self._check_protected(vals)
        changed = LEGAL_FIELDS & set(vals)
        if changed:
            self._check_unlocked()
        if changed or "state" in vals:
            self.sudo().payer_id._lock()
        if vals.get("partner_id"):
            partner = self.env["res.partner"].sudo().browse(vals["partner_id"])
            payer = self.env["political.payer"].sudo()._ensure(partner)[partner.id]
            vals = {**vals, "payer_id": payer.id}
        memberships = self.sudo().membership_id
        result = super().write(vals)
        if {"nationality_id", "residence_id"} & set(vals):
            self.sudo()._keep_identity()
        if {"amount", "state", "membership_id"} & set(vals):
            self._after_change(memberships)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("A payment is not deleted: mark it as bounced, paid back or not made.")
        )

    def _check_unlocked(self):
        if self.sudo().export_id or self.sudo().receipt_id.filtered("number"):
            raise UserError(
                self.env._(
                    "This entry was sent to the CNCCFP or is on a numbered receipt: it stays as "
                    "it is. Correct it by a counter-entry."
                )
            )

    def _after_change(self, memberships=None):
        """Memberships follow what was paid for them."""
        lines = self.sudo().membership_id
        if memberships:
            lines |= memberships
        lines._settle()

    # ---------------------------------------------------------------- what happens to money

    def action_allocate(self):
        """Allocate dues to the person's membership that waits for them.

        :raises UserError: when nothing of the person waits to be paid
        """
        self.check_access("write")
        Membership = self.env["political.membership"].sudo()
        for payment in self.filtered(lambda p: p.kind == "dues" and not p.membership_id):
            line = Membership._to_pay(payment.sudo().partner_id, payment.company_id)
            if not line:
                raise UserError(
                    self.env._(
                        "Nothing of %(name)s waits to be paid. Open a renewal first, or make it a "
                        "gift.",
                        name=payment.payer_id.display_name,
                    )
                )
            payment.membership_id = line
        return True

    # ---------------------------------------------------------------- receipts

    def _group_key(self):
        """What one receipt may hold together (R-57)."""
        self.ensure_one()
        return (self.payer_id, self.agent_id, self.kind, self.elected, self.mode, self.year)

    def _grouped_for_receipts(self):
        groups = defaultdict(self.browse)
        for payment in self:
            groups[payment._group_key()] |= payment
        return groups
