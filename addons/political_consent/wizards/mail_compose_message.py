from odoo import fields, models
from odoo.exceptions import UserError

from ..lib import route as routes


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    consent_purpose_id = fields.Many2one(
        "consent.purpose",
        "Purpose",
        domain="[('allow_email', '=', True)]",
        help="What people agreed to when they agreed to get this message.",
    )
    consent_held_count = fields.Integer(readonly=True)

    def action_send_mail(self):
        action = super().action_send_mail()
        held = sum(self.sudo().mapped("consent_held_count"))
        if not held:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "%(count)s people were held back: they did not agree to this.", count=held
                ),
                "next": action,
            },
        }

    def _action_send_mail_mass_mail(self, res_ids, auto_commit=False):
        route = self._consent_route(res_ids)
        if route.kind != routes.PURPOSE:
            return super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)
        res_ids = self._consent_hold_back(list(res_ids), route)
        purpose = self.env["consent.purpose"].browse(route.purpose_id)
        audience = self.env["consent.list"].browse(route.list_id or ())
        with routes.for_purpose(purpose, audience, route.segmented):
            mails = super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)
        if not self.force_send:
            # What was made waits in the queue: it leaves now, not at the queue's next hour.
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return mails

    def _consent_route(self, res_ids):
        """What these messages are sent for, as the code says that runs; else as the user chose.

        People whom a user picked are a choice of people, whatever the mailing says: targeting.
        """
        self.ensure_one()
        route = routes.current()
        if route.kind != routes.CORRESPONDENCE:
            return route
        purpose = self.mass_mailing_id.consent_purpose_id or self.consent_purpose_id
        if purpose:
            return routes.Route(
                routes.PURPOSE,
                purpose_id=purpose.id,
                list_id=self.mass_mailing_id.consent_list_id.id or 0,
            )
        many = len(res_ids) > 1 or self.mass_mailing_id or self.mass_mailing_name
        if many and not self._consent_all_colleagues(res_ids):
            raise UserError(
                self.env._(
                    "Choose a purpose: what did these people agree to that makes this message "
                    "welcome? Without one, write to them one by one."
                )
            )
        return route

    def _consent_all_colleagues(self, res_ids):
        if self.model not in self.env or not res_ids:
            return False
        records = self.env[self.model].sudo().browse(res_ids)
        if not hasattr(records, "_mail_get_partners"):
            return False
        people = records._mail_get_partners()
        return all(
            people[record.id] and all(not p.partner_share for p in people[record.id])
            for record in records
        )

    def _consent_hold_back(self, res_ids, route):
        """Ids of the records whose persons may be reached; the others leave a trace."""
        gate = self.env["consent.gate"].sudo()
        request = gate._route_request(route, "email")
        reasons = self.env[self.model].sudo().browse(res_ids)._consent_record_reasons(request)
        refused = {res_id: reason for res_id, reason in reasons.items() if reason}
        if refused and self.mass_mailing_id:
            self.mass_mailing_id._consent_trace_refusals(refused)
        self.consent_held_count = len(refused)
        return [res_id for res_id in res_ids if res_id not in refused]

    def _prepare_mailing_values(self):
        values = super()._prepare_mailing_values()
        return {**values, "consent_purpose_id": self.consent_purpose_id.id}
