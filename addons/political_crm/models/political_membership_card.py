import base64
import io

import qrcode

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import hash_sign, urls, verify_hash_signed

from .political_membership import LIVE


class PoliticalMembership(models.Model):
    """What a member holds in hand: the card with its QR code, and the link of a reminder."""

    _inherit = "political.membership"

    def _card_url(self):
        self.ensure_one()
        return urls.urljoin(self.get_base_url(), f"/membership/card/{self.sudo().card_code}")

    def _card_qr(self):
        """The card's address as a QR code, a ``data:`` address so that nothing is fetched."""
        image = io.BytesIO()
        qrcode.make(self._card_url(), box_size=6, border=1).save(image, format="PNG")
        return f"data:image/png;base64,{base64.b64encode(image.getvalue()).decode()}"

    def action_card(self):
        """The membership card as PDF.

        :raises UserError: when the person is no member
        """
        self.check_access("read")
        if any(line.state not in LIVE for line in self):
            raise UserError(self.env._("Only members have a card."))
        return self.env.ref("political_crm.action_report_card").report_action(self)

    # ---------------------------------------------------------------- links without an account

    def _renew_token(self):
        self.ensure_one()
        values = [self.id, self.sudo().partner_id.id]
        return hash_sign(self.sudo().env, "political-renew", values, expiration_hours=24 * 90)

    def _renew_url(self):
        lang = self.sudo().partner_id.lang or "fr_FR"
        return urls.urljoin(
            self.get_base_url(), f"/membership/renew/{self._renew_token()}?lang={lang}"
        )

    @api.model
    def _of_renew_token(self, token):
        """The line behind a link of a reminder, or an empty recordset; erased people have none."""
        try:
            values = verify_hash_signed(self.sudo().env, "political-renew", token)
        except (ValueError, TypeError):
            values = None
        line = self.sudo().browse(values[:1] if values else ()).exists()
        return line if line and line.partner_id.id == values[1] else self.browse()
