import re

from odoo import api, fields, models
from odoo.exceptions import AccessError

CODE = re.compile(r"[0-9a-f]{32,64}")


class CanvassReceipt(models.Model):
    """What somebody agreed to at their door, for them to take away as a QR code.

    It says what, when and to which words, not who, where or on whose phone. It is the same whether
    the ledger took the agreement at once or asks the address to confirm it first: whoever reads it
    does not learn that an address was known (R-71).
    """

    _name = "canvass.receipt"
    _description = "Receipt of an agreement at the door"
    _log_access = False
    _rec_name = "collected_at"

    code = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    wording_id = fields.Many2one(
        "consent.wording", required=True, readonly=True, index=True, ondelete="restrict"
    )
    act = fields.Char(required=True, readonly=True)
    collected_at = fields.Datetime(required=True, readonly=True)

    _code_unique = models.UniqueIndex("(code)", "A receipt's code is drawn once.")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Receipts come with agreements."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("A receipt is never changed."))

    @api.model
    def _code(self, uid):
        """The code of an event's receipt: nobody without the server's key can reckon it, and the
        phone gets the same one however often it sends the event."""
        return self.env["consent.key"]._digest("canvass-receipt", uid).split(":")[1]

    @api.model
    def _make(self, lease, rows):
        """Receipts for consents that were just stored: dicts of ``read_event``."""
        events = self.env["canvass.event"]
        self.create(
            [
                {
                    "code": self._code(row["uid"]),
                    "wording_id": events._wording(lease.company_id, row["consent"]).id,
                    "act": row["consent"]["act"],
                    "collected_at": row["at"],
                }
                for row in rows
            ]
        )

    @api.model
    def _links(self, uids):
        """``{uid: link}`` of those that have a receipt; relative, so that no host is in it."""
        if not uids:
            return {}
        codes = {
            digest.split(":")[1]: uid
            for uid in uids
            for digest in self.env["consent.key"]._digests("canvass-receipt", uid)
        }
        found = self.search([("code", "in", list(codes))])
        return {codes[receipt.code]: f"/canvass/receipt/{receipt.code}" for receipt in found}

    @api.model
    def _by_code(self, code):
        """The receipt of a code; empty for an unknown and for a malformed one alike."""
        if not isinstance(code, str) or not CODE.fullmatch(code):
            return self.browse()
        return self.sudo().search([("code", "=", code)], limit=1)
