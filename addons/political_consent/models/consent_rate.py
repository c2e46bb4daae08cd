import ipaddress
from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

# Networks that count as one: a home or a hall has one IPv4 address, and a whole /64 of IPv6.
PREFIX = {4: 32, 6: 64}


class ConsentRate(models.Model):
    """How often something was asked lately, per address or per network (R-71).

    Counters live in the database, so that they hold for every host. Each connection counts in a
    row of its own: parallel requests never wait for each other nor fail to serialise, and the
    limit may be passed by the few requests that run at the very same moment. Who asked is kept as
    a keyed hash only.
    """

    _name = "consent.rate"
    _description = "Rate of public requests"
    _log_access = False

    key = fields.Char(required=True)
    started = fields.Datetime(required=True)
    shard = fields.Integer(required=True)
    hits = fields.Integer(required=True)

    _key_unique = models.Constraint("UNIQUE (key, started, shard)", "One counter a connection.")

    @api.model
    def _allows(self, scope, who, limit, minutes=60):
        """Count a request and say whether it is within the limit.

        :param str scope: what is asked
        :param str who: address or network that asks; never stored in clear
        :param int limit: requests allowed in the window
        :param int minutes: length of the window
        :rtype: bool
        """
        key = self.env["consent.key"]._digest("rate", f"{scope}:{who}")
        started = self._window(minutes)
        self._count(key, started, SQL("pg_backend_pid()"))
        self.env.cr.execute(
            SQL("SELECT sum(hits) FROM consent_rate WHERE key = %s AND started = %s", key, started)
        )
        return self.env.cr.fetchone()[0] <= limit

    @api.model
    def _in_turn(self, scope, who):
        """Make transactions about the same address follow each other.

        They meet in one row: the one that comes second fails to serialise, and Odoo plays it
        again on what the first one left.
        """
        key = self.env["consent.key"]._digest("rate", f"{scope}:{who}")
        self._count(key, self._window(24 * 60), SQL("0"))

    @api.model
    def _in_turn_by_key(self, keys):
        """As :meth:`_in_turn`, for many addresses that are hashed already, in one statement."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO consent_rate (key, started, shard, hits)
                SELECT key, %s, 0, 1 FROM unnest(%s::text[]) AS key ORDER BY key
                ON CONFLICT (key, started, shard) DO UPDATE SET hits = consent_rate.hits + 1
                """,
                self._window(24 * 60),
                list(keys),
            )
        )

    @api.model
    def _first_time(self, scope, what, moment):
        """Whether something that bears its own moment (naive UTC) is seen for the first time."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO consent_rate (key, started, shard, hits) VALUES (%s, %s, -1, 1)
                ON CONFLICT (key, started, shard) DO NOTHING
                """,
                self.env["consent.key"]._digest("rate", f"{scope}:{what}"),
                moment,
            )
        )
        return bool(self.env.cr.rowcount)

    @api.model
    def _count(self, key, started, shard):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO consent_rate (key, started, shard, hits) VALUES (%s, %s, %s, 1)
                ON CONFLICT (key, started, shard) DO UPDATE SET hits = consent_rate.hits + 1
                """,
                key,
                started,
                shard,
            )
        )

    @api.model
    def _window(self, minutes):
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        seconds = int((now - datetime(2020, 1, 1)).total_seconds())
        return now.replace(microsecond=0) - timedelta(seconds=seconds % (minutes * 60))

    @api.model
    def _network(self, address):
        """The network of an IP address, as text: the address itself (v4) or its /64 (v6)."""
        try:
            ip = ipaddress.ip_address(address or "")
        except ValueError:
            return "unknown"
        mapped = getattr(ip, "ipv4_mapped", None)
        ip = mapped or ip
        return str(ipaddress.ip_network((ip, PREFIX[ip.version]), strict=False))

    @api.model
    def _limit(self, name, default):
        """A limit that the admin may change: parameter ``political_consent.rate_<name>``."""
        value = self.env["ir.config_parameter"].sudo().get_param(f"political_consent.rate_{name}")
        return int(value) if value and value.isdigit() else default

    @api.autovacuum
    def _gc_counters(self):
        self.env.cr.execute(
            "DELETE FROM consent_rate WHERE started < now() AT TIME ZONE 'UTC' - interval '2 days'"
        )
