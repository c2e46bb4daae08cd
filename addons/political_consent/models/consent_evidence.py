import base64
import hashlib
import json

from odoo import api, fields, models


class ConsentEvidence(models.Model):
    """What stands behind an event: the scan of a form, a signature, the address a form came from.

    Kept apart from the ledger, which only holds the fingerprint: this may be erased, the ledger
    stays whole.
    """

    _name = "consent.evidence"
    _description = "Evidence of a consent"
    _order = "id"

    event_id = fields.Many2one("consent.event", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="event_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("web", "Web form"), ("file", "Document"), ("signature", "Signature")], required=True
    )
    sha256 = fields.Char(required=True, readonly=True)
    payload = fields.Text(readonly=True)
    file = fields.Binary(attachment=True, readonly=True)
    filename = fields.Char(readonly=True)

    @api.model
    def _bytes(self, piece):
        """Bytes that the fingerprint is of: the file, or the canonical JSON of the payload."""
        if piece.get("file"):
            return base64.b64decode(piece["file"])
        return json.dumps(piece.get("payload") or {}, ensure_ascii=False, sort_keys=True).encode()

    @api.model
    def _fingerprint(self, pieces):
        """Fingerprints of the pieces, in their order, separated by spaces."""
        return " ".join(hashlib.sha256(self._bytes(piece)).hexdigest() for piece in pieces or [])

    @api.model
    def _attach(self, events, vals_list):
        """Keep the pieces that came with the recording of events."""
        self.sudo().create(
            [
                {
                    "event_id": event.id,
                    "kind": piece["kind"],
                    "sha256": hashlib.sha256(self._bytes(piece)).hexdigest(),
                    "payload": False if piece.get("file") else self._bytes(piece).decode(),
                    "file": piece.get("file"),
                    "filename": piece.get("filename"),
                }
                for event, vals in zip(events, vals_list, strict=True)
                for piece in vals.get("evidence") or []
            ]
        )
