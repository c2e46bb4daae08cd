from datetime import datetime, time

from odoo import models
from odoo.addons.political_consent.models.consent_event import IDENTIFIER_OF
from odoo.addons.political_consent.models.res_partner import ACT_OF
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import contact_cleaning as cleaning

MEANS_WORDS = {
    "paper": "papier formulairepapier bulletin paper form",
    "phone": "telephone appel phone call",
    "letter": "courrier lettre letter",
    "canvass": "porteaporte pap canvass door",
    "event": "evenement reunion event meeting",
    "membership": "adhesion bulletindadhesion membership",
    "import": "import fichier file web siteweb formulaireweb online internet",
}
ASK_BATCH = 500


class PoliticalImport(models.Model):
    """Consents that come in a file (R-37).

    One counts with the code of the wording, the date and the means in its row, and the evidence
    with the import. “Yes” alone waits: the person may be asked, once. “No” counts by itself.
    """

    _inherit = "political.import"

    def _consent_reader(self):
        """Turns the answers of a row into what is staged: see ``contact_row.Settings``."""
        columns = {
            column.place: (column.purpose_id.id, column.channel)
            for column in self.column_ids
            if column.target == "consent"
        }
        if not columns:
            return None
        wordings = self._known_wordings()
        means = {word: code for code, words in MEANS_WORDS.items() for word in words.split()}
        means.update({code: code for code in ACT_OF})
        has_evidence = bool(self.evidence)
        today = self._fields["as_of"].context_today(self)

        def read(answers, parts, out):
            date = parts.get("consent_date")
            day = cleaning.date(date) if date else None
            wording = wordings.get(parts.get("consent_wording"))
            how = means.get(cleaning.name_key(parts.get("consent_means", "")))
            proved = bool(has_evidence and day and day <= today and how)
            found = []
            for place, agreed in answers.items():
                purpose_id, channel = columns[place]
                kind = IDENTIFIER_OF.get(channel)
                address = {"email": "email_normalized", "phone": "phone_sanitized"}.get(kind)
                if agreed and address and not out.get(address):
                    continue
                fits = bool(wording and wording[1:] == (purpose_id, channel))
                found.append(
                    {
                        "p": purpose_id,
                        "c": channel,
                        "a": "given" if agreed else "refused",
                        "w": wording[0] if fits else None,
                        "d": day.isoformat() if day else None,
                        "m": how,
                        "live": not agreed or (proved and fits),
                    }
                )
            return found

        return read

    def _known_wordings(self):
        """``{code: (id, purpose id, channel)}`` of what people have ever been shown."""
        wordings = (
            self.env["consent.wording"]
            .sudo()
            .search([("company_id", "=", self.company_id.id), ("state", "!=", "draft")])
        )
        return {w.code: (w.id, w.purpose_id.id, w.channel) for w in wordings}

    def _count_consents(self):
        if "consent" not in self.column_ids.mapped("target"):
            self.write({"consent_count": 0, "waiting_count": 0})
            return
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*) FILTER (WHERE (c->>'live')::boolean),
                       count(*) FILTER (WHERE NOT (c->>'live')::boolean)
                  FROM political_import_row r, jsonb_array_elements(r.consents::jsonb) c
                 WHERE r.import_id = %s AND r.consents IS NOT NULL
                   AND r.outcome IN ('create', 'update')
                """,
                self.id,
            )
        )
        live, waiting = self.env.cr.fetchone()
        self.write({"consent_count": live, "waiting_count": waiting})

    def _record_consents(self, numbers):
        """Append the consents of a batch's rows to the ledger.

        :param tuple numbers: (after this row, up to that row)
        """
        rows = self._consent_rows(numbers, live=True)
        if not rows:
            return
        purposes, wordings = self.env["consent.purpose"].sudo(), self.env["consent.wording"].sudo()
        partners = self.env["res.partner"]
        evidence = self._consent_evidence_piece()
        collector = self.user_id
        self.env["consent.event"].sudo()._record(
            [
                {
                    "partner": partners.browse(partner_id),
                    "purpose": purposes.browse(answer["p"]),
                    "channel": answer["c"],
                    "action": answer["a"],
                    "means": answer["m"] or "import",
                    "act": ACT_OF.get(answer["m"] or "import", "none"),
                    "wording": wordings.browse(answer["w"] or []),
                    "collected_at": self._consent_day(answer["d"]),
                    "source_ref": f"import/{self.id}",
                    "collector": collector,
                    "evidence": evidence if answer["a"] == "given" else [],
                }
                for partner_id, answer in rows
            ]
        )

    def _consent_rows(self, numbers, live):
        """[(contact, answer)] of the rows that were written.

        :param tuple numbers: (after this row, up to that row)
        :param bool live: those that count, or those that wait
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT c.partner_id, a.value
                  FROM political_import_row r
                  JOIN political_import_change c
                    ON c.import_id = r.import_id AND c.number = r.number
                       AND c.state IS NULL
                 CROSS JOIN jsonb_array_elements(r.consents::jsonb) a
                 WHERE r.import_id = %s AND r.number > %s AND r.number <= %s
                   AND r.consents IS NOT NULL AND (a.value->>'live')::boolean = %s
                 ORDER BY r.number
                """,
                self.id,
                *numbers,
                live,
            )
        )
        return self.env.cr.fetchall()

    def _consent_day(self, day):
        return datetime.combine(datetime.fromisoformat(day).date(), time(12)) if day else None

    def _consent_evidence_piece(self):
        if not self.evidence:
            return []
        name = self.evidence_name or self.filename
        return [{"kind": "file", "file": self.evidence, "filename": name}]

    def action_ask_waiting(self):
        """Ask, once, the people whose consent came without proof.

        :returns: a notification with the number of messages
        :raises UserError: when there is nobody to ask
        """
        self.ensure_one()
        self._check_may_import()
        if self.state != "done":
            raise UserError(self.env._("Apply the import first."))
        wordings = self.env["consent.wording"].sudo()
        boxes_of = {}
        for partner_id, answer in self._consent_rows((0, 2**31 - 1), live=False):
            boxes_of.setdefault(partner_id, []).append((answer["p"], answer["c"]))
        partners = self.env["res.partner"].browse(boxes_of).exists()
        audience = self.env["consent.list"].sudo()
        purposes = self.env["consent.purpose"].sudo()
        asked = 0
        for partner in partners[:ASK_BATCH]:
            boxes = []
            for purpose_id, channel in boxes_of[partner.id]:
                wording = wordings._published(purposes.browse(purpose_id), channel, partner.lang)
                if wording:
                    boxes.append((wording, audience))
            asked += partner.sudo()._consent_ask_once(boxes, source_ref=f"import/{self.id}")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if asked else "info",
                "message": self.env._(
                    "%(count)s messages ask to confirm. Nobody is asked twice.", count=asked
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
