from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

RESULTS = [
    ("leaflets", "Leaflets handed out"),
    ("letterboxes", "Letterboxes"),
    ("posters_up", "Posters put up"),
    ("posters_down", "Posters taken down"),
    ("talks", "Talks"),
    ("hours", "Hours"),
]
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
    """What is done besides doors: leaflets, posters, a market, calls, the day of the ballot."""

    _name = "canvass.action"
    _description = "Field action"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True)
    kind = fields.Selection(
        [
            ("leafleting", "Leafleting"),
            ("posters", "Posters"),
            ("market", "Market or stand"),
            ("phone_bank", "Phone bank"),
            ("polling_day", "Day of the ballot"),
        ],
        required=True,
        default="leafleting",
        index=True,
    )
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    branch_id = fields.Many2one(
        "political.branch",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env.user.sudo().branch_ids[:1],
    )
    operation_id = fields.Many2one("canvass.operation", check_company=True, ondelete="set null")
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
    )
    state = fields.Selection(
        [("planned", "Planned"), ("running", "Running"), ("done", "Done")],
        default="planned",
        required=True,
        index=True,
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    remove_by = fields.Date(
        "Posters down by", help="The responsible is reminded of posters that still hang then."
    )
    place = fields.Char("Where")
    zone_id = fields.Many2one("political.zone", "Place", ondelete="restrict")
    goal = fields.Integer()
    goal_text = fields.Html(
        "Instructions", sanitize=True, help="For volunteers; never about people."
    )
    shift_ids = fields.One2many("canvass.shift", "action_id", "Shifts")
    panel_ids = fields.One2many("canvass.panel", "action_id", "Panels")
    result_ids = fields.One2many("canvass.action.result", "action_id", "Results", readonly=True)
    call_ids = fields.One2many("canvass.call", "action_id", "Calls")
    proxy_ids = fields.One2many("canvass.proxy", "action_id", "Proxies")
    purpose_code = fields.Selection(
        [("canvass_followup", "Following up a talk"), ("event", "Events")],
        "Called for",
        default="canvass_followup",
        help="What the people on the call list must have agreed to, by telephone.",
    )
    done_quantity = fields.Integer("Done", compute="_compute_done")
    waiting_calls = fields.Integer("To call", compute="_compute_done")

    @api.depends("result_ids.quantity", "call_ids.state")
    def _compute_done(self):
        sums = dict(
            self.env["canvass.action.result"]._read_group(
                [("action_id", "in", self.ids), ("kind", "!=", "hours")],
                ["action_id"],
                ["quantity:sum"],
            )
        )
        calls = self.env["canvass.call"]._read_group(
            [("action_id", "in", self.ids)], ["action_id", "state"], ["__count"]
        )
        for action in self:
            mine = {state: n for one, state, n in calls if one == action._origin}
            action.waiting_calls = sum(
                mine.get(s, 0) for s in ("waiting", "call_back", "no_answer")
            )
            action.done_quantity = sums.get(action._origin, 0) + sum(
                mine.get(state, 0) for state in ENDED
            )

    def write(self, vals):
        result = super().write(vals)
        if not {"branch_id", "company_id"}.isdisjoint(vals):
            self.check_access("write")
        return result

    def action_record(self, kind, quantity):
        """Note what was done: appended, never changed. A mistake is a negative number.

        :param str kind: one of ``canvass.action.result``'s kinds
        :param int quantity: how many
        :returns: int, id of the line
        """
        self.ensure_one()
        self.check_access("write")
        if kind not in dict(RESULTS) or not isinstance(quantity, int) or not quantity:
            raise UserError(self.env._("Say what was done, and how many."))
        line = self.env["canvass.action.result"].sudo()
        return line.create({"action_id": self.id, "kind": kind, "quantity": quantity}).id

    # ---------------------------------------------------------------- phone bank

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

        :returns: the action that shows the call
        :raises UserError: when nobody is left
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
                }
            if answer["reason"] == "silence":
                # Held, not lost: they are called once the ballot is over.
                request = gate._gate_request(gate._own_purpose(self.purpose_code), "call")
                until = gate._held_until(request, call.partner_id)
                call.sudo().write({"state": "call_back", "call_at": until, "user_id": False})
                continue
            call.sudo().unlink()  # they changed their mind since the list was made
        raise UserError(self.env._("Nobody is left to call for now."))

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

    @api.model
    def _cron_posters(self):
        """Remind of posters that hang beyond their day."""
        today = fields.Date.context_today(self)
        late = self.search(
            [
                ("kind", "=", "posters"),
                ("remove_by", "<", today),
                ("panel_ids.state", "=", "up"),
                ("activity_ids", "=", False),
            ]
        )
        for action in late:
            action.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Posters are still up: %(action)s", action=action.name),
                user_id=(action.user_id or self.env.user).id,
            )


