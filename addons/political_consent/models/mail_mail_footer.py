from odoo import api, models
from odoo.tools import email_normalize, formataddr, html2plaintext
from odoo.tools.mail import append_content_to_html

from ..lib import route as routes

UNSUBSCRIBE = ("List-Unsubscribe", "List-Unsubscribe-Post")


class MailMail(models.Model):
    """R-26: every message says who sends it, for which controller, why, and how to object.

    It is put in when the e-mail leaves, so that no template can forget it and no one can take it
    out.
    """

    _inherit = "mail.mail"

    def _finish_email(self, email):
        email = super()._finish_email(email)
        route = self._route()
        if route.kind == routes.TRANSACTION:
            return email
        partner = email["partner_id"] or self._consent_partner_of(email)
        if not partner or partner.partner_share:
            links = self._consent_links(partner)
            self._consent_unsubscribe_headers(email, links)
            self._consent_hide_core_links(email, links)
            self._consent_add_footer(email, partner, links)
        return email

    def _consent_company(self):
        purpose = self.consent_purpose_id.sudo()
        return (
            purpose.company_id
            or self.record_company_id
            or self.create_uid.company_id
            or self.env.company
        ).sudo()

    def _consent_partner_of(self, email):
        """The contact behind an address that a mail goes to, when there is only one."""
        address = email_normalize(email["email_to"][0]) if email["email_to"] else False
        if not address:
            return self.env["res.partner"]
        company = self._consent_company()
        partners = (
            self.env["res.partner"]
            .sudo()
            .search(
                [
                    ("email_normalized", "=", address),
                    ("company_id", "in", [False, company.id]),
                ],
                limit=2,
            )
        )
        return partners if len(partners) == 1 else partners.browse()

    def _consent_links(self, partner):
        """Addresses of the recipient's own pages: ``{"preferences", "one_click"}``."""
        if not partner:
            return {}
        Subject = self.env["consent.subject"].sudo()
        company = self._consent_company()
        subject = Subject.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", company.id),
                ("merged_at", "=", False),
            ],
            limit=1,
        ) or Subject.browse(Subject._ensure(partner, company)[partner.id])
        links = {"preferences": subject._preferences_url()}
        if self.consent_purpose_id:
            links["one_click"] = subject._one_click_url(
                self.consent_purpose_id.sudo(), "email", self.consent_list_id.sudo()
            )
        return links

    @api.model
    def _consent_unsubscribe_headers(self, email, links):
        """R-03: one click in the mail program closes this purpose on this channel; core's link
        holds the address in clear and closes everything."""
        headers = email["headers"]
        for name in UNSUBSCRIBE:
            headers.pop(name, None)
        if links.get("one_click"):
            headers["List-Unsubscribe"] = f"<{links['one_click']}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"

    def _consent_hide_core_links(self, email, links):
        """The unsubscribe links that core wrote into the body hold the address in clear."""
        mailing = self.mailing_id
        if not (mailing and email["body"] and self.res_id and email["email_to"]):
            return
        address = email_normalize(email["email_to"][0], strict=False) or email["email_to"][0]
        url = links.get("preferences") or mailing.get_base_url()
        Wrapper = type(email["body"])
        for core in (
            mailing._get_unsubscribe_url(address, self.res_id),
            f"{mailing.get_base_url()}/unsubscribe_from_list",
        ):
            email["body"] = email["body"].replace(Wrapper(core), Wrapper(url))

    def _consent_add_footer(self, email, partner, links):
        company = self._consent_company()
        lang = partner.lang or self.env.lang or self.env.user.lang
        mail = self.with_context(lang=lang)
        footer = mail.env["ir.qweb"]._render(
            "political_consent.mail_footer",
            {
                "lines": mail._consent_footer_lines(company, email),
                "preferences_url": links.get("preferences"),
            },
            minimal_qcontext=True,
        )
        email["body"] = append_content_to_html(email["body"] or "", footer, plaintext=False)
        email["body_alternative"] = html2plaintext(email["body"])

    def _consent_footer_lines(self, company, email):
        """Sentences of the foot: who, why, how to object."""
        _ = self.env._
        lines = [
            _(
                "Sent by %(sender)s for %(controller)s, the controller of your data%(address)s.",
                sender=email["email_from"] or formataddr((company.name, company.email)),
                controller=company.name,
                address=self._consent_postal_address(company),
            )
        ]
        purpose = self.consent_purpose_id.sudo()
        if purpose.legal_basis == "consent":
            lines.append(
                _(
                    "You get this message because you agreed to “%(purpose)s”.",
                    purpose=purpose.name,
                )
            )
        elif purpose:
            lines.append(_("You get this message for “%(purpose)s”.", purpose=purpose.name))
        if company.email:
            lines.append(
                _(
                    "To object to any use of your data, or to ask what we know of you, write to "
                    "%(contact)s.",
                    contact=company.email,
                )
            )
        return lines

    @api.model
    def _consent_postal_address(self, company):
        parts = (company.street, " ".join(filter(None, (company.zip, company.city))))
        address = ", ".join(filter(None, parts))
        return f", {address}" if address else ""
