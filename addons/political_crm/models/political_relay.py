from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html

CHANNELS = [("email", "E-mail"), ("sms", "SMS")]


class PoliticalRelay(models.Model):
    """A message that a local lead has the party send, without seeing a number or an address.

    To the whole list of a branch it is no targeting; to chosen people it is (R-20); to one person
    it is a letter. The gate decides each time, and the relay only says how many.
    """

    _name = "political.relay"
    _description = "Relayed message"
    _order = "id desc"
    _rec_name = "subject"

    user_id = fields.Many2one(
        "res.users", "Written by", required=True, readonly=True, default=lambda self: self.env.user
    )
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    mode = fields.Selection(
        [("list", "Everybody on the branch's list"), ("people", "The people chosen")],
        "Recipients",
        required=True,
        default="people",
    )
    branch_id = fields.Many2one("political.branch", index="btree_not_null")
    partner_ids = fields.Many2many(
        "res.partner", "political_relay_partner_rel", "relay_id", "partner_id", "People"
    )
    channel = fields.Selection(CHANNELS, required=True, default="email")
    purpose_id = fields.Many2one(
        "consent.purpose",
        help="What people agreed to when they agreed to get this message. One person alone can be "
        "written to without: that is a letter.",
    )
    subject = fields.Char(required=True)
    body = fields.Text("Message", required=True)
    state = fields.Selection([("draft", "Draft"), ("sent", "Sent")], default="draft", readonly=True)
    sent_at = fields.Datetime("Sent on", readonly=True)
    allowed_count = fields.Integer("Will get it", compute="_compute_counts")
    held_count = fields.Integer("Held back", compute="_compute_counts")
    held_reasons = fields.Text("Why", compute="_compute_counts")
    sent_count = fields.Integer("Sent to", readonly=True)
    mailing_id = fields.Many2one("mailing.mailing", readonly=True, groups="base.group_no_one")

    # ---------------------------------------------------------------- who

    @api.depends("mode", "branch_id", "partner_ids", "channel", "purpose_id")
    def _compute_counts(self):
        labels = self.env["consent.gate"]._reason_labels()
        for relay in self:
            reasons = relay._reasons() if relay._fault() is None else {}
            held = {}
            for reason in filter(None, reasons.values()):
                held[reason] = held.get(reason, 0) + 1
            relay.allowed_count = sum(reason is None for reason in reasons.values())
            relay.held_count = sum(held.values())
            relay.held_reasons = "\n".join(
                f"{count} {labels.get(code, code)}"
                for code, count in sorted(held.items(), key=lambda item: -item[1])
            )

    def _fault(self):
        """What is missing before anybody can be counted, as a sentence, or ``None``."""
        _ = self.env._
        if self.mode == "list":
            if not self.branch_id:
                return _("Choose the branch whose list gets the message.")
            return None
        if not self.partner_ids:
            return _("Choose people first.")
        if len(self.partner_ids) > 1 and not self.purpose_id:
            return _(
                "Choose a purpose: what did these people agree to that makes this message "
                "welcome? Without one, write to them one by one."
            )
        return None

    def _purpose(self):
        """The purpose as sent: the list's own for a whole list."""
        if self.mode == "list":
            return self.sudo().branch_id.consent_list_id.purpose_id
        return self.sudo().purpose_id

    def _people(self):
        """Chosen people, within the sight of who writes."""
        return self.env["res.partner"].search([("id", "in", self.partner_ids._origin.ids)])

    def _request(self):
        audience = self.sudo().branch_id.consent_list_id if self.mode == "list" else None
        gate = self.env["consent.gate"].sudo()
        return gate._gate_request(
            self._purpose(), self.channel, audience=audience, segmented=self.mode == "people"
        )

    def _reasons(self):
        """``{partner id: reason or None}`` of those whom this message is for."""
        gate = self.env["consent.gate"].sudo()
        if self.mode == "list":
            query = gate._allowed(Domain.TRUE, self._request())
            return dict.fromkeys(query.get_result_ids())
        people = self._people()
        if self._purpose():
            return gate._reasons(people.ids, self._request())
        address = {"email": "email_normalized", "sms": "phone_sanitized"}[self.channel]
        pairs = {p.id: (p.id, p.sudo()[address] or False) for p in people}
        found = gate._letter_reasons(list(pairs.values()), self.channel, self.company_id)
        return {
            partner_id: found[pair] if pair[1] else "no_address"
            for partner_id, pair in pairs.items()
        }

    # ---------------------------------------------------------------- writing

    @api.model_create_multi
    def create(self, vals_list):
        relays = super().create(vals_list)
        relays._check_sight()
        return relays

    def write(self, vals):
        if not self.env.su and any(relay.state == "sent" for relay in self):
            raise UserError(self.env._("This message has left: write a new one."))
        result = super().write(vals)
        if {"partner_ids", "branch_id"} & set(vals):
            self._check_sight()
        return result

    def _check_sight(self):
        """Nobody is reached through a relay who is out of the writer's sight."""
        if self.env.su:
            return
        for relay in self:
            if relay.sudo().partner_ids - relay._people():
                raise AccessError(self.env._("You may only write to people of your branches."))
            relay.branch_id.check_access("read")

    def action_send(self):
        """Send the message to those whom the gate lets pass.

        :raises UserError: when something is missing, or it may reach nobody
        """
        self.ensure_one()
        self.check_access("write")
        if self.user_id != self.env.user:
            raise AccessError(self.env._("This is another user's message."))
        if self.state == "sent":
            raise UserError(self.env._("This message has left already."))
        self._check_sight()
        fault = self._fault()
        if fault:
            raise UserError(fault)
        allowed = [pid for pid, reason in self._reasons().items() if reason is None]
        if not allowed:
            raise UserError(
                self.env._(
                    "The message may reach nobody: %(reasons)s.",
                    reasons=(self.held_reasons or self.env._("nobody agreed")).replace("\n", ", "),
                )
            )
        self._within_limit()
        if self._purpose():
            self._send_mailing()
        else:
            self._send_letter(self.env["res.partner"].browse(allowed))
        self.sudo().write(
            {
                "state": "sent",
                "sent_at": fields.Datetime.now(),
                "sent_count": len(allowed),
                # Whom a sent message was for is known where it is kept: on their pages.
                "partner_ids": [fields.Command.clear()],
            }
        )
        return True

    def _within_limit(self):
        """A lead writes to people, a flood is something else."""
        Rate = self.env["consent.rate"].sudo()
        limit = Rate._limit("relay", 20)
        if not Rate._allows("relay", f"user {self.env.uid}", limit):
            raise UserError(
                self.env._("You sent %(limit)s messages within an hour. Wait a while.", limit=limit)
            )

    def _sender(self):
        """Signed by the lead, sent and answered through the party's address."""
        company = self.company_id.sudo()
        if not company.email:
            raise UserError(
                self.env._("%(company)s has no e-mail address to send from.", company=company.name)
            )
        names = [self.user_id.name, self.branch_id.name or company.name]
        return company.partner_id.email_formatted.replace(
            company.partner_id.name, " – ".join(filter(None, names)), 1
        )

    def _send_letter(self, person):
        if self.channel == "sms":
            person.sudo()._message_sms(self.body, partner_ids=person.ids)
            return
        sender = self._sender()
        person.sudo().message_post(
            body=plaintext2html(self.body),
            subject=self.subject,
            author_id=self.env.user.partner_id.id,
            email_from=sender,
            reply_to=sender,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=person.ids,
        )

    def _send_mailing(self):
        values = {
            "subject": self.subject,
            "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
            "mailing_domain": "[]"
            if self.mode == "list"
            else repr([("id", "in", self._people().ids)]),
            "consent_purpose_id": self._purpose().id,
            "consent_list_id": self.mode == "list" and self.sudo().branch_id.consent_list_id.id,
            "relay_id": self.id,
        }
        if self.channel == "sms":
            values.update(mailing_type="sms", body_plaintext=self.body)
        else:
            sender = self._sender()
            html = plaintext2html(self.body)
            values.update(
                mailing_type="mail",
                body_arch=html,
                body_html=html,
                email_from=sender,
                reply_to_mode="new",
                reply_to=sender,
            )
        mailing = self.env["mailing.mailing"].sudo().create(values)
        self.sudo().mailing_id = mailing
        mailing.action_put_in_queue()
