from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .consent_event import IDENTIFIER_OF
from .consent_purpose import CHANNELS

PARTNER = SQL.identifier("res_partner")
FEW = 1000


@dataclass(frozen=True)
class GateRequest:
    """What is asked of the gate: may we, for this purpose, on this channel, at this moment."""

    purpose: Any
    channel: str
    at: datetime
    audience: Any = None
    """A ``consent.list``, when the message goes to that list."""
    segmented: bool = False
    """The people were chosen by more than belonging to the list: targeting (R-20)."""
    among: tuple = ()
    """Ids of the few contacts asked for: the answers of everybody else are not even read."""

    @property
    def company(self):
        return self.purpose.company_id


class Check(NamedTuple):
    """One reason to hold a message back."""

    code: str
    allows: SQL
    """Condition over ``res_partner``, never NULL, true where this check lets the person pass."""
    explains: bool = False
    """True for a finer name of what a later check refuses anyway: only read to give reasons."""


class ConsentGate(models.AbstractModel):
    """The one gate that every way of reaching a person passes (R-01).

    Set-based: a request becomes SQL conditions over ``res_partner``. Other addons add theirs by
    extending :meth:`_gate_checks`, in the order in which reasons are given.
    """

    _name = "consent.gate"
    _description = "Gate of messages"

    # ---------------------------------------------------------------- public

    @api.model
    @api.readonly
    def check(self, partner_ids, purpose_code, channel, at=False):
        """May these contacts be reached?

        :param list[int] partner_ids: contacts that the caller may read
        :param str purpose_code: code of a purpose of the current company
        :param str channel: email, sms, call, post or door
        :param at: UTC datetime (or its text) to ask for; now by default
        :returns: ``[{"partner_id": int, "allowed": bool, "reason": str or False}]`` in the order
            of ``partner_ids``
        :raises AccessError: when one of them is not the caller's to read, or does not exist
        :raises UserError: on an unknown purpose or channel
        """
        partner_ids = [int(partner_id) for partner_id in partner_ids]
        Partner = self.env["res.partner"].with_context(active_test=False)
        readable = set(Partner.search([("id", "in", partner_ids)])._ids)
        if not readable.issuperset(partner_ids):
            raise AccessError(self.env._("You may not read all of these contacts."))
        request = self._gate_request(self._own_purpose(purpose_code), channel, at=at)
        reasons = self._reasons(partner_ids, request)
        return [
            {
                "partner_id": partner_id,
                "allowed": reasons[partner_id] is None,
                "reason": reasons[partner_id] or False,
            }
            for partner_id in partner_ids
        ]

    @api.model
    @api.readonly
    def audience(self, purpose_code, channel, domain):
        """The contacts within a domain that may be reached now.

        :param str purpose_code: code of a purpose of the current company
        :param str channel: email, sms, call, post or door
        :param list domain: over ``res.partner``, within the caller's rights
        :returns: ids
        :rtype: list[int]
        :raises UserError: on an unknown purpose or channel
        """
        request = self._gate_request(self._own_purpose(purpose_code), channel)
        return list(self._allowed(Domain(domain), request).get_result_ids())

    # ---------------------------------------------------------------- for addons

    @api.model
    def _gate_request(self, purpose, channel, *, at=False, audience=None, segmented=False):
        """A request, checked.

        :raises UserError: when the purpose does not use the channel
        """
        if channel not in dict(CHANNELS):
            raise UserError(
                self.env._(
                    "“%(channel)s” is no channel: choose email, sms, call, post or door.",
                    channel=channel,
                )
            )
        moment = fields.Datetime.to_datetime(at) or datetime.now(timezone.utc).replace(tzinfo=None)
        return GateRequest(
            purpose=purpose.sudo(),
            channel=channel,
            at=moment,
            audience=audience,
            segmented=segmented,
        )

    @api.model
    def _gate_checks(self, request):
        """Every check of a request, in the order in which reasons are given.

        :rtype: list[Check]
        """
        checks = []
        if request.channel not in request.purpose._channels():
            checks.append(Check("channel_closed", SQL("FALSE")))
        checks.append(Check("other_controller", self._sql_same_controller(request)))
        if request.purpose.legal_basis == "consent":
            return checks + self._consent_checks(request)
        return checks + self._other_basis_checks(request)

    @api.model
    def _allowed(self, domain, request):
        """Query of the contacts within a domain that pass, under the caller's record rules."""
        query = self.env["res.partner"]._search(Domain(domain))
        self._flush()
        for check in self._gate_checks(request):
            if not check.explains:
                query.add_where(check.allows)
        return query

    @api.model
    def _reasons(self, partner_ids, request):
        """Why each contact is held back; rights are the caller's business.

        :returns: ``{partner id: reason code or None}``; a contact that does not exist has
            ``missing``
        """
        self._flush()
        if len(partner_ids) <= FEW:
            request = replace(request, among=tuple(partner_ids))
        reasons = dict.fromkeys(partner_ids, "missing")
        self.env.cr.execute(
            SQL(
                "SELECT res_partner.id, %s FROM res_partner WHERE res_partner.id = ANY(%s)",
                self._sql_reason(request),
                list(partner_ids),
            )
        )
        reasons.update(self.env.cr.fetchall())
        return reasons

    @api.model
    def _sql_reason(self, request):
        """Expression over ``res_partner``: the first reason that holds the person back, or NULL."""
        cases = [
            SQL("WHEN NOT (%s) THEN %s", check.allows, check.code)
            for check in self._gate_checks(request)
        ]
        return SQL("CASE %s END", SQL(" ").join(cases))

    @api.model
    def _reason_labels(self):
        """Reasons in words, for those who wonder why a message was held back."""
        _ = self.env._
        return {
            "missing": _("the contact no longer exists"),
            "channel_closed": _("the purpose does not use this channel"),
            "other_controller": _("belongs to another controller"),
            "opposed": _("withdrew or refused"),
            "suppressed": _("objected to everything, or was erased"),
            "underage": _("under age"),
            "expired": _("the consent has expired"),
            "address_changed": _("agreed for another address"),
            "no_basis": _("never agreed"),
            "no_address": _("has no valid address for this channel"),
            "not_member": _("is not a member"),
            "no_balancing_test": _("no balancing test stands behind this purpose"),
        }

    # ---------------------------------------------------------------- checks

    @api.model
    def _consent_checks(self, request):
        given = self._sql_given(request)
        return [
            Check(
                "opposed",
                SQL("(%s OR NOT %s)", given, self._sql_closed(request)),
                explains=True,
            ),
            *self._suppression_checks(request),
            *self._age_checks(request),
            Check("no_address", SQL("(%s OR %s)", given, self._sql_address(request)), True),
            Check("expired", SQL("(%s OR NOT %s)", given, self._sql_expired(request)), True),
            Check(
                "address_changed",
                SQL("(%s OR NOT %s)", given, self._sql_given(request, any_address=True)),
                explains=True,
            ),
            Check("no_basis", given),
        ]

    @api.model
    def _other_basis_checks(self, request):
        purpose = request.purpose
        checks = []
        if not purpose.statutory:
            # an objection overrides every basis, save what the statutes oblige to send.
            checks.append(Check("opposed", SQL("NOT %s", self._sql_closed(request))))
            checks += self._suppression_checks(request)
        checks += self._age_checks(request)
        if purpose.legal_basis == "legitimate_interest" and not purpose._has_balancing_test():
            checks.append(Check("no_balancing_test", SQL("FALSE")))
        if purpose.legal_basis == "membership":
            checks.append(Check("not_member", self._sql_member(request)))
        checks.append(Check("no_address", self._sql_address(request)))
        return checks

    @api.model
    def _suppression_checks(self, request):
        """R-30; skipped while nobody is suppressed, which is what a new base looks like."""
        self.env.cr.execute(
            SQL(
                "SELECT FROM consent_suppression WHERE company_id = %s LIMIT 1",
                request.company.id,
            )
        )
        if not self.env.cr.rowcount:
            return []
        return [Check("suppressed", SQL("NOT %s", self._sql_suppressed(request)))]

    @api.model
    def _age_checks(self, request):
        """Who is too young for a request; by age in a class of its own."""
        return []

    # ---------------------------------------------------------------- SQL

    @api.model
    def _sql_same_controller(self, request):
        """R-41: a person belongs to one controller."""
        return SQL("COALESCE(%s.company_id = %s, TRUE)", PARTNER, request.company.id)

    @api.model
    def _sql_state(self, request, condition, any_address=False):
        """People with an answer for the request's purpose, channel and list."""
        kind = IDENTIFIER_OF.get(request.channel)
        bound = SQL("TRUE")
        if kind and not any_address:
            # bound to the address that the person has now. As a CASE, for the planner: two
            # equalities in one join multiply into an estimate of one row, and a million
            # nested loops.
            bound = SQL(
                "CASE WHEN t.identifier_key = s.%s THEN TRUE ELSE FALSE END",
                SQL.identifier(f"{kind}_key"),
            )
        if request.among:
            condition = SQL("%s AND s.partner_id = ANY(%s)", condition, list(request.among))
        return SQL(
            """(%(partner)s.id IN (
                SELECT s.partner_id FROM consent_state t
                  JOIN consent_subject s ON s.id = t.subject_id
                 WHERE t.purpose_id = %(purpose)s AND t.channel = %(channel)s AND %(audience)s
                   AND s.partner_id IS NOT NULL AND %(condition)s AND %(bound)s))""",
            partner=PARTNER,
            purpose=request.purpose.id,
            channel=request.channel,
            audience=SQL("t.list_id = %s", request.audience.id)
            if request.audience
            else SQL("t.list_id IS NULL"),
            condition=condition,
            bound=bound,
        )

    @api.model
    def _sql_given(self, request, any_address=False):
        return self._sql_state(
            request,
            SQL("t.action = 'given' AND (t.expires_at IS NULL OR t.expires_at > %s)", request.at),
            any_address,
        )

    @api.model
    def _sql_closed(self, request):
        """People who said no: themselves, or somebody at their address."""
        person = self._sql_state(
            request, SQL("t.action IN ('withdrawn', 'refused')"), any_address=True
        )
        kind = IDENTIFIER_OF.get(request.channel)
        if not kind:
            return person
        return SQL(
            """(%(person)s OR EXISTS (
                SELECT FROM consent_state t
                 WHERE t.subject_id IS NULL AND t.action IN ('withdrawn', 'refused')
                   AND t.purpose_id = %(purpose)s AND t.channel = %(channel)s
                   AND t.identifier_key IN (%(keys)s)))""",
            person=person,
            purpose=request.purpose.id,
            channel=request.channel,
            keys=self._sql_keys(kind),
        )

    @api.model
    def _sql_member(self, request):
        """People in the relation that article 9(2)(d) speaks of: here, those who were told of the
        purpose when they joined and whose relation has not ended (*expired*). An objection does
        not end it. Addons that know members add them."""
        return self._sql_state(request, SQL("t.action <> 'expired'"), any_address=True)

    @api.model
    def _sql_expired(self, request):
        return self._sql_state(
            request,
            SQL(
                "(t.action = 'expired' OR (t.action = 'given' AND t.expires_at <= %s))",
                request.at,
            ),
        )

    @api.model
    def _sql_suppressed(self, request):
        kind = IDENTIFIER_OF.get(request.channel)
        kinds = [kind] if kind else ["email", "phone"]
        keys = SQL(", ").join(self._sql_keys(one) for one in kinds)
        return SQL(
            """EXISTS (
                SELECT FROM consent_suppression x
                 WHERE x.company_id = %(company)s AND x.identifier_key IN (%(keys)s)
                   AND NOT EXISTS (
                        SELECT FROM consent_state t
                          JOIN consent_subject s ON s.id = t.subject_id
                         WHERE s.partner_id = %(partner)s.id AND t.purpose_id = %(purpose)s
                           AND t.channel = %(channel)s AND t.action = 'given'
                           AND t.collected_at > x.since))""",
            company=request.company.id,
            keys=keys,
            partner=PARTNER,
            purpose=request.purpose.id,
            channel=request.channel,
        )

    @api.model
    def _sql_keys(self, kind):
        """Hashes of the address that a contact has now, under every key: after a rotation some
        addresses are only known by an older hash."""
        address = SQL(
            "%s.%s",
            PARTNER,
            SQL.identifier({"email": "email_normalized", "phone": "phone_sanitized"}[kind]),
        )
        return SQL(", ").join(
            SQL("CASE WHEN %s <> '' THEN %s END", address, digest)
            for digest in self.env["consent.key"]._sql_digests(kind, address)
        )

    @api.model
    def _sql_current_key(self, request, kind):
        """Hash of the address that a contact has now, whether the ledger knows them or not."""
        column = {"email": "email_normalized", "phone": "phone_sanitized"}[kind]
        return SQL(
            "CASE WHEN %(address)s <> '' THEN %(digest)s END",
            address=SQL("%s.%s", PARTNER, SQL.identifier(column)),
            digest=self.env["consent.key"]._sql_digest(
                kind, SQL("%s.%s", PARTNER, SQL.identifier(column))
            ),
        )

    @api.model
    def _sql_address(self, request):
        column = {
            "email": "email_normalized",
            "sms": "phone_sanitized",
            "call": "phone_sanitized",
            "post": "street",
            "door": "street",
        }[request.channel]
        return SQL("COALESCE(%s.%s <> '', FALSE)", PARTNER, SQL.identifier(column))

    # ---------------------------------------------------------------- helpers

    @api.model
    def _own_purpose(self, purpose_code):
        return self.env["consent.purpose"]._get(purpose_code)

    @api.model
    def _flush(self):
        self.env["res.partner"].flush_model()
        self.env["consent.subject"].flush_model()
