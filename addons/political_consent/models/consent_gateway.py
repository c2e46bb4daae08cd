import hashlib
import hmac
import re
import secrets
import time
from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.tools import plaintext2html

from ..lib import stopword

WINDOW = 300  # seconds between the gateway's clock and ours
E164 = re.compile(r"^\+\d{6,15}$")


class ConsentGateway(models.Model):
    """An SMS gateway that hands over what people answer (R-03: leaving by the same channel).

    Odoo Community receives no SMS. Any gateway that can call an address signs its call with a
    secret drawn here and shown once.
    """

    _name = "consent.gateway"
    _inherit = ["mail.activity.mixin"]
    _description = "SMS gateway"

    name = fields.Char(required=True)
    code = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_hex(8),
        help="Names the gateway in its calls: header X-Consent-Gateway.",
    )
    company_id = fields.Many2one(
        "res.company", string="Controller", required=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Reads unclear replies",
        required=True,
        default=lambda self: self.env.user,
        help="Is told of replies that are no plain STOP.",
    )
    active = fields.Boolean(default=True)
    secret = fields.Char(groups=".", copy=False)

    _code_unique = models.Constraint("UNIQUE (code)", "A gateway's code is drawn once.")

    def action_new_secret(self):
        """Draw a new secret, and show it this once.

        :raises AccessError: without the right to write gateways
        """
        self.ensure_one()
        self.check_access("write")
        secret = secrets.token_hex(32)
        self.sudo().secret = secret
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Copy this secret now: it is not shown again"),
                "message": secret,
            },
        }

    @api.model
    def _verified(self, code, timestamp, signature, body):
        """The gateway that signed a call; empty for a wrong, late or repeated one.

        The signature is ``sha256=`` and the hexadecimal HMAC-SHA-256, under the gateway's secret,
        of the timestamp (Unix seconds), a dot, and the body's bytes.
        """
        nobody = self.sudo().browse()
        gateway = self.sudo().search([("code", "=", code or "")], limit=1)
        if not gateway.secret or not (timestamp or "").isdigit():
            return nobody
        signed = timestamp.encode() + b"." + body
        expected = hmac.new(gateway.secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"sha256={expected}", signature or ""):
            return nobody
        if abs(time.time() - int(timestamp)) > WINDOW:
            return nobody
        moment = datetime.fromtimestamp(int(timestamp), timezone.utc).replace(tzinfo=None)
        first = self.env["consent.rate"]._first_time("gateway", expected, moment)
        return gateway if first else nobody

    def _receive(self, sender, text):
        """Take in what a number answered.

        :param str sender: number, as the gateway gives it
        :param str text: the SMS
        :returns: ``stopped`` or ``noted``
        """
        self.ensure_one()
        number = self._number(sender)
        if stopword.wants_to_stop(text):
            self.env["consent.event"].sudo()._close_addresses(
                "phone",
                [number],
                "stop",
                "reply",
                purposes=self.env["consent.event"]
                .sudo()
                ._objectionable_purposes()
                .filtered(lambda p: p.company_id == self.company_id),
                channels=["sms"],
            )
            return "stopped"
        self.env["consent.conversation"].sudo()._wrote("phone", number, self.company_id)
        self._tell_staff(number, text)
        return "noted"

    def _number(self, sender):
        country = self.company_id.country_id or self.env.ref("base.fr")
        number = self.env["res.partner"]._phone_format(
            number=sender, country=country, force_format="E164", raise_exception=False
        )
        return number or sender

    @api.model
    def _is_number(self, sender):
        return isinstance(sender, str) and bool(E164.match(sender.replace(" ", "")))

    def _tell_staff(self, number, text):
        """A reply that no program should judge goes to a person, beside its sender's card."""
        partner = (
            self.env["res.partner"]
            .sudo()
            .search(
                [
                    ("phone_sanitized", "=", number),
                    ("company_id", "in", (False, self.company_id.id)),
                ],
                limit=2,
            )
        )
        record = partner if len(partner) == 1 else self
        record.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("An SMS reply to read"),
            note=plaintext2html(text[:500]),
            user_id=self.user_id.id,
        )
