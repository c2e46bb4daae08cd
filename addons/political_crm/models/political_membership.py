import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..lib import finance_rules as law
from ..lib import membership_period as periods
from .political_payment import FINANCE

STATES = [
    ("requested", "Waiting for the dues"),
    ("active", "Up to date"),
    ("arrears", "In arrears"),
    ("renewed", "Renewed"),
    ("transferred", "Moved to another branch"),
    ("resigned", "Resigned"),
    ("excluded", "Excluded"),
    ("lapsed", "Lapsed"),
    ("deceased", "Deceased"),
    ("cancelled", "Not followed up"),
]
# A member is somebody with a line in one of these.
LIVE = ("active", "arrears")
OPEN = ("requested", *LIVE)


class PoliticalMembership(models.Model):
    """The history of somebody's membership: a line a period and branch, never overwritten.

    Who has a live line is a member; the category of the contact follows (R-44).
    """

    _name = "political.membership"
    _description = "Membership"
    _order = "date_start desc, id desc"
    _rec_name = "partner_id"
    _check_company_auto = True

    # Empty once the person was erased: the line stays for the figures.
    partner_id = fields.Many2one(
        "res.partner", "Person", index=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    branch_id = fields.Many2one(
        "political.branch",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        readonly=True,
    )
    state = fields.Selection(
        STATES, "Status", required=True, default="requested", index=True, readonly=True
    )
    date_request = fields.Date(
        "Asked on",
        required=True,
        readonly=True,
        default=lambda self: self.env.company._membership_today(),
    )
    date_start = fields.Date("From", readonly=True)
    date_end = fields.Date("Until", readonly=True, index=True)
    next_due_date = fields.Date("Next instalment", readonly=True)
    previous_id = fields.Many2one(
        "political.membership",
        "Follows",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    rate_id = fields.Many2one(
        "political.membership.rate", readonly=True, ondelete="restrict", groups=FINANCE
    )
    instalments = fields.Integer(readonly=True, default=1, groups=FINANCE)
    currency_id = fields.Many2one(
        "res.currency",
        readonly=True,
        default=lambda self: self.env.ref("base.EUR", raise_if_not_found=False),
    )
    amount_due = fields.Monetary("Dues", readonly=True, groups=FINANCE)
    amount_paid = fields.Monetary("Paid", compute="_compute_amount_paid", groups=FINANCE)
    payment_ids = fields.One2many(
        "political.payment", "membership_id", "Payments", readonly=True, groups=FINANCE
    )
    card_code = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    reminded_on = fields.Date("Last reminder", readonly=True, copy=False)
    color = fields.Integer(compute="_compute_color")

    _card_unique = models.UniqueIndex("(card_code) WHERE card_code IS NOT NULL")
    _live_unique = models.UniqueIndex(
        "(partner_id, company_id) WHERE state IN ('active', 'arrears')",
        "This person is a member already.",
    )
    _requested_unique = models.UniqueIndex(
        "(partner_id, company_id) WHERE state = 'requested'",
        "A membership of this person waits for its dues already.",
    )
    _dates = models.Constraint(
        "CHECK (date_end IS NULL OR date_start IS NULL OR date_end >= date_start - 1)",
        "A membership does not end before it begins.",
    )
    _ending = models.Index("(date_end) WHERE state IN ('active', 'arrears')")

    # ---------------------------------------------------------------- computed

    @api.depends("partner_id", "date_start", "date_end")
    def _compute_display_name(self):
        for line in self:
            years = {d.year for d in (line.date_start, line.date_end) if d}
            when = "–".join(str(year) for year in sorted(years))
            name = line.partner_id.name or self.env._("Erased person")
            line.display_name = f"{name} ({when})" if when else name

    @api.depends("payment_ids.amount", "payment_ids.state")
    def _compute_amount_paid(self):
        paid = self._paid_by_line()
        for line in self:
            line.amount_paid = paid.get(line._origin.id, 0)

    @api.depends("state")
    def _compute_color(self):
        colors = {"requested": 4, "active": 10, "arrears": 2, "lapsed": 1, "excluded": 1}
        for line in self:
            line.color = colors.get(line.state, 0)

    def _paid_by_line(self):
        groups = (
            self.env["political.payment"]
            .sudo()
            ._read_group(
                [("membership_id", "in", self.ids), ("state", "=", "received")],
                ["membership_id"],
                ["amount:sum"],
            )
        )
        return {line.id: amount for line, amount in groups}

    @api.constrains("branch_id", "partner_id")
    def _check_person(self):
        for line in self.sudo():
            person = line.partner_id
            if person and (person.is_company or person.company_id != line.company_id):
                raise ValidationError(
                    self.env._(
                        "Only a natural person in the file of %(company)s becomes its member.",
                        company=line.company_id.name,
                    )
                )

    def _check_may_act(self):
        """Lines are written by the server's own code alone; leads and staff press buttons.

        :raises AccessError: for others, and on lines out of sight
        """
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group("political_crm.group_branch_lead")):
            raise AccessError(self.env._("Memberships are changed by local leads and staff."))

    # ---------------------------------------------------------------- opening

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("partner_id"):
                raise ValidationError(self.env._("A membership is somebody's: choose the person."))
            vals.setdefault("card_code", secrets.token_urlsafe(18))
        return super().create(vals_list)

    @api.model
    def _open(self, partner, rate, amount=None, instalments=1, branch=None, previous=None):
        """Open a membership that waits for its dues; one without dues begins at once.

        :param partner: the person, in the file already
        :param rate: ``political.membership.rate``
        :param amount: EUR chosen, for a free rate
        :param int instalments: parts to pay in, as many as the rate allows
        :param branch: ``political.branch``; the person's own by default
        :param previous: the line that this one renews
        :returns: the line
        """
        self = self.sudo()
        due = rate.sudo()._checked_amount(amount)
        line = self.create(
            {
                "partner_id": partner.id,
                "company_id": rate.company_id.id,
                "branch_id": (branch or partner.sudo().branch_id).id,
                "rate_id": rate.id,
                "amount_due": float(due),
                "instalments": max(1, min(int(instalments or 1), rate.instalments)),
                "previous_id": previous.id if previous else False,
                "date_request": rate.company_id._membership_today(),
            }
        )
        line._settle()
        return line

    @api.model
    def _to_pay(self, partner, company):
        """The person's line that money is for: the one that waits, else the live one with
        something left to pay."""
        lines = self.sudo().search(
            [
                ("partner_id", "=", partner.id or 0),
                ("company_id", "=", company.id),
                ("state", "in", OPEN),
            ]
        )
        waiting = lines.filtered(lambda line: line.state == "requested")
        return waiting[:1] or lines.filtered(lambda line: line._left_to_pay() > 0)[:1]

    def _left_to_pay(self):
        """EUR that are left, as Decimal."""
        self.ensure_one()
        paid = self._paid_by_line().get(self.id, 0)
        return law.money(self.sudo().amount_due) - law.money(paid)

    def _next_payment(self):
        """EUR to pay now: the instalments that are due, at least one."""
        self.ensure_one()
        line = self.sudo()
        paid = law.cents(line._paid_by_line().get(line.id, 0))
        today = line.company_id._membership_today()
        due, needed = 0, 0
        for day, cents in line._parts():
            due += cents
            if due > paid and (not needed or day <= today):
                needed = due - paid
        return law.money(needed) / 100

    def _parts(self):
        line = self.sudo()
        start = line.date_start or line.company_id._membership_today()
        cents = law.cents(line.amount_due)
        return periods.instalments(cents, max(line.instalments, 1), start)

    # ---------------------------------------------------------------- paying

    def _settle(self):
        """Bring lines to what was paid for them: begin, catch up, or fall behind."""
        if not self:
            return
        paid = self._paid_by_line()
        for line in self.sudo():
            cents = law.cents(paid.get(line.id, 0))
            if line.state == "requested":
                first = line._parts()[0][1]
                if cents >= first:
                    line._begin()
            if line.state in LIVE:
                line._catch_up(cents)

    def _begin(self):
        """The first money is there (or none is due): the person is a member."""
        self.ensure_one()
        company = self.company_id
        today = company._membership_today()
        current = self.search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", company.id),
                ("state", "in", LIVE),
            ]
        )
        last = current or self.previous_id
        kind = self.rate_id.period or "calendar"
        late = company.membership_late_month
        start = today
        # Within the grace they never ceased to be a member: no gap in the history
        if current or (last.date_end and last.date_end >= today):
            start, late = last.date_end + timedelta(days=1), 0
        current.write({"state": "renewed"})
        self.flush_model()
        self.write(
            {
                "state": "active",
                "date_start": start,
                "date_end": periods.period(kind, start, late),
                "previous_id": last.id,
                "next_due_date": False,
            }
        )
        self._sync_people()

    def _catch_up(self, cents):
        today = self.company_id._membership_today(self._zone())
        parts = self._parts()
        due = periods.next_due(parts, cents)
        over = self.date_end and self.date_end < today
        # What they began with may bounce
        behind = over or (due and due < today) or cents < parts[0][1]
        self.write(
            {
                "next_due_date": due or False,
                "state": "arrears" if behind else "active",
            }
        )

    def _zone(self):
        return self.partner_id.tz or self.company_id.membership_tz

    # ---------------------------------------------------------------- ending

    def action_resign(self):
        """The person resigns, today."""
        return self._end("resigned")

    def action_exclude(self):
        """The party excludes the person, today."""
        if not (self.env.su or self.env.user.has_group("political_crm.group_manager")):
            raise AccessError(self.env._("Only a party administrator records an exclusion."))
        return self._end("excluded")

    def action_deceased(self):
        """The person died."""
        return self._end("deceased")

    def action_cancel(self):
        """A membership whose dues never came."""
        self._check_may_act()
        if any(line.state != "requested" for line in self):
            raise UserError(self.env._("Only a membership that waits for its dues is given up."))
        self.sudo().write({"state": "cancelled"})
        return True

    def _end(self, state):
        """End live lines, and what waits beside them.

        :param str state: resigned, excluded, lapsed or deceased
        :raises UserError: when one of them has ended already
        """
        self._check_may_act()
        if any(line.state not in OPEN for line in self):
            raise UserError(self.env._("This membership has ended already."))
        lines = self.sudo()
        waiting = self.sudo().search(
            [
                ("partner_id", "in", lines.partner_id.ids),
                ("company_id", "in", lines.company_id.ids),
                ("state", "=", "requested"),
            ]
        )
        for line in lines - waiting:
            today = line.company_id._membership_today(line._zone())
            last = min(line.date_end or today, today)
            line.write(
                {
                    "state": state,
                    # One that had not begun yet never will
                    "date_end": max(last, line.date_start - timedelta(days=1)),
                    "next_due_date": False,
                }
            )
        waiting.write({"state": "cancelled"})
        lines._sync_people()
        return True

    def _sync_people(self):
        """The category of people follows their lines: member, or former (R-44)."""
        people = self.sudo().partner_id
        live = self.sudo().search([("partner_id", "in", people.ids), ("state", "in", LIVE)])
        members = live.partner_id.filtered(lambda p: p.political_category != "member")
        members.write({"political_category": "member"})
        gone = (people - live.partner_id).filtered(lambda p: p.political_category == "member")
        gone.write({"political_category": "former"})
        self.env["political.membership"]._close_purposes(gone)

    @api.model
    def _close_purposes(self, partners):
        """Say in the ledger that what rested on membership has ended (R-44)."""
        states = (
            self.env["consent.state"]
            .sudo()
            .search(
                [
                    ("subject_id.partner_id", "in", partners.ids),
                    ("purpose_id.legal_basis", "=", "membership"),
                    ("action", "=", "given"),
                ]
            )
        )
        states._record_end("expired", "job")

    # ---------------------------------------------------------------- history

    def _member_since(self):
        """First day of the person's first membership without a gap counted."""
        self.ensure_one()
        return self._began(self.partner_id, self.company_id).date_start

    @api.model
    def _was_member(self, partner, company):
        """Whether somebody ever was a member: a line of theirs began."""
        return bool(self._began(partner, company))

    @api.model
    def _began(self, partner, company):
        return self.sudo().search(
            Domain("partner_id", "=", partner.id)
            & Domain("company_id", "=", company.id)
            & Domain("date_start", "!=", False),
            order="date_start",
            limit=1,
        )
