from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class PoliticalMerge(models.Model):
    """A merge of contacts, with all that it takes to undo it.

    The journal keeps every row that the merge changed, deleted or added, as the database had it.
    It holds personal data, so it has a term and goes with the person who stays.
    """

    _name = "political.merge"
    _description = "Merge of contacts"
    _order = "id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", "Kept contact", required=True, readonly=True, ondelete="cascade", index=True
    )
    merged_count = fields.Integer("Merged into it", readonly=True)
    automatic = fields.Boolean(readonly=True)
    score = fields.Float("Probability", readonly=True, digits=(7, 6), aggregator="avg")
    state = fields.Selection(
        [("done", "Merged"), ("undone", "Undone")], required=True, default="done", readonly=True
    )
    until = fields.Date("Can be undone until", required=True, readonly=True, index=True)
    undone_uid = fields.Many2one("res.users", "Undone by", readonly=True)
    undone_at = fields.Datetime("Undone on", readonly=True)
    kept_count = fields.Integer(
        "Left as they were",
        readonly=True,
        help="Values that somebody changed after the merge: undoing it did not overwrite them.",
    )
    line_ids = fields.One2many("political.merge.line", "merge_id", groups=".")

    # ---------------------------------------------------------------- undoing

    def action_undo(self):
        """Take the merge back: the merged contacts return, with all that came from them.

        What somebody changed since stays as it is and is counted. Withdrawals that the merge wrote
        in the ledger stay too: nothing but the person makes a basis (R-33).

        :returns: a client action that says what was done
        :raises AccessError: without write access to the contact, or the right to review
        :raises UserError: when the term is over, or a later merge stands in the way
        """
        self.ensure_one()
        self.env["political.duplicate"]._check_reviewer()
        self.check_access("read")
        self.partner_id.check_access("write")
        merge = self.sudo()
        merge._check_undoable()
        merge._restore()
        kept = merge.kept_count
        message = (
            self.env._(
                "The contacts are apart again. %(count)s value(s) changed since were left as they "
                "are.",
                count=kept,
            )
            if kept
            else self.env._("The contacts are apart again, as they were.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if kept else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _check_undoable(self):
        self.ensure_one()
        # Two people undo it at once: the second waits, and finds it done.
        self.lock_for_update()
        if self.state != "done":
            raise UserError(self.env._("This merge has been undone already."))
        if self.until < fields.Date.context_today(self) or not self.line_ids:
            raise UserError(self.env._("The term to undo this merge is over: its journal is gone."))
        later = self.search(
            [("partner_id", "=", self.partner_id.id), ("state", "=", "done"), ("id", ">", self.id)],
            limit=1,
        )
        if later:
            raise UserError(
                self.env._(
                    "%(name)s was merged again later. Undo the later merge first.",
                    name=self.partner_id.display_name,
                )
            )

    def _restore(self):
        """Play the journal backwards."""
        self.env.flush_all()
        merged = [
            int(line.row_key)
            for line in self.line_ids
            if line.table_name == "res_partner" and not line.after
        ]
        lines = self.line_ids
        gone = lines.filtered(lambda line: not line.after)
        changed = lines.filtered(lambda line: line.before and line.after)
        added = lines.filtered(lambda line: not line.before)
        kept = sum(line._count_changed_since() for line in changed)
        # Rows depend on each other in ways only the database knows: try until nothing moves.
        left = gone._in_turn("_bring_back")
        left += changed._in_turn("_set_back")
        left += added._in_turn("_take_away")
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self._tell_apart([self.partner_id.id, *merged])
        lines.unlink()
        self.write(
            {
                "state": "undone",
                "undone_uid": self.env.uid,
                "undone_at": fields.Datetime.now(),
                "kept_count": kept + len(left),
            }
        )

    @api.model
    def _tell_apart(self, partner_ids):
        """Somebody has said that these are not one person."""
        self.env["political.duplicate"].search(
            [("left_id", "in", partner_ids), ("right_id", "in", partner_ids)]
        )._decide("distinct")

    @api.model
    def _cron_forget(self):
        """Journals past their term: what they keep of people goes."""
        self.flush_model(["until"])
        self.env.cr.execute(
            SQL(
                "DELETE FROM political_merge_line l USING political_merge m "
                "WHERE m.id = l.merge_id AND m.until < %s",
                fields.Date.context_today(self),
            )
        )
        self.invalidate_model(["line_ids"])
