from odoo import fields, models


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    relay_id = fields.Many2one(
        "political.relay", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )

    def _get_recipients(self):
        """A relayed message reaches a whole list, or the chosen people whom its writer may see
        (who reads no mailing)."""
        self.ensure_one()
        if not (self.env.su and self.relay_id):
            return super()._get_recipients()
        people = self.env[self.mailing_model_real]
        if self.relay_id.mode == "people":
            sender = self.consent_sender_id
            people = people.with_user(sender).with_context(
                allowed_company_ids=sender.company_ids.ids
            )
        return people.search(self._get_recipients_domain()).ids
