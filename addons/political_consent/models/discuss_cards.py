from odoo import models
from odoo.addons.mail.tools.discuss import Store

from .res_partner_details import DETAILS


class ResPartner(models.Model):
    """The cards that discussions show: beside a message, in a mention, in the list of recipients.

    Core reads them as the system now and then, so that the reader is the user who looks, whatever
    the rights of the code that reads.
    """

    _inherit = "res.partner"

    def _field_store_repr(self, field_name):
        if isinstance(field_name, str) and field_name in DETAILS:
            return [Store.Attr(field_name, lambda partner: partner._shown_to_user(field_name))]
        return super()._field_store_repr(field_name)

    def _shown_to_user(self, name):
        """A field's value, ``False`` where the user at the screen may not read it."""
        reader = self.sudo(False)
        if reader._may_read_details():
            return self[name]
        return self[name] if self.id in reader._open_ids([("partner_id", "=", self.id)]) else False


class Base(models.AbstractModel):
    _inherit = "base"

    def _message_get_suggested_recipients(self, *args, **options):
        """As in core; who may not read addresses sees whom they write to by name."""
        found = super()._message_get_suggested_recipients(*args, **options)
        for one in found:
            partner = self.env["res.partner"].browse(one.get("partner_id"))
            if partner:
                one["email"] = partner._shown_to_user("email") and one["email"]
        return found
