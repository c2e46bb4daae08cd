from odoo import api, fields, models
from odoo.exceptions import UserError

PHONE_CHANNELS = ("email", "sms", "call")


class CanvassOperation(models.Model):
    """A stretch of door-to-door work of one branch, with its turfs and its results."""

    _name = "canvass.operation"
    _inherit = ["canvass.ground"]
    _description = "Field operation"
    _order = "date_start desc, id desc"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("draft", "In preparation"), ("running", "Running"), ("closed", "Closed")],
        default="draft",
        required=True,
        index=True,
        copy=False,
    )
    date_start = fields.Date("From", required=True, default=fields.Date.context_today)
    date_end = fields.Date(
        "To", help="Marks made at the doors, like “do not knock”, are forgotten after this day."
    )
    lease_hours = fields.Integer(
        "Hours on a phone",
        default=4,
        required=True,
        help="How long a phone holds a turf from the moment it opens the code (R-45).",
    )
    door_minutes = fields.Float("Minutes per door", default=3.0, required=True)
    walk_speed = fields.Float("Walking speed (km/h)", default=4.0, required=True)
    goal_doors = fields.Integer("Goal (doors)", default=0)
    wording_ids = fields.Many2many(
        "consent.wording",
        "canvass_operation_wording_rel",
        "operation_id",
        "wording_id",
        "Offered at the door",
        domain=[("state", "=", "published"), ("channel", "in", PHONE_CHANNELS)],
        help="What a person may agree to on the canvasser's phone. Only these words, with their "
        "notice, go into a turf (R-46).",
    )
    follow_up = fields.Selection(
        [
            ("activity", "An activity on the contact"),
            ("lead", "A recruitment in the branch's pipeline"),
        ],
        "Follow-up of a talk",
        default="activity",
        required=True,
        help="Where the reminder lies for whoever agrees at the door to hear from us about the "
        "talk: on the contact, or on their recruitment, which is made where there is none. "
        "Without that consent there is no reminder.",
    )
    script_id = fields.Many2one(
        "survey.survey",
        domain=[("survey_type", "=", "canvass")],
        ondelete="restrict",
        help="Goes into each turf when it is published; a change afterwards is for later turfs.",
    )
    turf_ids = fields.One2many("canvass.turf", "operation_id", "Turfs")
    turf_count = fields.Integer(compute="_compute_board")
    turf_out_count = fields.Integer("Turfs out now", compute="_compute_board")
    door_count = fields.Integer("Doors", compute="_compute_board")
    door_done_count = fields.Integer("Doors done", compute="_compute_board")
    talk_count = fields.Integer("Talks", compute="_compute_board")
    agreement_count = fields.Integer("Agreements", compute="_compute_board")
    progress = fields.Float(compute="_compute_board", help="Doors done over doors, in percent.")
    contact_rate = fields.Float(
        compute="_compute_board", help="Doors where somebody spoke, over doors done, in percent."
    )

    _lease_hours = models.Constraint(
        "CHECK (lease_hours BETWEEN 1 AND 24)", "A phone holds a turf for 1 to 24 hours."
    )
    _dates = models.Constraint(
        "CHECK (date_end IS NULL OR date_end >= date_start)",
        "An operation ends after it has started.",
    )
    _pace = models.Constraint(
        "CHECK (door_minutes > 0 AND walk_speed > 0)",
        "Minutes per door and walking speed are above zero.",
    )

    @api.depends_context("uid")
    def _compute_board(self):
        """Live counts: a number of queries that does not grow with the operations."""
        counts = self._turf_counts()
        doors = self._door_counts()
        agreements = self._agreement_counts()
        for operation in self:
            key = operation._origin
            operation.turf_count, operation.turf_out_count = counts.get(key, (0, 0))
            total, done, talks = doors.get(key, (0, 0, 0))
            operation.door_count = total
            operation.door_done_count = done
            operation.talk_count = talks
            operation.agreement_count = agreements.get(key, 0)
            operation.progress = 100.0 * done / total if total else 0.0
            operation.contact_rate = 100.0 * talks / done if done else 0.0

    def _turf_counts(self):
        turfs = self.env["canvass.turf"]
        all_turfs = turfs._read_group(
            [("operation_id", "in", self.ids)], ["operation_id"], ["__count"]
        )
        out = dict(
            turfs._read_group(
                [("operation_id", "in", self.ids), ("is_out", "=", True)],
                ["operation_id"],
                ["__count"],
            )
        )
        return {operation: (count, out.get(operation, 0)) for operation, count in all_turfs}

    def _door_counts(self):
        groups = self.env["canvass.turf.door"]._read_group(
            [("operation_id", "in", self.ids)], ["operation_id", "outcome"], ["__count"]
        )
        counts = {}
        for operation, outcome, count in groups:
            total, done, talks = counts.get(operation, (0, 0, 0))
            counts[operation] = (
                total + count,
                done + (count if outcome else 0),
                talks + (count if outcome in ("spoke", "refused", "come_back") else 0),
            )
        return counts

    def _agreement_counts(self):
        return dict(
            self.env["canvass.event"]._read_group(
                [("operation_id", "in", self.ids), ("kind", "=", "consent")],
                ["operation_id"],
                ["__count"],
            )
        )

    def write(self, vals):
        moved = self.filtered(
            lambda operation: any(
                name in vals and operation[name].id != vals[name]
                for name in ("branch_id", "company_id")
            )
        )
        if any(turf.state != "draft" for turf in moved.turf_ids):
            raise UserError(
                self.env._(
                    "Turfs of this operation are published: it stays with its branch. Create "
                    "another operation for the other branch."
                )
            )
        return super().write(vals)

    def action_start(self):
        """Set running; volunteers can open the published turfs."""
        self.write({"state": "running"})

    def action_close(self):
        """Close the operation with its turfs: every code and every lease ends now."""
        self.turf_ids.filtered(lambda turf: turf.state == "published").action_close()
        self.write({"state": "closed"})

    def action_turfs(self):
        """Open the turfs of the operation; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_canvass.action_turf")
        action["domain"] = [("operation_id", "=", self.id)]
        action["context"] = {"default_operation_id": self.id}
        return action

    def action_results(self):
        """Open the reports of the operation as sums; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_canvass.action_event")
        action["domain"] = [("operation_id", "=", self.id)]
        return action

    @api.constrains("script_id")
    def _check_script(self):
        self.script_id._check_is_script()

    def action_answers(self):
        """Open what was answered at the doors, as sums; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "political_canvass.action_tally_shown"
        )
        action["domain"] = [("operation_id", "=", self.id)]
        return action

    def action_new_turf(self):
        """Open the wizard that cuts one turf around a point; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "political_canvass.action_turf_around"
        )
        action["context"] = {"default_operation_id": self.id}
        return action
