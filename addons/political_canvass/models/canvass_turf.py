from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..lib import area
from ..lib.payload import stamp

RECENT_DAYS = 30  # a door knocked at since then is shown to whoever plans it again
FROZEN = {
    "operation_id",
    "line_ids",
    "start_latitude",
    "start_longitude",
    "walk_length",
    "walk_bound",
    "walk_minutes",
    "outline",
    "snapshot",
    "snapshot_sha256",
    "published_at",
}

SERVER_ONLY = {
    "state",
    "code",
    "walk_length",
    "walk_bound",
    "walk_minutes",
    "outline",
    "snapshot",
    "snapshot_sha256",
    "published_at",
}


class CanvassTurf(models.Model):
    """A walk of doors for one outing.

    A draft is planned and changed at will. Publishing freezes it: the very bytes that phones will
    hold, and their fingerprint, are kept; every report is about that version.
    """

    _name = "canvass.turf"
    _description = "Turf"
    _order = "operation_id, name, id"

    name = fields.Char(required=True)
    operation_id = fields.Many2one(
        "canvass.operation", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="operation_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="operation_id.branch_id", store=True, index=True)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("closed", "Closed")],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        copy=False,
    )
    reissue_of_id = fields.Many2one(
        "canvass.turf", "Taken up from", readonly=True, copy=False, ondelete="set null", index=True
    )
    collision_note = fields.Char(
        "Elsewhere too",
        compute="_compute_collision_note",
        help="Doors that another turf holds, or where somebody knocked in the last 30 days.",
    )
    lease_hours = fields.Integer(related="operation_id.lease_hours")
    line_ids = fields.One2many("canvass.turf.door", "turf_id", "Doors in walking order")
    start_latitude = fields.Float("Meeting point, latitude", digits=(10, 6))
    start_longitude = fields.Float("Meeting point, longitude", digits=(10, 6))
    walk_length = fields.Float(
        "Walk (m)",
        readonly=True,
        copy=False,
        help="Straight lines from door to door; changing the side of a street counts as the "
        "operation says.",
    )
    walk_bound = fields.Float(
        "Lower bound (m)",
        readonly=True,
        copy=False,
        help="No order of these doors can be shorter than this.",
    )
    walk_gap = fields.Float(
        "At most too long (%)",
        compute="_compute_walk_gap",
        help="How much longer than the best possible order this walk can be at most.",
    )
    walk_minutes = fields.Float("Minutes", readonly=True, copy=False)
    outline = fields.Text(readonly=True, copy=False, prefetch=False, help="GeoJSON, for maps.")
    snapshot = fields.Text(readonly=True, copy=False, groups=fields.NO_ACCESS)
    snapshot_sha256 = fields.Char("Fingerprint", readonly=True, copy=False)
    published_at = fields.Datetime(readonly=True, copy=False)
    code = fields.Char(
        readonly=True, copy=False, help="Whoever has it can open this turf on a phone."
    )
    lease_ids = fields.One2many("canvass.lease", "turf_id", "Phones")
    is_out = fields.Boolean("Out now", compute="_compute_is_out", search="_search_is_out")
    door_count = fields.Integer("Doors", compute="_compute_progress")
    door_done_count = fields.Integer("Doors done", compute="_compute_progress")
    conflict_count = fields.Integer("Reported differently", compute="_compute_progress")
    agreement_count = fields.Integer("Agreements", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress", help="Doors done over doors, in percent.")
    last_report_at = fields.Datetime("Last report", compute="_compute_progress")

    _code_unique = models.UniqueIndex("(code) WHERE code IS NOT NULL")

    def init(self):
        """What is published is refused to SQL as well (immutable once published)."""
        result = super().init()
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION canvass_turf_frozen() RETURNS trigger AS $$
            BEGIN
                IF OLD.snapshot_sha256 IS NOT NULL AND (
                    TG_OP = 'DELETE'
                    OR (OLD.snapshot, OLD.snapshot_sha256, OLD.operation_id, OLD.published_at)
                       IS DISTINCT FROM
                       (NEW.snapshot, NEW.snapshot_sha256, NEW.operation_id, NEW.published_at))
                THEN
                    RAISE EXCEPTION 'a published turf is never changed'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN COALESCE(NEW, OLD);
            END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER frozen_turf
                BEFORE UPDATE OR DELETE ON canvass_turf
                FOR EACH ROW EXECUTE FUNCTION canvass_turf_frozen();
            """
        )
        return result

    # ---------------------------------------------------------------- fields

    @api.depends("line_ids")
    def _compute_collision_note(self):
        """Collisions across operations and days, as a sentence; where is not told: the other
        operation may be another branch's."""
        found = self._collisions()
        for turf in self:
            held, knocked, days = found.get(turf._origin.id, (0, 0, 0))
            parts = []
            if knocked:
                parts.append(
                    self.env._(
                        "%(doors)s doors were knocked at in the last 30 days, the last one "
                        "%(days)s days ago.",
                        doors=knocked,
                        days=days,
                    )
                )
            if held:
                parts.append(
                    self.env._("%(doors)s doors are in another open turf too.", doors=held)
                )
            turf.collision_note = " ".join(parts) or False

    def _collisions(self):
        """``{turf id: (doors in other open turfs, doors knocked at lately, days since)}``."""
        for model in ("canvass.turf", "canvass.turf.door"):
            self.env[model].flush_model()
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                SELECT mine.turf_id,
                       count(DISTINCT mine.door_id) FILTER (WHERE t.state <> 'closed'),
                       count(DISTINCT mine.door_id) FILTER (WHERE other.reported_at > %(since)s),
                       max(other.reported_at)
                  FROM canvass_turf_door mine
                  JOIN canvass_turf_door other
                    ON other.door_id = mine.door_id AND other.turf_id <> mine.turf_id
                  JOIN canvass_turf t ON t.id = other.turf_id
                 WHERE mine.turf_id = ANY(%(turfs)s)
                 GROUP BY 1
                """,
                turfs=self.ids,
                since=now - timedelta(days=RECENT_DAYS),
            )
        )
        return {
            turf: (held, knocked, (now - last).days if last else 0)
            for turf, held, knocked, last in self.env.cr.fetchall()
        }

    @api.depends("walk_length", "walk_bound")
    def _compute_walk_gap(self):
        for turf in self:
            bound = turf.walk_bound
            turf.walk_gap = 100.0 * (turf.walk_length / bound - 1.0) if bound else 0.0

    @api.depends("lease_ids.expires_at", "lease_ids.revoked_at")
    def _compute_is_out(self):
        out = self.search([("id", "in", self.ids), ("is_out", "=", True)])
        for turf in self:
            turf.is_out = turf._origin in out

    def _search_is_out(self, operator, value):
        if operator != "in":
            return NotImplemented
        out = Domain("lease_ids", "any", self.env["canvass.lease"]._active_domain())
        return Domain.OR(out if wanted else ~out for wanted in value)

    @api.depends_context("uid")
    @api.depends("line_ids.outcome", "line_ids.conflict")
    def _compute_progress(self):
        counts = self._line_counts()
        agreements = dict(
            self.env["canvass.event"]._read_group(
                [("turf_id", "in", self.ids), ("kind", "=", "consent")], ["turf_id"], ["__count"]
            )
        )
        for turf in self:
            total, done, conflicts, last = counts.get(turf._origin, (0, 0, 0, False))
            turf.door_count = total
            turf.door_done_count = done
            turf.conflict_count = conflicts
            turf.progress = 100.0 * done / total if total else 0.0
            turf.last_report_at = last
            turf.agreement_count = agreements.get(turf._origin, 0)

    def _line_counts(self):
        lines = self.env["canvass.turf.door"]
        mine = Domain("turf_id", "in", self.ids)
        totals = lines._read_group(mine, ["turf_id"], ["__count", "reported_at:max"])
        done = dict(
            lines._read_group(mine & Domain("outcome", "!=", False), ["turf_id"], ["__count"])
        )
        conflicts = dict(
            lines._read_group(mine & Domain("conflict", "=", True), ["turf_id"], ["__count"])
        )
        return {
            turf: (total, done.get(turf, 0), conflicts.get(turf, 0), last)
            for turf, total, last in totals
        }

    # ---------------------------------------------------------------- immutability

    @api.model_create_multi
    def create(self, vals_list):
        self._check_server_only({name for vals in vals_list for name in vals})
        return super().create(vals_list)

    def write(self, vals):
        self._check_server_only(vals)
        if "operation_id" in vals and not self.env.su:
            raise AccessError(self.env._("A turf stays with its operation. Cut a new one there."))
        if not FROZEN.isdisjoint(vals) and any(turf.state != "draft" for turf in self):
            raise UserError(
                self.env._("A published turf is never changed. Close it and cut a new one.")
            )
        return super().write(vals)

    def _check_server_only(self, names):
        """States, codes and plans come from the buttons, whatever an RPC client sends."""
        if not self.env.su and not SERVER_ONLY.isdisjoint(names):
            raise AccessError(self.env._("A turf is planned, published and closed by its buttons."))

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(turf.state != "draft" for turf in self):
            raise UserError(
                self.env._("A published turf is kept with its reports. Close it instead.")
            )

    # ---------------------------------------------------------------- planning

    def _set_doors(self, doors):
        """Replace the doors of a draft by these and plan the walk."""
        self.ensure_one()
        self.check_access("write")
        self._check_draft()
        self.env["canvass.turf.door"]._place({self.id: doors.ids})
        self.action_plan_walk()

    def action_plan_walk(self):
        """Order the doors of the drafts for walking; sets length, lower bound and minutes.

        :raises UserError: for a published turf
        """
        self.check_access("write")
        for turf in self.sudo():
            turf._check_draft()
            turf._plan_walk()

    def _check_draft(self):
        if self.state != "draft":
            raise UserError(
                self.env._("A published turf is never changed. Close it and cut a new one.")
            )

    def _plan_walk(self):
        """Order the doors: entrance by entrance from the top floor down within a building, from
        building to building by the operation's way of walking."""
        operation = self.operation_id
        rows = operation._rows_of_turfs(self)
        if not rows:
            self.write({"walk_length": 0, "walk_bound": 0, "walk_minutes": 0, "outline": False})
            return
        planned = operation._planned(rows, self._start())
        places = {rows[index]["door"]: place for place, index in enumerate(planned.doors, 1)}
        for line in self.line_ids:
            line.sequence = places.get(line.door_id.id, line.sequence)
        self.write(
            {
                "walk_length": planned.length,
                "walk_bound": planned.bound,
                "walk_minutes": planned.minutes,
                "outline": area.outline([(row["lon"], row["lat"]) for row in rows]),
            }
        )
        self.invalidate_recordset(["line_ids"])

    def _start(self):
        here = (self.start_latitude, self.start_longitude)
        return here if any(here) else None

    # ---------------------------------------------------------------- looking

    def action_reports(self):
        """Open the turf's reports as sums; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_canvass.action_event")
        action["domain"] = [("turf_id", "=", self.id)]
        return action

    def action_doors(self):
        """Open the turf's doors in walking order; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_canvass.action_turf_door")
        action["domain"] = [("turf_id", "=", self.id)]
        return action

    def _door_state(self):
        """What was reported so far, for the phone: ``{"<door id>": {...}}``."""
        self.env["canvass.turf.door"].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT door_id, outcome, reported_at, visits, conflict FROM canvass_turf_door "
                "WHERE turf_id = %s AND visits > 0 ORDER BY sequence, id",
                self.id,
            )
        )
        return {
            str(door): {
                "outcome": outcome,
                "at": stamp(at) if at else None,
                "visits": visits,
                "conflict": bool(conflict),
            }
            for door, outcome, at, visits, conflict in self.env.cr.fetchall()
        }
