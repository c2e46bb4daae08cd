import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.political_consent.lib import route as routes
from odoo.tools import hash_sign, urls, verify_hash_signed

from ..lib import finance_rules as law

CONFIRM_HOURS = 72


class PoliticalJoinRequest(models.Model):
    """What the person does with their request: confirm it, and pay."""

    _inherit = "political.join.request"

    def _confirm_token(self):
        self.ensure_one()
        return hash_sign(
            self.sudo().env,
            "political-join-confirm",
            [self.id, self.email_normalized],
            expiration_hours=CONFIRM_HOURS,
        )

    @api.model
    def _of_confirm_token(self, token):
        """The request behind a confirmation's link, or an empty recordset."""
        try:
            values = verify_hash_signed(self.sudo().env, "political-join-confirm", token)
        except (ValueError, TypeError):
            values = None
        request = self.sudo().browse(values[:1] if values else ()).exists()
        return request if request and request.email_normalized == values[1] else self.browse()

    def _send_confirmation(self):
        """The message with the link; the same for everybody (no oracle)."""
        self.ensure_one()
        template = self.env.ref("political_crm.mail_template_join").sudo()
        with routes.transaction("join"):
            template.send_mail(self.id)
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _confirm_url(self):
        return urls.urljoin(
            self.get_base_url(), f"/membership/confirm/{self._confirm_token()}?lang={self.lang}"
        )

    def _pay_url(self):
        token = self.env["political.pay.desk"]._token(self)
        return urls.urljoin(self.get_base_url(), f"/membership/pay/{token}?lang={self.lang}")

    def _confirm(self):
        """The person pressed the button of their message: their address is theirs.

        One press counts. What follows is the same on the page whoever they are.
        """
        self.ensure_one()
        self.env["consent.rate"].sudo()._in_turn("confirm", self.email_normalized)
        self.invalidate_recordset()
        if self.state != "draft":
            return
        self.write({"state": "new", "confirmed_at": fields.Datetime.now()})
        days = self.company_id.sudo().membership_opinion_days
        if days and self.branch_id:
            today = self.company_id._membership_today()
            self.write({"state": "opinion", "opinion_deadline": today + timedelta(days=days)})
        elif self._is_safe():
            self._accept(self._create_person())

    def _is_safe(self):
        """Whether nobody needs to look: not known at all, and nothing speaks against."""
        self.ensure_one()
        return (
            self.company_id.sudo().membership_auto_accept
            and self.means == "web"
            and bool(self.confirmed_at)
            and not self._candidates()
            and not self._obstacles()
            and bool(self.rate_id)
        )

    # ---------------------------------------------------------------- paying

    def _payer(self):
        """The payer of this request: the person's, or one of what was typed."""
        self.ensure_one()
        Payer = self.env["political.payer"].sudo()
        if self.partner_id:
            return Payer._ensure(self.partner_id)[self.partner_id.id]
        if not self.payer_id:
            self.payer_id = Payer.create(
                {
                    "company_id": self.company_id.id,
                    "code": secrets.token_hex(16),
                    "firstname": self.firstname,
                    "lastname": self.lastname,
                    "street": self.street,
                    "zip": self.zip,
                    "city": self.city,
                    "country_id": self.country_id.id,
                    "nationality_id": self.nationality_id.id,
                }
            )
        return self.payer_id

    def _to_pay_now(self):
        """EUR of the first payment, as Decimal."""
        self.ensure_one()
        if self.payment_ids.filtered(lambda p: p.state == "received"):
            return law.money(0)
        due = law.cents(self.amount)
        parts = max(1, min(self.instalments, self.rate_id.instalments or 1))
        part, rest = divmod(due, parts)
        return law.money(part + (1 if rest else 0)) / 100
