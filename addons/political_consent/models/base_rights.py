from odoo import api, models
from odoo.exceptions import AccessError

from .consent_data_registry import ADDRESS_COLUMN

DETAIL = {"street", "street2", "contact_address", "contact_address_complete"}


class Base(models.AbstractModel):
    """Where people's data leaves or is read in bulk, whatever the model and the caller (R-42)."""

    _inherit = "base"

    def export_data(self, fields_to_export):
        """As in core, for who may take people out and said why; the data is marked and logged."""
        log = self.env["consent.access.log"]
        if self.env.su or not log._export_reaches_persons(self._name, fields_to_export):
            return super().export_data(fields_to_export)
        mark = log._take_out("export", self._name, len(self), fields_to_export)
        result = super().export_data(fields_to_export)
        if result.get("datas"):
            width = len(fields_to_export)
            # An empty first cell keeps the mark out of any record's rows in a grouped export.
            place = 1 if fields_to_export[0] == ".id" and width > 1 else 0
            row = [""] * width
            row[place] = mark
            result["datas"].append(row)
        return result

    def _read_format(self, fnames, load="_classic_read"):
        if len(self) > 1 and not self.env.su:
            self._log_bulk_read(fnames)
        return super()._read_format(fnames, load)

    def _log_bulk_read(self, fnames):
        log = self.env["consent.access.log"]
        if len(self) < log._bulk_rows() or not log._is_person_model(self._name):
            return
        told = {name for name in fnames if self._tells_address(name)}
        if told:
            log._read_in_bulk("read", self._name, len(self), told)

    @api.model
    def _tells_address(self, name):
        return name in DETAIL or bool(ADDRESS_COLUMN.search(name))

    @api.model
    def _read_group(
        self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None
    ):
        rows = super()._read_group(domain, groupby, aggregates, having, offset, limit, order)
        if self.env.su or len(rows) < 2:
            return rows
        told = {
            spec
            for spec in (*groupby, *aggregates)
            if self._tells_address(spec.split(":")[0].split(".")[-1])
        }
        log = self.env["consent.access.log"]
        if told and log._is_person_model(self._name):
            if not self._may_read_details():
                raise AccessError(self.env._("You may not read people's addresses."))
            if len(rows) >= log._bulk_rows():
                log._read_in_bulk("group", self._name, len(rows), told)
        return rows

    @api.model
    def _may_read_details(self):
        """Whether the user may read the addresses of this model's people."""
        return True
