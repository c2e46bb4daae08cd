import json

from odoo.addons.website_mass_mailing.controllers.main import MassMailController
from odoo.addons.website_mass_mailing.controllers.website_form import WebsiteNewsletterForm
from odoo.exceptions import UserError
from odoo.http import request, route
from odoo.tools import email_normalize, parse_contact_from_email, single_email_re

from .signup import ADDRESS_LIMIT, NETWORK_LIMIT


def ask_to_confirm(mailing_lists, value, name=""):
    """Send a confirmation for what mailing lists stand for; silent whatever is known.

    :param mailing_lists: ``mailing.list`` records that people may join by themselves
    :param str value: what was typed as an e-mail address
    :returns: False when this network asks too often
    """
    Rate = request.env["consent.rate"].sudo()
    network = Rate._network(request.httprequest.remote_addr)
    if not Rate._allows("signup_network", network, Rate._limit("signup_network", NETWORK_LIMIT)):
        return False
    typed_name, address = parse_contact_from_email(value or "")
    address = email_normalize(address)
    boxes = mailing_lists._consent_boxes(request.env.lang)
    limit = Rate._limit("signup_address", ADDRESS_LIMIT)
    if (
        boxes
        and address
        and single_email_re.match(address)
        and Rate._allows("signup_messages", address, limit)
    ):
        website = request.env["website"].sudo().get_current_website()
        request.env["consent.signup"].sudo()._ask(
            {
                "company_id": boxes[0][0].company_id.id,
                "website_id": website.id,
                "address": address,
                "name": (name or typed_name or "")[:128] or False,
                "lang": request.env.lang or "fr_FR",
                "mailing_list_id": mailing_lists[:1].id,
                "source_ref": request.httprequest.path[:128],
            },
            boxes,
        )
    return True


class ConsentNewsletterBlock(MassMailController):
    """The website's newsletter block: the same way in as the sign-up page (R-35).

    Core's route subscribed whoever's address was typed, and reopened what its owner had closed.
    """

    @route()
    def is_subscriber(self, list_id, subscription_type, **post):
        """The same to everybody: whether an address is on a list is nobody's business (R-71)."""
        value = request.env.user.email if not request.env.user._is_public() else None
        return {"is_subscriber": False, "value": value if subscription_type == "email" else None}

    @route()
    def subscribe(self, list_id, value, subscription_type, **post):
        """Send a message to confirm; say so whatever is known of the address."""
        _ = request.env._
        try:
            request.env["ir.http"]._verify_request_recaptcha_token("website_mass_mailing_subscribe")
        except UserError as error:
            return {"toast_type": "danger", "toast_content": str(error)}
        mailing_list = request.env["mailing.list"].sudo().browse(int(list_id)).exists()
        if subscription_type == "email" and not ask_to_confirm(mailing_list, value):
            return {
                "toast_type": "warning",
                "toast_content": _("Many requests came from your network. Try again in an hour."),
            }
        return {
            "toast_type": "success",
            "toast_content": _("We sent you a message: nothing counts before you confirm."),
        }


class ConsentNewsletterForm(WebsiteNewsletterForm):
    """The website's form builder, when its form signs up to a newsletter."""

    def _handle_website_form(self, model_name, **kwargs):
        if model_name != "mailing.contact":
            return super()._handle_website_form(model_name, **kwargs)
        ids = [int(part) for part in (kwargs.get("list_ids") or "").split(",") if part.isdigit()]
        lists = request.env["mailing.list"].sudo().browse(ids).exists().filtered("is_public")
        if not lists:
            return json.dumps({"error": request.env._("This list is not open to sign-ups.")})
        if not ask_to_confirm(lists, kwargs.get("email"), kwargs.get("name")):
            return json.dumps({"error": request.env._("Try again in an hour.")})
        # The form's script wants the id of what was created: nothing was, yet.
        return json.dumps({"id": 1})
