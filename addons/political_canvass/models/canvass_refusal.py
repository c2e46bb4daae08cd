from datetime import timedelta

from psycopg2.extras import execute_values

from odoo import api, fields, models
from odoo.tools import SQL

MOST = 500  # rows of one lease: a phone that goes on beyond is broken or somebody's toy
REASONS = [
    ("format", "Cannot be read"),
    ("kind", "Unknown kind of report"),
    ("outcome", "Outcome unknown to the turf"),
    ("data", "Unexpected content"),
    ("door", "Not a door of the turf"),
    ("uid", "Identifier taken"),
    ("target", "Nothing to undo"),
    ("lease_ended", "Made after the end"),
    ("notice", "Notice not shown before"),
    ("act", "The person's own act is missing"),
    ("wording", "Text not offered in the turf"),
    ("address", "Unusable e-mail or number"),
    ("script", "Another script"),
    ("answers", "Answers that the script does not have"),
    ("note", "A note about a person, or too long"),
    ("limit", "Too many of its kind"),
]
KINDS = [
    ("outcome", "Report"),
    ("undo", "Taken back"),
    ("consent", "Agreement"),
    ("answers", "Answers"),
    ("door", "Door added"),
    ("note", "Building note"),
    ("safety", "Sign of life"),
    ("other", "Unknown"),
]


class CanvassRefusal(models.Model):
    """A report that the server refused for good, and why: the lead's side of the quarantine.

    What was in it is not kept. It was refused, and it may have been about a person.
    """

    _name = "canvass.refusal"
    _description = "Refused field report"
    _log_access = False
    _order = "received_at desc, id desc"
    _rec_name = "reason"

    lease_id = fields.Many2one(
        "canvass.lease", "Phone", required=True, readonly=True, index=True, ondelete="cascade"
    )
    turf_id = fields.Many2one(related="lease_id.turf_id")
    operation_id = fields.Many2one(related="lease_id.operation_id", store=True, index=True)
    company_id = fields.Many2one(related="lease_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="lease_id.branch_id", store=True, index=True)
    uid = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    reason = fields.Selection(REASONS, required=True, readonly=True)
    received_at = fields.Datetime("Received", required=True, readonly=True)

    _once = models.Constraint("UNIQUE (lease_id, uid)", "A refusal is noted once.")

    @api.model
    def _note(self, lease, refused):
        """Keep refusals, each once, up to :data:`MOST` of a lease.

        :param lease: the lease that reported, as superuser
        :param list refused: ``(uid, kind, reason)``
        """
        if not refused:
            return
        room = MOST - self.search_count([("lease_id", "=", lease.id)], limit=MOST)
        if room <= 0:
            return
        known = dict(KINDS)
        now = fields.Datetime.now()
        execute_values(
            self.env.cr._obj,
            "INSERT INTO canvass_refusal (lease_id, operation_id, company_id, branch_id, uid, "
            "kind, reason, received_at) VALUES %s ON CONFLICT (lease_id, uid) DO NOTHING",
            [
                (
                    lease.id,
                    lease.operation_id.id,
                    lease.company_id.id,
                    lease.branch_id.id,
                    uid,
                    kind if isinstance(kind, str) and kind in known else "other",
                    reason,
                    now,
                )
                for uid, kind, reason in refused[:room]
            ],
        )
        self.invalidate_model()

    @api.model
    def _refused(self, lease, uids):
        """Those of the uids that this lease was refused before."""
        self.env.cr.execute(
            SQL(
                "SELECT uid FROM canvass_refusal WHERE lease_id = %s AND uid = ANY(%s)",
                lease.id,
                list(uids),
            )
        )
        return {uid for (uid,) in self.env.cr.fetchall()}

    @api.autovacuum
    def _gc_refusals(self):
        """Of use until the lease may deliver nothing more."""
        late = fields.Datetime.now() - timedelta(days=30)
        self.env.cr.execute(
            SQL(
                "DELETE FROM canvass_refusal r USING canvass_lease l "
                "WHERE l.id = r.lease_id AND l.expires_at < %s",
                late,
            )
        )
        self.invalidate_model()
