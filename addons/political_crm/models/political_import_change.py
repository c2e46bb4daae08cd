from odoo import fields, models

from .political_import_row import LooseMany2one


class PoliticalImportChange(models.Model):
    """What an import did to a contact, so that it can be taken back exactly.

    Holds earlier values of people: it has a term, and the erasure of a person clears it.
    """

    _name = "political.import.change"
    _description = "Change made by an import"
    _log_access = False
    _order = "import_id, number"
    _rec_name = "number"

    import_id = LooseMany2one("political.import", required=True, readonly=True, ondelete="cascade")
    number = fields.Integer("Row", readonly=True, aggregator=False)
    # No foreign key: what was undone, merged or erased is gone, and this may still say so.
    partner_id = fields.Integer(readonly=True)
    kind = fields.Selection([("create", "Created"), ("update", "Changed")], readonly=True)
    stamp = fields.Datetime(readonly=True)
    before = fields.Json(readonly=True)
    after = fields.Json(readonly=True)
    tag_ids = fields.Json(readonly=True)
    state = fields.Selection(
        [("undone", "Taken back"), ("kept", "Changed since: left as it is")], readonly=True
    )
    partner_name = fields.Char("Contact", compute="_compute_partner_name")

    _import_index = models.Index("(import_id, number)")
    _partner_index = models.Index("(partner_id)")

    def _compute_partner_name(self):
        found = self.env["res.partner"].search([("id", "in", self.mapped("partner_id"))])
        name_of = {partner.id: partner.display_name for partner in found}
        for change in self:
            change.partner_name = name_of.get(change.partner_id, False)

    def action_open_contact(self):
        """Open the contact that was changed.

        :returns: a window action (dict)
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "view_mode": "form",
            "res_id": self.partner_id,
        }
