from itertools import chain

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
        if self.env.su:
            return super()._read_group(domain, groupby, aggregates, having, offset, limit, order)
        self._refuse_hidden_groups((*groupby, *aggregates), having, order)
        rows = super()._read_group(domain, groupby, aggregates, having, offset, limit, order)
        self._log_bulk_groups(rows, (*groupby, *aggregates))
        return rows

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        if self.env.su:
            return super()._read_grouping_sets(domain, grouping_sets, aggregates, order=order)
        specs = (*chain.from_iterable(grouping_sets), *aggregates)
        self._refuse_hidden_groups(specs, (), order)
        sets = super()._read_grouping_sets(domain, grouping_sets, aggregates, order=order)
        self._log_bulk_groups(max(sets, key=len, default=()), specs)
        return sets

    @api.model
    def _log_bulk_groups(self, rows, specs):
        log = self.env["consent.access.log"]
        if len(rows) < log._bulk_rows() or not log._is_person_model(self._name):
            return
        told = {spec for spec in specs if self._tells_address(_path(spec).split(".")[-1])}
        if told:
            log._read_in_bulk("group", self._name, len(rows), told)

    @api.model
    def _refuse_hidden_groups(self, specs, having, order):
        """Neither groups nor aggregates, nor conditions and order on them, tell what is hidden."""
        conditions = (leaf[0] for leaf in having or () if not isinstance(leaf, str))
        terms = (term.split()[0] for term in (order or "").split(",") if term.strip())
        for spec in (*specs, *conditions, *terms):
            if self._leads_to_hidden(_path(spec)):
                raise AccessError(self.env._("You may not read people's addresses."))

    @api.model
    def _leads_to_hidden(self, path):
        """Whether a path of fields ends in, or goes through, what the user may not read."""
        model = self
        for name in path.split("."):
            if name in model._hidden_details():
                return True
            field = model._fields.get(name)
            if field is None or not field.relational:
                return False
            model = self.env[field.comodel_name]
        return False

    @api.model
    def _hidden_details(self):
        """Names of the fields of this model's people that the user may not read.

        :return: set of str
        """
        return frozenset()


def _path(spec):
    return spec.split(":")[0]
