from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib import route as routes
from .consent_event import IDENTIFIER_OF
from .consent_gate import PARTNER

ADDRESS_COLUMN = {"email": "email_normalized", "phone": "phone_sanitized"}
# Who wrote to us is answered for a year; a longer silence ends the conversation.
CONVERSATION_DAYS = 365


class ConsentGate(models.AbstractModel):
    """The gate as the sending routes ask it: for addresses as well as for contacts, and for
    letters between two people as well as for purposes."""

    _inherit = "consent.gate"

    # ---------------------------------------------------------------- recipients

    @api.model
    def _recipient_reasons(self, recipients, route, channel, company):
        """Why each recipient of a message is held back.

        :param list recipients: (partner id or False, normalised address or False) pairs
        :param route: :class:`~..lib.route.Route` that the message was made on
        :param str channel: email, sms or post
        :param company: controller on whose behalf a letter is written
        :returns: ``{recipient: reason code or None}``
        """
        if route.kind == routes.TRANSACTION:
            return dict.fromkeys(recipients)
        if route.kind == routes.PURPOSE:
            request = self._route_request(route, channel)
            return self._purpose_reasons(recipients, request)
        return self._letter_reasons(recipients, channel, company)

    @api.model
    def _route_request(self, route, channel):
        purpose = self.env["consent.purpose"].sudo().browse(route.purpose_id)
        audience = self.env["consent.list"].sudo().browse(route.list_id or ())
        return self._gate_request(purpose, channel, audience=audience, segmented=route.segmented)

    @api.model
    def _purpose_reasons(self, recipients, request):
        own, loose = self._split_recipients(recipients, request.channel)
        by_partner = self._reasons([pid for pid, _a in own], request) if own else {}
        by_address = self._address_reasons({a for _p, a in loose if a}, request) if loose else {}
        found = {pair: by_partner[pair[0]] for pair in own}
        found.update({pair: by_address.get(pair[1], "no_address") for pair in loose})
        return found

    @api.model
    def _split_recipients(self, recipients, channel):
        """Contacts at the address that their consent is bound to, and the rest by address: R-34
        holds for a second address written in the same field too."""
        kind = IDENTIFIER_OF.get(channel)
        if not kind:
            return [pair for pair in recipients if pair[0]], [p for p in recipients if not p[0]]
        column = ADDRESS_COLUMN[kind]
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        ids = list({pid for pid, _address in recipients if pid})
        partners = Partner.search_fetch([("id", "in", ids)], [column])
        current = {partner.id: partner[column] for partner in partners}
        own = [pair for pair in recipients if pair[0] in current and pair[1] == current[pair[0]]]
        return own, [pair for pair in recipients if pair not in set(own)]

    @api.model
    def _address_reasons(self, addresses, request):
        """Why a message to an address, whoever reads it there, is held back.

        Contacts of the controller with that address answer for it. When one of them said no, it
        is no (the stricter answer, R-33); when nobody has it, only an answer kept for the
        address itself opens it.

        :returns: ``{address: reason code or None}``
        """
        kind = IDENTIFIER_OF[request.channel]
        self._flush()
        self.env.cr.execute(
            SQL(
                """
                SELECT asked.address, res_partner.id FROM unnest(%s) AS asked(address)
                  LEFT JOIN res_partner ON res_partner.%s = asked.address AND %s
                """,
                sorted(addresses),
                SQL.identifier(ADDRESS_COLUMN[kind]),
                self._sql_same_controller(request),
            )
        )
        people = {}
        for address, partner_id in self.env.cr.fetchall():
            people.setdefault(address, set()).update({partner_id} - {None})
        reasons = self._reasons(sorted(set().union(*people.values())), request) if people else {}
        alone = [address for address, ids in people.items() if not ids]
        found = self._loose_reasons(alone, kind, request) if alone else {}
        for address, ids in people.items():
            if ids:
                found[address] = self._strictest([reasons[pid] for pid in sorted(ids)])
        return found

    @api.model
    def _strictest(self, codes):
        for code in ("opposed", "suppressed"):
            if code in codes:
                return code
        return None if None in codes else codes[0]

    @api.model
    def _loose_reasons(self, addresses, kind, request):
        keys = {a: set(self.env["consent.key"]._digests(kind, a)) for a in addresses}
        every = sorted(set().union(*keys.values()))
        audience = request.audience.id if request.audience else None
        self.env.cr.execute(
            SQL(
                """
                SELECT t.identifier_key, t.action, p.targeting AND t.purpose_id <> %(purpose)s
                  FROM consent_state t JOIN consent_purpose p ON p.id = t.purpose_id
                 WHERE t.identifier_key = ANY(%(keys)s) AND t.channel = %(channel)s
                   AND p.company_id = %(company)s
                   AND (t.action <> 'given' OR t.expires_at IS NULL OR t.expires_at > %(at)s)
                   AND (t.purpose_id = %(purpose)s AND (t.action <> 'given' AND t.list_id IS NULL
                            OR t.list_id IS NOT DISTINCT FROM %(list)s)
                        OR p.targeting AND t.list_id IS NULL)
                 UNION
                SELECT identifier_key, 'suppressed', FALSE FROM consent_suppression
                 WHERE company_id = %(company)s AND identifier_key = ANY(%(keys)s)
                """,
                purpose=request.purpose.id,
                keys=every,
                channel=request.channel,
                company=request.company.id,
                at=request.at,
                list=audience,
            )
        )
        answers = {}
        for key, action, targeting in self.env.cr.fetchall():
            answers.setdefault(key, set()).add((action, targeting))
        return {
            address: self._loose_reason(
                set().union(*(answers.get(key, set()) for key in keys[address])), request
            )
            for address in addresses
        }

    @api.model
    def _loose_reason(self, answers, request):
        if request.channel not in request.purpose._channels():
            return "channel_closed"
        if answers & {("withdrawn", False), ("refused", False)}:
            return "opposed"
        if ("suppressed", False) in answers:
            return "suppressed"
        if ("given", False) not in answers:
            # Another basis than consent is a relation with a person, whom nobody knows here.
            return "no_basis"
        if self._needs_targeting_consent(request) and not (
            request.purpose.targeting or ("given", True) in answers
        ):
            return "no_targeting_consent"
        return None

    # ---------------------------------------------------------------- letters

    @api.model
    def _letter_reasons(self, recipients, channel, company):
        """Reasons against a letter from one person to another.

        It goes to colleagues, to organisations, to who wrote first, and to who agreed to hear
        from the controller on that channel, for whatever purpose.
        """
        own, loose = self._split_recipients(recipients, channel)
        found = dict.fromkeys(recipients, "no_correspondence")
        allowed = self._letter_partners([pid for pid, _a in own], channel, company)
        found.update(dict.fromkeys((pair for pair in own if pair[0] in allowed), None))
        if IDENTIFIER_OF.get(channel):
            addresses = self._letter_addresses({a for _p, a in loose if a}, channel, company)
            found.update(dict.fromkeys((pair for pair in loose if pair[1] in addresses), None))
        return found

    @api.model
    def _letter_partners(self, partner_ids, channel, company):
        """Ids of those among some contacts who may get a letter."""
        if not partner_ids:
            return set()
        self._flush()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM res_partner WHERE id = ANY(%s) AND %s",
                list(partner_ids),
                self._sql_letter(channel, company, partner_ids),
            )
        )
        return {partner_id for (partner_id,) in self.env.cr.fetchall()}

    @api.model
    def _sql_letter(self, channel, company, partner_ids):
        """Condition over ``res_partner`` of who may get a letter; other addons widen it to those
        with whom the controller has another relation."""
        kind = IDENTIFIER_OF.get(channel)
        written = SQL("FALSE")
        bound = SQL("TRUE")
        if kind:
            bound = SQL("t.identifier_key = s.%s", SQL.identifier(f"{kind}_key"))
            written = SQL(
                """EXISTS (
                    SELECT FROM consent_conversation c
                     WHERE c.company_id = %s AND c.last_at > %s AND c.identifier_key = %s)""",
                company.id,
                self._conversation_limit(),
                self._sql_current_key(None, kind),
            )
        return SQL(
            """(%(partner)s.is_company IS TRUE
                OR EXISTS (SELECT FROM res_users u WHERE u.partner_id = %(partner)s.id
                              AND u.active AND NOT u.share)
                OR EXISTS (SELECT FROM res_company c WHERE c.partner_id = %(partner)s.id)
                OR %(written)s
                OR %(partner)s.id IN (
                    SELECT s.partner_id FROM consent_state t
                      JOIN consent_subject s ON s.id = t.subject_id
                      JOIN consent_purpose p ON p.id = t.purpose_id
                     WHERE s.partner_id = ANY(%(ids)s) AND t.channel = %(channel)s
                       AND p.company_id = %(company)s AND t.action = 'given'
                       AND (t.expires_at IS NULL OR t.expires_at > %(at)s)
                       AND %(bound)s))""",
            at=fields.Datetime.now(),
            partner=PARTNER,
            written=written,
            ids=list(partner_ids),
            channel=channel,
            company=company.id,
            bound=bound,
        )

    @api.model
    def _letter_addresses(self, addresses, channel, company):
        """Those among some addresses to which a letter may go."""
        if not addresses:
            return set()
        kind = IDENTIFIER_OF[channel]
        allowed = self._own_addresses(addresses) if kind == "email" else set()
        column = ADDRESS_COLUMN[kind]
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        partners = Partner.search([(column, "in", sorted(addresses))])
        ids = self._letter_partners(partners.ids, channel, company)
        allowed |= {partner[column] for partner in partners if partner.id in ids}
        keys = {a: self.env["consent.key"]._digests(kind, a) for a in addresses - allowed}
        known = self._letter_keys(sorted(set().union(*keys.values(), ())), channel, company)
        return allowed | {a for a, some in keys.items() if known & set(some)}

    @api.model
    def _letter_keys(self, keys, channel, company):
        self.env.cr.execute(
            SQL(
                """
                SELECT identifier_key FROM consent_conversation
                 WHERE company_id = %(company)s AND identifier_key = ANY(%(keys)s)
                   AND last_at > %(limit)s
                 UNION
                SELECT t.identifier_key FROM consent_state t
                  JOIN consent_purpose p ON p.id = t.purpose_id
                 WHERE t.identifier_key = ANY(%(keys)s) AND t.channel = %(channel)s
                   AND p.company_id = %(company)s AND t.subject_id IS NULL
                   AND t.action = 'given'
                   AND (t.expires_at IS NULL OR t.expires_at > %(at)s)
                """,
                at=fields.Datetime.now(),
                company=company.id,
                keys=keys,
                limit=self._conversation_limit(),
                channel=channel,
            )
        )
        return {key for (key,) in self.env.cr.fetchall()}

    @api.model
    def _own_addresses(self, addresses):
        """Those among some addresses that are the party's own: its companies' and its aliases'."""
        Company = self.env["res.company"].sudo()
        own = set(Company.search([]).partner_id.mapped("email_normalized"))  # pylint: disable=no-search-all
        own |= {company.catchall_email for company in Company.search([])}
        own |= {company.bounce_email for company in Company.search([])}
        Alias = self.env["mail.alias"].sudo()
        own |= set(
            Alias.search([("alias_full_name", "in", sorted(addresses))]).mapped("alias_full_name")
        )
        return addresses & own

    @api.model
    def _conversation_limit(self):
        return fields.Datetime.now() - timedelta(days=CONVERSATION_DAYS)

    # ---------------------------------------------------------------- holding

    @api.model
    def _held_until(self, request, partners):
        """Moment (naive UTC) before which a message that may be sent has to wait, or ``False``.

        Other addons hold messages here: they stay in the queue and are not lost (R-28).
        """
        return False

    # ---------------------------------------------------------------- words

    @api.model
    def _reason_labels(self):
        return {
            **super()._reason_labels(),
            "no_correspondence": self.env._("never wrote to us and agreed to nothing here"),
        }
