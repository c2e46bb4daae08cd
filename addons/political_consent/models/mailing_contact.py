from odoo import api, models


class MailingContact(models.Model):
    _inherit = "mailing.contact"

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create(vals_list)
        if any(vals.get("list_ids") for vals in vals_list):
            contacts._open_consented()
        return contacts

    def write(self, vals):
        result = super().write(vals)
        if "email" in vals:
            # what was agreed for an address is not agreed for another one.
            self.sudo().subscription_ids._close_unconsented()
        if "list_ids" in vals:
            self._open_consented()
        return result

    def _open_consented(self):
        self.invalidate_recordset(["subscription_ids"])
        self.sudo().subscription_ids.filtered("opt_out")._open_consented()
