from odoo import api, models
from odoo.tools import SQL

from ..lib import canonical
from .consent_event import IDENTIFIER_OF


class ConsentEvent(models.Model):
    """Leaving, by whatever door: the same fact in the same ledger (R-03, R-04, R-33)."""

    _inherit = "consent.event"

    @api.model
    def _record(self, vals_list):
        events = super()._record(self._spread(vals_list))
        self._open_subscriptions(vals_list)
        return events

    @api.model
    def _open_subscriptions(self, vals_list):
        """Core's mailing lists follow the ledger: who agrees is on them, in one transaction."""
        given = [v for v in vals_list if v["action"] == "given" and v["channel"] == "email"]
        if not given:
            return
        for model in ("mailing.subscription", "mailing.contact", "mailing.list", "res.partner"):
            self.env[model].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT m.id FROM mailing_subscription m
                  JOIN mailing_contact c ON c.id = m.contact_id
                  JOIN mailing_list l ON l.id = m.list_id
                 WHERE m.opt_out AND l.consent_purpose_id = ANY(%(purposes)s)
                   AND (c.email_normalized = ANY(%(addresses)s)
                        OR c.email_normalized IN (SELECT p.email_normalized FROM res_partner p
                                                   WHERE p.id = ANY(%(partners)s)))
                """,
                purposes=list({v["purpose"].id for v in given}),
                addresses=list({v["identifier"] for v in given if v.get("identifier")}),
                partners=list({v["partner"].id for v in given if v.get("partner")}),
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        if ids:
            self.env["mailing.subscription"].sudo().browse(ids)._open_consented()

    @api.model
    def _spread(self, vals_list):
        """A closing act of a contact closes whatever the contacts merged into it had given.

        Each merged contact kept its code in the ledger (R-33), so the act is written once for
        each code that has a live answer in its reach.
        """
        closing = [v for v in vals_list if v.get("partner") and v["action"] != "given"]
        if not closing:
            return vals_list
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT s.partner_id, s.id, t.purpose_id, t.channel, t.list_id
                  FROM consent_state t JOIN consent_subject s ON s.id = t.subject_id
                 WHERE s.partner_id = ANY(%s) AND s.merged_at IS NOT NULL AND t.action = 'given'
                """,
                list({vals["partner"].id for vals in closing}),
            )
        )
        given = {}
        for partner_id, subject_id, *key in self.env.cr.fetchall():
            given.setdefault(partner_id, []).append((subject_id, *key))
        spread = list(vals_list)
        for vals in closing:
            spread += self._closings_of_merged(vals, given.get(vals["partner"].id, ()))
        return spread

    @api.model
    def _closings_of_merged(self, vals, given):
        Subject = self.env["consent.subject"].sudo()
        reached = {
            subject_id
            for subject_id, purpose_id, channel, list_id in given
            if purpose_id == vals["purpose"].id
            and channel == vals["channel"]
            and (not vals.get("list") or vals["list"].id == list_id)
        }
        rest = {name: value for name, value in vals.items() if name not in ("partner", "subject")}
        return [{**rest, "subject": Subject.browse(subject_id)} for subject_id in sorted(reached)]

    # ---------------------------------------------------------------- an address that leaves

    @api.model
    def _close_addresses(self, kind, addresses, means, act="none", **wanted):
        """Record that addresses are not to be used any more, whoever has them (R-04).

        :param str kind: ``email`` or ``phone``
        :param addresses: normalised addresses in clear; only their keyed hashes are kept
        :param str means: door by which the person left
        :param wanted: ``purposes`` (records; by default every purpose that a person may object
            to, of every controller), ``channels`` (by default those that reach the address),
            ``list`` (``consent.list``), and what else :meth:`_record` takes
        :returns: the new events; none where an address had left already and nothing is open
        """
        addresses = sorted(set(filter(None, addresses)))
        purposes = wanted.pop("purposes", None)
        if purposes is None:
            purposes = self._objectionable_purposes()
        channels = wanted.pop("channels", None) or self._channels_of(kind)
        audience = wanted.get("list")
        settled = self._settled(kind, addresses, purposes, audience)
        events = self._record(
            [
                {
                    "identifier": address,
                    "purpose": purpose,
                    "channel": channel,
                    "action": "withdrawn",
                    "means": means,
                    "act": act,
                    **wanted,
                }
                for purpose in purposes
                for channel in purpose._channels()
                for address in addresses
                if channel in channels and (address, purpose.id, channel) not in settled
            ]
        )
        if kind == "email" and "email" in channels:
            self.env["mailing.subscription"]._close_for(addresses, purposes, audience)
        return events

    @api.model
    def _objectionable_purposes(self):
        """Every purpose that a person may object to: all but the statutory ones (R-29)."""
        Purpose = self.env["consent.purpose"].sudo().with_context(active_test=False)
        return Purpose.search([("statutory", "=", False)])

    @api.model
    def _channels_of(self, kind):
        return [channel for channel, used in IDENTIFIER_OF.items() if used == kind]

    @api.model
    def _settled(self, kind, addresses, purposes, audience=None):
        """(address, purpose id, channel) where the address left already and nobody agreed since."""
        address_of = {
            key: address
            for address in addresses
            for key in self.env["consent.key"]._digests(kind, address)
        }
        self.env.cr.execute(
            SQL(
                """
                SELECT identifier_key, purpose_id, channel FROM consent_state
                 WHERE identifier_key = ANY(%s) AND purpose_id = ANY(%s)
                 GROUP BY identifier_key, purpose_id, channel
                HAVING bool_or(subject_id IS NULL AND action <> 'given'
                               AND (list_id IS NULL OR list_id = %s))
                   AND NOT bool_or(action = 'given')
                """,
                list(address_of),
                purposes.ids,
                audience.id if audience else None,
            )
        )
        return {(address_of[key], *rest) for key, *rest in self.env.cr.fetchall()}

    def _after_closing(self):  # pylint: disable=missing-return
        super()._after_closing()
        self._close_subscriptions()

    def _close_subscriptions(self):
        """Core's mailing lists follow the ledger, in the same transaction (R-02, R-04)."""
        for model in ("mailing.subscription", "mailing.contact", "mailing.list", "res.partner"):
            self.env[model].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailing_subscription m
                   SET opt_out = TRUE, opt_out_datetime = now() AT TIME ZONE 'UTC'
                  FROM consent_event e
                  JOIN consent_subject s ON s.code = e.subject
                  JOIN res_partner p ON p.id = s.partner_id
                  JOIN mailing_contact c ON c.email_normalized = p.email_normalized
                  JOIN mailing_list l ON l.consent_purpose_id = e.purpose_id
                 WHERE e.id = ANY(%s) AND e.channel = 'email'
                   AND (e.list_id IS NULL OR e.list_id = l.consent_list_id)
                   AND m.contact_id = c.id AND m.list_id = l.id
                   AND m.opt_out IS DISTINCT FROM TRUE
                """,
                self.ids,
            )
        )
        self.env["mailing.subscription"].invalidate_model(["opt_out", "opt_out_datetime"])

    # ---------------------------------------------------------------- proof

    def _as_proof(self):
        """The event as its person may keep it: the hashed fields, the words, the seal."""
        self.ensure_one()
        seal = self._seal()
        content = {
            name: canonical.stamp(self[name]) if name in canonical.TIMES else self[name] or None
            for name in canonical.FIELDS
        }
        return {
            **content,
            "explicit": bool(self.explicit),
            "targeting": bool(self.targeting),
            "controller_name": self.company_id.name,
            "words": self.wording_id.text or None,
            "notice": self.wording_id.notice or None,
            "content_sha256": self.content_sha256,
            "chain_position": seal.position or None,
            "chain_sha256": seal.sha256 or None,
        }
