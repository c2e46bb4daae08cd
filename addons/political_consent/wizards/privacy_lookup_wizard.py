from odoo import models
from odoo.tools import SQL, email_normalize


class PrivacyLookupWizard(models.TransientModel):
    """Core's look-up, completed with what our register finds: phones, many2many links, evidence.

    It deletes nothing here: core would delete homonyms. Erasing goes through a request, which also
    purges the names that this wizard keeps (:meth:`consent.eraser._sweep`).
    """

    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        query = super()._get_query()
        found = self._consent_rows()
        if not found:
            return query
        # Core's rows first: a row that both find is listed once.
        rows = SQL(", ").join(SQL("(%s, %s, TRUE)", model_id, row_id) for model_id, row_id in found)
        return SQL(
            """SELECT res_model_id, res_id, bool_and(is_active) AS is_active
                 FROM (%s UNION ALL
                       SELECT * FROM (VALUES %s) more (res_model_id, res_id, is_active)) every
                GROUP BY res_model_id, res_id""",
            query,
            rows,
        )

    def _consent_rows(self):
        """(ir.model id, row id) of what the register finds for the address looked up."""
        registry = self.env["consent.data.registry"].sudo()
        partners = (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search([("email_normalized", "=", email_normalize(self.email or ""))])
        )
        if not partners:
            return []
        model_id = self.env["ir.model"]._get_id
        return [
            (model_id(name), row_id)
            for name, rows in registry._find(registry._person(partners)).items()
            for row_id in rows
        ]
