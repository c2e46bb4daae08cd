from odoo import api, models
from odoo.exceptions import ValidationError

# Services that take a person's or a company's address and bring back what others know of them.
ENRICHMENT_SERVICES = {"partner_autocomplete", "reveal"}


class IapAccount(models.Model):
    _inherit = "iap.account"

    @api.model
    def get(self, service_name, force_create=True):
        """Every enrichment addon asks here for its account before it calls out: refuse (R-14).

        :raises ValidationError: for an enrichment service; core's callers expect and show it
        """
        if service_name not in ENRICHMENT_SERVICES:
            return super().get(service_name, force_create=force_create)
        if not force_create:
            return self.browse()
        raise ValidationError(self._enrichment_refused())

    @api.model
    def get_credits(self, service_name):
        """The settings page asks for the balance of each service by network: not of these."""
        if service_name in ENRICHMENT_SERVICES:
            return 0
        return super().get_credits(service_name)

    @api.model
    def _enrichment_refused(self):
        return self.env._(
            "This database holds political opinions: contacts are never completed from outside "
            "sources. Ask the person instead."
        )
