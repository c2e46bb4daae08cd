from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..lib import sheet
from .canvass_event import OUTCOMES

SERVER_ONLY = {"outcome", "reported_at", "visits", "conflict"}


class CanvassTurfDoor(models.Model):
    """A door's place in a turf's walk, and what was last reported there.

    The place never changes once the turf is published. What was reported is the fold of the
    turf's events, brought up to date in the transaction that adds one: boards read it instead of
    the events.
    """

    _name = "canvass.turf.door"
    _description = "Door in a turf"
    _log_access = False
    _order = "turf_id, sequence, id"
    _rec_name = "door_id"

    turf_id = fields.Many2one("canvass.turf", required=True, index=True, ondelete="cascade")
    door_id = fields.Many2one("canvass.door", required=True, index=True, ondelete="restrict")
    sequence = fields.Integer(required=True, default=0)
    operation_id = fields.Many2one(related="turf_id.operation_id", store=True, index=True)
    company_id = fields.Many2one(related="turf_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="turf_id.branch_id", store=True, index=True)
    # No index: each report would move the row in every index of the table.
    outcome = fields.Selection(OUTCOMES, "Last report", readonly=True)
    reported_at = fields.Datetime("Last report at", readonly=True)
    visits = fields.Integer("Reports", readonly=True)
    conflict = fields.Boolean(
        readonly=True, help="Two phones reported different things; the latest is shown."
    )

    _door_once = models.Constraint("UNIQUE (turf_id, door_id)", "A door is in a turf once.")

    def init(self):
        """The walk of a published turf is refused to SQL as well, its state is not."""
        result = super().init()
        self.env.cr.execute(
            """
            ALTER TABLE canvass_turf_door SET (fillfactor = 40);  -- reports rewrite in place
            CREATE OR REPLACE FUNCTION canvass_turf_door_frozen() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'TRUNCATE' THEN
                    RAISE EXCEPTION 'walks are never emptied all at once'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                IF EXISTS (SELECT FROM canvass_turf t
                            WHERE t.id = COALESCE(OLD.turf_id, NEW.turf_id)
                              AND t.snapshot_sha256 IS NOT NULL)
                   AND (TG_OP = 'DELETE'
                        OR (TG_OP = 'INSERT' AND NEW.added IS NOT TRUE)
                        OR (TG_OP = 'UPDATE'
                            AND (OLD.turf_id, OLD.door_id, OLD.sequence, OLD.added)
                                IS DISTINCT FROM
                                (NEW.turf_id, NEW.door_id, NEW.sequence, NEW.added)))
                THEN
                    RAISE EXCEPTION 'the walk of a published turf is never changed'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN COALESCE(NEW, OLD);
            END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER frozen_walk
                BEFORE INSERT OR DELETE OR UPDATE OF turf_id, door_id, sequence, added
                ON canvass_turf_door
                FOR EACH ROW EXECUTE FUNCTION canvass_turf_door_frozen();
            CREATE OR REPLACE TRIGGER frozen_walks
                BEFORE TRUNCATE ON canvass_turf_door
                FOR EACH STATEMENT EXECUTE FUNCTION canvass_turf_door_frozen();
            """
        )
        return result

    @api.model_create_multi
    def create(self, vals_list):
        self._check_server_only({name for vals in vals_list for name in vals})
        turfs = self.env["canvass.turf"].browse({vals.get("turf_id") for vals in vals_list})
        self._check_draft(turfs)
        return super().create(vals_list)

    def write(self, vals):
        self._check_server_only(vals)
        if not {"turf_id", "door_id", "sequence"}.isdisjoint(vals):
            self._check_draft(self.turf_id | self.turf_id.browse(vals.get("turf_id")))
        result = super().write(vals)
        if "turf_id" in vals:
            self.check_access("write")
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_of_drafts(self):
        self._check_draft(self.turf_id)

    def _check_server_only(self, names):
        if not self.env.su and not SERVER_ONLY.isdisjoint(names):
            raise AccessError(self.env._("What happened at a door is reported from a phone."))

    def _check_draft(self, turfs):
        if any(turf.state != "draft" for turf in turfs):
            raise UserError(
                self.env._("The walk of a published turf is never changed. Cut a new turf.")
            )

    def _sheet_qr(self):
        """The door's code on the printed sheet: what a hand scanner types when it comes back."""
        return Markup(sheet.qr_svg(f"T{self.turf_id.id}-{self.sequence}"))  # noqa: S704

    @api.model
    def _place(self, doors_of):
        """Replace the doors of drafts, in the order given: two statements, whatever their number.

        :param dict doors_of: ``{turf id: [door ids]}``
        """
        for model in ("canvass.turf", "canvass.turf.door"):
            self.env[model].flush_model()
        self.env.cr.execute(
            SQL("DELETE FROM canvass_turf_door WHERE turf_id = ANY(%s)", list(doors_of))
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO canvass_turf_door (turf_id, door_id, sequence, operation_id,
                       company_id, branch_id, visits, conflict)
                SELECT t.id, line.door_id, line.sequence, t.operation_id, t.company_id,
                       t.branch_id, 0, false
                  FROM unnest(%(turfs)s, %(doors)s, %(places)s)
                       AS line (turf_id, door_id, sequence)
                  JOIN canvass_turf t ON t.id = line.turf_id
                """,
                turfs=[turf for turf, doors in doors_of.items() for _door in doors],
                doors=[door for doors in doors_of.values() for door in doors],
                places=[n for doors in doors_of.values() for n in range(1, len(doors) + 1)],
            )
        )
        self.invalidate_model()
        self.env["canvass.turf"].invalidate_model(["line_ids", "door_count"])
        self.env["canvass.door"].invalidate_model(["turf_line_ids"])

    @api.model
    def _refresh(self, turf, door_ids):
        """Fold the turf's events of these doors into their lines.

        The fold depends on the set of events only, never on the order in which they came: the
        latest outcome that was not undone counts; two leases whose latest outcomes differ are a
        conflict. A phone's own reports follow its own count: their times are only as sure as the
        network was quick.
        """
        self.flush_model()
        # One pass without joins among the sums: before the first ANALYZE of a young table the
        # planner takes each for one row, and would reckon them again for every door.
        self.env.cr.execute(
            SQL(
                """
                WITH undone AS MATERIALIZED (
                    SELECT undoes, lease_id, door_id FROM canvass_event
                     WHERE turf_id = %(turf)s AND undoes IS NOT NULL
                ), live AS (
                    SELECT e.door_id, e.outcome, e.at, e.uid,
                           row_number() OVER (PARTITION BY e.door_id, e.lease_id
                                ORDER BY e.counter DESC, e.at DESC, e.uid DESC) = 1 AS last_said
                      FROM canvass_event e
                     WHERE e.turf_id = %(turf)s AND e.door_id = ANY(%(doors)s)
                       AND e.kind = 'outcome'
                       AND NOT EXISTS (SELECT FROM undone u
                                        WHERE u.undoes = e.uid AND u.lease_id = e.lease_id
                                          AND u.door_id = e.door_id)
                     UNION ALL  -- doors of which every report was undone
                    SELECT door_id, NULL, NULL, NULL, false
                      FROM unnest(%(doors)s) AS d (door_id)
                ), folded AS MATERIALIZED (
                    SELECT door_id, max(at) AS at,
                           (array_agg(outcome ORDER BY at DESC, uid DESC)
                                FILTER (WHERE last_said))[1] AS outcome,
                           count(at)::int AS visits,
                           coalesce(min(outcome) FILTER (WHERE last_said)
                                    <> max(outcome) FILTER (WHERE last_said), false) AS conflict
                      FROM live GROUP BY door_id
                )
                UPDATE canvass_turf_door line
                   SET outcome = folded.outcome, reported_at = folded.at,
                       visits = folded.visits, conflict = folded.conflict
                  FROM folded
                 WHERE line.turf_id = %(turf)s AND line.door_id = folded.door_id
                   AND (line.outcome, line.reported_at, line.visits, line.conflict)
                       IS DISTINCT FROM
                       (folded.outcome, folded.at, folded.visits, folded.conflict)
                """,
                turf=turf.id,
                doors=sorted(set(door_ids)),
            )
        )
        self.invalidate_model(["outcome", "reported_at", "visits", "conflict"])
