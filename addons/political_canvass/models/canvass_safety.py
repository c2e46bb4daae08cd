import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

SIGNALS = [
    ("out", "Going out"),
    ("well", "All well"),
    ("back", "Back"),
    ("leave", "Leaving now"),
    ("help", "Needs help"),
    ("silent", "No sign in time"),
]
URGENT = ("leave", "help", "silent")
MOST = 500  # of one lease: a shift has a few


class CanvassSafety(models.Model):
    """A sign of life of a team, by its phone or on a volunteer's own page, or that none came.

    No place is in it: where volunteers are is not followed (R-49). Whoever has to find them knows
    the turf or the shift.
    """

    _name = "canvass.safety"
    _description = "Sign of life"
    _log_access = False
    _order = "at desc, id desc"
    _rec_name = "signal"

    lease_id = fields.Many2one(
        "canvass.lease", "Phone", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    assignment_id = fields.Many2one(
        "canvass.assignment",
        "Volunteer in a shift",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    alias = fields.Char("Who", compute="_compute_team")
    pair_alias = fields.Char("With", compute="_compute_team")
    turf_id = fields.Many2one("canvass.turf", compute="_compute_team", search="_search_turf_id")
    shift_id = fields.Many2one(related="assignment_id.shift_id")
    operation_id = fields.Many2one(
        "canvass.operation", compute="_compute_ground", store=True, index=True
    )
    company_id = fields.Many2one(
        "res.company", "Controller", compute="_compute_ground", store=True, index=True
    )
    branch_id = fields.Many2one(
        "political.branch", compute="_compute_ground", store=True, index=True
    )
    uid = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    signal = fields.Selection(SIGNALS, required=True, readonly=True)
    at = fields.Datetime("Time", required=True, readonly=True)
    received_at = fields.Datetime("Received", required=True, readonly=True)
    handled_by_id = fields.Many2one("res.users", "Taken care of by", readonly=True)

    _uid_unique = models.Constraint("UNIQUE (uid)", "A sign of life is stored once.")
    _one_team = models.Constraint(
        "CHECK (num_nonnulls(lease_id, assignment_id) = 1)",
        "A sign of life is a phone's or a volunteer's.",
    )

    @api.depends("lease_id", "assignment_id")
    def _compute_team(self):
        for sign in self:
            one, pair = sign.assignment_id, sign.assignment_id.pair_id
            sign.alias = one.display_name if one else sign.lease_id.alias
            sign.pair_alias = pair.display_name if one else sign.lease_id.pair_alias
            sign.turf_id = (one or sign.lease_id).turf_id

    def _search_turf_id(self, operator, value):
        return [
            "|",
            ("lease_id.turf_id", operator, value),
            ("assignment_id.turf_id", operator, value),
        ]

    @api.depends("lease_id", "assignment_id")
    def _compute_ground(self):
        for sign in self:
            ground = sign.lease_id or sign.assignment_id
            sign.operation_id = ground.operation_id
            sign.company_id, sign.branch_id = ground.company_id, ground.branch_id

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Signs of life come from phones."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Signs of life come from phones."))
        return super().write(vals)

    def action_handled(self):
        """Say that one takes care of it."""
        self.check_access("read")
        self.sudo().write({"handled_by_id": self.env.uid})

    # ---------------------------------------------------------------- the timer

    @api.model
    def _last_signs(self, who, records):
        """When each was last heard of, by the signs alone.

        :param str who: ``lease_id`` or ``assignment_id``
        :returns: ``{id: moment of reception}``
        """
        groups = self._read_group(
            [(who, "in", records.ids), ("signal", "!=", "silent")], [who], ["received_at:max"]
        )
        return {one.id: moment for one, moment in groups}

    @api.model
    def _cron_silence(self):
        """Tell the leads of everybody who gives no sign, once a silence."""
        volunteers = self.env["canvass.assignment"].search([("is_silent", "=", True)])
        self._note_silence("assignment_id", volunteers)
        # Where a shift waits for the same team, its lead has just been told.
        phones = self.env["canvass.lease"].search([("is_silent", "=", True)])
        self._note_silence(
            "lease_id", phones.filtered(lambda lease: lease.turf_id not in volunteers.turf_id)
        )

    @api.model
    def _note_silence(self, who, silent):
        told = dict(
            self._read_group(
                [(who, "in", silent.ids), ("signal", "=", "silent")], [who], ["received_at:max"]
            )
        )
        for one in silent:
            if not told.get(one) or told[one] < one.last_sign_at:
                self._give(who, one, "silent")

    @api.model
    def _give(self, who, record, signal):
        """A sign that the server itself writes down: of a volunteer's page, or of a silence."""
        now = fields.Datetime.now()
        sign = self.sudo().create(
            {
                who: record.id,
                "uid": str(uuid.uuid4()),
                "signal": signal,
                "at": now,
                "received_at": now,
            }
        )
        if signal in URGENT:
            sign._tell_lead()

    # ---------------------------------------------------------------- the phone

    @api.model
    def _known(self, lease, uids):
        """Answers for the signs that are here already: ``{uid: (status, reason)}``."""
        if not uids:
            return {}
        self.env.cr.execute(
            SQL("SELECT uid, lease_id FROM canvass_safety WHERE uid = ANY(%s)", list(uids))
        )
        return {
            uid: ("known", None) if lease_id == lease.id else ("refused", "uid")
            for uid, lease_id in self.env.cr.fetchall()
        }

    @api.model
    def _store(self, lease, rows):
        """Keep checked signs and tell the lead of the urgent ones.

        :param lease: the lease that reports, as superuser
        :param list rows: dicts of :func:`~..lib.payload.read_event` of the kind ``safety``
        :returns: ``{uid: (status, reason)}``
        """
        if not rows:
            return {}
        known = self._known(lease, [row["uid"] for row in rows])
        rows = [row for row in rows if row["uid"] not in known]
        room = max(MOST - self.search_count([("lease_id", "=", lease.id)], limit=MOST), 0)
        refused = {row["uid"]: ("refused", "limit") for row in rows[room:]}
        now = fields.Datetime.now()
        signs = self.create(
            [
                {
                    "lease_id": lease.id,
                    "uid": row["uid"],
                    "signal": row["data"]["signal"],
                    "at": row["at"],
                    "received_at": now,
                }
                for row in rows[:room]
            ]
        )
        for sign in signs.filtered(lambda sign: sign.signal in URGENT):
            sign._tell_lead()
        return {**{row["uid"]: ("stored", None) for row in rows}, **refused, **known}

    def _tell_lead(self):
        """On the lead's screen at once, and by mail where they read mail."""
        self.ensure_one()
        users = self._leads()
        for lang in set(users.mapped("lang")):
            in_lang = self.with_context(lang=lang)
            those = users.filtered(lambda user, lang=lang: user.lang == lang)
            title, words = in_lang._words()
            for user in those:
                user._bus_send(
                    "simple_notification",
                    {"title": title, "message": words, "type": "danger", "sticky": True},
                )
            sender = self.company_id.email_formatted or those[:1].email_formatted
            if sender:
                in_lang.env["mail.thread"].message_notify(
                    partner_ids=those.partner_id.ids,
                    author_id=self.company_id.partner_id.id,
                    email_from=sender,
                    subject=title,
                    body=words,
                    email_layout_xmlid="mail.mail_notification_light",
                )

    def _words(self):
        """Title and sentence, without a name: names stay with the lease, which forgets them."""
        self.ensure_one()
        said = {
            "leave": self.env._("A team leaves now"),
            "help": self.env._("A team needs help"),
            "silent": self.env._("No sign of life from a team"),
        }
        if self.shift_id:
            where = self.env._("Shift “%(shift)s”.", shift=self.shift_id.name)
        else:
            where = self.env._(
                "Turf “%(turf)s” of “%(operation)s”.",
                turf=self.turf_id.name,
                operation=self.operation_id.name,
            )
        return said[self.signal], self.env._(
            "%(where)s Look at Field > Out now > Signs of life.", where=where
        )

    def _leads(self):
        """The shift's lead or the operation's responsible, else the leads of the branch."""
        responsible = self.shift_id.user_id or self.operation_id.user_id
        if responsible.active:
            return responsible
        lead = self.env.ref("political_canvass.group_canvass_lead")
        return lead.all_user_ids.filtered(
            lambda user: self.branch_id in user.branch_ids and user.active
        )

    @api.autovacuum
    def _gc_signs(self):
        """Nobody needs to know later who was well when."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM canvass_safety WHERE at < %s",
                fields.Datetime.now() - timedelta(days=30),
            )
        )
        self.invalidate_model()
