from odoo import api, fields, models


class PoliticalImportChange(models.Model):
    """What an import did to a contact, so that it can be taken back exactly.

    Holds earlier values of people: it has a term, and the erasure of a person clears it.
    """

    _name = "political.import.change"
    _inherit = ["political.contact.line"]
    _description = "Change made by an import"
    _log_access = False
    _rec_name = "number"

    partner_id = fields.Integer(readonly=True)
    kind = fields.Selection([("create", "Created"), ("update", "Changed")], readonly=True)
    stamp = fields.Datetime(readonly=True)
    before = fields.Json(readonly=True)
    after = fields.Json(readonly=True)
    tag_ids = fields.Json(readonly=True)
    state = fields.Selection(
        [("undone", "Taken back"), ("kept", "Changed since: left as it is")], readonly=True
    )

    _import_index = models.Index("(import_id, number)")
    _partner_index = models.Index("(partner_id)")

    @api.model
    def _contact_column(self):
        return "partner_id"
