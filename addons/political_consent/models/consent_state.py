from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .consent_event import ACTIONS, IDENTIFIER_OF
from .consent_purpose import CHANNELS


class ConsentState(models.Model):
    """The current answer of a person, or of an address, for a purpose on a channel.

    Always equal to the fold of the ledger (:func:`~..lib.fold.fold`), and kept in the transaction
    that appends to it. Nothing else writes here.
    """

    _name = "consent.state"
    _description = "Current answer"
    _log_access = False
    _order = "purpose_id, channel, list_id, id"

    subject_id = fields.Many2one("consent.subject", readonly=True, ondelete="cascade", index=True)
    partner_id = fields.Many2one(related="subject_id.partner_id", string="Contact")
    identifier_key = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    purpose_id = fields.Many2one(
        "consent.purpose", required=True, readonly=True, ondelete="restrict"
    )
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    list_id = fields.Many2one("consent.list", readonly=True, ondelete="restrict")
    action = fields.Selection(ACTIONS, string="Answer", required=True, readonly=True)
    event_id = fields.Many2one("consent.event", required=True, readonly=True, ondelete="restrict")
    collected_at = fields.Datetime("Since", required=True, readonly=True)
    expires_at = fields.Datetime(readonly=True)
    means = fields.Selection(related="event_id.means")
    receipt = fields.Char(related="event_id.receipt")

    _key_unique = models.UniqueIndex(
        "(COALESCE(subject_id, 0), COALESCE(identifier_key, ''), purpose_id, channel, "
        "COALESCE(list_id, 0))",
        "There is one current answer.",
    )
    _open_index = models.Index(
        "(purpose_id, channel, list_id) INCLUDE (subject_id, identifier_key, expires_at) "
        "WHERE action = 'given'"
    )
    _identifier_index = models.Index("(identifier_key, purpose_id, channel)")

    def _is_open(self, now):
        """Whether this answer opens its channel now: given, not expired, and for the address that
        the person has (R-34); as the gate says in SQL."""
        self.ensure_one()
        if self.action != "given" or (self.expires_at and self.expires_at <= now):
            return False
        kind = IDENTIFIER_OF.get(self.channel)
        return not kind or self.identifier_key == self.subject_id[f"{kind}_key"]

    @api.model
    def _agreed_addresses(self, kind, addresses, purpose=None, channels=(), audience=None):
        """Addresses whose owner agrees now, as the gate sees it.

        :param str kind: ``email`` or ``phone``
        :param addresses: normalised, in clear
        :param purpose: ``consent.purpose``; by default any that rests on consent: what the
            statutes oblige to send is no agreement to anything else
        :param channels: by default those that reach the address
        :param audience: ``consent.list`` or nothing, of the purpose; not read without purpose
        :rtype: set[str]
        """
        address_of = {
            key: address
            for address in filter(None, addresses)
            for key in self.env["consent.key"]._digests(kind, address)
        }
        if not address_of:
            return set()
        self.env["consent.subject"].flush_model()
        wanted = SQL(
            "EXISTS (SELECT FROM consent_purpose p"
            " WHERE p.id = t.purpose_id AND p.legal_basis = 'consent')"
        )
        if purpose:
            wanted = SQL(
                "t.purpose_id = %s AND t.list_id IS NOT DISTINCT FROM %s",
                purpose.id,
                audience.id if audience else None,
            )
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT t.identifier_key
                  FROM consent_state t LEFT JOIN consent_subject s ON s.id = t.subject_id
                 WHERE t.identifier_key = ANY(%(keys)s) AND t.channel = ANY(%(channels)s)
                   AND %(wanted)s AND t.action = 'given'
                   AND (t.expires_at IS NULL OR t.expires_at > now() AT TIME ZONE 'UTC')
                   AND (t.subject_id IS NULL
                        OR (s.partner_id IS NOT NULL AND t.identifier_key = s.%(current)s))
                   AND NOT EXISTS (SELECT FROM consent_suppression x
                                    WHERE x.company_id = t.company_id
                                      AND x.identifier_key = t.identifier_key
                                      AND x.since >= t.collected_at)
                """,
                keys=list(address_of),
                channels=list(channels) or [c for c, used in IDENTIFIER_OF.items() if used == kind],
                wanted=wanted,
                current=SQL.identifier(f"{kind}_key"),
            )
        )
        return {address_of[key] for (key,) in self.env.cr.fetchall()}

    def _record_end(self, action, means, **more):
        """Write in the ledger that these answers have ended.

        :param str action: ``expired`` by itself, ``withdrawn`` by somebody's act
        :param str means: of the event
        :param more: further values of the events
        """
        self.env["consent.event"].sudo()._record(
            [
                {
                    "subject": state.subject_id,
                    "identifier_key": state.identifier_key,
                    "purpose": state.purpose_id,
                    "channel": state.channel,
                    "list": state.list_id,
                    "action": action,
                    "means": means,
                    **more,
                }
                for state in self
            ]
        )

    def create(self, vals_list):  # pylint: disable=method-required-super
        self._refuse()

    def write(self, vals):  # pylint: disable=method-required-super
        self._refuse()

    def _refuse(self):
        raise AccessError(
            self.env._("An answer changes by recording a consent or a withdrawal, not by hand.")
        )

    @api.model
    def _refold(self, subjects=(), identifier_keys=()):
        """Compute anew, in one statement, the answers that some histories touch.

        After a rotation of the key, an address's older hashes count as its hash of today.

        :param subjects: codes of persons with new events
        :param identifier_keys: hashed addresses that were closed without naming a person
        """
        keys = self.env["consent.key"]
        self.env.cr.execute(
            SQL(
                """
                WITH key AS (
                    SELECT DISTINCT subject, %(e_key)s AS identifier_key, company_id, purpose_id,
                           channel, list_id
                      FROM consent_event e
                     WHERE subject = ANY(%(subjects)s)
                     UNION
                    SELECT subject, %(e_key)s, company_id, purpose_id, channel, list_id
                      FROM consent_event e
                     WHERE identifier_key = ANY(%(identifiers)s) AND subject IS NULL
                     UNION
                    SELECT s.code, t.identifier_key, t.company_id, t.purpose_id, t.channel,
                           t.list_id
                      FROM consent_state t JOIN consent_subject s ON s.id = t.subject_id
                     WHERE t.identifier_key = ANY(%(identifiers)s)
                )
                INSERT INTO consent_state AS t (subject_id, identifier_key, company_id,
                       purpose_id, channel, list_id, action, event_id, collected_at, expires_at)
                SELECT s.id, key.identifier_key, key.company_id, key.purpose_id, key.channel,
                       key.list_id, last.action, last.id, last.collected_at, last.expires_at
                  FROM key
                  LEFT JOIN consent_subject s ON s.code = key.subject
                  CROSS JOIN LATERAL (
                    SELECT e.* FROM (
                        SELECT own.*, %(own_key)s AS address FROM consent_event own
                         WHERE own.subject = key.subject
                         UNION ALL
                        SELECT loose.*, key.identifier_key AS address FROM consent_event loose
                         WHERE loose.subject IS NULL
                           AND %(loose_same)s
                    ) e
                     WHERE e.purpose_id = key.purpose_id AND e.channel = key.channel
                       AND ((e.list_id IS NOT DISTINCT FROM key.list_id
                             AND e.subject IS NOT DISTINCT FROM key.subject
                             AND e.address IS NOT DISTINCT FROM key.identifier_key)
                            OR (e.action <> 'given'
                                AND (e.list_id IS NULL OR e.list_id = key.list_id)))
                     ORDER BY e.collected_at DESC, e.id DESC
                     LIMIT 1
                  ) last
                 WHERE key.subject IS NULL OR s.id IS NOT NULL
                ON CONFLICT (COALESCE(subject_id, 0), COALESCE(identifier_key, ''), purpose_id,
                             channel, COALESCE(list_id, 0))
                DO UPDATE SET action = EXCLUDED.action, event_id = EXCLUDED.event_id,
                              collected_at = EXCLUDED.collected_at,
                              expires_at = EXCLUDED.expires_at
                        WHERE t.event_id <> EXCLUDED.event_id
                """,
                subjects=list(subjects),
                identifiers=keys._every_form(identifier_keys),
                e_key=keys._sql_today(SQL("e.identifier_key")),
                own_key=keys._sql_today(SQL("own.identifier_key")),
                loose_same=keys._sql_same(SQL("loose.identifier_key"), SQL("key.identifier_key")),
            )
        )
        self.invalidate_model()
