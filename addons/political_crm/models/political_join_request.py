import unicodedata

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize

STATES = [
    ("draft", "To be confirmed by the person"),
    ("new", "To look at"),
    ("opinion", "Waiting for the section"),
    ("accepted", "Accepted"),
    ("refused", "Refused"),
]
# What the person did, and what the buttons do: nobody writes it by hand.
PROTECTED = {
    "uid",
    "means",
    "state",
    "confirmed_at",
    "opinion_deadline",
    "partner_id",
    "membership_id",
    "payer_id",
    "known_id",
}
# What somebody types and the contact has too, in the order in which it is compared.
COMPARED = ("lastname", "firstname", "birthdate", "email", "phone", "street", "zip", "city")


class PoliticalJoinRequest(models.Model):
    """Somebody asks to join. Nothing is written onto a known person: the request is staged, and
    compared with them field by field by somebody who may see both."""

    _name = "political.join.request"
    _description = "Request to join"
    _order = "id desc"
    _rec_names_search = ["lastname", "firstname", "email"]
    _check_company_auto = True

    uid = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    branch_id = fields.Many2one(
        "political.branch", index="btree_not_null", ondelete="set null", check_company=True
    )
    state = fields.Selection(
        STATES,
        "Status",
        required=True,
        default="new",
        index=True,
        readonly=True,
        copy=False,
        group_expand="_expand_states",
    )
    means = fields.Selection(
        [("web", "Join page"), ("paper", "Paper form")], required=True, default="paper"
    )
    lang = fields.Char("Language", default=lambda self: self.env.lang)
    lastname = fields.Char("Last name", required=True)
    # Required on the screens; a recruitment may know only a name
    firstname = fields.Char("First name")
    birthdate = fields.Date("Born on")
    email = fields.Char("E-mail")
    email_normalized = fields.Char(compute="_compute_email_normalized", store=True, index=True)
    phone = fields.Char()
    street = fields.Char()
    zip = fields.Char("Postcode")
    city = fields.Char("Town")
    country_id = fields.Many2one("res.country", "Tax residence", ondelete="restrict")
    nationality_id = fields.Many2one("res.country", ondelete="restrict")
    statement_accepted = fields.Boolean("Declaration signed")
    sponsor_name = fields.Char("Sponsor named")
    sponsor_id = fields.Many2one("res.partner", ondelete="set null", index=True)
    rate_id = fields.Many2one(
        "political.membership.rate",
        ondelete="restrict",
        check_company=True,
        domain="[('company_id', '=', company_id)]",
    )
    currency_id = fields.Many2one(
        "res.currency", default=lambda self: self.env.ref("base.EUR", raise_if_not_found=False)
    )
    amount = fields.Monetary("Chosen amount")
    instalments = fields.Integer(default=1)
    confirmed_at = fields.Datetime("Confirmed on", readonly=True, copy=False)
    opinion = fields.Selection(
        [("for", "In favour"), ("reserved", "With reserve"), ("against", "Against")],
        "Opinion of the section",
        copy=False,
    )
    opinion_deadline = fields.Date(readonly=True, copy=False)
    known_id = fields.Many2one(
        "res.partner",
        "Opened for",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The known person for whom the request was opened: nothing to compare.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Person",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    membership_id = fields.Many2one(
        "political.membership", readonly=True, copy=False, ondelete="set null"
    )
    payer_id = fields.Many2one(
        "political.payer",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups="political_crm.group_finance",
    )
    payment_ids = fields.One2many(
        "political.payment", "request_id", "Payments", groups="political_crm.group_finance"
    )
    candidate_ids = fields.Many2many(
        "res.partner",
        string="Known people who may be the same",
        compute="_compute_candidates",
    )
    hidden_candidates = fields.Boolean(
        compute="_compute_candidates",
        help="Somebody out of your sight resembles this person: national staff decides.",
    )
    obstacles = fields.Text("What speaks against", compute="_compute_obstacles")
    age = fields.Integer(compute="_compute_age")
    color = fields.Integer(compute="_compute_color")

    _uid_unique = models.UniqueIndex("(uid) WHERE uid IS NOT NULL", "This form was sent already.")
    _born = models.Constraint(
        "CHECK (birthdate > '1900-01-01' AND birthdate < '2200-01-01')", "Check the date of birth."
    )

    # ---------------------------------------------------------------- computed

    @api.model
    def _expand_states(self, states, domain):
        """Columns of the kanban: what is not confirmed is nobody's to see."""
        return [state for state, _label in STATES if state != "draft"]

    @api.depends("email")
    def _compute_email_normalized(self):
        for request in self:
            request.email_normalized = email_normalize(request.email or "") or False

    @api.depends("firstname", "lastname")
    def _compute_display_name(self):
        for request in self:
            request.display_name = f"{request.firstname or ''} {request.lastname or ''}".strip()

    @api.depends("birthdate")
    def _compute_age(self):
        today = self.env.company._membership_today()
        for request in self:
            born = request.birthdate
            request.age = relativedelta(today, born).years if born else 0

    @api.depends("opinion", "state", "birthdate")
    def _compute_color(self):
        for request in self:
            waits = request.state in ("new", "opinion")
            against = request.opinion == "against" or request.obstacles
            request.color = 1 if waits and against else (3 if waits else 0)

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("email_normalized", "phone", "lastname", "firstname", "zip", "birthdate")
    def _compute_candidates(self):
        Partner = self.env["res.partner"]
        for request in self:
            found = request.sudo()._candidates()
            seen = Partner.search([("id", "in", found.ids)])
            request.candidate_ids = seen
            request.hidden_candidates = bool(found - seen.sudo())

    def _candidates(self):
        """People of the controller who may be this one: same address, number, or name with town
        or date of birth. Archived ones too. The caller's rights are not asked."""
        self.ensure_one()
        if self.partner_id or self.known_id:
            return self.env["res.partner"]
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        phone = self.phone and Partner._phone_format(
            number=self.phone,
            country=self.country_id or self.env.ref("base.fr"),
            raise_exception=False,
        )
        same = []
        if self.email_normalized:
            same.append(Domain("email_normalized", "=", self.email_normalized))
        if phone:
            same.append(Domain("phone_sanitized", "=", phone))
        names = Domain("lastname", "=ilike", _literal(self.lastname)) & Domain(
            "firstname", "=ilike", _literal(self.firstname)
        )
        if self.zip:
            same.append(names & Domain("zip", "=", self.zip))
        if self.birthdate:
            same.append(names & Domain("birthdate", "=", self.birthdate))
        return Partner.search(
            Domain.OR(same)
            & Domain("company_id", "in", (False, self.company_id.id))
            & Domain("is_company", "=", False)
            & Domain("type", "=", "contact")
        )

    @api.depends("state", "birthdate", "statement_accepted", "opinion", "email_normalized")
    def _compute_obstacles(self):
        for request in self:
            request.obstacles = "\n".join(request._obstacles())

    def _obstacles(self):
        """Sentences of what forbids or delays the membership, whoever they are."""
        _ = self.env._
        found = []
        company = self.company_id.sudo()
        if not self.birthdate:
            found.append(_("The date of birth is missing."))
        elif self.age < company.membership_min_age:
            found.append(_("Younger than %(age)s.", age=company.membership_min_age))
        if company.membership_statement and not self.statement_accepted:
            found.append(_("The declaration is not signed."))
        if self.opinion == "against":
            found.append(_("The section is against."))
        return found

    # ---------------------------------------------------------------- writing

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su and PROTECTED & set(vals):
                # What the person did on the page is the page's to write
                vals.update(dict.fromkeys(PROTECTED & set(vals) - {"means", "state"}, False))
                vals.update({"means": "paper", "state": "new"})
        requests = super().create(vals_list)
        requests._price()
        return requests

    def write(self, vals):
        if not self.env.su and PROTECTED & set(vals):
            raise AccessError(self.env._("A request changes its status by its buttons alone."))
        if not self.env.su and any(request.state in ("accepted", "refused") for request in self):
            raise UserError(self.env._("This request was answered: it stays as it is."))
        result = super().write(vals)
        if "rate_id" in vals or "amount" in vals:
            self._price()
        return result

    def _price(self):
        """The amount is the rate's, or what was chosen above its floor; never less, whoever typed
        it."""
        for request in self.filtered("rate_id"):
            due = float(request.rate_id.sudo()._checked_amount(request.amount))
            if due != request.amount:
                request.amount = due

    @api.constrains("rate_id", "birthdate")
    def _check_rate(self):
        for request in self:
            rate = request.rate_id.sudo()
            if rate and not rate._fits(age=request.age):
                raise ValidationError(
                    self.env._("The rate “%(rate)s” is not for this age.", rate=rate.name)
                )


def _literal(text):
    """A name for ``=ilike`` that means only itself."""
    plain = unicodedata.normalize("NFC", (text or "").strip())
    for sign in ("\\", "%", "_"):
        plain = plain.replace(sign, "\\" + sign)
    return plain
