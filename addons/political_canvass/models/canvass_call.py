from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

CALLS = [
    ("waiting", "To call"),
    ("taken", "Being called"),
    ("spoke", "Spoke"),
    ("no_answer", "No answer"),
    ("call_back", "Call back"),
    ("refused", "Does not want calls"),
    ("wrong", "Wrong number"),
]
ENDED = ("spoke", "refused", "wrong")
WAITING = ("waiting", "call_back", "no_answer")
TAKEN_MINUTES = 20  # a caller who left without an outcome gives the person back
TRIES = 3


class CanvassAction(models.Model):
    """Phone bank: a list that the gate fills, one caller a person."""

    _inherit = "canvass.action"

    purpose_code = fields.Selection(
        [("canvass_followup", "Following up a talk"), ("event", "Events")],
        "Called for",
        default="canvass_followup",
        help="What the people on the call list must have agreed to, by telephone.",
    )
    script_id = fields.Many2one(
        "survey.survey",
        domain=[("survey_type", "=", "canvass")],
        ondelete="restrict",
        help="What callers read on their screen: talking points and questions. Only how a call "
        "ended is noted.",
    )
    call_ids = fields.One2many("canvass.call", "action_id", "Calls")
    waiting_calls = fields.Integer("To call", compute="_compute_done")

    @api.depends("call_ids.state")
    def _compute_done(self):  # pylint: disable=missing-return
        super()._compute_done()
        groups = self.env["canvass.call"]._read_group(
            [("action_id", "in", self.ids)], ["action_id", "state"], ["__count"]
        )
        counts = {(action, state): count for action, state, count in groups}
        for action in self:
            here = action._origin
            action.waiting_calls = sum(counts.get((here, state), 0) for state in WAITING)
            action.done_quantity += sum(counts.get((here, state), 0) for state in ENDED)

    @api.constrains("script_id")
    def _check_script(self):
        self.script_id._check_is_script()

    def action_calls(self):
        """Open the call list; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_canvass.action_call")
        action["domain"] = [("action_id", "=", self.id)]
        return action

    def action_fill_calls(self):
        """Put on the list whom the branch may call for this purpose; the gate decides (R-01).

        :returns: int, how many were added
        """
        self.ensure_one()
        self.check_access("write")
        if self.kind != "phone_bank":
            raise UserError(self.env._("Only a phone bank has a call list."))
        people = self.env["consent.gate"].audience(
            self.purpose_code, "call", [("branch_id", "child_of", self.branch_id.id)]
        )
        known = set(self.sudo().call_ids.partner_id.ids)
        fresh = [partner for partner in people if partner not in known]
        self.env["canvass.call"].sudo().create(
            [{"action_id": self.id, "partner_id": partner} for partner in fresh]
        )
        return len(fresh)

    def action_next_call(self):
        """Take the next person to call: one caller a person, and the gate is asked again now.

        :returns: the action that shows the call, or one that says that nobody is left. It is no
            error: that would take back what was just noted of the call before.
        """
        self.ensure_one()
        self.check_access("read")
        while call := self._take_call():
            gate = self.env["consent.gate"].sudo().with_company(self.company_id)
            [answer] = gate.check(call.partner_id.ids, self.purpose_code, "call")
            if answer["allowed"]:
                return {
                    "type": "ir.actions.act_window",
                    "res_model": "canvass.call",
                    "res_id": call.id,
                    "view_mode": "form",
                    "views": [(False, "form")],
                }
            if answer["reason"] == "silence":
                call._put_off(gate)
            else:
                call.sudo().unlink()  # they changed their mind since the list was made
        return self._nobody_left()

    def _nobody_left(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("Nobody is left to call for now."),
                "next": {
                    "type": "ir.actions.act_window",
                    "res_model": self._name,
                    "res_id": self.id,
                    "views": [(False, "form")],
                },
            },
        }

    def _take_call(self):
        self.env["canvass.call"].flush_model()
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                UPDATE canvass_call SET state = 'taken', user_id = %(user)s, taken_at = %(now)s
                 WHERE id = (
                    SELECT id FROM canvass_call
                     WHERE action_id = %(action)s AND tries < %(tries)s
                       AND (state = 'waiting'
                            OR state IN ('no_answer', 'call_back')
                               AND coalesce(call_at, %(now)s) <= %(now)s
                            OR state = 'taken' AND taken_at < %(left)s)
                     ORDER BY state = 'call_back' DESC, tries, id
                     LIMIT 1 FOR UPDATE SKIP LOCKED)
                RETURNING id
                """,
                user=self.env.uid,
                now=now,
                action=self.id,
                tries=TRIES,
                left=now - timedelta(minutes=TAKEN_MINUTES),
            )
        )
        found = self.env.cr.fetchone()
        self.env["canvass.call"].invalidate_model()
        return self.env["canvass.call"].browse(found[0]) if found else None


