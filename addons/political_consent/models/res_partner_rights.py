from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize

ADDRESSES = {"email": "email_normalized", "phone": "phone_sanitized"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    consent_restriction_ids = fields.One2many(
        "consent.restriction", "partner_id", groups="political_consent.group_consent_user"
    )
    consent_hold_ids = fields.One2many(
        "consent.legal.hold", "partner_id", groups="political_consent.group_consent_dpo"
    )
    consent_banner = fields.Text(
        compute="_compute_consent_banner",
        compute_sudo=True,
        groups="political_consent.group_consent_user",
    )

    @api.depends("consent_restriction_ids", "email_normalized", "phone_sanitized")
    def _compute_consent_banner(self):
        """What whoever opens the record must know before writing or calling."""
        _ = self.env._
        for partner in self:
            company = partner.company_id or self.env.company
            lines = []
            if partner.consent_restriction_ids:
                lines.append(_("Data kept and not used, at this person's request: no contact."))
            reason = self.env["consent.suppression"]._reason_of(
                company, partner.email_normalized, partner.phone_sanitized
            )
            if reason == "opposed":
                lines.append(_("Objects to any canvassing."))
            elif reason == "erased":
                lines.append(
                    _("This address was erased at its owner's request. Only they may come back.")
                )
            partner.consent_banner = "\n".join(lines) or False

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._check_not_erased()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if set(ADDRESSES) & set(vals):
            self._check_not_erased()
        return result

    def _check_not_erased(self):
        """R-30: who asked to be erased is not put back by somebody else, by hand or by import.

        The person alone comes back, by a sign-up that they confirm: that is the server's own
        code, as are a ticket or a payment; the gate keeps holding messages back from these.

        :raises UserError: when a user enters an erased address
        """
        if self.env.su:
            return
        suppression = self.env["consent.suppression"].sudo()
        for company, some in self.sudo().grouped("company_id").items():
            erased = suppression._erased_among(
                company or self.env.company,
                some.mapped("email_normalized"),
                some.mapped("phone_sanitized"),
            )
            if erased:
                raise UserError(
                    self.env._(
                        "%(address)s was erased at its owner's request and cannot be entered "
                        "again. The person may come back through the sign-up page.",
                        address=sorted(erased)[0],
                    )
                )

    def _consent_object(self, company):
        """Article 21: withdraw everything prospective, and remember the addresses (R-29)."""
        self.ensure_one()
        purposes = (
            self.env["consent.purpose"]
            .sudo()
            .search([("company_id", "=", company.id), ("statutory", "=", False)])
        )
        self.env["consent.event"].sudo()._record(
            [
                {
                    "partner": self,
                    "purpose": purpose,
                    "channel": channel,
                    "action": "withdrawn",
                    "means": "staff",
                    "collector": self.env.user,
                }
                for purpose in purposes
                for channel in purpose._channels()
            ]
        )
        digest = self.env["consent.key"]._digest
        self.env["consent.suppression"].sudo()._add(
            company,
            [
                digest("email", email_normalize(self.email or "") or False),
                digest("phone", self.phone_sanitized),
            ],
            "opposed",
        )

    def action_privacy_lookup(self):
        """As in core, for who may read the address that the action hands on.

        :raises AccessError: for others
        """
        if not self._may_read_details():
            raise AccessError(self.env._("You may not read people's addresses."))
        return super().action_privacy_lookup()

    def action_consent_request(self):
        """Open a new request about this person's data.

        :raises AccessError: without the right to make one: the action tells the person's address
        """
        self.ensure_one()
        self.env["consent.right.request"].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "res_model": "consent.right.request",
            "name": self.env._("Request about one's own data"),
            "view_mode": "form",
            "context": {
                "default_partner_ids": [(6, 0, self.ids)],
                "default_requester_name": self.name,
                "default_requester_email": self.email,
                "default_requester_phone": self.phone,
            },
        }
