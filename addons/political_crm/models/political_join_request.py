import secrets
import unicodedata
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.addons.political_consent.lib import route as routes
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize, hash_sign, urls, verify_hash_signed

from ..lib import finance_rules as law

CONFIRM_HOURS = 72
KEEP_UNCONFIRMED = timedelta(days=3)
KEEP_REFUSED = timedelta(days=60)
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
                super(PoliticalJoinRequest, request).write({"amount": due})

    @api.constrains("rate_id", "birthdate")
    def _check_rate(self):
        for request in self:
            rate = request.rate_id.sudo()
            if rate and not rate._fits(age=request.age):
                raise ValidationError(
                    self.env._("The rate “%(rate)s” is not for this age.", rate=rate.name)
                )

    # ---------------------------------------------------------------- the person confirms

    def _confirm_token(self):
        self.ensure_one()
        return hash_sign(
            self.sudo().env,
            "political-join-confirm",
            [self.id, self.email_normalized],
            expiration_hours=CONFIRM_HOURS,
        )

    @api.model
    def _of_confirm_token(self, token):
        """The request behind a confirmation's link, or an empty recordset."""
        try:
            values = verify_hash_signed(self.sudo().env, "political-join-confirm", token)
        except (ValueError, TypeError):
            values = None
        request = self.sudo().browse(values[:1] if values else ()).exists()
        return request if request and request.email_normalized == values[1] else self.browse()

    def _send_confirmation(self):
        """The message with the link; the same for everybody (no oracle)."""
        self.ensure_one()
        template = self.env.ref("political_crm.mail_template_join").sudo()
        with routes.transaction("join"):
            template.send_mail(self.id)
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _confirm_url(self):
        return urls.urljoin(
            self.get_base_url(), f"/membership/confirm/{self._confirm_token()}?lang={self.lang}"
        )

    def _pay_url(self):
        token = self.env["political.pay.desk"]._token(self)
        return urls.urljoin(self.get_base_url(), f"/membership/pay/{token}?lang={self.lang}")

    def _confirm(self):
        """The person pressed the button of their message: their address is theirs.

        One press counts. What follows is the same on the page whoever they are.
        """
        self.ensure_one()
        self.env["consent.rate"].sudo()._in_turn("confirm", self.email_normalized)
        self.invalidate_recordset()
        if self.state != "draft":
            return
        self.write({"state": "new", "confirmed_at": fields.Datetime.now()})
        days = self.company_id.sudo().membership_opinion_days
        if days and self.branch_id:
            today = self.company_id._membership_today()
            self.write({"state": "opinion", "opinion_deadline": today + timedelta(days=days)})
        elif self._is_safe():
            self._accept(self._create_person())

    def _is_safe(self):
        """Whether nobody needs to look: not known at all, and nothing speaks against."""
        self.ensure_one()
        return (
            self.company_id.sudo().membership_auto_accept
            and self.means == "web"
            and bool(self.confirmed_at)
            and not self._candidates()
            and not self._obstacles()
            and bool(self.rate_id)
        )

    # ---------------------------------------------------------------- the party answers

    @api.model
    def _open_for(self, person):
        """The request of a known person who wants to join, opened if there is none.

        :param person: ``res.partner`` that the caller may read
        :returns: the request
        """
        person.check_access("read")
        self.check_access("create")
        waiting = self.search(
            [("known_id", "=", person.id), ("state", "in", ("new", "opinion"))], limit=1
        )
        if waiting:
            return waiting
        known = person.sudo()
        made = self.sudo().create(
            {
                **{name: known[name] for name in COMPARED},
                "known_id": known.id,
                "company_id": (known.company_id or self.env.company).id,
                "branch_id": known.branch_id.id,
                "lastname": known.lastname or known.name,
                "country_id": known.country_id.id,
                "lang": known.lang,
            }
        )
        return made.with_env(self.env)

    def action_ask_opinion(self):
        """Ask the section, with a deadline."""
        self.check_access("write")
        for request in self:
            if request.state != "new" or not request.branch_id:
                raise UserError(self.env._("Choose the branch first."))
            days = request.company_id.sudo().membership_opinion_days or 15
            today = request.company_id._membership_today()
            request.sudo().write(
                {"state": "opinion", "opinion_deadline": today + timedelta(days=days)}
            )
        return True

    def action_accept(self):
        """Accept somebody who is nobody known.

        :raises UserError: when somebody resembles them, or something speaks against
        """
        self.check_access("write")
        for request in self:
            request._check_waiting()
            if request.known_id:
                request.known_id.check_access("write")
                request.sudo()._accept(request.sudo().known_id)
                continue
            if request.sudo()._candidates():
                if not request.candidate_ids:
                    raise UserError(
                        self.env._(
                            "This request needs national staff, who decide whether the person is "
                            "known."
                        )
                    )
                raise UserError(
                    self.env._("Somebody known resembles this person: compare them first.")
                )
            request.sudo()._accept(request.sudo()._create_person())
        return True

    def action_accept_new(self):
        """Accept as somebody else than the people who resemble them."""
        self.check_access("write")
        for request in self:
            request._check_waiting()
            if request.hidden_candidates:
                raise UserError(
                    self.env._(
                        "This request needs national staff, who decide whether the person is known."
                    )
                )
            request.sudo()._accept(request.sudo()._create_person())
        return True

    def action_compare(self):
        """Open the comparison with somebody known."""
        self.ensure_one()
        self.check_access("write")
        self._check_waiting()
        if not self.candidate_ids:
            raise UserError(self.env._("Nobody whom you may see resembles this person."))
        wizard = self.env["political.join.compare"].create(
            {"request_id": self.id, "partner_id": self.candidate_ids[0].id}
        )
        return wizard._open()

    def action_refuse(self):
        """Refuse; what was paid goes back."""
        self.check_access("write")
        for request in self:
            request._check_waiting(refusing=True)
            request.sudo().write({"state": "refused"})
            for payment in request.sudo().payment_ids:
                if payment.state == "received":
                    payment.write({"state": "to_refund", "refund_reason": "refused"})
                    payment._refund_online()
        return True

    def _check_waiting(self, refusing=False):
        self.ensure_one()
        if self.state not in ("new", "opinion"):
            raise UserError(self.env._("This request was answered already, or not confirmed yet."))
        if refusing:
            return
        if not self.rate_id:
            raise UserError(self.env._("Choose the rate of the dues first."))
        hard = self._obstacles()
        if hard and not self.env.user.has_group("political_crm.group_staff"):
            raise AccessError(
                self.env._("National staff decide on this request: %(why)s", why=" ".join(hard))
            )

    def _create_person(self):
        """A new person of the file, of what was typed."""
        self.ensure_one()
        Partner = self.env["res.partner"].sudo().with_company(self.company_id)
        return Partner.with_context(tracking_disable=True).create(
            {
                "lastname": self.lastname,
                "firstname": self.firstname,
                "birthdate": self.birthdate,
                "email": self.email,
                "phone": self.phone,
                "street": self.street,
                "zip": self.zip,
                "city": self.city,
                "country_id": self.country_id.id,
                "lang": self.lang
                if self.lang in dict(self.env["res.lang"].get_installed())
                else False,
                "company_id": self.company_id.id,
                "branch_id": self.branch_id.id,
                "political_category": "regular",
                "political_origin": "web_form" if self.means == "web" else "paper_form",
            }
        )

    def _accept(self, partner):
        """Make somebody a member-to-be, and tie what they paid to it.

        :param partner: the contact, new or compared; nothing of it is written but its place in
            the file
        """
        self.ensure_one()
        self.env["consent.rate"].sudo()._in_turn("join", str(partner.id))
        Membership = self.env["political.membership"].sudo()
        live = Membership.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("requested", "active", "arrears")),
            ]
        )
        if not partner.political_category:
            partner.write(
                {
                    "company_id": self.company_id.id,
                    "political_category": "regular",
                    "political_origin": "web_form" if self.means == "web" else "paper_form",
                }
            )
        if not partner.branch_id and self.branch_id:
            partner.branch_id = self.branch_id
        if not live:
            self._check_first_year(partner)
        line = live.filtered(lambda m: m.state == "requested")[:1] or (
            live[:1]._renewal()
            if live
            else Membership._open(
                partner, self.rate_id, self.amount, self.instalments, partner.branch_id
            )
        )
        self.write({"state": "accepted", "partner_id": partner.id, "membership_id": line.id})
        self._tie_payments(partner, line)

    def _check_first_year(self, partner):
        """Who was a member before does not join at the price of a first year."""
        was_member = self.env["political.membership"].sudo()._was_member(partner, self.company_id)
        if self.rate_id.first_year and was_member:
            raise UserError(
                self.env._(
                    "“%(rate)s” is for a first year, and this person was a member before: choose "
                    "another rate.",
                    rate=self.rate_id.name,
                )
            )

    def _tie_payments(self, partner, line):
        """What was paid with the request is the person's; the caps are asked again for them."""
        for payment in self.sudo().payment_ids:
            payment._assign(partner, line)

    # ---------------------------------------------------------------- time

    @api.model
    def _cron_opinions(self):
        """Scheduled: a section that said nothing in time is in favour; what is safe goes on."""
        waiting = self.sudo().search([("state", "=", "opinion")])
        for request in waiting:
            today = request.company_id._membership_today()
            if request.opinion_deadline and request.opinion_deadline < today:
                request.write({"state": "new", "opinion": request.opinion or "for"})
            elif request.opinion != "for":
                continue
            if request._is_safe():
                request._accept(request._create_person())

    @api.autovacuum
    def _gc_requests(self):
        """Nobody who did not confirm stays, nor who was refused; an accepted one has become a
        person, whose own terms hold."""
        now = fields.Datetime.now()
        self.sudo().search(
            Domain("state", "=", "draft") & Domain("create_date", "<", now - KEEP_UNCONFIRMED)
            | Domain("state", "in", ("refused", "accepted"))
            & Domain("write_date", "<", now - KEEP_REFUSED)
        ).unlink()

    # ---------------------------------------------------------------- paying

    def _payer(self):
        """The payer of this request: the person's, or one of what was typed."""
        self.ensure_one()
        Payer = self.env["political.payer"].sudo()
        if self.partner_id:
            return Payer._ensure(self.partner_id)[self.partner_id.id]
        if not self.payer_id:
            self.payer_id = Payer.create(
                {
                    "company_id": self.company_id.id,
                    "code": secrets.token_hex(16),
                    "firstname": self.firstname,
                    "lastname": self.lastname,
                    "street": self.street,
                    "zip": self.zip,
                    "city": self.city,
                    "country_id": self.country_id.id,
                    "nationality_id": self.nationality_id.id,
                }
            )
        return self.payer_id

    def _to_pay_now(self):
        """EUR of the first payment, as Decimal."""
        self.ensure_one()
        if self.payment_ids.filtered(lambda p: p.state == "received"):
            return law.money(0)
        due = law.cents(self.amount)
        parts = max(1, min(self.instalments, self.rate_id.instalments or 1))
        part, rest = divmod(due, parts)
        return law.money(part + (1 if rest else 0)) / 100


def _literal(text):
    """A name for ``=ilike`` that means only itself."""
    plain = unicodedata.normalize("NFC", (text or "").strip())
    for sign in ("\\", "%", "_"):
        plain = plain.replace(sign, "\\" + sign)
    return plain
