from odoo import api, models
from odoo.exceptions import UserError

from ..lib import table_file

SAMPLES = 3


class PoliticalImport(models.Model):
    """The file of an import: what it looks like, and what its columns hold."""

    _inherit = "political.import"

    def _look(self):
        """Recognise the file, and guess what its columns hold.

        :raises UserError: with a sentence when it is no table
        """
        self.ensure_one()
        with self._open() as stream:
            try:
                table = self._recognise(stream)
                samples = self._samples(stream, table)
            except table_file.FileError as fault:
                raise UserError(self._fault_sentence(fault)) from fault
        self._forget_rows()
        self.write(
            {
                "state": "draft",
                "repair": table.doubled,
                "mapping_id": self.mapping_id.id
                or self.env["political.import.mapping"]._best_for(table.header).id,
            }
        )
        columns = self.mapping_id._columns_for(table.header)
        for values, sample in zip(columns, samples, strict=True):
            values["sample"] = sample
        self.column_ids.unlink()
        self.env["political.import.column"].create(
            [{**values, "import_id": self.id} for values in columns]
        )

    @api.model
    def _samples(self, stream, table):
        """Some cells of each column, as text."""
        cells = [[] for _name in table.header]
        for count, row in enumerate(table_file.rows(stream, table, repair=table.doubled)):
            if count >= 50:
                break
            for some, cell in zip(cells, row.cells, strict=False):
                text = cell.replace("\x00", "").strip()[:40]
                if text and len(some) < SAMPLES and text not in some:
                    some.append(text)
        return [" · ".join(some) for some in cells]

    def _map_columns(self):
        for record in self.filtered("column_ids"):
            header = record.column_ids.mapped("name")
            for column, values in zip(
                record.column_ids, record.mapping_id._columns_for(header), strict=True
            ):
                column.write({key: value for key, value in values.items() if key != "name"})
