import hashlib
import logging
import secrets
import unicodedata
from datetime import datetime, timedelta, timezone

from dateutil.relativedelta import relativedelta
from lxml import html as lxml_html

from odoo import api, fields, models, modules
from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize, formataddr, urls

_logger = logging.getLogger(__name__)

LIFETIME = timedelta(hours=72)
ATTEMPTS = 5
BATCH = 200
DIGITAL_AGE = 15  # France: article 45 of the law of 6 January 1978
CLEARED = {"address": False, "name": False, "street": False, "zip": False, "city": False}


class ConsentSignup(models.Model):
    """A sign-up that waits for the person to confirm it by the link sent to them (R-35).

    It is no consent: nothing reads it but the confirmation. What was typed is emptied as soon as
    the link is used, and the row goes when the link expires. The link's token is drawn when the
    message leaves and only its SHA-256 is kept. The message is written to the mail server from
    here, by no other code: it is what asks for a consent and so needs none, which no caller can
    claim for a message of their own.
    """

    _name = "consent.signup"
    _description = "Sign-up to be confirmed"
    _order = "id"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    website_id = fields.Many2one("website", ondelete="set null")
    partner_id = fields.Many2one(
        "res.partner", ondelete="cascade", index="btree_not_null", help="Whom staff asked again."
    )
    kind = fields.Selection([("email", "E-mail"), ("phone", "SMS")], required=True, default="email")
    address = fields.Char()
    name = fields.Char()
    street = fields.Char()
    zip = fields.Char()
    city = fields.Char()
    lang = fields.Char(required=True)
    timezone = fields.Char()
    source_ref = fields.Char()
    mailing_list_id = fields.Many2one("mailing.list", ondelete="cascade")
    line_ids = fields.One2many("consent.signup.line", "signup_id")
    state = fields.Selection(
        [("waiting", "To send"), ("sent", "Sent"), ("used", "Used"), ("failed", "Not delivered")],
        default="waiting",
        required=True,
        index=True,
    )
    attempts = fields.Integer()
    token_sha256 = fields.Char()
    expires_at = fields.Datetime(required=True, index=True)

    _token_unique = models.UniqueIndex("(token_sha256) WHERE token_sha256 IS NOT NULL")

    # ---------------------------------------------------------------- asking

    @api.model
    def _ask(self, vals, boxes):
        """Keep a sign-up and have its message sent.

        Does the same work whatever is known of the address (no oracle).

        :param dict vals: ``company_id``, ``address`` (normalised), ``kind``, ``lang`` …
        :param list boxes: (wording record, ``consent.list`` record or empty) that were ticked
        :returns: the sign-up
        """
        signup = self.sudo().create(
            {
                **vals,
                "expires_at": self._now() + LIFETIME,
                "line_ids": [
                    (0, 0, {"wording_id": wording.id, "list_id": audience.id})
                    for wording, audience in boxes
                ],
            }
        )
        self.env.ref("political_consent.ir_cron_signup").sudo()._trigger()
        return signup

    @api.model
    def _now(self):
        return datetime.now(timezone.utc).replace(tzinfo=None)

    @api.model
    def _digest(self, token):
        return hashlib.sha256((token or "").encode()).hexdigest()

    # ---------------------------------------------------------------- sending

    @api.model
    def _cron_deliver(self):
        """Scheduled: send the messages that wait, one transaction each."""
        waiting = self.search([("state", "=", "waiting"), ("expires_at", ">", self._now())])
        for done, signup in enumerate(waiting[:BATCH], 1):
            signup._deliver()
            if not modules.module.current_test:
                self.env["ir.cron"]._commit_progress(1, remaining=len(waiting) - done)

    def _deliver(self):
        """Draw the token, and send it; what fails is tried again with another token."""
        self.ensure_one()
        token = secrets.token_urlsafe(32)
        self.write({"token_sha256": self._digest(token), "attempts": self.attempts + 1})
        if not modules.module.current_test:
            # The link must work when the message arrives, also if this process then dies.
            self.env.cr.commit()  # pylint: disable=invalid-commit
        try:
            if self.kind == "email":
                self._send_email(token)
            else:
                self._send_sms(token)
        except (MailDeliveryException, OSError, UserError) as error:
            _logger.info("Confirmation of sign-up %s not delivered: %s", self.id, error)
            self.state = "failed" if self.attempts >= ATTEMPTS else "waiting"
        else:
            self.state = "sent"

    def _url(self, token):
        base = (self.website_id or self.env["consent.signup"]).get_base_url()
        return urls.urljoin(base, f"/consent/confirm/{token}?lang={self.lang}")

    def _render(self, template, token):
        """A message in the language of the sign-up."""
        localized = self.with_context(lang=self.lang)
        values = {"boxes": localized._boxes(), "url": localized._url(token)}
        values.update(localized._sentences(values["url"]))
        return localized.env["ir.qweb"]._render(template, values, lang=self.lang)

    def _sentences(self, url):
        """What the message says of who sends it and how to object (R-26)."""
        _ = self.env._
        company = self.company_id
        place = company.partner_id.with_context(show_address=True).contact_address_inline
        if self.kind == "phone":
            return {
                "asked": _(
                    "%(company)s: to confirm, open %(url)s If you asked for nothing, do nothing.",
                    company=company.name,
                    url=url,
                )
            }
        return {
            "asked": _(
                "Somebody, surely you, asked to sign up with %(company)s. Nothing is recorded "
                "before you confirm this:",
                company=company.name,
            ),
            "sender": _(
                "Sent by %(company)s (%(address)s), the controller of the data.",
                company=company.name,
                address=place or company.website or self.get_base_url(),
            ),
            "objection": _(
                "To object to any use of your address, or to ask what we know of you, write to "
                "%(email)s.",
                email=company.email or email_normalize(self._sender()) or self._sender(),
            ),
        }

    def _send_email(self, token):
        """Write the message to the mail server.

        :raises MailDeliveryException: when no server takes it
        """
        company = self.company_id
        server = self.env["ir.mail_server"].sudo()
        localized = self.with_context(lang=self.lang)
        body = self._render("political_consent.signup_mail", token)
        message = server._build_email__(
            email_from=self._sender(),
            email_to=[self.address],
            subject=localized.env._("Please confirm: %(company)s", company=company.name),
            body=str(body),
            body_alternative=self._plain_text(body),
            subtype="html",
            subtype_alternative="plain",
            reply_to=company.email or False,
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
        server.send_email(message)

    @api.model
    def _plain_text(self, body):
        """The message for readers that show no HTML: one line a paragraph."""
        text = lxml_html.fromstring(str(body)).text_content()
        return "\n\n".join(line.strip() for line in text.splitlines() if line.strip())

    def _sender(self):
        company = self.company_id
        address = (
            company.email
            or company.default_from_email
            or self.env["ir.mail_server"]._get_default_from_address()
            or self.env.ref("base.user_admin").email
        )
        if not address:
            raise UserError(self.env._("%s has no e-mail address to send from.", company.name))
        return formataddr((company.name, email_normalize(address) or address))

    def _send_sms(self, token):
        text = self._render("political_consent.signup_sms", token)
        api_class = self.company_id._get_sms_api_class()
        results = api_class(self.env)._send_sms_batch(
            [
                {
                    "content": " ".join(str(text).split()),
                    "numbers": [{"number": self.address, "uuid": secrets.token_hex(16)}],
                }
            ]
        )
        if any(result.get("state") not in ("success", "sent", "processing") for result in results):
            raise UserError(self.env._("The SMS could not be sent."))

    # ---------------------------------------------------------------- confirming

    @api.model
    def _find(self, token):
        """The sign-up of a link, and what there is to say about it.

        :returns: (sign-up or empty, ``unknown``, ``expired``, ``used`` or ``open``)
        """
        signup = self.sudo().search([("token_sha256", "=", self._digest(token))], limit=1)
        if not signup:
            return signup, "unknown"
        if signup.state == "used":
            return signup, "used"
        return signup, "open" if signup.expires_at > self._now() else "expired"

    def _boxes(self):
        """What will be agreed: ``[{"wording", "list", "purpose"}]``."""
        return [
            {
                "wording": line.wording_id,
                "list": line.list_id,
                "purpose": line.wording_id.purpose_id,
            }
            for line in self.line_ids
        ]

    def _confirm(self, token, proof):
        """Record what was ticked: one event a box; the link works once.

        :param str token: the link's token
        :param dict proof: what the web server saw, kept as evidence (``ip``, ``user_agent``)
        :returns: (events, state as of :meth:`_find`, or ``underage``)
        """
        signup, state = self._find(token)
        if state != "open":
            return self.env["consent.event"], state
        # One press wins: the other one fails to serialise, is played again and finds it used.
        self.env.cr.execute(SQL("SELECT FROM consent_signup WHERE id = %s FOR UPDATE", signup.id))
        self.env["consent.rate"]._in_turn("confirm", signup.address)
        partner = signup._contact()
        if signup._is_underage(partner):
            return self.env["consent.event"], "underage"
        events = self.env["consent.event"].sudo()._record(signup._events(partner, token, proof))
        signup._after_confirmation(partner)
        signup.write({**CLEARED, "state": "used", "partner_id": False})
        return events, "done"

    def _is_underage(self, partner):
        """R-23: below the age of digital consent a parent consents with the child, on paper."""
        born = partner.birthdate
        return bool(born and born + relativedelta(years=DIGITAL_AGE) > fields.Date.today())

    def _asked_age(self):
        """What the button says of the age: only adults can agree to be targeted (R-23)."""
        return "adult" if any(box["purpose"].targeting for box in self._boxes()) else "15"

    def _events(self, partner, token, proof):
        evidence = {
            **proof,
            "path": self.source_ref or "",
            "asked_at": fields.Datetime.to_string(self.create_date),
        }
        age = self._asked_age()
        return [
            {
                "partner": partner,
                "purpose": box["purpose"],
                "channel": box["wording"].channel,
                "list": box["list"],
                "wording": box["wording"],
                "action": "given",
                "means": "web",
                "act": "double_optin",
                "identifier": self.address if self._is_bound(box["wording"].channel) else False,
                "lang": self.lang,
                "timezone": self.timezone,
                "source_ref": self.source_ref,
                # The button says so, and nobody younger may press it.
                "age_check": age,
                "confirm_token_sha256": self._digest(token),
                "evidence": [{"kind": "web", "payload": evidence}],
            }
            for box in self._boxes()
        ]

    def _is_bound(self, channel):
        """Whether this channel reaches the address that was just confirmed."""
        return channel in {"email": ("email",), "phone": ("sms", "call")}[self.kind]

    def _after_confirmation(self, partner):
        """What follows a confirmation, in its transaction; other models extend it."""
        if self.kind == "email":
            self.env["mail.blacklist"].sudo().search([("email", "=", self.address)])._lift()
            if self.mailing_list_id:
                Subscription = self.env["mailing.subscription"].sudo()
                Subscription._open_for(self.address, self.mailing_list_id)
        else:
            self.env["phone.blacklist"].sudo().search([("number", "=", self.address)])._lift()

    # ---------------------------------------------------------------- whom

    def _contact(self):
        """The controller's contact with the confirmed address, or a new one."""
        self.ensure_one()
        if self.partner_id:
            return self.partner_id
        partner = self._existing_contact() or self._create_contact()
        missing = {
            name: self[name]
            for name in ("street", "zip", "city")
            if self[name] and not partner[name]
        }
        if missing and not partner.street:
            partner.write(missing)
        return partner

    def _existing_contact(self):
        column = {"email": "email_normalized", "phone": "phone_sanitized"}[self.kind]
        found = (
            self.env["res.partner"]
            .sudo()
            .search(
                [
                    (column, "=", self.address),
                    ("company_id", "in", (False, self.company_id.id)),
                    ("is_company", "=", False),
                ]
            )
        )
        if len(found) > 1:
            name = self._plain(self.name)
            found = found.filtered(lambda p: name and self._plain(p.name) == name)
        return found if len(found) == 1 else self.env["res.partner"]

    @api.model
    def _plain(self, name):
        """A name without case, accents and extra spaces."""
        text = unicodedata.normalize("NFKD", name or "")
        return " ".join("".join(c for c in text if not unicodedata.combining(c)).casefold().split())

    def _create_contact(self):
        Partner = self.env["res.partner"].sudo().with_company(self.company_id)
        return Partner.with_context(tracking_disable=True).create(self._signup_partner_vals())

    def _signup_partner_vals(self):
        """Values of a contact that enters by a confirmed sign-up; addons add theirs."""
        self.ensure_one()
        return {
            "name": self.name or self.address,
            {"email": "email", "phone": "phone"}[self.kind]: self.address,
            "company_id": self.company_id.id,
            "lang": self.lang,
            "street": self.street,
            "zip": self.zip,
            "city": self.city,
        }

    # ---------------------------------------------------------------- purging

    @api.autovacuum
    def _gc_signups(self):
        """Nobody who did not confirm stays (R-35)."""
        self.sudo().search([("expires_at", "<=", self._now())]).unlink()
