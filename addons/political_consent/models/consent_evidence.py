import base64
import hashlib
import json

from psycopg2.extras import execute_values

from odoo import api, fields, models


class ConsentEvidence(models.Model):
    """What stands behind an event: the scan of a form, a signature, the address a form came from.

    Kept apart from the ledger, which only holds the fingerprint: this may be erased, the ledger
    stays whole.
    """

    _name = "consent.evidence"
    _description = "Evidence of a consent"
    _order = "id"

    event_ids = fields.Many2many(
        "consent.event",
        relation="consent_evidence_event",
        column1="evidence_id",
        column2="event_id",
        readonly=True,
        help="One scanned list stands behind the consent of everybody who signed it.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
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
        """Keep the pieces that came with events; a piece that many share is kept once."""
        pieces, behind = {}, {}
        for event_id, vals in zip(events._ids, vals_list, strict=True):
            for piece in vals.get("evidence") or []:
                company_id = vals["purpose"].company_id.id
                pieces[company_id, id(piece)] = piece
                behind.setdefault((company_id, id(piece)), []).append(event_id)
        if not pieces:
            return
        rows = self.sudo().create(
            [self._vals(piece, company_id) for (company_id, _id), piece in pieces.items()]
        )
        execute_values(
            self.env.cr._obj,
            "INSERT INTO consent_evidence_event (evidence_id, event_id) VALUES %s",
            [
                (row.id, event_id)
                for row, key in zip(rows, pieces, strict=True)
                for event_id in behind[key]
            ],
        )
        rows.invalidate_recordset(["event_ids"])

    @api.model
    def _vals(self, piece, company_id):
        content = self._bytes(piece)
        return {
            "company_id": company_id,
            "kind": piece["kind"],
            "sha256": hashlib.sha256(content).hexdigest(),
            "payload": False if piece.get("file") else content.decode(),
            "file": piece.get("file"),
            "filename": piece.get("filename"),
        }
