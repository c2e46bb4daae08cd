import hashlib
import hmac
import secrets

from odoo import api, fields, models, tools
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

    @api.model
    @tools.ormcache()
    def _current(self):
        """(version, secret as bytes) of the key in use; the first call makes one."""
        keys = self.sudo()
        key = keys.search([("retired", "=", False)], limit=1)
        if not key:
            key = keys.create(
                {
                    "version": (keys.search([], limit=1).version or 0) + 1,
                    "secret": secrets.token_hex(32),
                }
            )
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
            "%s || left(encode(sha256(%s || sha256(%s || convert_to(%s || %s, 'UTF8'))), 'hex'), %s)",
            f"{version}:",
            bytes(b ^ 0x5C for b in secret),
            bytes(b ^ 0x36 for b in secret),
            f"{kind}:",
            value,
            HEX,
        )

    @api.model_create_multi
    def create(self, vals_list):
        keys = super().create(vals_list)
        self.env.registry.clear_cache()
        return keys

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result
