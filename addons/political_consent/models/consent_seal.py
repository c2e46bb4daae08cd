import logging
from contextlib import closing

from psycopg2.extras import execute_values

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib import canonical

_logger = logging.getLogger(__name__)

BATCH = 10_000
LOCK_SPACE = 0x434F4E53  # "CONS", so that our advisory locks meet nobody else's


class ConsentSeal(models.Model):
    """The chain of a controller's events, one link each.

    Events are inserted in parallel; only the sealer appends links, so that the chain never forks
    and no writer waits for another.
    """

    _name = "consent.seal"
    _inherit = ["consent.append.only"]
    _log_access = False
    _description = "Seal of a consent event"
    _order = "position desc"

    event_id = fields.Many2one("consent.event", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    position = fields.Integer(required=True, readonly=True)
    previous_sha256 = fields.Char(required=True, readonly=True)
    sha256 = fields.Char("Seal", required=True, readonly=True)
    sealed_at = fields.Datetime(required=True, readonly=True)

    _event_unique = models.Constraint("UNIQUE (event_id)", "An event is sealed once.")
    _position_unique = models.Constraint(
        "UNIQUE (company_id, position)", "The chain does not fork."
    )

    @api.model
    def _schedule(self):
        """Seal after this transaction's commit; the cron does it where that fails."""
        postcommit = self.env.cr.postcommit
        if postcommit.data.setdefault("consent_seal", False):
            return
        postcommit.data["consent_seal"] = True
        postcommit.add(self.env.registry["consent.seal"]._seal_after_commit(self.env.registry))

    @staticmethod
    def _seal_after_commit(registry):
        def seal():
            try:
                with closing(registry.cursor()) as cr:
                    api.Environment(cr, api.SUPERUSER_ID, {})["consent.seal"]._seal_in_turn()
            except Exception:
                # The events are safe and queued: the cron seals them.
                _logger.info("Sealing is left to the scheduled job", exc_info=True)

        return seal

    @api.model
    def _cron_seal(self):
        """Scheduled: seal whatever waits."""
        self._seal_in_turn()

    @api.model
    def _seal_in_turn(self):
        """Seal every controller's waiting events, one sealer at a time, committing as it goes.

        The lock belongs to the session and is taken in a transaction of its own: the one that
        reads the chain's head begins after it, and so sees the head that the last sealer left.
        """
        cr = self.env.cr
        cr.execute("SELECT DISTINCT company_id FROM consent_seal_pending")
        for (company_id,) in cr.fetchall():
            cr.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK_SPACE, company_id))
            if not cr.fetchone()[0]:
                continue
            try:
                cr.commit()  # pylint: disable=invalid-commit
                while self._seal_batch(company_id):
                    cr.commit()  # pylint: disable=invalid-commit
                cr.commit()  # pylint: disable=invalid-commit
            except Exception:
                cr.rollback()
                raise
            finally:
                cr.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCK_SPACE, company_id))
                cr.commit()  # pylint: disable=invalid-commit

    @api.model
    def _seal_batch(self, company_id):
        """Append links for the next waiting events of one controller; how many were appended."""
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT event_id FROM consent_seal_pending WHERE company_id = %s "
                "ORDER BY event_id LIMIT %s",
                company_id,
                BATCH,
            )
        )
        event_ids = [event_id for (event_id,) in cr.fetchall()]
        if not event_ids:
            return 0
        # By value: a LIMIT in a subquery hides its size from the planner, which then reads the
        # whole queue once for each event.
        cr.execute(SQL("DELETE FROM consent_seal_pending WHERE event_id = ANY(%s)", event_ids))
        cr.execute(
            SQL(
                "SELECT position, sha256 FROM consent_seal WHERE company_id = %s "
                "ORDER BY position DESC LIMIT 1",
                company_id,
            )
        )
        position, previous = cr.fetchone() or (0, canonical.GENESIS)
        cr.execute(
            SQL(
                "SELECT id, content_sha256 FROM consent_event WHERE id = ANY(%s) ORDER BY id",
                event_ids,
            )
        )
        links = []
        for event_id, content in cr.fetchall():
            position += 1
            link = canonical.link_hash(position, previous, content)
            links.append((event_id, company_id, position, previous, link))
            previous = link
        execute_values(
            cr._obj,
            "INSERT INTO consent_seal "
            "(event_id, company_id, position, previous_sha256, sha256, sealed_at) VALUES %s",
            links,
            template="(%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')",
            page_size=1000,
        )
        self.invalidate_model()
        return len(links)
