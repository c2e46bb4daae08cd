from odoo import api, models
from odoo.fields import Domain

DETAILS_GROUP = "political_consent.group_contact_details"
DETAILS = frozenset(
    {
        "email",
        "email_normalized",
        "email_formatted",
        "phone",
        "phone_sanitized",
        "phone_mobile_search",
        "phone_sanitized_blacklisted",
        "street",
        "street2",
        "street_name",
        "street_number",
        "street_number2",
        "contact_address",
        "contact_address_complete",
        "contact_address_inline",
    }
)


class ResPartner(models.Model):
    """E-mail, phone and street only for who needs them.

    A field's ``groups`` would break core's own forms and its server code, which read these fields
    as the user. So what a user *reads* through any interface is masked, grouping by it is refused,
    and a search by it finds colleagues and oneself alone: nobody learns who has an address by
    asking for it, and who searches a name in a field that searches addresses too still finds the
    name. Colleagues' cards and one's own are not masked.
    """

    _inherit = "res.partner"

    @api.model
    def _may_read_details(self):
        return (
            self.env.su
            or not self.env.user._is_internal()
            or self.env.user.has_group(DETAILS_GROUP)
        )

    @api.model
    def _hidden_details(self):
        return super()._hidden_details() if self._may_read_details() else DETAILS

    def _read_format(self, fnames, load="_classic_read"):
        rows = super()._read_format(fnames, load)
        hidden = self._hidden_details().intersection(fnames)
        if not hidden:
            return rows
        open_ids = self._open_ids([("partner_id", "in", self.ids)])
        for row in rows:
            if row["id"] not in open_ids:
                row.update(dict.fromkeys(hidden, False))
        return rows

    @api.model
    def _open_ids(self, domain=()):
        """Colleagues and oneself, whose cards stay open: ids, among the users of a domain."""
        users = self.env["res.users"].sudo().search([("share", "=", False), *domain])
        return {*users.partner_id.ids, self.env.user.partner_id.id}

    @api.depends_context("uid")
    def _compute_display_name(self):
        if self._may_read_details():
            return super()._compute_display_name()
        bare = self.with_context(
            show_address=False,
            show_email=False,
            address_inline=False,
            partner_show_db_id=False,
            formatted_display_name=False,
        )
        super(ResPartner, bare)._compute_display_name()
        for partner, plain in zip(self, bare, strict=True):
            partner.display_name = plain.display_name
        return None

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **options):
        if not bypass_access and not self._may_read_details():
            domain = self._about_open_cards(Domain(domain or Domain.TRUE))
            order = self._order_in_the_open(order)
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **options)

    @api.model
    def _search_display_name(self, operator, value):
        found = super()._search_display_name(operator, value)
        if found is NotImplemented or self._may_read_details():
            return found
        return self._about_open_cards(Domain(found))

    @api.model
    def _about_open_cards(self, domain):
        """A domain whose conditions on hidden fields hold for nobody but who is open to all."""
        if not any(_first(leaf.field_expr) in DETAILS for leaf in domain.iter_conditions()):
            return domain
        among = Domain("id", "in", list(self._open_ids()))
        return domain.map_conditions(
            lambda leaf: leaf & among if _first(leaf.field_expr) in DETAILS else leaf
        )

    @api.model
    def _order_in_the_open(self, order):
        """An order without the terms that would rank people by what is hidden."""
        terms = [term for term in (order or "").split(",") if term.strip()]
        kept = [term for term in terms if _first(term.split()[0]) not in DETAILS]
        return order if kept == terms else ",".join(kept) or self._order

    def _get_vcard_file(self):
        """vCards leave with the right and a reason, one's own card excepted."""
        if not self.env.su and self != self.env.user.partner_id:
            self.env["consent.access.log"]._take_out("vcard", self._name, len(self))
        return super()._get_vcard_file()


def _first(path):
    return path.split(".")[0]