class CanvassActionResult(models.Model):
    """What an action brought, as numbers: appended and never changed."""

    _name = "canvass.action.result"
    _inherit = ["consent.append.only"]
    _description = "Result of an action"
    _log_access = False
    _order = "id desc"
    _rec_name = "kind"

    action_id = fields.Many2one(
        "canvass.action", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", readonly=True, required=True)
    branch_id = fields.Many2one("political.branch", readonly=True, required=True)
    kind = fields.Selection(RESULTS, required=True, readonly=True)
    quantity = fields.Integer(required=True, readonly=True)
    at = fields.Datetime(required=True, readonly=True)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        if not self.env.su:
            raise AccessError(self.env._("Results are noted on the action."))
        for vals in vals_list:
            action = self.env["canvass.action"].browse(vals["action_id"])
            vals.update(
                company_id=action.company_id.id,
                branch_id=action.branch_id.id,
                at=fields.Datetime.now(),
            )
        return models.Model.create(self, vals_list)


class CanvassPanel(models.Model):
    """A place for a poster."""

    _name = "canvass.panel"
    _description = "Panel"
    _order = "action_id, name"

    action_id = fields.Many2one("canvass.action", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="action_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="action_id.branch_id", store=True, index=True)
    name = fields.Char("Where", required=True)
    latitude = fields.Float(digits=(10, 6))
    longitude = fields.Float(digits=(10, 6))
    state = fields.Selection(
        [("free", "To do"), ("up", "Up"), ("down", "Taken down")], default="free", required=True
    )
    photo = fields.Image(
        max_width=1600,
        max_height=1600,
        help="The poster and the panel. No faces, no number plates.",
    )

    def action_up(self):
        """The poster is up."""
        self._put("up", "posters_up")

    def action_down(self):
        """The poster is down again."""
        self._put("down", "posters_down")

    def _put(self, state, kind):
        self.check_access("write")
        for panel in self.filtered(lambda one: one.state != state):
            panel.state = state
            panel.action_id.action_record(kind, 1)


class CanvassCall(models.Model):
    """One person on the list of a phone bank. An outcome of a closed list, no free text (R-47)."""

    _name = "canvass.call"
    _description = "Call"
    _order = "action_id, id"
    _rec_name = "partner_id"

    action_id = fields.Many2one("canvass.action", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="action_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="action_id.branch_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Contact", required=True, readonly=True, index=True, ondelete="cascade"
    )
    phone = fields.Char(related="partner_id.phone")
    state = fields.Selection(CALLS, default="waiting", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", "Caller", readonly=True, ondelete="set null")
    taken_at = fields.Datetime(readonly=True)
    tries = fields.Integer(readonly=True, required=True, default=0)
    call_at = fields.Datetime("Call again at")

    _once = models.Constraint("UNIQUE (action_id, partner_id)", "A person is on a list once.")

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
        """The number is not theirs; opens the next call."""
        return self._end("wrong")

    def action_refused(self):
        """They want no calls: written to the ledger as a withdrawal; opens the next call."""
        for call in self:
            call._check_mine()
            call.partner_id.sudo().consent_record(
                call.action_id.purpose_code, "call", "withdrawn", {"means": "phone"}
            )
        return self._end("refused")

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


class CanvassProxy(models.Model):
    """A proxy for the day of the ballot: who votes for whom is arranged here, who voted is not
    recorded anywhere (R-51). Forgotten the day after."""

    _name = "canvass.proxy"
    _description = "Proxy"
    _order = "action_id, id"
    _rec_name = "giver_id"

    action_id = fields.Many2one(
        "canvass.action",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("kind", "=", "polling_day")],
    )
    company_id = fields.Many2one(related="action_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="action_id.branch_id", store=True, index=True)
    giver_id = fields.Many2one(
        "res.partner", "Cannot come", required=True, index=True, ondelete="cascade"
    )
    holder_id = fields.Many2one(
        "res.partner", "Goes for them", index="btree_not_null", ondelete="set null"
    )
    state = fields.Selection(
        [("asked", "Looks for somebody"), ("found", "Found"), ("made", "Form signed")],
        default="asked",
        required=True,
    )

    _giver_once = models.Constraint("UNIQUE (action_id, giver_id)", "One proxy a person.")
    _two_people = models.Constraint(
        "CHECK (holder_id IS NULL OR holder_id <> giver_id)", "Nobody is their own proxy."
    )

    @api.autovacuum
    def _gc_past(self):
        past = self.sudo().search([("action_id.date", "<", fields.Date.context_today(self))])
        past.unlink()
