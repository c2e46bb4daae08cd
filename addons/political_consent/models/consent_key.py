import hashlib
import hmac
import secrets

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError
from odoo.tools import SQL

BLOCK = 64  # bytes, of SHA-256
HEX = 32  # digits kept: 128 bits are beyond any collision, and half the room in every index


class ConsentKey(models.Model):
    """The secrets under which addresses are hashed. No group may read them."""

    _name = "consent.key"
    _description = "Key of the hashed addresses"
    _order = "id desc"

    version = fields.Integer(required=True, readonly=True)
    secret = fields.Char(required=True, readonly=True, groups=".")
    retired = fields.Boolean(help="Kept to recognise older hashes, not used for new ones.")

    _version_unique = models.Constraint("UNIQUE (version)", "A key's version is used once.")

    def init(self):  # pylint: disable=missing-return
        """Draw the first key when the addon is installed.

        Not when it is first needed: two workers would draw two, and one drawn in a transaction
        that is then rolled back would live on in its worker's cache and hash addresses for ever.
        """
        super().init()
        self.env.cr.execute(
            SQL(
                "INSERT INTO consent_key (version, secret, create_uid, create_date) "
                "SELECT 1, %s, 1, now() AT TIME ZONE 'UTC' "
                "WHERE NOT EXISTS (SELECT FROM consent_key)",
                secrets.token_hex(32),
            )
        )

    @api.model
    @tools.ormcache()
    def _current(self):
        """(version, secret as bytes) of the key in use."""
        key = self.sudo().search([("retired", "=", False)], limit=1)
        return key.version, bytes.fromhex(key.secret)

    @api.model
    @tools.ormcache()
    def _all(self):
        """Every key, the one in use first: ((version, secret), ...)."""
        current = self._current()
        older = [
            (key.version, bytes.fromhex(key.secret))
            for key in self.sudo().search([])
            if key.version != current[0]
        ]
        return (current, *older)

    @api.model
    def _digest(self, kind, value, key=None):
        """Keyed hash of a normalised address.

        :param str kind: ``email`` or ``phone``
        :param str value: normalised e-mail or E.164 number; empty gives ``False``
        :param key: (version, secret), by default the one in use
        :returns: ``"<version>:<hex>"``
        """
        if not value:
            return False
        version, secret = key or self._current()
        digest = hmac.new(secret, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()
        return f"{version}:{digest[:HEX]}"

    @api.model
    def _digests(self, kind, value):
        """The address's hash under every key, for what was hashed before a rotation."""
        return [self._digest(kind, value, key) for key in self._all()] if value else []

    @api.model
    def _sql_digest(self, kind, value, key=None):
        """:meth:`_digest` as an SQL expression over a text expression, for whole tables."""
        version, secret = key or self._current()
        secret = secret.ljust(BLOCK, b"\0")
        return SQL(
            "%s || left(encode(sha256(%s || sha256(%s || "
            "convert_to(%s || %s, 'UTF8'))), 'hex'), %s)",
            f"{version}:",
            bytes(b ^ 0x5C for b in secret),
            bytes(b ^ 0x36 for b in secret),
            f"{kind}:",
            value,
            HEX,
        )

    # ---------------------------------------------------------------- several keys

    @api.model
    def _is_rotated(self):
        return len(self._all()) > 1

    @api.model
    def _sql_today(self, key):
        """Hash of a column as it would be under the key in use, where that is known."""
        if not self._is_rotated():
            return key
        return SQL(
            "COALESCE((SELECT a.key FROM consent_key_alias a WHERE a.old_key = %s), %s)", key, key
        )

    @api.model
    def _sql_same(self, column, today):
        """Condition: a column of the ledger holds an address, by its hash of today."""
        if not self._is_rotated():
            return SQL("%s = %s", column, today)
        return SQL(
            "%s = ANY(ARRAY(SELECT a.old_key FROM consent_key_alias a WHERE a.key = %s) || "
            "%s::text)",
            column,
            today,
            today,
        )

    @api.model
    def _every_form(self, identifier_keys):
        """Hashes with, beside each, all the others of the same address that are known."""
        found = set(identifier_keys)
        if found and self._is_rotated():
            self.env.cr.execute(
                SQL(
                    """SELECT o.old_key, o.key FROM consent_key_alias o WHERE o.key IN (
                        SELECT unnest(%(keys)s) UNION
                        SELECT key FROM consent_key_alias WHERE old_key = ANY(%(keys)s))""",
                    keys=list(found),
                )
            )
            for pair in self.env.cr.fetchall():
                found.update(pair)
        return list(found)

    @api.model
    def _sql_digests(self, kind, value):
        """:meth:`_sql_digest` under every key: a list of SQL expressions."""
        return [self._sql_digest(kind, value, key) for key in self._all()]

    # ---------------------------------------------------------------- rotation

    @api.model
    def action_rotate(self):
        """Hash addresses under a new key from now on.

        The old key is kept to recognise what cannot be hashed again: the ledger, which is never
        changed, and suppressed addresses, which nobody has in clear any more.

        :raises AccessError: for anybody but the data protection officer
        """
        if not self.env.user.has_group("political_consent.group_consent_dpo"):
            raise AccessError(self.env._("Only the data protection officer changes the key."))
        version = self.sudo()._rotate()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("Key %(version)s is in use.", version=version),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _rotate(self):
        """Make a key, retire the others, and hash again what is known in clear.

        :returns: the new key's version
        """
        self._current()
        keys = self.search([])  # pylint: disable=no-search-all
        keys.retired = True
        version = max(keys.mapped("version")) + 1
        self.create({"version": version, "secret": secrets.token_hex(32)})
        self._align()
        return version

    @api.model
    def _known_addresses(self):
        """Where addresses lie in clear: (kind, table, column) of normalised ones. Addons extend.

        :rtype: list[tuple[str, str, str]]
        """
        return [
            ("email", "res_partner", "email_normalized"),
            ("phone", "res_partner", "phone_sanitized"),
            ("email", "mailing_contact", "email_normalized"),
            ("email", "mail_blacklist", "email"),
            ("phone", "phone_blacklist", "number"),
        ]

    @api.model
    def _hashed_columns(self):
        """Where hashes lie that follow the key, beside persons and answers: (table, column)."""
        return [
            ("mail_mail", "consent_key"),
            ("sms_sms", "consent_key"),
            ("consent_conversation", "identifier_key"),
        ]

    @api.model
    def _align(self):
        """Bring hashes under the key in use, wherever the address is known in clear.

        Played again each day: it catches what another process hashed while the key changed, and
        an address that somebody has again.
        """
        if not self._is_rotated():
            return
        self.env.flush_all()
        self._align_subjects()
        self._fill_known()
        self._align_hashed_columns()
        self._align_answers(self._align_aliases())
        self.env.cr.execute("DROP TABLE consent_known_key")
        self.env.invalidate_all()

    @api.model
    def _align_subjects(self):
        self.env.cr.execute(
            SQL(
                """
                UPDATE consent_subject s SET email_key = n.email, phone_key = n.phone
                  FROM (SELECT p.id,
                               CASE WHEN p.email_normalized <> '' THEN %(email)s END AS email,
                               CASE WHEN p.phone_sanitized <> '' THEN %(phone)s END AS phone
                          FROM res_partner p) n
                 WHERE n.id = s.partner_id
                   AND (s.email_key, s.phone_key) IS DISTINCT FROM (n.email, n.phone)
                """,
                email=self._sql_digest("email", SQL("p.email_normalized")),
                phone=self._sql_digest("phone", SQL("p.phone_sanitized")),
            )
        )

    @api.model
    def _fill_known(self):
        """A temporary table of (older hash, hash of today) of each address known in clear."""
        parts = []
        for kind, table, column in self._known_addresses():
            name = SQL.identifier(column)
            for key in self._all()[1:]:
                parts.append(
                    SQL(
                        "SELECT %s AS old_key, %s AS key FROM %s WHERE %s <> ''",
                        self._sql_digest(kind, name, key),
                        self._sql_digest(kind, name),
                        SQL.identifier(table),
                        name,
                    )
                )
        self.env.cr.execute(
            SQL("CREATE TEMPORARY TABLE consent_known_key AS %s", SQL(" UNION ").join(parts))
        )
        self.env.cr.execute("CREATE UNIQUE INDEX ON consent_known_key (old_key)")
        self.env.cr.execute("ANALYZE consent_known_key")

    @api.model
    def _align_hashed_columns(self):
        for table, column in self._hashed_columns():
            self.env.cr.execute(
                SQL(
                    "UPDATE %(table)s x SET %(column)s = k.key FROM consent_known_key k "
                    "WHERE x.%(column)s = k.old_key",
                    table=SQL.identifier(table),
                    column=SQL.identifier(column),
                )
            )

    @api.model
    def _align_aliases(self):
        """Say which hashes of the ledger are one address; returns the older ones that changed."""
        self.env.cr.execute(
            """
            INSERT INTO consent_key_alias (old_key, key)
            SELECT k.old_key, k.key FROM consent_known_key k
             WHERE EXISTS (SELECT FROM consent_event e WHERE e.identifier_key = k.old_key)
            ON CONFLICT (old_key) DO UPDATE SET key = EXCLUDED.key
             WHERE consent_key_alias.key <> EXCLUDED.key
            RETURNING old_key
            """
        )
        return [key for (key,) in self.env.cr.fetchall()]

    @api.model
    def _align_answers(self, old_keys):
        """Fold anew the answers of addresses whose hash changed."""
        if not old_keys:
            return
        self.env.cr.execute(
            SQL(
                "DELETE FROM consent_state WHERE identifier_key = ANY(%s) "
                "OR identifier_key IN (SELECT old_key FROM consent_known_key) "
                "RETURNING subject_id",
                self._every_form(old_keys),
            )
        )
        subject_ids = [subject_id for (subject_id,) in self.env.cr.fetchall() if subject_id]
        codes = self.env["consent.subject"].browse(set(subject_ids)).mapped("code")
        self.env["consent.state"]._refold(codes, old_keys)

    @api.model_create_multi
    def create(self, vals_list):
        keys = super().create(vals_list)
        self.env.registry.clear_cache()
        return keys

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result
