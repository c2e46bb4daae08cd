from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount

from ..lib import finance_rules as law


class PoliticalMembershipRate(models.Model):
    """A line of the grid of dues."""

    _name = "political.membership.rate"
    _description = "Dues rate"
    _order = "sequence, amount, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        "res.currency", default=lambda self: self.env.ref("base.EUR", raise_if_not_found=False)
    )
    amount = fields.Monetary(required=True, help="For a year. With a free amount: the floor.")
    is_free = fields.Boolean("Free amount", help="The person chooses, from the amount up.")
    period = fields.Selection(
        [("calendar", "Civil year"), ("rolling", "A year from the first day")],
        required=True,
        default="calendar",
    )
    instalments = fields.Integer(default=1, help="In how many monthly parts it may be paid.")
    income_from = fields.Monetary()
    income_to = fields.Monetary("Monthly income up to", help="0: no limit.")
    age_from = fields.Integer()
    age_to = fields.Integer("Age up to", help="0: no limit.")
    situation = fields.Selection(
        [
            ("any", "Anybody"),
            ("student", "Student"),
            ("jobseeker", "Seeking work"),
            ("retired", "Retired"),
        ],
        required=True,
        default="any",
    )
    first_year = fields.Boolean("First year only", help="For who was never a member.")
    elected = fields.Boolean(
        "Of elected people", help="Outside the cap of 7,500 EUR; never offered on the public page."
    )
    is_public = fields.Boolean("On the public page", default=True)

    _values = models.Constraint(
        "CHECK (amount >= 0 AND instalments BETWEEN 1 AND 12 AND age_from >= 0 AND age_to >= 0)",
        "A rate has an amount of 0 or more, and 1 to 12 instalments.",
    )
    _bands = models.Constraint(
        """CHECK (income_from >= 0 AND income_to >= 0
                  AND (income_to = 0 OR income_from <= income_to)
                  AND (age_to = 0 OR age_from <= age_to))""",
        "A band of income or age ends above its beginning.",
    )

    @api.constrains("amount", "elected", "is_public")
    def _check_rate(self):
        for rate in self:
            if not rate.elected and law.money(rate.amount) > law.PARTY_CAP:
                raise ValidationError(
                    self.env._("Nobody may pay more than 7,500 EUR of dues and gifts a year.")
                )
            if rate.elected and rate.is_public:
                raise ValidationError(
                    self.env._("The rate of elected people is not offered on the public page.")
                )

    def _fits(self, age=None, first=True):
        """Rates among these for somebody of an age, who was a member before or not."""
        return self.filtered(
            lambda rate: (
                (first or not rate.first_year)
                and (age is None or rate.age_from <= age)
                and (age is None or not rate.age_to or age <= rate.age_to)
            )
        )

    def _conditions(self):
        """For whom the rate is, in words: who chooses it declares that they are one of these.
        Of income and situation the party keeps no more than that choice.

        :returns: list of str
        """
        self.ensure_one()
        _ = self.env._
        found = []
        if self.situation != "any":
            situations = dict(self._fields["situation"]._description_selection(self.env))
            found.append(situations[self.situation])
        found.append(
            _between(
                self.age_from,
                self.age_to,
                _("from %(low)s to %(high)s years of age"),
                _("from %(low)s years of age"),
                _("up to %(high)s years of age"),
            )
        )
        found.append(
            _between(
                self._euros(self.income_from),
                self._euros(self.income_to),
                _("income of %(low)s to %(high)s a month"),
                _("income of %(low)s a month and more"),
                _("income up to %(high)s a month"),
            )
        )
        if self.first_year:
            found.append(_("first membership only"))
        return [text for text in found if text]

    def _euros(self, amount):
        return amount and format_amount(self.env, amount, self.currency_id, trailing_zeroes=False)

    def _for_renewal(self, partner):
        """The rate at which somebody goes on: the same while it is theirs, else the usual one.

        The night's SQL chooses alike (:meth:`political.membership.job._open_renewals`).

        :param partner: ``res.partner``
        :returns: a rate, or none
        """
        self.ensure_one()
        grid = self | self.search(
            [("company_id", "=", self.company_id.id), ("elected", "=", self.elected)]
        )
        return grid._fits(age=self._age_of(partner), first=False).sorted(
            lambda rate: (
                rate != self,
                bool(rate.situation != "any" or rate.income_from or rate.income_to),
                rate.sequence,
                rate.amount,
                rate.id,
            )
        )[:1]

    def _renewal_choice(self, partner):
        """The rates among which somebody chooses anew when they renew at this one: those of the
        page that fit them. Elected people owe what they owe.

        :param partner: ``res.partner``
        :returns: rates, this one among them
        """
        self.ensure_one()
        if self.elected:
            return self
        public = self.search([("company_id", "=", self.company_id.id), ("is_public", "=", True)])
        fitting = public._fits(age=self._age_of(partner), first=False)
        return (self | fitting).sorted(lambda rate: (rate.sequence, rate.amount, rate.id))

    def _age_of(self, partner):
        born = partner.sudo().birthdate
        return relativedelta(self.company_id._membership_today(), born).years if born else None

    def _checked_amount(self, amount):
        """What somebody owes who chose an amount under this rate.

        :param amount: EUR, or nothing for the rate's own
        :returns: Decimal
        :raises ValidationError: below the floor, above the cap, or no number
        """
        self.ensure_one()
        try:
            chosen = law.money(amount or self.amount)
        except ArithmeticError as error:
            raise ValidationError(self.env._("The amount is not a number.")) from error
        if not chosen.is_finite():
            raise ValidationError(self.env._("The amount is not a number."))
        floor = law.money(self.amount)
        if not self.is_free:
            chosen = floor
        if chosen < floor or chosen < 0:
            raise ValidationError(
                self.env._("The amount is at least %(floor)s EUR for this rate.", floor=floor)
            )
        if not self.elected and chosen > law.PARTY_CAP:
            raise ValidationError(
                self.env._(
                    "The law allows 7,500 EUR a year and person at most, all parties together."
                )
            )
        return chosen


def _between(low, high, both, only_low, only_high):
    """The sentence for a band that may be open on either side; nothing for none."""
    if low and high:
        return both % {"low": low, "high": high}
    if low:
        return only_low % {"low": low}
    return only_high % {"high": high} if high else ""
