from odoo import models
from odoo.tools import SQL


class MailingMailing(models.Model):
    """The panel tells whom a ballot keeps silent: their messages wait and leave afterwards."""

    _inherit = "mailing.mailing"

    def _consent_expected_counts(self):
        counts = super()._consent_expected_counts()
        silent = len(self._silent_ids())
        if silent:
            counts[None] = counts.get(None, 0) - silent
            counts["silence"] = counts.get("silence", 0) + silent
        return counts

    def _consent_ids_of(self, code):
        if code == "silence" and self.state not in ("sending", "done"):
            return sorted(self._silent_ids())
        ids = super()._consent_ids_of(code)
        if code == "allowed" and self.state not in ("sending", "done"):
            silent = self._silent_ids()
            ids = [res_id for res_id in ids if res_id not in silent]
        return ids

    def _silent_ids(self):
        """Ids of contacts who are allowed to be reached, after a ballot."""
        self.ensure_one()
        model = self.env[self.mailing_model_real]
        if model._name != "res.partner" or not model.has_access("read"):
            return set()
        gate = self.env["consent.gate"].sudo()
        request = self._consent_request()
        until = gate._sql_silence(request)
        if not until:
            return set()
        query = model._search(self._get_recipients_domain())
        gate._flush()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM res_partner WHERE id IN %s AND (%s) IS NOT NULL AND (%s) IS NULL",
                query.subselect(),
                until,
                gate._sql_reason(request),
            )
        )
        return {partner_id for (partner_id,) in self.env.cr.fetchall()}
