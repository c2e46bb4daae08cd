import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.modules import module
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Files in which a row may hang on one before it, or takes locks that another batch wants too.
IN_TURN = {"parent", "consent"}


class PoliticalImport(models.Model):
    """Applying with two hands: while a batch is written, so is the next one, on a second core.

    The batch ahead is a transaction of its own. It ends by taking the import's place from where
    the batch before it ends to where it ends itself. Since that one holds the import's line until
    it commits, the batch ahead waits for it, and is as if never done where the place is another
    then. So a row is still written once, whoever is killed when.
    """

    _inherit = "political.import"

    @api.model
    def _cron_work(self):
        # Tests see their own transaction only
        if module.current_test or (os.cpu_count() or 1) < 2:
            return super()._cron_work()
        hand = ThreadPoolExecutor(1)
        try:
            return super(PoliticalImport, self.with_context(import_hand=hand))._cron_work()
        except BaseException:
            self.env.cr.rollback()  # a batch ahead may wait for this transaction
            raise
        finally:
            hand.shutdown()

    def _work(self):
        ahead = self._kept_for_the_run().pop("ahead", None)
        if ahead:
            ahead.result()
        return super()._work()

    def _begin_ahead(self, after):
        """Let the other hand, if there is one, write the batch after a row."""
        hand = self.env.context.get("import_hand")
        # Whatever a caller may have put there is none
        if isinstance(hand, ThreadPoolExecutor) and self._may_go_ahead(after):
            self._kept_for_the_run()["ahead"] = hand.submit(self._go_ahead, after)

    def _may_go_ahead(self, after):
        """Whether the next batch only makes new contacts, which nobody else waits for."""
        if not IN_TURN.isdisjoint(self.column_ids.mapped("target")):
            return False
        first, last, count = self._next_numbers(after)
        self.env.cr.execute(
            SQL(
                "SELECT EXISTS (SELECT FROM political_import_row WHERE import_id = %s "
                "AND number > %s AND number <= %s AND outcome = 'update')",
                self.id,
                first,
                last,
            )
        )
        return bool(count) and not self.env.cr.fetchone()[0]

    def _go_ahead(self, after):
        """In a thread: write the batch after a row. Whatever stops it, it is done in its turn."""
        threading.current_thread().dbname = self.env.cr.dbname  # for the log
        try:
            with self.env.registry.cursor() as cr:
                # It is to see what the batch before it has committed meanwhile
                cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                cr.execute("SET LOCAL lock_timeout = '60s'")
                ahead = self.with_env(self.env(cr=cr))
                first, last, count = ahead._next_numbers(after)
                ahead._apply_rows(first, last)
                if ahead._take_place(first, last, count):
                    _logger.info("Import %s: rows up to %s were written ahead.", self.id, last)
                else:
                    cr.rollback()
        except (psycopg2.Error, UserError):
            _logger.info("Import %s: a batch ahead is done in its turn.", self.id, exc_info=True)

    def _take_place(self, first, last, count):
        """Move the place on from where this batch begins; whether it was there."""
        self.env.flush_all()
        # First the line itself: it is held until the batch before this one has committed
        self.env.cr.execute(
            SQL(
                "SELECT applied_number, state FROM political_import WHERE id = %s FOR UPDATE",
                self.id,
            ),
            log_exceptions=False,
        )
        if self.env.cr.fetchone() != (first, "applying"):
            return False
        self.env.cr.execute(
            SQL(
                "UPDATE political_import SET applied_number = %s, done_count = done_count + %s "
                "WHERE id = %s",
                last,
                count,
                self.id,
            )
        )
        return True
