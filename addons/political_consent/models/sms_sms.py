from odoo import api, fields, models

from ..lib import route as routes


class SmsSms(models.Model):
    """The last gate of SMS, by number as well as by contact."""

    _name = "sms.sms"
    _inherit = ["sms.sms", "consent.route.mixin"]

    failure_type = fields.Selection(
        selection_add=[("consent_refused", "Held back by the consent gate")]
    )

    @api.model_create_multi
    def create(self, vals_list):
        """R-26: an SMS ends with who writes and how to make it stop."""
        if routes.current().kind != routes.TRANSACTION:
            for vals in vals_list:
                signature = self._signature_company(vals)._sms_signature()
                body = (vals.get("body") or "").rstrip()
                if not body.endswith(signature):
                    vals["body"] = f"{body}\n{signature}"
        return super().create(vals_list)

    @api.model
    def _signature_company(self, vals):
        route = routes.current()
        if route.purpose_id:
            return self.env["consent.purpose"].sudo().browse(route.purpose_id).company_id
        message = self.env["mail.message"].sudo().browse(vals.get("mail_message_id") or ())
        return message.record_company_id or self.env.company

    @api.model
    def _route_key(self, vals):
        return self.env["consent.key"]._digest("phone", vals.get("number"))

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        allowed = self._consent_filter()
        if not allowed:
            return None
        return super(SmsSms, allowed)._send(
            unlink_failed=unlink_failed, unlink_sent=unlink_sent, raise_exception=raise_exception
        )

    def _consent_filter(self):
        """Those that may go; the others are cancelled with their reason, or wait."""
        allowed = self.browse()
        for company, some in self._by_company().items():
            for _key, alike in some.grouped(lambda sms: sms._route()).items():
                allowed |= alike._consent_filter_alike(company)
        return allowed

    def _by_company(self):
        groups = {}
        for sms in self.sudo():
            company = (
                sms.mail_message_id.record_company_id
                or sms.create_uid.company_id
                or self.env.company
            )
            groups[company] = groups.get(company, self.browse()) | self.browse(sms.id)
        return groups

    def _consent_filter_alike(self, company):
        route = self[0]._route()
        pairs = {sms: (sms.partner_id.id, sms.number or False) for sms in self}
        reasons = self[0]._route_reasons(list(dict.fromkeys(pairs.values())), "sms", company)
        for reason in set(reasons.values()) - {None}:
            self.filtered(lambda s, r=reason: reasons[pairs[s]] == r)._hold_back(reason)
        allowed = self.filtered(lambda s: not reasons[pairs[s]])
        return allowed._not_held(route)

    def _not_held(self, route):
        """R-28: what has to wait stays in the queue."""
        if route.kind != routes.PURPOSE or not self:
            return self
        gate = self.env["consent.gate"].sudo()
        request = gate._route_request(route, "sms")
        return self.filtered(lambda sms: not gate._held_until(request, sms.partner_id))

    def _hold_back(self, reason):
        self.sudo().write({"state": "canceled", "failure_type": "consent_refused"})
        self.sudo().mailing_trace_ids._hold_back(reason)
        notifications = (
            self.env["mail.notification"]
            .sudo()
            .search([("notification_type", "=", "sms"), ("sms_id_int", "in", self.ids)])
        )
        label = self.env["consent.gate"]._reason_labels().get(reason, reason)
        notifications.write(
            {
                "notification_status": "exception",
                "failure_type": "consent_refused",
                "failure_reason": self.env._("Held back: %(reason)s.", reason=label),
            }
        )
