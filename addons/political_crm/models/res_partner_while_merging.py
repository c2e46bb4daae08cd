from odoo import api, models

from ..lib.merging import Gathered


class ResPartner(models.Model):
    """A contact in the hands of the merge wizard."""

    _inherit = "res.partner"

    def _gathered(self):
        found = self.env.context.get("merge_gathered")
        return found if isinstance(found, Gathered) else None

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """The wizard wants the names of the fields, again for each pair."""
        gathered = self._gathered()
        if gathered is None or allfields or attributes:
            return super().fields_get(allfields, attributes)
        if not gathered.fields:
            gathered.fields = super().fields_get(attributes=["type"])
        return gathered.fields

    def write(self, vals):
        """The wizard writes whatever the contacts say, the same values again too: what follows
        from a change need not be worked out for these."""
        if self._gathered() is not None and len(self) == 1:
            vals = {name: value for name, value in vals.items() if not self._holds(name, value)}
            if not vals:
                return True
        return super().write(vals)

    def _holds(self, name, value):
        own = self._fields[name]
        return (
            own.type in ("boolean", "char", "date", "datetime", "many2one", "selection", "text")
            and not own.company_dependent
            and own.convert_to_write(self[name], self) == value
        )

    def unlink(self):
        gathered = self._gathered()
        if gathered is None:
            return super().unlink()
        gathered.gone += self.ids
        return True

    def message_post(self, **kwargs):
        gathered = self._gathered()
        if gathered is None or set(kwargs) != {"body"}:
            return super().message_post(**kwargs)
        gathered.notes[self.id] = kwargs["body"]
        return self.env["mail.message"]
