import hashlib
import logging
import secrets
from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from odoo.tools import email_normalize, html2plaintext, urls

from ..lib import route
from .consent_right_request import CONFIRM_LIFE

_logger = logging.getLogger(__name__)


class ConsentRightRequest(models.Model):
    """How a request comes in and how its answer goes out: pages, links that expire, mails."""

    _inherit = "consent.right.request"

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
