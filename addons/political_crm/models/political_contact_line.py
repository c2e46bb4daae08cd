from odoo import api, fields, models


class LooseMany2one(fields.Many2one):
    """A link that the database does not check: millions of rows are written at once, all of one
    import, which deletes them with itself."""

    def update_db_foreign_key(self, model, column):
        """None is made."""


class PoliticalContactLine(models.AbstractModel):
    """Something that an import says of a contact, by the number of a row.

    The contact is known by its number without a foreign key: what was undone, merged or erased is
    gone, and the line may still say so.
    """

    _name = "political.contact.line"
    _description = "Line of an import about a contact"
    _order = "import_id, number"

    import_id = LooseMany2one("political.import", required=True, readonly=True, ondelete="cascade")
    number = fields.Integer("Row", readonly=True, aggregator=False)
    contact_name = fields.Char("Contact", compute="_compute_contact_name")

    @api.model
    def _contact_column(self):
        """Name of the field with the contact's number."""
        raise NotImplementedError

    def _compute_contact_name(self):
        # As the reader may see them: an import shows nobody whom the rules hide.
        column = self._contact_column()
        found = self.env["res.partner"].search([("id", "in", self.mapped(column))])
        name_of = {partner.id: partner.display_name for partner in found}
        for line in self:
            line.contact_name = name_of.get(line[column], False)

    def action_open_contact(self):
        """Open the contact that the line is about.

        :returns: a window action (dict)
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "view_mode": "form",
            "res_id": self[self._contact_column()],
        }
