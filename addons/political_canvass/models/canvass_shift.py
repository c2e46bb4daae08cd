import secrets
from datetime import timedelta

from odoo import api, fields, models

from .canvass_operation_safety import CHECKIN_MINUTES

REMINDER_HOURS = 24


class CanvassShift(models.Model):
    """An outing: who goes when, from where, and who waits for them to come back."""

    _name = "canvass.shift"
    _description = "Shift"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "start, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    operation_id = fields.Many2one("canvass.operation", index=True, ondelete="cascade")
    action_id = fields.Many2one("canvass.action", index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", "Controller", compute="_compute_ground", store=True, index=True
    )
    branch_id = fields.Many2one(
        "political.branch", compute="_compute_ground", store=True, index=True
    )
    user_id = fields.Many2one(
        "res.users",
        "Lead",
        required=True,
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        help="Is told when a pair does not come back in time.",
    )
    start = fields.Datetime("Begins", required=True)
    stop = fields.Datetime("Ends", required=True)
    meeting_place = fields.Char()
    capacity = fields.Integer("Room for", default=10, help="0: as many as like to come.")
    is_open = fields.Boolean("Sign-up open", default=True)
    needs_pairs = fields.Boolean(
        "In pairs", default=True, help="Nobody goes alone: check-in waits for a second volunteer."
    )
    checkin_minutes = fields.Integer(
        "Ask after (minutes)",
        compute="_compute_checkin_minutes",
        store=True,
        readonly=False,
        help="A volunteer who is out is asked for a sign of life after so long; after twice as "
        "long the lead is told. 0 asks never. Where volunteers are is not asked and not kept "
        "(R-49).",
    )
    token = fields.Char(
        default=lambda self: secrets.token_urlsafe(24),
        readonly=True,
        copy=False,
        groups="political_canvass.group_canvass_lead",
    )
    link = fields.Char("Sign-up page", compute="_compute_link")
    assignment_ids = fields.One2many("canvass.assignment", "shift_id", "Volunteers")
    accepted_count = fields.Integer("Coming", compute="_compute_counts")
    out_count = fields.Integer("Out now", compute="_compute_counts")
    reminded_at = fields.Datetime(readonly=True, copy=False)

    _hours = models.Constraint("CHECK (stop > start)", "A shift ends after it has begun.")
    _token_unique = models.Constraint("UNIQUE (token)", "A link is drawn once.")
    _ground = models.Constraint(
        "CHECK (operation_id IS NOT NULL OR action_id IS NOT NULL)",
        "A shift is for an operation or for an action.",
    )
    _numbers = models.Constraint(
        "CHECK (capacity >= 0 AND checkin_minutes BETWEEN 0 AND 240)",
        "Places are not below 0; a volunteer is asked after 0 to 240 minutes.",
    )

    @api.depends(
        "operation_id.branch_id",
        "operation_id.company_id",
        "action_id.branch_id",
        "action_id.company_id",
    )
    def _compute_ground(self):
        for shift in self:
            ground = shift.operation_id or shift.action_id
            shift.company_id, shift.branch_id = ground.company_id, ground.branch_id

    @api.depends("operation_id")
    def _compute_checkin_minutes(self):
        for shift in self:
            shift.checkin_minutes = (
                shift.operation_id.checkin_minutes if shift.operation_id else CHECKIN_MINUTES
            )

    @api.depends("token")
    def _compute_link(self):
        for shift in self:
            token = shift.sudo().token
            shift.link = token and f"{shift.get_base_url()}/canvass/shift/{token}"

    @api.depends("assignment_ids.state")
    def _compute_counts(self):
        groups = self.env["canvass.assignment"]._read_group(
            [("shift_id", "in", self.ids)], ["shift_id", "state"], ["__count"]
        )
        counts = {(shift.id, state): count for shift, state, count in groups}
        for shift in self:
            out = counts.get((shift._origin.id, "out"), 0)
            shift.out_count = out
            shift.accepted_count = out + counts.get((shift._origin.id, "accepted"), 0)

    def _is_full(self):
        return bool(self.capacity) and self.accepted_count >= self.capacity

    def action_invite(self):
        """Write to the volunteers that were chosen and not asked yet, each with their own link.

        A letter of one person to another: the gate holds back whoever wants none.
        """
        self.check_access("write")
        for shift in self:
            shift.assignment_ids.filtered(lambda one: one.state == "chosen")._invite()

    @api.model
    def _cron_remind(self):
        """Remind who said they come, the day before."""
        now = fields.Datetime.now()
        due = self.search(
            [
                ("reminded_at", "=", False),
                ("start", ">", now),
                ("start", "<=", now + timedelta(hours=REMINDER_HOURS)),
            ]
        )
        for shift in due:
            shift.assignment_ids.filtered(lambda one: one.state == "accepted")._remind()
            shift.reminded_at = now
