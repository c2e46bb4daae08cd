from odoo import models

PRINTED = {"res.partner", "mailing.contact", "crm.lead", "res.users"}


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _get_rendering_context(self, report, docids, data):
        """Labels and lists of people are data taken out (R-42); one person's page is not."""
        data = super()._get_rendering_context(report, docids, data)
        user = self.env.user
        many = len(docids or ()) > 1
        if many and report.model in PRINTED and not self.env.su and user._is_internal():
            mark = self.env["consent.access.log"]._take_out("print", report.model, len(docids))
            data["consent_watermark"] = mark
        return data
