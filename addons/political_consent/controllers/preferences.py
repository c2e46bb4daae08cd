import json
from urllib.parse import urlencode

from werkzeug.exceptions import NotFound

from odoo.http import content_disposition, request, route

from .public import PRIVATE, ConsentPublic

MESSAGES_LIMIT = 5


class ConsentPreferencesController(ConsentPublic):
    """Seeing and changing one's answers, by the link in each message (R-03)."""

    @route(
        "/consent/preferences/<string:token>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
        readonly=True,
    )
    def preferences(self, token, said=None, **_query):
        """Each answer with since-when and a switch; everything last."""
        self._speak()
        subject = self._subject(token)
        if not subject:
            return self._gone()
        return self._page(
            "political_consent.page_preferences",
            {
                "proof_url": f"/consent/preferences/{token}/proof",
                "rows": self._rows(subject),
                "said": self._said().get(said),
                "company": subject.company_id,
            },
        )

    @route(
        "/consent/preferences/<string:token>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["POST"],
    )
    def preferences_act(self, token, stop=None, agree=None, everything=None, **_form):
        """Withdraw at once; agree again by a message to confirm."""
        self._speak()
        subject = self._subject(token)
        if not subject:
            return self._gone()
        said = self._change(subject, "preferences", stop, agree, everything)
        query = urlencode({"lang": request.env.lang, "said": said})
        return request.redirect(f"/consent/preferences/{token}?{query}", code=303)

    @route(
        "/consent/preferences/<string:token>/proof",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
        readonly=True,
    )
    def preferences_proof(self, token, **_query):
        """Everything that the ledger holds of the person, to keep and to verify."""
        subject = self._subject(token)
        if not subject:
            raise NotFound()
        content = json.dumps(subject._proof(), ensure_ascii=False, indent=2)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/json; charset=utf-8"),
                ("Content-Disposition", content_disposition("consent-proof.json")),
                *PRIVATE.items(),
            ],
        )

    # ---------------------------------------------------------------- one click

    @route(
        "/consent/one-click/<string:token>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
        readonly=True,
    )
    def one_click_show(self, token, **_query):
        """The link opened in a browser: a page with a button, no effect."""
        self._speak()
        subject, purpose, channel, audience = self._one_click(token)
        if not subject:
            return self._gone()
        _ = request.env._
        return self._message(
            _("Stop these messages?"),
            self._named(purpose, channel, audience),
            act={
                "url": f"/consent/one-click/{token}",
                "label": _("Stop these messages"),
                "csrf": False,
            },
            next_url=subject._preferences_url(),
            next_label=_("See everything I agreed to"),
            company=subject.company_id,
        )

    @route(
        "/consent/one-click/<string:token>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["POST"],
        csrf=False,  # RFC 8058: the mail program posts it, without cookie; the token is signed.
        save_session=False,
    )
    def one_click_act(self, token, **_form):
        """Leave the purpose, channel and list of the message (RFC 8058)."""
        self._speak()
        subject, purpose, channel, audience = self._one_click(token)
        if not subject:
            return self._gone()
        subject._leave(purpose, channel, audience, "one_click", **self._act())
        _ = request.env._
        return self._message(
            _("It is done"),
            _("You no longer receive these messages."),
            self._named(purpose, channel, audience),
            next_url=subject._preferences_url(),
            next_label=_("See everything I agreed to"),
            company=subject.company_id,
        )

    # ---------------------------------------------------------------- helpers

    def _subject(self, token):
        subject = request.env["consent.subject"].sudo()._of_preferences(token)
        return subject.with_context(lang=request.env.lang)

    def _one_click(self, token):
        found = request.env["consent.subject"].sudo()._of_one_click(token)
        return [
            part if isinstance(part, str) else part and part.with_context(lang=request.env.lang)
            for part in found
        ]

    def _gone(self):
        _ = request.env._
        return self._message(
            _("This link no longer works"),
            _("It may have been cut or altered, or it is too old."),
            _(
                "The latest message that you received has a fresh link. You can also write to us: "
                "no reason and no account are needed."
            ),
            status=404,
        )

    def _act(self):
        return {"lang": request.env.lang, "timezone": self._timezone()}

    def _named(self, purpose, channel, audience):
        label = dict(
            purpose.env["consent.event"]._fields["channel"]._description_selection(request.env)
        )[channel]
        return " · ".join(filter(None, [purpose.name, label, audience and audience.name]))

    def _rows(self, subject):
        rows = []
        for answer in subject._answers():
            state = answer["state"].with_context(lang=request.env.lang)
            rows.append(
                {
                    "key": self._key(state),
                    "name": self._named(state.purpose_id, state.channel, state.list_id),
                    "open": answer["open"],
                    "state": state,
                    "since": self._local(state.event_id).date(),
                    "fixed": state.purpose_id.statutory,
                    "can_agree": self._can_agree(subject, state),
                    "wording": state.event_id.wording_id.text,
                }
            )
        return rows

    def _key(self, state):
        return f"{state.purpose_id.code}/{state.channel}/{state.list_id.code or ''}"

    def _answer(self, subject, key):
        for answer in subject._answers():
            if self._key(answer["state"]) == key:
                return answer["state"]
        raise NotFound()

    def _change(self, subject, means, stop=None, agree=None, everything=None, **_form):
        """Do what the pressed button says; returns what to say of it."""
        if everything:
            subject._leave_everything(means, **self._act())
            return "everything"
        state = self._answer(subject, stop or agree)
        return self._stop(subject, state, means) if stop else self._agree(subject, state)

    def _stop(self, subject, state, means):
        if state.purpose_id.statutory:
            raise NotFound()
        subject._leave(state.purpose_id, state.channel, state.list_id, means, **self._act())
        return "stopped"

    def _can_agree(self, subject, state):
        """Agreeing again needs words to agree to and an address to confirm it."""
        return (
            state.purpose_id.legal_basis == "consent"
            and state.purpose_id.active
            and bool(subject._current_address(state.channel)[1])
            and bool(self._wording(state))
        )

    def _wording(self, state):
        return state.env["consent.wording"]._published(
            state.purpose_id, state.channel, request.env.lang
        )

    def _agree(self, subject, state):
        """A forwarded message must not let its reader agree for somebody else: confirm."""
        if not self._can_agree(subject, state):
            raise NotFound()
        kind, address = subject._current_address(state.channel)
        Rate = request.env["consent.rate"].sudo()
        limit = Rate._limit("signup_address", MESSAGES_LIMIT)
        if Rate._allows("signup_messages", address, limit):
            request.env["consent.signup"].sudo()._ask(
                {
                    "company_id": subject.company_id.id,
                    "website_id": request.website.id,
                    "partner_id": subject.partner_id.id,
                    "kind": kind,
                    "address": address,
                    "lang": request.env.lang,
                    "timezone": self._timezone(),
                    "source_ref": "/consent/preferences",
                },
                [(self._wording(state), state.list_id)],
            )
        return "asked"

    def _said(self):
        _ = request.env._
        return {
            "stopped": _("It is done: you no longer receive these messages."),
            "everything": _(
                "It is done: we do not contact you any more, save for what the law or "
                "the statutes oblige us to send."
            ),
            "asked": _("We sent you a message: confirm by its link, and it counts."),
        }
