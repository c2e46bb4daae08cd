import hashlib
import json
import logging
import secrets
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import email_normalize, html2plaintext, urls

from ..lib import route

_logger = logging.getLogger(__name__)

KINDS = [
    ("access", "Access"),
    ("copy", "Copy"),
    ("rectification", "Rectification"),
    ("erasure", "Erasure"),
    ("objection", "Objection"),
    ("restriction", "Restriction"),
    ("portability", "Portability"),
]
WITH_DATA = ("access", "copy", "portability")
TERM = relativedelta(months=1)  # article 12, 3
EXTENSION = relativedelta(months=2)
LINK_LIFE = timedelta(days=30)
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

    # ---------------------------------------------------------------- acts of the officer

    def _check_officer(self):
        if not (self.env.su or self.env.user.has_group("political_consent.group_consent_dpo")):
            raise AccessError(self.env._("Requests are answered by the data protection officer."))
        self.check_access("write")

    def action_find_contacts(self):
        """Link the controller's contacts that bear the requester's address."""
        self.check_access("write")
        for request in self:
            email = email_normalize(request.requester_email or "")
            phone = self.env["res.partner"]._phone_format(
                number=request.requester_phone or "",
                country=request.company_id.country_id or self.env.ref("base.fr"),
            )
            domain = Domain.FALSE
            if email:
                domain |= Domain("email_normalized", "=", email)
            if phone:
                domain |= Domain("phone_sanitized", "=", phone)
            mine = Domain("company_id", "in", (False, request.company_id.id))
            request.partner_ids |= (
                self.env["res.partner"].with_context(active_test=False).search(domain & mine)
            )
        return True

    def action_confirm_identity(self):
        """Say that the requester is who they say.

        :raises UserError: when it is not said how that was checked
        """
        self._check_officer()
        for request in self:
            if not request.identity_means:
                raise UserError(self.env._("Say how the identity was checked."))
            request.sudo()._identify(request.identity_means)
        return True

    def _identify(self, means):
        self.write(
            {
                "identity_means": means,
                "identity_at": fields.Datetime.now(),
                "identity_user_id": self.env.user.id if not self.env.user._is_public() else False,
                "state": "open",
            }
        )

    def _check_answerable(self):
        self._check_officer()
        for request in self:
            if request.state != "open":
                raise UserError(self.env._("Check the identity first."))

    def action_answer(self):
        """Answer: do what the right asks, tell the person, close.

        :raises UserError: before the identity is checked, or without a contact to act on
        """
        self.ensure_one()
        self._check_answerable()
        if self.kind == "erasure":
            return self._open_erasure()
        if self.kind in ("objection", "restriction") and not self.partner_ids:
            raise UserError(self.env._("Link the contacts of this person first."))
        getattr(self.sudo(), f"_answer_{self.kind}")()
        return True

    def _answer_access(self):
        token = self._draw_token(LINK_LIFE)
        self._close()
        self._tell("political_consent.right_mail_answer", url=self._url("answer", token))

    _answer_copy = _answer_access
    _answer_portability = _answer_access

    def _answer_rectification(self):
        self._close()
        self._tell("political_consent.right_mail_answer")

    def _answer_objection(self):
        for partner in self.partner_ids:
            partner._consent_object(self.company_id)
        self._close()
        self._tell("political_consent.right_mail_answer")

    def _answer_restriction(self):
        Restriction = self.env["consent.restriction"]
        known = Restriction.search(
            [("partner_id", "in", self.partner_ids.ids), ("company_id", "=", self.company_id.id)]
        ).partner_id
        Restriction.create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company_id.id,
                    "request_id": self.id,
                }
                for partner in self.partner_ids - known
            ]
        )
        self._close()
        self._tell("political_consent.right_mail_answer")

    def _open_erasure(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "consent.erasure.wizard",
            "name": self.env._("Erase a person"),
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_request_id": self.id,
                "default_partner_ids": [(6, 0, self.partner_ids.ids)],
            },
        }

    def _answer_erasure(self, partners):
        """Erase, and tell the person once that is committed: no row keeps the message."""
        self.ensure_one()
        self._close()
        self._tell_after_commit("political_consent.right_mail_answer")
        tombstone = self.env["consent.eraser"]._erase(partners, "request", request=self)
        request = self.exists()
        request.write(
            {
                "erasure_ids": [(4, tombstone.id)],
                "requester_name": False,
                "requester_email": False,
                "requester_phone": False,
                "message": False,
                "answer": False,
                "partner_ids": [(5,)],
            }
        )
        return tombstone

    def _close(self):
        self.write(
            {
                "state": "answered",
                "answered_at": fields.Datetime.now(),
                "answered_by_id": self.env.user.id,
            }
        )
        self.activity_ids.unlink()

    def action_refuse(self):
        """Refuse, with the reason that the person is told (article 12, 4)."""
        self._check_officer()
        for request in self:
            if request.state not in ("new", "open"):
                raise UserError(self.env._("This request is closed."))
            if not (request.refusal_reason or "").strip():
                raise UserError(self.env._("Write the reason: the person is told it."))
            request.sudo().write({"state": "refused", "answered_at": fields.Datetime.now()})
            request.sudo().activity_ids.unlink()
            request.sudo()._tell("political_consent.right_mail_refused")
        return True

    def action_lift_restriction(self):
        """End a restriction, after having told the person (article 18, 3)."""
        self._check_officer()
        self.env["consent.restriction"].sudo().search([("request_id", "in", self.ids)]).unlink()
        self.message_post(body=self.env._("The restriction was lifted."))
        return True

    def action_preview(self):
        """Open the page that the person will get."""
        self.ensure_one()
        self._check_answerable()
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/html/political_consent.report_access/{self.id}",
            "target": "new",
        }

    # ---------------------------------------------------------------- the answer's data

    def _access_data(self, lang=None):
        """What :meth:`consent.access._collect` says of this requester, in their language."""
        self.ensure_one()
        access = self.env["consent.access"].with_context(lang=lang or self.lang or self.env.lang)
        return access._collect(
            self.partner_ids, self.company_id, portable=self.kind == "portability"
        )

    def _access_json(self):
        return json.dumps(self._access_data(), ensure_ascii=False, indent=2, default=str)

    # ---------------------------------------------------------------- links

    @api.model
    def _digest(self, token):
        return hashlib.sha256((token or "").encode()).hexdigest()

    def _draw_token(self, life):
        token = secrets.token_urlsafe(32)
        self.sudo().write(
            {
                "token_sha256": self._digest(token),
                "token_expires_at": datetime.now(timezone.utc).replace(tzinfo=None) + life,
            }
        )
        return token

    @api.model
    def _by_token(self, token, states):
        """The request of a link that still works, in one of some states; else empty."""
        return self.sudo().search(
            [
                ("token_sha256", "=", self._digest(token)),
                ("token_expires_at", ">", fields.Datetime.now()),
                ("state", "in", states),
            ],
            limit=1,
        )

    def _url(self, step, token):
        return urls.urljoin(self.get_base_url(), f"/consent/rights/{step}/{token}")

    def _confirmed_by_link(self):
        """The person pressed the button of the message sent to their address (R-35): that the
        address is theirs is all that it proves."""
        self.ensure_one()
        self.write({"token_sha256": False, "token_expires_at": False, "state": "new"})
        contacts = (
            self.env["res.partner"]
            .sudo()
            .search(
                [
                    ("email_normalized", "=", self.requester_email),
                    ("company_id", "in", (False, self.company_id.id)),
                ]
            )
        )
        self.partner_ids = contacts
        if contacts:
            self._identify("link")
        self._plan()

    @api.model
    def _from_page(self, company, kind, name, email, message, lang):
        """A request from the public page: nothing is done before the address is confirmed."""
        request = self.sudo().create(
            {
                "company_id": company.id,
                "kind": kind,
                "source": "web",
                "requester_name": name,
                "requester_email": email,
                "message": message,
                "lang": lang,
                "state": "unconfirmed",
            }
        )
        token = request._draw_token(CONFIRM_LIFE)
        request._tell("political_consent.right_mail_confirm", url=request._url("confirm", token))
        return request

    @api.model
    def _from_portal(self, user, kind, message):
        """A request of somebody who is logged in: their identity is that of the log-in."""
        partner = user.partner_id
        request = self.sudo().create(
            {
                "company_id": (partner.company_id or self.env.company).id,
                "kind": kind,
                "source": "portal",
                "requester_name": partner.name,
                "requester_email": partner.email,
                "message": message,
                "lang": user.lang,
                "partner_ids": [(6, 0, partner.ids)],
            }
        )
        request._identify("portal")
        return request

    def _tell(self, template, url=None):
        """Write to the requester: the answer to what they asked, so no consent is needed."""
        self.ensure_one()
        if not email_normalize(self.requester_email or ""):
            return
        with route.transaction("right"):
            self.env["mail.mail"].sudo().create(
                {
                    "subject": self._subject(),
                    "body_html": self._body(template, url),
                    "email_from": self._sender(),
                    "email_to": self.requester_email,
                    "auto_delete": True,
                }
            )

    def _tell_after_commit(self, template):
        """Write to the requester without leaving a row: the message goes straight out."""
        if not email_normalize(self.requester_email or ""):
            return
        server = self.env["ir.mail_server"].sudo()
        if server._disable_send():
            return
        body = str(self._body(template, None))
        message = server._build_email__(
            email_from=self._sender(),
            email_to=[self.requester_email],
            subject=self._subject(),
            body=body,
            body_alternative=html2plaintext(body),
            subtype="html",
            subtype_alternative="plain",
        )
        registry = self.env.registry

        def send():
            with registry.cursor() as cr:
                mail_server = api.Environment(cr, api.SUPERUSER_ID, {})["ir.mail_server"]
                try:
                    mail_server.send_email(message)
                except MailDeliveryException:
                    _logger.info("The answer to a request for erasure was not delivered")

        self.env.cr.postcommit.add(send)

    def _subject(self):
        localized = self.with_context(lang=self.lang or self.env.lang)
        return localized.env._(
            "Your request %(number)s to %(company)s",
            number=self.name,
            company=self.company_id.name,
        )

    def _body(self, template, url):
        localized = self.with_context(lang=self.lang or self.env.lang)
        return localized.env["ir.qweb"]._render(
            template, {"asked": localized, "url": url}, lang=self.lang or self.env.lang
        )

    def _sender(self):
        company = self.company_id.sudo()
        return company.email_formatted or self.env.ref("base.user_root").sudo().email_formatted
