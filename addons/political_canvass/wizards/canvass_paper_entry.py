import re
import secrets
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..lib.payload import OUTCOMES

SPACE = uuid.UUID("0c0f3c9e-7f53-4d36-9a2f-7b6b7b3d1c55")
# "7 2", "7=2", and what a hand scanner types for a door's code: "T12-7 2"
LINE = re.compile(r"(?:T(?P<turf>\d+)-)?(?P<door>\d{1,4})\s*[\s=:;,]\s*(?P<outcome>[1-8])", re.I)
ALIAS = "Paper"


class CanvassPaperEntry(models.TransientModel):
    """Brings a paper sheet back: door number and outcome number, line after line.

    What is typed becomes the same append-only reports that phones send, under a lease of its own.
    The sheet has an id: pressing twice, or typing a line twice, stores it once.
    """

    _name = "canvass.paper.entry"
    _description = "Enter a paper sheet"

    turf_id = fields.Many2one("canvass.turf", required=True)
    walked_at = fields.Datetime("Walked at", required=True, default=fields.Datetime.now)
    lines = fields.Text(
        "Doors and outcomes", help="One line a door: its number, a space, the outcome's number."
    )
    legend = fields.Text(compute="_compute_legend")
    sheet = fields.Char(default=lambda self: str(uuid.uuid4()), readonly=True)

    @api.depends("turf_id")
    def _compute_legend(self):
        text = self._legend()
        for entry in self:
            entry.legend = text

    @api.model
    def _legend(self):
        legend = self.env["canvass.turf"]._sheet_legend()
        return "  ·  ".join(f"{number} {label}" for number, label in legend)

    def action_enter(self):
        """Store the sheet as reports; nothing is stored when a line cannot be read.

        :returns: the action that shows the turf
        :raises UserError: naming the lines that cannot be read
        """
        self.ensure_one()
        turf = self.turf_id
        turf.check_access("write")
        if turf.state == "draft":
            raise UserError(self.env._("Only a published turf has sheets to enter."))
        now = fields.Datetime.now()
        if not turf.published_at <= self.walked_at <= now:
            raise UserError(
                self.env._("The walk was after the turf was published, and not in the future.")
            )
        told = self._read_lines()
        lease = self._paper_lease(now)
        rows = [
            {
                "uid": str(uuid.uuid5(SPACE, f"{self.sheet}/{line.id}")),
                "counter": number,
                "kind": "outcome",
                "door_id": line.door_id.id,
                "outcome": outcome,
                "undoes": None,
                "data": {},
                "consent": None,
                "answers": [],
                "client_at": self.walked_at + timedelta(seconds=number),
                "at": min(now, self.walked_at + timedelta(seconds=number)),
                "skew": 0,
            }
            for number, (line, outcome) in enumerate(told.items(), 1)
        ]
        self.env["canvass.event"].sudo()._store(lease, rows)
        return {
            "type": "ir.actions.act_window",
            "res_model": "canvass.turf",
            "res_id": turf.id,
            "view_mode": "form",
        }

    def _read_lines(self):
        """``{line of the turf: outcome}``, the last word on each door."""
        by_place = {line.sequence: line for line in self.turf_id.line_ids}
        told, wrong = {}, []
        for number, text in enumerate((self.lines or "").splitlines(), 1):
            if not text.strip():
                continue
            match = LINE.fullmatch(text.strip())
            line = match and by_place.get(int(match["door"]))
            if not line or (match["turf"] and int(match["turf"]) != self.turf_id.id):
                wrong.append(str(number))
                continue
            told[line] = OUTCOMES[int(match["outcome"]) - 1]
        if wrong:
            raise UserError(
                self.env._(
                    "These lines cannot be read: %(lines)s. Each is a door's number on this "
                    "sheet, a space, and an outcome from 1 to 8. Nothing was stored.",
                    lines=", ".join(wrong),
                )
            )
        if not told:
            raise UserError(self.env._("There is no line to store."))
        return told

    def _paper_lease(self, now):
        """The lease of this sheet: nobody has its token, and it is over already."""
        leases = self.env["canvass.lease"].sudo()
        found = leases.search([("turf_id", "=", self.turf_id.id), ("device", "=", self.sheet)])
        return found or leases.create(
            {
                "turf_id": self.turf_id.id,
                "alias": ALIAS,
                "device": self.sheet,
                "token_sha256": leases._token_hash(secrets.token_urlsafe(32)),
                "opened_at": self.walked_at,
                "expires_at": now,
            }
        )
