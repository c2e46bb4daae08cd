import logging

from odoo import api, models

_logger = logging.getLogger(__name__)

ENRICHMENT_MODULES = (
    "partner_autocomplete",
    "crm_iap_enrich",
    "crm_iap_mine",
    "website_crm_iap_reveal",
)
ENRICHMENT_CRONS = (
    "crm_iap_enrich.ir_cron_lead_enrichment",
    "website_crm_iap_reveal.ir_cron_crm_reveal_lead",
)


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    @api.model
    def _remove_enrichment(self):
        """Send away the enrichment addons that sms and crm bring by themselves (R-14).

        They are marked, and leave at the end of the run that installs us. One that another addon
        needs stays, refused at every call; so does one that comes later.
        """
        self.env["ir.config_parameter"].sudo().set_param("crm.iap.lead.enrich.setting", "manual")
        for xml_id in ENRICHMENT_CRONS:
            cron = self.env.ref(xml_id, raise_if_not_found=False)
            if cron:
                cron.active = False
        for module in self._enrichment_modules():
            needed_by = module.downstream_dependencies().mapped("name")
            if set(needed_by).issubset(ENRICHMENT_MODULES) and module.state != "to remove":
                module.button_uninstall()

    @api.model
    def _enrichment_modules(self):
        return self.sudo().search(
            [
                ("name", "in", ENRICHMENT_MODULES),
                ("state", "in", ("installed", "to upgrade", "to remove")),
            ]
        )

    def _register_hook(self):
        """Raise the alarm when one came later: its calls are refused, its buttons are there."""
        result = super()._register_hook()
        present = self._enrichment_modules().mapped("name")
        if present:
            _logger.warning(
                "Enrichment addons are installed beside people's political data: %s. Their calls "
                "are refused; uninstall them.",
                ", ".join(sorted(present)),
            )
        return result
