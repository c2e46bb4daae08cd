from werkzeug.exceptions import BadRequest, NotFound, Unauthorized

from odoo.addons.mail.controllers.mail import MailController
from odoo.addons.mass_mailing.controllers.main import MassMailController
from odoo.addons.mass_mailing_sms.controllers.main import MailingSMSController
from odoo.http import Response, request, route
from odoo.tools import email_normalize

from .core_website import ask_to_confirm
from .public import ConsentPublic


class ConsentMailing(MassMailController, ConsentPublic):
    """Core's ways to leave a mailing: what acted on GET shows a button; each act is written to
    the ledger (R-04), and none of them lets anybody back in."""

    @route(multilang=False)
    def mailing_my(self):
        """One's own answers are on the portal."""
        return request.redirect("/my/consents")

    @route(methods=["GET", "POST"], multilang=False)
    def mailing_unsubscribe(
        self, mailing_id, document_id=None, email=None, hash_token=None, **_post
    ):
        """The link in a mailing: a page with a button, then the act."""
        self._speak()
        mailing, found = self._checked(mailing_id, document_id, email, hash_token)
        if request.httprequest.method == "POST":
            return self._left(mailing, document_id, found)
        _ = request.env._
        return self._message(
            _("Stop these messages?"),
            _("You will no longer receive what this message belongs to."),
            act={
                "url": f"/mailing/{mailing_id}/unsubscribe",
                "label": _("Stop these messages"),
                "values": {
                    "document_id": document_id or "",
                    "email": email or "",
                    "hash_token": hash_token or "",
                },
            },
        )

    @route(multilang=False)
    def mailing_confirm_unsubscribe(
        self, mailing_id, document_id=None, email=None, hash_token=None, **_query
    ):
        """Core's page before leaving: ours, which says the same."""
        return self.mailing_unsubscribe(mailing_id, document_id, email, hash_token)

    @route(save_session=False, multilang=False)
    def mailing_unsubscribe_oneclick(
        self, mailing_id, document_id=None, email=None, hash_token=None, **_post
    ):
        """The mail program's POST (RFC 8058)."""
        mailing, found = self._checked(mailing_id, document_id, email, hash_token)
        self._leave_mailing(mailing, document_id, found, "one_click")
        return Response(status=200)

    @route(multilang=False)
    def mailing_confirm_unsubscribe_post(
        self, mailing_id, document_id=None, email=None, hash_token=None
    ):
        """The button of core's own confirmation page."""
        self._speak()
        mailing, found = self._checked(int(mailing_id), document_id, email, hash_token)
        return self._left(mailing, document_id, found)

    @route()
    def mailing_update_list_subscription(
        self,
        mailing_id=None,
        document_id=None,
        email=None,
        hash_token=None,
        lists_optin_ids=None,
        **post,
    ):
        """Core's preference page: leaving is at once, joining is by a message to confirm."""
        email_found, token = self._fetch_user_information(email, hash_token)
        try:
            self._check_mailing_email_token(mailing_id, document_id, email_found, token)
        except BadRequest:
            return "error"
        except (NotFound, Unauthorized):
            return "unauthorized"
        contacts = self._fetch_contacts(email_found)
        wanted = request.env["mailing.list"].sudo().browse(lists_optin_ids or []).exists()
        current = contacts.subscription_ids.filtered(lambda s: not s.opt_out).list_id
        leaving = current - wanted
        leaving._update_subscription_from_email(email_found, opt_out=True, force_message=False)
        joining = (wanted - current).filtered(lambda m: m.is_public or m in contacts.list_ids)
        for mailing_list in joining:
            ask_to_confirm(mailing_list, email_found)
        return len(leaving)

    @route()
    def mail_blocklist_remove(self, mailing_id=None, document_id=None, email=None, hash_token=None):
        """Nobody comes back by this: they sign up again and confirm."""
        return "error"

    # ---------------------------------------------------------------- acts

    def _checked(self, mailing_id, document_id, email, hash_token):
        """(mailing, address) of a signed link.

        :raises Unauthorized: for a wrong link, whether the mailing exists or not
        """
        found, token = self._fetch_user_information(email, hash_token)
        try:
            mailing = self._check_mailing_email_token(
                mailing_id, document_id, found, token, required_mailing_id=True
            )
        except NotFound as error:
            raise Unauthorized() from error
        return mailing, email_normalize(found)

    def _left(self, mailing, document_id, address):
        self._leave_mailing(mailing, document_id, address, "unsubscribe")
        _ = request.env._
        return self._message(_("It is done"), _("You no longer receive these messages."))

    def _leave_mailing(self, mailing, document_id, address, means):
        """Withdraw for what the mailing was sent for, as the person or as the address."""
        purposes, audience = self._sent_for(mailing)
        mailing.contact_list_ids._update_subscription_from_email(
            address, opt_out=True, force_message=False
        )
        partner = request.env["res.partner"]
        if mailing.mailing_model_real == "res.partner" and str(document_id or "").isdigit():
            partner = partner.sudo().browse(int(document_id)).exists()
        Subject = request.env["consent.subject"].sudo()
        for purpose in purposes:
            if partner and partner.email_normalized == address:
                found = Subject._ensure(partner, purpose.company_id)
                subject = Subject.browse(found[partner.id])
                subject._leave(purpose, "email", audience, means)
            else:
                request.env["consent.event"].sudo()._close_addresses(
                    "email",
                    [address],
                    means,
                    "button",
                    purposes=purpose,
                    channels=["email"],
                    list=audience,
                )

    def _sent_for(self, mailing):
        """(purposes, list) of a mailing; one without purpose stands for everything."""
        audience = mailing.consent_list_id
        purposes = mailing.consent_purpose_id or mailing.contact_list_ids.consent_purpose_id
        if len(mailing.contact_list_ids) == 1 and not mailing.consent_purpose_id:
            audience = mailing.contact_list_ids.consent_list_id
        purposes = purposes or request.env["consent.event"].sudo()._objectionable_purposes()
        return purposes.filtered(lambda p: p.allow_email and not p.statutory), audience


