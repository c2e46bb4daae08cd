from odoo import api, fields, models

from ..lib import contact_headers

TARGETS = [
    ("firstname", "First name"),
    ("lastname", "Last name"),
    ("fullname", "Whole name"),
    ("email", "E-mail"),
    ("mobile", "Mobile"),
    ("phone", "Telephone"),
    ("street", "Street"),
    ("street2", "Address, second line"),
    ("zip", "Postcode"),
    ("city", "Town"),
    ("zip_city", "Postcode and town"),
    ("country", "Country"),
    ("birthdate", "Date of birth"),
    ("function", "Job"),
    ("website", "Website"),
    ("lang", "Language"),
    ("ref", "Reference (number in the other tool)"),
    ("tags", "Tags"),
    ("category", "Category in the party"),
    ("origin", "Origin"),
    ("branch", "Branch (name or code)"),
    ("station", "Polling station (code)"),
    ("is_volunteer", "Volunteer"),
    ("is_company", "Is an organisation"),
    ("company_name", "Organisation (as text)"),
    ("parent", "Organisation (a contact of that name)"),
    ("comment", "Note"),
    ("updated_at", "Last changed on"),
    ("consent", "Consent"),
    ("consent_date", "Consent: date"),
    ("consent_wording", "Consent: code of the wording"),
    ("consent_means", "Consent: means"),
    ("consent_ref", "Consent: reference of the evidence"),
]
POLICIES = [
    ("fill", "Fill where empty"),
    ("newer", "The newer wins"),
    ("never", "Never change"),
]
CHANNELS = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("call", "Telephone"),
    ("post", "Post"),
    ("door", "At the door"),
]


class PoliticalImportMapping(models.Model):
    """What the columns of a tool's files hold, kept for the next file of the same make."""

    _name = "political.import.mapping"
    _description = "Mapping of an imported file"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [("contact", "Contacts"), ("roll", "Electoral roll")], required=True, default="contact"
    )
    line_ids = fields.One2many("political.import.mapping.line", "mapping_id", "Columns", copy=True)
    note = fields.Text(translate=True, help="How to get such a file out of the other tool.")

    @api.model
    def _best_for(self, header):
        """The mapping whose columns a file bears best; empty below two thirds of them."""
        found, best = self.browse(), 0.66
        for mapping in self.search([("kind", "=", "contact")]):
            likeness = contact_headers.likeness(header, mapping.line_ids.mapped("column"))
            if likeness > best:
                found, best = mapping, likeness
        return found

    def _columns_for(self, header):
        """Values of the columns of an import, by this mapping, else guessed by their names.

        :param list header: names of the file's columns
        :returns: list of dicts for ``political.import.column``
        """
        guessed = contact_headers.guess(header)
        line_of = {contact_headers.squashed(line.column): line for line in self.line_ids}
        lines = [line_of.get(contact_headers.squashed(name)) for name in header]
        taken = {line.target for line in lines if line}
        values = []
        for place, (name, guess, line) in enumerate(zip(header, guessed, lines, strict=True)):
            if not line and guess in taken:
                guess = False
            values.append(
                {
                    "place": place,
                    "name": name,
                    "target": line.target if line else guess or False,
                    "policy": line.policy if line else "fill",
                    "purpose_id": line.purpose_id.id if line else False,
                    "channel": line.channel if line else False,
                }
            )
        return values


class PoliticalImportMappingLine(models.Model):
    _name = "political.import.mapping.line"
    _description = "Column of a mapping"
    _order = "mapping_id, id"

    mapping_id = fields.Many2one(
        "political.import.mapping", required=True, ondelete="cascade", index=True
    )
    column = fields.Char("Column of the file", required=True)
    target = fields.Selection(TARGETS, "Holds", help="Empty: left out.")
    policy = fields.Selection(
        POLICIES,
        "For a contact who exists",
        required=True,
        default="fill",
        help="“The newer wins” compares with the date of the file, or of its row.",
    )
    purpose_id = fields.Many2one("consent.purpose", ondelete="cascade")
    channel = fields.Selection(CHANNELS)
