import base64

from odoo import fields, models


class PoliticalReceiptImport(models.TransientModel):
    _name = "political.receipt.import"
    _description = "Import the CNCCFP's receipt numbers"

    file = fields.Binary(required=True)
    filename = fields.Char()

    def action_import(self):
        """Take the numbers of the file, all or none.

        :returns: a notification with how many
        """
        self.ensure_one()
        done = self.env["political.receipt"]._import_numbers(base64.b64decode(self.file))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s receipts got their number.", count=done),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
