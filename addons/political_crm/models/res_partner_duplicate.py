from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..lib.duplicates import FIELDS, likely

# What is looked at while somebody types, in the order of lib/duplicates.
TYPED = ("firstname", "lastname", "birthdate", "email", "phone", "street", "zip", "city", "ref")
# More that share a name or a number tell nothing to somebody who types.
LOOKED_AT = 60
TOLD = 3
LIKELY = 0.5


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Core looks for both all the time, and has no index on them; here somebody waits at each key.
    # (On a field of core's, `index` would outlive the addon.)
    _email_normalized_index = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _phone_sanitized_index = models.Index("(phone_sanitized) WHERE phone_sanitized IS NOT NULL")

    duplicate_warning = fields.Html(
        compute="_compute_duplicate_warning",
        groups="political_crm.group_people",
        sanitize=False,
        help="While a new contact is typed: who in the base this may be.",
    )

    @api.depends(*TYPED, "is_company", "type")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_duplicate_warning(self):
        """Only of people whom the user may read: of the others nothing is said, not even that
        there is one."""
        for partner in self:
            new = not partner._origin.id and not partner.is_company and partner.type == "contact"
            doubles = partner._likely_doubles() if new else []
            partner.duplicate_warning = doubles and partner._told_doubles(doubles)

    def _likely_doubles(self):
        """Contacts of the base that the typed one may be.

        :returns: list of (contact, sentences), likeliest first
        """
        self.ensure_one()
        near = self._near_contacts()
        if not near:
            return []
        readable = self._typed_fields()
        pairs = self.env["political.duplicate"]
        score, levels = likely(
            self._typed_row(0, self, readable),
            [self._typed_row(contact.id, contact, readable) for contact in near],
            pairs.sudo()._population(),
        )
        names = {
            field: {number: word for word, number in of.items()} for field, of in FIELDS.items()
        }
        words = pairs._words()
        found = []
        for at in (-score).argsort()[:TOLD]:
            if score[at] < LIKELY:
                break
            said = [
                f"{field}:{names[field][level[at]]}" for field, level in levels.items() if level[at]
            ]
            found.append((near[int(at)], [words[part] for part in said if part in words]))
        return found

    def _typed_fields(self):
        """The fields to compare by that the user may read."""
        return [
            name
            for name in TYPED
            if name in self._fields and self._has_field_access(self._fields[name], "read")
        ]

    @api.model
    def _typed_row(self, row_id, partner, readable):
        return [
            str(row_id),
            *(str(partner[name] or "") if name in readable else "" for name in TYPED),
        ]

    def _near_contacts(self):
        """Contacts in the user's sight that share an address, a number or a name, by index."""
        lookups = []
        email = email_normalize(self.email or "")
        if email:
            lookups.append(Domain("email_normalized", "=", email))
        phone = self._phone_format(fname="phone") if self.phone else False
        if phone:
            lookups.append(Domain("phone_sanitized", "=", phone))
        if self.lastname and self.firstname:
            spellings = self._spellings(self.lastname)
            given = self._spellings(self.firstname)
            lookups.append(Domain("lastname", "in", spellings) & Domain("firstname", "in", given))
            lookups.append(Domain("lastname", "in", given) & Domain("firstname", "in", spellings))
            if self.zip:
                lookups.append(Domain("lastname", "in", spellings) & Domain("zip", "=", self.zip))
        if not lookups:
            return self.browse()
        people = Domain("is_company", "=", False) & Domain("type", "=", "contact")
        if self.company_id:
            people &= Domain("company_id", "in", [self.company_id.id, False])
        found = self.env["res.partner"]
        for lookup in lookups:
            found |= found.search(
                people & lookup & Domain("id", "not in", found.ids), limit=LOOKED_AT
            )
        return found

    @api.model
    def _spellings(self, name):
        """The ways in which a name is written in capitals, as an index finds them."""
        name = name.strip()
        return list({name, name.lower(), name.upper(), name.title(), name.capitalize()})

    def _told_doubles(self, doubles):
        lines = [
            Markup('<li><a href="/odoo/res.partner/%s" target="_blank">%s</a>%s</li>')
            % (
                contact.id,
                contact.display_name,
                Markup(": ") + escape(", ".join(said)) if said else "",
            )
            for contact, said in doubles
        ]
        return Markup("<p>%s</p><ul class='mb-0'>%s</ul>") % (
            self.env._("This person may be in the base already:"),
            Markup().join(lines),
        )
