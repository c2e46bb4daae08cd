from odoo.http import request, route

from .preferences import ConsentPreferencesController


class ConsentPortal(ConsentPreferencesController):
    """One's answers, for who has an account (R-03)."""

    @route(
        "/my/consents",
        type="http",
        auth="user",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
        readonly=True,
    )
    def my_consents(self, said=None, **_query):
        """The user's own answers, as on the preference page."""
        self._speak()
        subject = self._own_subject()
        return self._page(
            "political_consent.page_preferences",
            {
                "rows": self._rows(subject) if subject else [],
                "proof_url": subject and f"{subject._preferences_url()}/proof",
                "said": self._said().get(said),
                "back_url": "/my",
            },
        )

    @route(
        "/my/consents",
        type="http",
        auth="user",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["POST"],
    )
    def my_consents_act(self, **form):
        """Withdraw at once; agree again by a message to confirm."""
        self._speak()
        subject = self._own_subject(make=True)
        said = self._change(subject, "portal", **form)
        return request.redirect(f"/my/consents?said={said}&lang={request.env.lang}", code=303)

    def _own_subject(self, make=False):
        partner = request.env.user.partner_id.sudo()
        company = request.website.company_id.sudo()
        Subject = request.env["consent.subject"].sudo().with_context(lang=request.env.lang)
        if make:
            Subject._ensure(partner, company)
        return Subject.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", company.id),
                ("merged_at", "=", False),
            ],
            limit=1,
        )
