import hashlib
import secrets
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.addons.political_consent.lib import route as routes
from odoo.exceptions import AccessError, UserError, ValidationError

ROLES = [
    ("canvasser", "Door to door"),
    ("leaflets", "Leaflets and letterboxes"),
    ("posters", "Posters"),
    ("stand", "Market or stand"),
    ("caller", "Phone bank"),
    ("driver", "Driver"),
    ("assessor", "Assessor at the polling station"),
    ("delegate", "Delegate at the polling station"),
    ("scrutineer", "Scrutineer at the count"),
]
KEPT_DAYS = 30  # what a volunteer without a contact typed is forgotten so long after the shift
SERVER_ONLY = {"token_sha256", "state", "checked_in_at", "checked_out_at"}


def digest(token):
    """What the server keeps of a link's token: it has 256 random bits, nobody guesses it."""
    return hashlib.sha256(token.encode()).hexdigest()


class CanvassAssignment(models.Model):
    """One volunteer in one shift. Known to the lead of the branch; forgotten after the shift for
    those who are no contact of the party."""

    _name = "canvass.assignment"
    _description = "Volunteer in a shift"
    _order = "shift_id, id"
    _rec_name = "alias"

    shift_id = fields.Many2one("canvass.shift", required=True, index=True, ondelete="cascade")
    operation_id = fields.Many2one(related="shift_id.operation_id", store=True, index=True)
    company_id = fields.Many2one(related="shift_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="shift_id.branch_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Volunteer", index="btree_not_null", ondelete="cascade"
    )
    alias = fields.Char("First name", size=40)
    email = fields.Char(size=254)
    lang = fields.Char(default=lambda self: self.env.lang)
    role = fields.Selection(ROLES, default="canvasser", required=True)
    turf_id = fields.Many2one(
        "canvass.turf",
        index="btree_not_null",
        ondelete="set null",
        domain="[('operation_id', '=', operation_id), ('state', '=', 'published')]",
    )
    pair_id = fields.Many2one(
        "canvass.assignment",
        "With",
        domain="[('shift_id', '=', shift_id), ('id', '!=', id)]",
        ondelete="set null",
    )
    state = fields.Selection(
        [
            ("chosen", "Not asked yet"),
            ("asked", "Asked"),
            ("accepted", "Coming"),
            ("declined", "Not coming"),
            ("out", "Out"),
            ("back", "Back"),
        ],
        default="chosen",
        required=True,
        readonly=True,
        index=True,
    )
    token_sha256 = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    checked_in_at = fields.Datetime(readonly=True, copy=False)
    checked_out_at = fields.Datetime(readonly=True, copy=False)

    _partner_once = models.UniqueIndex(
        "(shift_id, partner_id) WHERE partner_id IS NOT NULL",
        "This volunteer is in the shift already.",
    )
    _token_unique = models.UniqueIndex("(token_sha256) WHERE token_sha256 IS NOT NULL")

    @api.depends("alias", "partner_id")
    def _compute_display_name(self):
        for one in self:
            one.display_name = one.alias or one.partner_id.display_name or self.env._("Volunteer")

    @api.constrains("turf_id", "shift_id", "state")
    def _check_turf(self):
        """A turf is given to one shift at a time: reserved once, never twice."""
        for one in self:
            if not one.turf_id:
                continue
            if one.turf_id.operation_id != one.operation_id:
                raise ValidationError(self.env._("The turf belongs to another operation."))
            taken = self.search_count(
                [
                    ("turf_id", "=", one.turf_id.id),
                    ("shift_id", "!=", one.shift_id.id),
                    ("state", "not in", ("declined", "back")),
                    ("shift_id.stop", ">", fields.Datetime.now()),
                ],
                limit=1,
            )
            if taken:
                raise ValidationError(
                    self.env._("“%(turf)s” is given to another shift.", turf=one.turf_id.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_server_only({name for vals in vals_list for name in vals})
        return super().create(vals_list)

    def write(self, vals):
        self._check_server_only(vals)
        return super().write(vals)

    def _check_server_only(self, names):
        if not self.env.su and not SERVER_ONLY.isdisjoint(names):
            raise AccessError(self.env._("Volunteers answer by their own link."))

    # ---------------------------------------------------------------- messages

    def action_send_turf(self):
        """Send the turf's link to the volunteer: a letter, which passes the gate.

        :raises UserError: without a published turf or an address
        """
        self.check_access("write")
        for one in self:
            if one.turf_id.state != "published":
                raise UserError(self.env._("Choose a published turf first."))
            one._write_to(
                self.env._("Your turf: %(turf)s", turf=one.turf_id.name),
                self.env._(
                    "Hello,\n\nhere is your turf for %(shift)s: %(link)s\nIt has %(doors)s doors "
                    "and takes about %(minutes)s minutes. Open the link on your phone when you "
                    "start; it works for %(hours)s hours.",
                    shift=one.shift_id.name,
                    link=one.turf_id.link,
                    doors=one.turf_id.door_count,
                    minutes=round(one.turf_id.walk_minutes),
                    hours=one.turf_id.lease_hours,
                ),
            )

    def _invite(self):
        for one in self:
            one._write_to(
                self.env._("Are you coming? %(shift)s", shift=one.shift_id.name),
                self.env._(
                    "Hello,\n\n%(when)s, %(place)s. Tell us whether you are coming: %(link)s",
                    when=one._when(),
                    place=one.shift_id.meeting_place or "",
                    link=one._new_link(),
                ),
            )
        self.sudo().write({"state": "asked"})

    def _remind(self):
        """An answer to their own yes: no basis of another kind is asked for."""
        for one in self:
            with routes.transaction("shift"):
                one._write_to(
                    self.env._("Tomorrow: %(shift)s", shift=one.shift_id.name),
                    self.env._(
                        "Hello,\n\nsee you %(when)s, %(place)s. If something comes up, or to "
                        "tell us that you are out and back: %(link)s",
                        when=one._when(),
                        place=one.shift_id.meeting_place or "",
                        link=one._new_link(),
                    ),
                )

    def _when(self):
        start = fields.Datetime.context_timestamp(
            self.with_context(tz=self.shift_id.user_id.tz or "Europe/Paris"), self.shift_id.start
        )
        return start.strftime("%d/%m %H:%M")

    def _new_link(self):
        """A fresh personal link; the one before opens nothing any more."""
        token = secrets.token_urlsafe(32)
        self.sudo().token_sha256 = digest(token)
        return f"{self.get_base_url()}/canvass/me/{token}"

    def _write_to(self, subject, text):
        email = self.partner_id.sudo().email or self.email
        if not email:
            raise UserError(
                self.env._("%(volunteer)s has no e-mail address.", volunteer=self.display_name)
            )
        paragraphs = text.split("\n")
        body = Markup("").join(Markup("<p>{}</p>").format(line) for line in paragraphs if line)
        self.env["mail.mail"].sudo().create(
            {
                "subject": subject,
                "body_html": body,
                "email_from": self.shift_id.company_id.sudo().email_formatted
                or self.shift_id.user_id.sudo().email_formatted,
                "auto_delete": True,
                **(
                    {"recipient_ids": [(4, self.partner_id.id)]}
                    if self.partner_id
                    else {"email_to": email}
                ),
            }
        )
        # They wait for it: the queue's own turn comes once an hour.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    # ---------------------------------------------------------------- the volunteer's own page
    # What follows runs as superuser for whoever holds a personal link, and for nothing else.

    @api.model
    def _of_link(self, token):
        if not token or len(token) > 64:
            return self.sudo().browse()
        kept = fields.Datetime.now() - timedelta(days=1)
        return self.sudo().search(
            [("token_sha256", "=", digest(token)), ("shift_id.stop", ">", kept)], limit=1
        )

    def _answer(self, act):
        """What the volunteer pressed; returns a code when it cannot be done."""
        now = fields.Datetime.now()
        if act in ("accept", "decline") and self.state not in ("out", "back"):
            if act == "accept" and self.state != "accepted" and self.shift_id._is_full():
                return "full"
            self.state = "accepted" if act == "accept" else "declined"
        elif act == "start" and self.state == "accepted":
            if self.shift_id.needs_pairs and not self._has_company():
                return "alone"
            self.write({"state": "out", "checked_in_at": now})
            self._sign("out")
        elif act == "fine" and self.state == "out":
            self._sign("well")
        elif act == "back" and self.state == "out":
            self.write({"state": "back", "checked_out_at": now})
            self._sign("back")
        else:
            return "state"
        return None

    def _has_company(self):
        others = self.shift_id.assignment_ids - self
        partner = self.pair_id or others.filtered(lambda one: one.pair_id == self)
        return bool((partner or others).filtered(lambda one: one.state in ("accepted", "out")))

    def _sign(self, signal):
        self.env["canvass.safety"]._give("assignment_id", self, signal)
        self.invalidate_recordset(["last_sign_at", "due_at", "is_silent"])

    @api.autovacuum
    def _gc_volunteers(self):
        """Who is no contact is forgotten a month after the shift; so are all links."""
        over = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.sudo().search([("shift_id.stop", "<", over)])
        old.filtered(lambda one: not one.partner_id).unlink()
        old.exists().write({"token_sha256": False})
