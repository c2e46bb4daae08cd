from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import email_normalize

KINDS = [
    ("access", "Access"),
    ("copy", "Copy"),
    ("rectification", "Rectification"),
    ("erasure", "Erasure"),
    ("objection", "Objection"),
    ("restriction", "Restriction"),
    ("portability", "Portability"),
]
TERM = relativedelta(months=1)  # article 12, 3
EXTENSION = relativedelta(months=2)
CONFIRM_LIFE = timedelta(days=7)
REMIND = timedelta(days=7)
FRANCE = ZoneInfo("Europe/Paris")


class ConsentRightRequest(models.Model):
    """A person uses a right that the GDPR gives them (articles 15 to 21, R-32).

    The identity is checked before anything is told or done; the answer is due one calendar month
    after the request came in.
    """

    _name = "consent.right.request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Request about one's own data"
    _order = "due_date, id"
    _mail_post_access = "read"

    name = fields.Char("Number", readonly=True, copy=False, index=True)
    company_id = fields.Many2one(
        "res.company",
        string="Controller",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    kind = fields.Selection(KINDS, string="Right", required=True, tracking=True)
    source = fields.Selection(
        [
            ("web", "Public page"),
            ("portal", "Portal"),
            ("email", "E-mail"),
            ("letter", "Letter"),
            ("phone", "Telephone"),
            ("person", "In person"),
        ],
        required=True,
        default="email",
    )
    requester_name = fields.Char("Name")
    requester_email = fields.Char("E-mail")
    requester_phone = fields.Char("Telephone")
    message = fields.Text("What is asked", help="In the person's own words.")
    lang = fields.Selection(
        selection="_selection_lang", default=lambda self: self.env.lang or "fr_FR"
    )
    partner_ids = fields.Many2many("res.partner", string="Contacts of this person")
    partner_count = fields.Integer(compute="_compute_partner_count")
    received_at = fields.Datetime(required=True, default=fields.Datetime.now, tracking=True)
    due_date = fields.Date("Due", compute="_compute_due_date", store=True, index=True)
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")
    days_left = fields.Integer(compute="_compute_is_late")
    extended_because = fields.Char(
        "Extended because",
        tracking=True,
        help="Two more months for a complex request: the person is told within the first one.",
    )
    state = fields.Selection(
        [
            ("unconfirmed", "To be confirmed by the person"),
            ("new", "Identity to check"),
            ("open", "To answer"),
            ("answered", "Answered"),
            ("refused", "Refused"),
        ],
        default="new",
        required=True,
        tracking=True,
        readonly=True,
        index=True,
    )
    identity_means = fields.Selection(
        [
            ("link", "Link sent to the known address"),
            ("portal", "Logged in"),
            ("known", "Known in person"),
            ("document", "Document shown, no copy kept"),
        ],
        string="Identity checked by",
        tracking=True,
    )
    identity_at = fields.Datetime("Identity checked on", readonly=True)
    identity_user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    answer = fields.Text(help="What the person is told, beside the data.")
    answered_at = fields.Datetime(readonly=True)
    answered_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    refusal_reason = fields.Text()
    token_sha256 = fields.Char(readonly=True, copy=False, groups=".")
    token_expires_at = fields.Datetime(readonly=True, copy=False, groups=".")
    erasure_ids = fields.Many2many("consent.erasure", string="Erasures", readonly=True)

    _token_unique = models.UniqueIndex("(token_sha256) WHERE token_sha256 IS NOT NULL")

    # ---------------------------------------------------------------- fields

    @api.model
    def _selection_lang(self):
        return self.env["res.lang"].sudo().get_installed()

    @api.depends("partner_ids")
    def _compute_partner_count(self):
        for request in self:
            request.partner_count = len(request.partner_ids)

    @api.depends("received_at", "extended_because")
    def _compute_due_date(self):
        """One month from receipt by the calendar of France, whatever the server's clock."""
        for request in self:
            if not request.received_at:
                request.due_date = False
                continue
            day = request.received_at.replace(tzinfo=timezone.utc).astimezone(FRANCE).date()
            request.due_date = day + (TERM + EXTENSION if request.extended_because else TERM)

    @api.depends("due_date", "state")
    @api.depends_context("tz")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for request in self:
            open_ = request.state in ("new", "open") and request.due_date
            request.days_left = (request.due_date - today).days if open_ else 0
            request.is_late = bool(open_ and request.due_date < today)

    @api.model
    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = Domain("state", "in", ("new", "open")) & Domain(
            "due_date", "<", fields.Date.context_today(self)
        )
        return late if True in value else ~late

    # ---------------------------------------------------------------- creation

    @api.model_create_multi
    def create(self, vals_list):
        sequence = self.env["ir.sequence"].sudo()
        for vals in vals_list:
            if not self.env.su:
                self._check_hand_made(vals)
            vals["name"] = sequence.next_by_code("consent.right.request") or "/"
            if vals.get("requester_email"):
                email = vals["requester_email"]
                vals["requester_email"] = email_normalize(email) or email
        requests = super().create(vals_list)
        requests.filtered(lambda r: r.state != "unconfirmed")._plan()
        return requests

    @api.model
    def _check_hand_made(self, vals):
        given = {"state", "identity_at", "answered_at", "erasure_ids"} & set(vals)
        if given or vals.get("identity_means") in ("link", "portal"):
            raise AccessError(
                self.env._("A request begins with its identity to be checked, by you or by us.")
            )

    def write(self, vals):
        if not self.env.su and {
            "state",
            "identity_at",
            "identity_user_id",
            "answered_at",
            "answered_by_id",
            "erasure_ids",
            "name",
        } & set(vals):
            raise AccessError(self.env._("Use the buttons: they keep the history."))
        return super().write(vals)

    def unlink(self):
        if any(request.state != "unconfirmed" for request in self):
            raise UserError(self.env._("A request is kept: it shows that we answered."))  # pylint: disable=no-raise-unlink
        return super().unlink()

    def _plan(self):
        """Remind the data protection officers a week before the answer is due."""
        officer = self._officer
        for request in self:
            user = officer(request.company_id)
            if not user:
                continue
            request.sudo().with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=request.due_date - REMIND,
                summary=self.env._("Answer the request %s", request.name),
                user_id=user.id,
            )

    @api.model
    def _officer(self, company):
        group = self.env.ref("political_consent.group_consent_dpo").sudo()
        users = group.all_user_ids.filtered(
            lambda u: u.active and not u.share and company in u.company_ids
        )
        people = users - self.env.ref("base.user_root").sudo()
        return (people.sorted(lambda u: (u.has_group("base.group_system"), u.id)))[:1]

    @api.model
    def _cron_remind(self):
        """Scheduled: an activity for today on what is due within three days or late, and the end
        of requests that nobody confirmed."""
        today = fields.Date.today()
        unconfirmed = self.search(
            [
                ("state", "=", "unconfirmed"),
                ("received_at", "<", fields.Datetime.now() - CONFIRM_LIFE),
            ]
        )
        unconfirmed.unlink()
        late = self.search(
            [("state", "in", ("new", "open")), ("due_date", "<=", today + timedelta(days=3))]
        )
        for request in late:
            if any(a.date_deadline >= today for a in request.activity_ids):
                continue
            user = self._officer(request.company_id)
            if user:
                request.with_context(mail_activity_quick_update=True).activity_schedule(
                    "mail.mail_activity_data_warning",
                    date_deadline=today,
                    summary=self.env._("The request %s is due", request.name),
                    user_id=user.id,
                )