class CanvassCall(models.Model):
    """One person on the list of a phone bank. An outcome of a closed list, no free text (R-47)."""

    _name = "canvass.call"
    _inherit = ["canvass.action.part"]
    _description = "Call"
    _order = "action_id, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", "Contact", required=True, readonly=True, index=True, ondelete="cascade"
    )
    phone = fields.Char(related="partner_id.phone")
    instructions = fields.Html(related="action_id.goal_text")
    script = fields.Html(compute="_compute_script", sanitize=False)
    state = fields.Selection(CALLS, default="waiting", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", "Caller", readonly=True, ondelete="set null")
    taken_at = fields.Datetime(readonly=True)
    tries = fields.Integer(readonly=True, required=True, default=0)
    call_at = fields.Datetime("Call again at")

    _once = models.Constraint("UNIQUE (action_id, partner_id)", "A person is on a list once.")

    @api.depends("action_id.script_id")
    @api.depends_context("lang")
    def _compute_script(self):
        for call in self:
            # Callers need not be able to open the script itself.
            survey = call.sudo().action_id.script_id
            call.script = survey and self.env["ir.qweb"]._render(
                "political_canvass.call_script", {"questions": survey.question_and_page_ids}
            )

    def action_spoke(self):
        """They spoke with us; opens the next call."""
        return self._end("spoke")

    def action_no_answer(self):
        """Nobody answered: again in two hours, three times at most; opens the next call."""
        return self._end("no_answer", hours=2)

    def action_call_back(self):
        """They want to be called later, at the time chosen or in a day; opens the next call."""
        return self._end("call_back", hours=24)

    def action_wrong(self):
        """The number is not theirs: for review, the contact stays as it is; opens the next call."""
        for call in self:
            call._check_mine()
            self.env["canvass.correction"]._propose("number", call.partner_id, {"phone": False})
        return self._end("wrong")

    def action_refused(self):
        """They want no calls: written to the ledger as a withdrawal; opens the next call."""
        for call in self:
            call._check_mine()
            call.partner_id.sudo().consent_record(
                call.action_id.purpose_code, "call", "withdrawn", {"means": "phone"}
            )
        return self._end("refused")

    def _put_off(self, gate):
        """Back on the list, not as a try, until their place is no longer silent (R-28)."""
        purpose = gate._own_purpose(self.action_id.purpose_code)
        until = gate._held_until(gate._gate_request(purpose, "call"), self.partner_id)
        self.sudo().write({"state": "call_back", "call_at": until, "user_id": False})

    def _check_mine(self):
        self.check_access("read")
        if self.user_id != self.env.user or self.state != "taken":
            raise UserError(self.env._("Take the next call first: this one is not yours."))

    def _end(self, state, hours=0):
        self.ensure_one()
        self._check_mine()
        now = fields.Datetime.now()
        again = hours and (
            self.call_at if self.call_at and self.call_at > now else now + timedelta(hours=hours)
        )
        self.sudo().write(
            {"state": state, "tries": self.tries + 1, "call_at": again, "user_id": False}
        )
        return self.action_id.action_next_call()
