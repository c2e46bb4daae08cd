from odoo import api, models
from odoo.exceptions import UserError


class ConsentBlacklistMixin(models.AbstractModel):
    """Core's blacklists as one more door out, and none back in (R-04).

    Putting an address in is a withdrawal. Taking it out reopens nothing, and is refused until its
    owner has agreed again: by a confirmation of their own, which takes it out by itself.
    """

    _name = "consent.blacklist.mixin"
    _description = "Blacklist that follows the ledger"

    def _consent_kind(self):
        """(kind of address, name of the field that holds it)."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.filtered("active")._record_leaving()
        return records

    def write(self, vals):
        _kind, name = self._consent_kind()
        if name in vals or ("active" in vals and not vals["active"]):
            self.filtered("active")._check_lift()
        result = super().write(vals)
        if name in vals or vals.get("active"):
            self.filtered("active")._record_leaving()
        return result

    def unlink(self):
        self.filtered("active")._check_lift()
        return super().unlink()

    def _record_leaving(self):
        kind, name = self._consent_kind()
        if self:
            self.env["consent.event"].sudo()._close_addresses(kind, self.mapped(name), "blacklist")

    def _check_lift(self):
        """Refuse to take out an address whose owner has not agreed again.

        An address whose hash is suppressed may go: the suppression goes on refusing it (R-30).
        """
        kind, name = self._consent_kind()
        addresses = set(self.mapped(name))
        held = addresses - self.env["consent.state"].sudo()._agreed_addresses(kind, addresses)
        keys = self.env["consent.key"]
        Suppression = self.env["consent.suppression"].sudo()
        held = {
            address
            for address in held
            if not Suppression.search_count(
                [("identifier_key", "in", keys._digests(kind, address))], limit=1
            )
        }
        if held:
            raise UserError(
                self.env._(
                    "This address asked to be left alone. Only its owner can change that, by "
                    "signing up again and confirming."
                )
            )

    def _lift(self):
        """Take out addresses whose owners have just agreed again."""
        self.filtered("active").write({"active": False})
