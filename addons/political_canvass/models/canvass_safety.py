from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

SIGNALS = [
    ("well", "All well"),
    ("leave", "Leaving now"),
    ("help", "Needs help"),
]
URGENT = ("leave", "help")
MOST = 500  # of one lease: a shift has a few


class CanvassSafety(models.Model):
    """A sign of life of a pair of volunteers, or their word that they leave.

    No place is in it: where volunteers are is not followed (R-49). Whoever has to find them knows
    the turf.
    """

    _name = "canvass.safety"
    _description = "Sign of life"
    _log_access = False
    _order = "at desc, id desc"
    _rec_name = "signal"

    lease_id = fields.Many2one(
        "canvass.lease", "Phone", required=True, readonly=True, index=True, ondelete="cascade"
    )
    alias = fields.Char(related="lease_id.alias")
    pair_alias = fields.Char(related="lease_id.pair_alias")
    turf_id = fields.Many2one(related="lease_id.turf_id")
    operation_id = fields.Many2one(related="lease_id.operation_id", store=True, index=True)
    company_id = fields.Many2one(related="lease_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="lease_id.branch_id", store=True, index=True)
    uid = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    signal = fields.Selection(SIGNALS, required=True, readonly=True)
    at = fields.Datetime("Time", required=True, readonly=True)
    received_at = fields.Datetime("Received", required=True, readonly=True)
    handled_by_id = fields.Many2one("res.users", "Taken care of by", readonly=True)

    _uid_unique = models.Constraint("UNIQUE (uid)", "A sign of life is stored once.")

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
        return {**{row["uid"]: ("stored", None) for row in rows}, **refused}

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
        }
        title = said[self.signal]
        words = self.env._(
            "Turf “%(turf)s” of “%(operation)s”. Look at Field > Signs of life.",
            turf=self.turf_id.name,
            operation=self.operation_id.name,
        )
        return title, words

    def _leads(self):
        """The operation's responsible, else the leads of its branch."""
        responsible = self.operation_id.user_id.filtered("active")
        if responsible:
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
