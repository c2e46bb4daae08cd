import json

from odoo import api, models
from odoo.tools import SQL


class PoliticalImport(models.Model):
    """Words: why a row is rejected or known, and the rejected rows to download."""

    _inherit = "political.import"

    @api.model
    def _row_sentences(self):
        """Why rows are rejected or known, and remarks, by code."""
        _ = self.env._
        return {
            "wide": _("The row has more cells than the file has columns."),
            "cut": _("The file ends within this row."),
            "formula": _("A cell holds a formula. Paste it as a value."),
            "error": _("A cell holds a spreadsheet's error, such as #REF!."),
            "unreadable": _("A cell holds characters that no text has."),
            "nobody": _("Neither a name nor an e-mail address."),
            "date": _("“%(what)s” is no date. Write 31/12/1980 or 1980-12-31."),
            "birthdate": _("Nobody alive was born on “%(what)s”."),
            "answer": _("“%(what)s” is neither yes nor no."),
            "category": _("“%(what)s” is no category: member, former, regular, occasional …"),
            "origin": _("“%(what)s” is no origin of this base."),
            "branch": _("There is no branch “%(what)s”."),
            "station": _("There is no polling station “%(what)s”."),
            "parent": _("There is no organisation “%(what)s” above this row or in the base."),
            "social": _("A like or a follow makes an occasional contact and no more (R-15)."),
            "purchased": _("People of a rented file are prospects of a rented file and no more."),
            "roll": _("The electoral roll never becomes contacts (R-16)."),
            "erased": _("This address was erased at its owner's request. Only they may come back."),
            "archived": _("A contact with this address or name is archived. Restore it first."),
            "user": _("This is the card of somebody who works with this system."),
            "several": _("Several contacts fit: merge them first, or change them by hand."),
            "twice": _("The same person as in row %(what)s."),
            "same": _("The contact has all this already."),
            "gone": _("The contact that fitted is gone since the preview."),
            "refused": _("Refused by the base: %(what)s"),
            "remark_email": _("The e-mail address is none: kept as written, nothing can be sent."),
            "remark_phone": _("The number is not valid: kept as written, no SMS can be sent."),
            "remark_country": _("The country is not known: left out."),
        }

    @api.model
    def _change_labels(self):
        labels = dict(
            self.env["political.import.column"]._fields["target"]._description_selection(self.env)
        )
        return {
            **labels,
            "address": self.env._("Address"),
            "party": self.env._("Enters the party's file"),
        }

    # ---------------------------------------------------------------- rejects

    def _rejects(self):
        """The rejected rows as the file had them, a last column saying why: CSV, by pieces.

        :returns: generator of str
        """
        self.ensure_one()
        _ = self.env._
        sentences = self._row_sentences()
        header = [*self.column_ids.mapped("name"), _("Reason")]
        yield "\ufeff" + self._csv_line(header)
        last = 0
        while True:
            self.env.cr.execute(
                SQL(
                    "SELECT number, raw, reason FROM political_import_row "
                    "WHERE import_id = %s AND outcome = 'reject' AND number > %s "
                    "ORDER BY number LIMIT 1000",
                    self.id,
                    last,
                )
            )
            rows = self.env.cr.fetchall()
            if not rows:
                return
            for number, raw, reason in rows:
                code, _mark, detail = (reason or "").partition(":")
                yield self._csv_line([*json.loads(raw), sentences[code] % {"what": detail}])
                last = number

    def _csv_line(self, cells):
        mark = self.separator if self.file_kind == "csv" and self.separator else ";"
        quoted = [
            '"' + cell.replace('"', '""') + '"'
            if any(c in cell for c in (mark, '"', "\n", "\r")) or cell != cell.strip()
            else cell
            for cell in cells
        ]
        return mark.join(quoted) + "\r\n"
