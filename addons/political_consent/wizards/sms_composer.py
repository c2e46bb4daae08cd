from odoo import fields, models
from odoo.exceptions import UserError

from ..lib import route as routes


class SmsComposer(models.TransientModel):
    _inherit = "sms.composer"

    consent_purpose_id = fields.Many2one(
        "consent.purpose",
        "Purpose",
        domain="[('allow_sms', '=', True)]",
        help="What people agreed to when they agreed to get this message.",
    )

    def _action_send_sms(self):
        route = self._consent_route()
        if route.kind != routes.PURPOSE:
            self._consent_check_letter(route)
            return super()._action_send_sms()
        purpose = self.env["consent.purpose"].browse(route.purpose_id)
        audience = self.env["consent.list"].browse(route.list_id or ())
        with routes.for_purpose(purpose, audience, route.segmented):
            return super()._action_send_sms()

    def _consent_route(self):
        self.ensure_one()
        route = routes.current()
        if route.kind != routes.CORRESPONDENCE:
            return route
        purpose = self.mailing_id.consent_purpose_id or self.consent_purpose_id
        if purpose:
            return routes.Route(
                routes.PURPOSE,
                purpose_id=purpose.id,
                list_id=self.mailing_id.consent_list_id.id or 0,
                segmented=self.composition_mode == "mass",
            )
        if self.composition_mode == "mass" or self.mailing_id:
            raise UserError(
                self.env._(
                    "Choose a purpose: what did these people agree to that makes this message "
                    "welcome? Without one, write to them one by one."
                )
            )
        return route

    def _consent_check_letter(self, route):
        """Say at once that a single SMS may not go, rather than let it die in the queue."""
        if route.kind == routes.TRANSACTION:
            return
        gate = self.env["consent.gate"].sudo()
        pairs = self._consent_pairs()
        reasons = gate._letter_reasons(pairs, "sms", self.env.company)
        refused = [pair for pair in pairs if reasons[pair]]
        if refused:
            raise UserError(
                self.env._(
                    "%(count)s of these numbers may not be written to: the person never wrote to "
                    "us and agreed to nothing by SMS. Choose a purpose that they agreed to, or "
                    "call.",
                    count=len(refused),
                )
            )

    def _consent_pairs(self):
        records = self._get_records()
        numbers = self.sanitized_numbers.split(",") if self.sanitized_numbers else []
        single = self.recipient_single_number_itf or self.recipient_single_number
        if self.composition_mode == "numbers" or not records:
            return [(False, number) for number in numbers or [single or False]]
        info = records._sms_get_recipients_info(
            force_field=self.number_field_name, partner_fallback=True
        )
        pairs = {
            (row["partner"].id if row["partner"] else False, row["sanitized"] or False)
            for row in info.values()
        }
        pairs |= {(False, number) for number in numbers}
        if self.comment_single_recipient and single:
            pairs.add((False, records._phone_format(number=single) or single))
        return list(pairs)

    def _action_send_sms_mass(self, records=None):
        """Hold people back when the queue is filled, in one query for all of them."""
        records = records if records is not None else self._get_records()
        route = routes.current()
        if route.kind == routes.PURPOSE and records:
            records = self._consent_hold_back(records, route)
        return super()._action_send_sms_mass(records)

    def _consent_hold_back(self, records, route):
        gate = self.env["consent.gate"].sudo()
        request = gate._route_request(route, "sms")
        reasons = records.sudo()._consent_record_reasons(request)
        refused = {res_id: reason for res_id, reason in reasons.items() if reason}
        if refused and self.mailing_id:
            self.mailing_id.sudo()._consent_trace_refusals(refused)
        return records.filtered(lambda record: record.id not in refused)
