from odoo import api, models
from odoo.tools import SQL

from ..lib import canonical
from .consent_event import IDENTIFIER_OF


class ConsentEvent(models.Model):
    """Leaving, by whatever door: the same fact in the same ledger (R-03, R-04, R-33)."""

    _inherit = "consent.event"

    @api.model
    def _record(self, vals_list):
        return super()._record(self._spread(vals_list))

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
    def _close_address(self, kind, address, means, act="none", **wanted):
        """Record that an address is not to be used any more, whoever has it (R-04).

        :param str kind: ``email`` or ``phone``
        :param str address: normalised address in clear; only its keyed hash is kept
        :param str means: door by which the person left
        :param wanted: ``purposes`` (records; by default every purpose that the person may object
            to, of every controller), ``channels`` (by default those that reach the address),
            ``list`` (``consent.list``), and what else :meth:`_record` takes
        :returns: the new events; none where the address had left already and nothing is open
        """
        purposes = wanted.pop("purposes", None)
        if purposes is None:
            purposes = (
                self.env["consent.purpose"]
                .sudo()
                .with_context(active_test=False)
                .search([("statutory", "=", False)])
            )
        channels = wanted.pop("channels", None) or self._channels_of(kind)
        keys = self.env["consent.key"]._digests(kind, address)
        settled = self._settled(keys, purposes, wanted.get("list"))
        return self._record(
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
                if channel in channels and (purpose.id, channel) not in settled
            ]
        )

    @api.model
    def _channels_of(self, kind):
        return [channel for channel, used in IDENTIFIER_OF.items() if used == kind]

    @api.model
    def _settled(self, keys, purposes, audience=None):
        """(purpose id, channel) where the address left already and nobody agreed for it since."""
        self.env.cr.execute(
            SQL(
                """
                SELECT purpose_id, channel FROM consent_state
                 WHERE identifier_key = ANY(%s) AND purpose_id = ANY(%s)
                 GROUP BY purpose_id, channel
                HAVING bool_or(subject_id IS NULL AND action <> 'given'
                               AND (list_id IS NULL OR list_id = %s))
                   AND NOT bool_or(action = 'given')
                """,
                keys,
                purposes.ids,
                audience.id if audience else None,
            )
        )
        return set(self.env.cr.fetchall())

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
