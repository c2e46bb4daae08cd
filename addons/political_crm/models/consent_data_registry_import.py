from odoo import api, models
from odoo.addons.political_consent.models.consent_data_registry import Descriptor
from odoo.tools import SQL


class ConsentDataRegistry(models.AbstractModel):
    """Staged rows and the journal of imports know contacts by number, not by a foreign key."""

    _inherit = "consent.data.registry"

    @api.model
    def _descriptors(self):
        return {
            **super()._descriptors(),
            "political.import.row": Descriptor(
                "delete", columns=("import_id", "number", "raw", "outcome")
            ),
            "political.import.change": Descriptor(
                "delete", columns=("import_id", "number", "kind", "before", "after")
            ),
            "political.rental": Descriptor("detach", shown=False),
            "political.roll.entry": Descriptor("delete"),
        }

    @api.model
    def _find(self, person):
        found = super()._find(person)
        for name, column in (
            ("political.import.row", "matched_id"),
            ("political.import.change", "partner_id"),
        ):
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM %s WHERE %s = ANY(%s)",
                    SQL.identifier(self.env[name]._table),
                    SQL.identifier(column),
                    list(person.partner_ids),
                )
            )
            for (row_id,) in self.env.cr.fetchall():
                found.setdefault(name, {}).setdefault(row_id, set()).add(column)
        # Rows that became these people.
        self.env.cr.execute(
            SQL(
                """
                SELECT r.id FROM political_import_row r JOIN political_import_change c
                    ON c.import_id = r.import_id AND c.number = r.number
                 WHERE c.partner_id = ANY(%s)
                """,
                list(person.partner_ids),
            )
        )
        for (row_id,) in self.env.cr.fetchall():
            found.setdefault("political.import.row", {}).setdefault(row_id, set()).add("number")
        return found