class ConsentMailingSms(MailingSMSController, ConsentPublic):
    """The link at the end of an SMS mailing."""

    @route(methods=["GET", "POST"], multilang=False)
    def blacklist_number(self, mailing_id, trace_code, **post):
        """A page with a button, then the act (core acted on GET)."""
        self._speak()
        _ = request.env._
        number = (post.get("sms_number") or "").strip()
        found = self._check_trace(mailing_id, trace_code).get("trace")
        trace = found and found.filtered(lambda t: t.sms_number == number)[:1]
        if not number or not trace:
            return request.redirect(f"/sms/{int(mailing_id)}/{trace_code}")
        if request.httprequest.method != "POST":
            return self._message(
                _("Stop these SMS?"),
                _("You will no longer receive what this SMS belongs to."),
                act={
                    "url": f"/sms/{int(mailing_id)}/unsubscribe/{trace_code}",
                    "label": _("Stop these SMS"),
                    "values": {"sms_number": number},
                },
            )
        mailing = trace.mass_mailing_id
        purpose = mailing.consent_purpose_id or mailing.contact_list_ids.consent_purpose_id
        request.env["consent.event"].sudo()._close_addresses(
            "phone",
            [number],
            "unsubscribe",
            "button",
            purposes=purpose.filtered(lambda p: not p.statutory) or None,
            channels=["sms"],
            list=mailing.consent_list_id,
        )
        return self._message(_("It is done"), _("You no longer receive these SMS."))


class ConsentUnfollow(MailController, ConsentPublic):
    """The link under a notification."""

    @route(methods=["GET", "POST"], website=True, multilang=False, sitemap=False)
    def mail_action_unfollow(self, model, res_id, pid, token, **kwargs):
        """A page with a button, then the act (core acted on GET)."""
        if request.httprequest.method == "POST":
            return super().mail_action_unfollow(model, res_id, pid, token, **kwargs)
        self._speak()
        _ = request.env._
        return self._message(
            _("Stop following?"),
            _("You will no longer be told of new messages here."),
            act={
                "url": "/mail/unfollow",
                "label": _("Stop following"),
                "csrf": False,
                # The token signs every parameter: they go on as they came.
                "values": {k: v for k, v in request.params.items() if k != "lang"},
            },
        )
