from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .political_import_mapping import CHANNELS, POLICIES, TARGETS


class PoliticalImportColumn(models.Model):
    """A column of an imported file: what it holds, with some of its cells beside."""

    _name = "political.import.column"
    _description = "Column of an imported file"
    _order = "import_id, place"

    import_id = fields.Many2one("political.import", required=True, ondelete="cascade", index=True)
    place = fields.Integer(readonly=True)
    name = fields.Char("Column", readonly=True)
    sample = fields.Char("Examples", readonly=True)
    target = fields.Selection(TARGETS, "Holds", help="Empty: this column is left out.")
    policy = fields.Selection(POLICIES, "For a contact who exists", required=True, default="fill")
    purpose_id = fields.Many2one("consent.purpose", ondelete="cascade")
    channel = fields.Selection(CHANNELS)

    @api.constrains("target", "purpose_id", "channel")
    def _check_consent(self):
        for column in self:
            if column.target == "consent" and not (column.purpose_id and column.channel):
                raise ValidationError(
                    self.env._(
                        "Say which purpose and which channel the consents in column “%(name)s” "
                        "are for: a consent is for one of each (R-06).",
                        name=column.name,
                    )
                )
