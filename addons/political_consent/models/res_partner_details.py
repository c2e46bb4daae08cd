from odoo import api, models
from odoo.exceptions import AccessError

DETAILS_GROUP = "political_consent.group_contact_details"
DETAILS = {
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


class ResPartner(models.Model):
    """E-mail, phone and street only for who needs them.

    A field's ``groups`` would break core's own forms and its server code, which read these fields
    as the user. So what a user *reads* through any interface is masked, and reading by group or
    searching them through RPC is refused; the server's own code goes on as before. Colleagues'
    cards and one's own are not masked.
    """

    _inherit = "res.partner"

    @api.model
    def _may_read_details(self):
        return (
            self.env.su
            or not self.env.user._is_internal()
            or self.env.user.has_group(DETAILS_GROUP)
        )

    def _read_format(self, fnames, load="_classic_read"):
        rows = super()._read_format(fnames, load)
        hidden = DETAILS.intersection(fnames)
        if not hidden or self._may_read_details():
            return rows
        open_ids = self._colleague_ids()
        for row in rows:
            if row["id"] not in open_ids:
                row.update(dict.fromkeys(hidden, False))
        return rows

    def _colleague_ids(self):
        users = (
            self.env["res.users"]
            .sudo()
            .search([("partner_id", "in", self.ids), ("share", "=", False)])
        )
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
    def _check_details_domain(self, domain):
        """Refuse a domain of a caller that asks for addresses: an answer would tell them."""
        if self._may_read_details():
            return
        for item in domain or ():
            if isinstance(item, (list, tuple)) and len(item) == 3:
                if str(item[0]).split(".")[-1] in DETAILS:
                    raise AccessError(self.env._("You may not search people by their address."))
                if isinstance(item[2], (list, tuple)):
                    self._check_details_domain(item[2])

    @api.model
    @api.readonly
    def search_read(self, domain=None, fields=None, offset=0, limit=None, order=None, **kwargs):
        """As in core, unless the domain asks for addresses that the user may not read."""
        self._check_details_domain(domain)
        return super().search_read(domain, fields, offset, limit, order, **kwargs)

    @api.model
    @api.readonly
    def web_search_read(
        self, domain, specification, offset=0, limit=None, order=None, count_limit=None
    ):
        """As in core, unless the domain asks for addresses that the user may not read."""
        self._check_details_domain(domain)
        return super().web_search_read(domain, specification, offset, limit, order, count_limit)

    def _get_vcard_file(self):
        """vCards leave with the right and a reason, one's own card excepted."""
        if not self.env.su and self != self.env.user.partner_id:
            self.env["consent.access.log"]._take_out("vcard", self._name, len(self))
        return super()._get_vcard_file()
