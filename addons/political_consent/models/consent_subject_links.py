import binascii
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL, hash_sign, urls, verify_hash_signed

from .consent_event import IDENTIFIER_OF

PREFERENCES = "political_consent.preferences"
ONE_CLICK = "political_consent.one_click"
# A message may be opened long after it came; its links must still work.
LIFETIME = timedelta(days=400)


class ConsentSubject(models.Model):
    """The links by which a person sees and changes their answers, without an account.

    A link holds the person's random code and what it is for, signed and with an end; never an
    address.
    """

    _inherit = "consent.subject"

    # ---------------------------------------------------------------- links

    def _preferences_url(self):
        """Address of the person's preference page, for the foot of a message."""
        self.ensure_one()
        token = hash_sign(self.sudo().env, PREFERENCES, [self.code], expiration=LIFETIME)
        return self._public_url(f"/consent/preferences/{token}")

    def _one_click_url(self, purpose, channel, audience=None):
        """Address for ``List-Unsubscribe``: leaves one purpose on one channel (R-03, RFC 8058).

        :param purpose: ``consent.purpose`` of the message
        :param str channel: channel of the message
        :param audience: ``consent.list`` that the message goes to, if any
        """
        self.ensure_one()
        content = [self.code, purpose.id, channel, audience.id if audience else 0]
        token = hash_sign(self.sudo().env, ONE_CLICK, content, expiration=LIFETIME)
        return self._public_url(f"/consent/one-click/{token}")

    def _public_url(self, path):
        return urls.urljoin(self.sudo().company_id.get_base_url(), path)

    @api.model
    def _read_token(self, scope, token):
        """The content of a link's token; empty when it is altered or has expired."""
        try:
            return verify_hash_signed(self.sudo().env, scope, token) or []
        except (ValueError, binascii.Error):
            return []

    @api.model
    def _of_preferences(self, token):
        """The person of a preference link, or nobody."""
        code = (self._read_token(PREFERENCES, token) or [None])[0]
        return self.sudo().search([("code", "=", code)], limit=1) if code else self.sudo().browse()

    @api.model
    def _of_one_click(self, token):
        """(person or nobody, purpose, channel, list) of a one-click link."""
        code, purpose_id, channel, list_id = self._read_token(ONE_CLICK, token) or [None] * 4
        subject = self.sudo().search([("code", "=", code)], limit=1) if code else self.sudo()
        purpose = self.env["consent.purpose"].sudo().browse(purpose_id or ()).exists()
        audience = self.env["consent.list"].sudo().browse(list_id or ()).exists()
        return subject if purpose else self.sudo().browse(), purpose, channel, audience

    # ---------------------------------------------------------------- answers

    def _siblings(self):
        """The codes of the same person at this controller: those of merged contacts too."""
        self.ensure_one()
        if not self.partner_id:
            return self
        return self.search(
            [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)]
        )

    def _answers(self):
        """What the person answers now, one for each purpose, channel and list.

        :returns: list of dicts ``state`` (``consent.state`` record), ``open`` (bool)
        """
        answers = {}
        states = (
            self.env["consent.state"]
            .sudo()
            .search([("subject_id", "in", self._siblings().ids)], order="collected_at, id")
        )
        now = self.env["consent.signup"]._now()
        for state in states:
            key = (state.purpose_id, state.channel, state.list_id)
            is_open = state._is_open(now)
            if is_open or key not in answers or not answers[key]["open"]:
                answers[key] = {"state": state, "open": is_open}
        return sorted(
            answers.values(),
            key=lambda a: (
                a["state"].purpose_id.sequence,
                a["state"].purpose_id.id,
                a["state"].channel,
                a["state"].list_id.id,
            ),
        )

    def _leave(self, purpose, channel, audience, means, act="button", **more):
        """Withdraw for one purpose, channel and list; nothing where there is nothing to close."""
        if not self._has_to_close(purpose, channel, audience):
            return self.env["consent.event"]
        who = {"partner": self.partner_id} if self.partner_id else {"subject": self}
        return (
            self.env["consent.event"]
            .sudo()
            ._record(
                [
                    {
                        **who,
                        "purpose": purpose,
                        "channel": channel,
                        "list": audience,
                        "action": "withdrawn",
                        "means": means,
                        "act": act,
                        **more,
                    }
                ]
            )
        )

    def _has_to_close(self, purpose, channel, audience):
        """Whether something is open, or nothing was ever said: an objection is then news."""
        self.env.cr.execute(
            SQL(
                """
                SELECT coalesce(bool_or(action = 'given'), FALSE)
                       OR NOT coalesce(bool_or(action IN ('withdrawn', 'refused')), FALSE)
                  FROM consent_state
                 WHERE subject_id = ANY(%s) AND purpose_id = %s AND channel = %s
                   AND (%s IS NULL OR list_id = %s)
                """,
                self._siblings().ids,
                purpose.id,
                channel,
                audience.id or None,
                audience.id or None,
            )
        )
        return self.env.cr.fetchone()[0]

    def _leave_everything(self, means, **more):
        """Withdraw from everything that one may object to, and remember the objection (R-29)."""
        events = self.env["consent.event"]
        wanted = {
            (answer["state"].purpose_id, answer["state"].channel)
            for answer in self._answers()
            if not answer["state"].purpose_id.statutory
        }
        none = self.env["consent.list"]
        for purpose, channel in sorted(wanted, key=lambda pair: (pair[0].id, pair[1])):
            events |= self._leave(purpose, channel, none, means, **more)
        self.env["consent.suppression"].sudo()._add(self.company_id, self._known_keys(), "opposed")
        return events

    def _known_keys(self):
        """Hashes of the addresses that the person has, or ever agreed for."""
        siblings = self._siblings()
        states = self.env["consent.state"].sudo().search([("subject_id", "in", siblings.ids)])
        keys = [*siblings.mapped("email_key"), *siblings.mapped("phone_key")]
        return set(filter(None, [*keys, *states.mapped("identifier_key")]))

    def _current_address(self, channel):
        """(kind, address) by which a channel reaches the person now."""
        kind = IDENTIFIER_OF.get(channel, "email")
        column = {"email": "email_normalized", "phone": "phone_sanitized"}[kind]
        return kind, self.partner_id[column]

    def _proof(self):
        """Every event of the person, in words and figures, to hand over (R-32)."""
        events = (
            self.env["consent.event"]
            .sudo()
            .search([("subject", "in", self._siblings().mapped("code"))], order="id")
        )
        return [event._as_proof() for event in events]
