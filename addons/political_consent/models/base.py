from odoo import models
from odoo.tools import email_normalize

from .consent_event import IDENTIFIER_OF
from .consent_gate_sending import ADDRESS_COLUMN


class Base(models.AbstractModel):
    """Whatever a mailing may be addressed to, the gate finds its persons."""

    _inherit = "base"

    def _consent_record_reasons(self, request):
        """Why a message for a purpose is held back, for records of any model.

        :param request: :class:`~.consent_gate.GateRequest`
        :returns: ``{record id: reason code or None}``
        """
        gate = self.env["consent.gate"].sudo()
        if self._name == "res.partner":
            return gate._reasons(self.ids, request)
        recipients = self._consent_recipients(request.channel)
        reasons = gate._purpose_reasons(list(dict.fromkeys(recipients.values())), request)
        return {res_id: reasons[pair] for res_id, pair in recipients.items()}

    def _consent_recipients(self, channel):
        """(partner id or False, normalised address or False) that a message to each record goes
        to: the record's own address where it has one, else its contact's."""
        kind = IDENTIFIER_OF.get(channel)
        partners = self._mail_get_partners() if hasattr(self, "_mail_get_partners") else {}
        column = ADDRESS_COLUMN.get(kind)
        found = {}
        for record in self:
            partner = partners.get(record.id, self.env["res.partner"])[:1]
            address = record._consent_own_address(kind) or (partner[column] if column else False)
            found[record.id] = (partner.id, address or False)
        return found

    def _consent_own_address(self, kind):
        self.ensure_one()
        if kind == "email":
            if "email_normalized" in self._fields:
                return self.email_normalized
            for name in ("email_from", "email"):
                if name in self._fields and self[name]:
                    return email_normalize(self[name], strict=False)
        if kind == "phone" and "phone_sanitized" in self._fields:
            return self.phone_sanitized
        return False
