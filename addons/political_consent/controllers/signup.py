from werkzeug.exceptions import NotFound

from odoo.http import request, route
from odoo.tools import email_normalize, single_email_re

from .public import ConsentPublic

NETWORK_LIMIT = 300  # sign-ups per hour and network: a full hall behind one address
ADDRESS_LIMIT = 5  # messages per hour to one address

MAIL_CHANNELS = ("email", "post")
PHONE_CHANNELS = ("sms", "call")
TYPED = {"name": 128, "email": 254, "phone": 32, "street": 128, "zip": 16, "city": 64}


class ConsentSignupController(ConsentPublic):
    """Signing up: a form, a message, a button (R-07, R-24, R-35)."""

    @route(
        "/consent/signup/<string:code>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
        readonly=True,
    )
    def signup_form(self, code, **_query):
        """The form of a purpose, by its code."""
        self._speak()
        return self._form(self._purpose(code))

    @route(
        "/consent/signup/<string:code>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["POST"],
    )
    def signup_submit(self, code, **form):
        """Send the confirmation, and say so whatever is known of the address."""
        self._speak()
        purpose = self._purpose(code)
        if not self._within_limit("signup_network", NETWORK_LIMIT):
            return self._too_many()
        typed = {name: (form.get(name) or "").strip()[:size] for name, size in TYPED.items()}
        ticked = self._ticked(purpose, request.httprequest.form.getlist("box"))
        errors = self._errors(typed, ticked)
        if errors:
            return self._form(purpose, typed, errors, status=400)
        if not ticked:
            return self._nothing_ticked()
        if not self._ask(purpose, typed, ticked):
            return self._too_many()
        return self._sent()

    # ---------------------------------------------------------------- form

    def _purpose(self, code):
        """The website's controller's purpose, ready to collect consents on the web."""
        purpose = (
            request.env["consent.purpose"]
            .sudo()
            .search(
                [
                    ("code", "=", code),
                    ("company_id", "=", request.website.company_id.id),
                    ("legal_basis", "=", "consent"),
                ],
                limit=1,
            )
        )
        if not purpose or not purpose.is_open:
            raise NotFound()
        return purpose.with_context(lang=request.env.lang)

    def _boxes(self, purpose):
        """One box for each channel and each public list of the purpose (R-06)."""
        boxes = []
        for channel in purpose._channels():
            if channel not in MAIL_CHANNELS + PHONE_CHANNELS:
                continue
            wording = purpose.env["consent.wording"]._published(purpose, channel)
            if not wording:
                continue
            audiences = purpose.list_ids.filtered("public")
            for audience in [audiences.browse(), *audiences]:
                boxes.append(
                    {
                        "value": f"{wording.code}/{audience.code or ''}",
                        "wording": wording,
                        "list": audience,
                        "channel": channel,
                    }
                )
        return boxes

    def _form(self, purpose, typed=None, errors=None, status=200):
        boxes = self._boxes(purpose)
        channels = {box["channel"] for box in boxes}
        return self._page(
            "political_consent.page_signup",
            {
                "purpose": purpose,
                "boxes": boxes,
                "notices": self._notices(boxes),
                "asks_email": bool(channels & set(MAIL_CHANNELS)),
                "asks_phone": bool(channels & set(PHONE_CHANNELS)),
                "asks_street": "post" in channels,
                "typed": typed or {},
                "errors": errors or {},
                "company": purpose.company_id,
            },
            status=status,
            private=False,
        )

    def _notices(self, boxes):
        """The notices of the boxes, each text once."""
        return list(dict.fromkeys(box["wording"].notice for box in boxes))

    def _ticked(self, purpose, values):
        wanted = set(values)
        return [box for box in self._boxes(purpose) if box["value"] in wanted]

    def _errors(self, typed, ticked):
        """What is missing for the ticked boxes, by field."""
        _ = request.env._
        channels = {box["channel"] for box in ticked}
        errors = {}
        if channels & set(MAIL_CHANNELS) and not self._email(typed["email"]):
            errors["email"] = _("Please type your e-mail address, such as anne@example.org.")
        if channels & set(PHONE_CHANNELS) and not self._number(typed["phone"]):
            errors["phone"] = _("Please type your telephone number, such as +33 1 99 00 12 34.")
        if "post" in channels and not (typed["street"] and typed["zip"] and typed["city"]):
            errors["street"] = _("To receive post, please type your street, postcode and town.")
        return errors

    def _email(self, text):
        address = email_normalize(text)
        return address if address and single_email_re.match(address) else False

    def _number(self, text):
        country = request.website.company_id.sudo().country_id or request.env.ref("base.fr")
        return bool(text) and request.env["res.partner"].sudo()._phone_format(
            number=text, country=country, raise_exception=False
        )

    # ---------------------------------------------------------------- asking

    def _ask(self, purpose, typed, ticked):
        """Queue the messages; False when this network asked too often for this address.

        Each address is confirmed by a message of its own: one for the boxes of e-mail and post,
        one for those of the telephone. More messages than the limit are not sent to an address,
        and nobody is told: that would tell that somebody signed it up (no oracle).
        """
        Signup = request.env["consent.signup"].sudo()
        Rate = request.env["consent.rate"].sudo()
        for kind, channels in (("email", MAIL_CHANNELS), ("phone", PHONE_CHANNELS)):
            boxes = [box for box in ticked if box["channel"] in channels]
            if not boxes:
                continue
            raw = typed[kind]
            address = self._email(raw) if kind == "email" else self._number(raw)
            limit = Rate._limit("signup_address", ADDRESS_LIMIT)
            if not self._within_limit("signup_address", ADDRESS_LIMIT, who=address):
                return False
            if not Rate._allows("signup_messages", address, limit):
                continue
            Signup._ask(
                self._signup_vals(purpose, typed, kind, address),
                [(box["wording"], box["list"]) for box in boxes],
            )
        return True

    def _signup_vals(self, purpose, typed, kind, address):
        vals = {
            "company_id": purpose.company_id.id,
            "website_id": request.website.id,
            "kind": kind,
            "address": address,
            "name": typed["name"] or False,
            "lang": request.env.lang,
            "timezone": self._timezone(),
            "source_ref": f"/consent/signup/{purpose.code}"[:128],
        }
        if kind == "email":
            vals.update({name: typed[name] or False for name in ("street", "zip", "city")})
        return vals

    def _sent(self):
        _ = request.env._
        return self._message(
            _("We sent you a message"),
            _("Open it and press its link: nothing is recorded before you confirm."),
            _(
                "The link works for three days. Nothing came? Look among unwanted mail, or sign "
                "up again."
            ),
        )

    def _nothing_ticked(self):
        _ = request.env._
        return self._message(
            _("You ticked nothing"),
            _("So nothing was recorded and no message was sent. That is perfectly fine."),
        )
