from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MailingList(models.Model):
    _inherit = "mailing.list"

    consent_purpose_id = fields.Many2one(
        "consent.purpose",
        string="Purpose",
        default=lambda self: self._default_consent_purpose(),
        ondelete="restrict",
        index="btree_not_null",
        help="What the people of this list agreed to. Without it nobody can be subscribed.",
    )
    consent_list_id = fields.Many2one(
        "consent.list",
        string="Consent list",
        domain="[('purpose_id', '=', consent_purpose_id)]",
        ondelete="restrict",
        help="When people agree to this list by name rather than to the purpose as a whole.",
    )

    @api.model
    def _default_consent_purpose(self):
        return (
            self.env["consent.purpose"]
            .sudo()
            .search(
                [("code", "=", "newsletter"), ("company_id", "=", self.env.company.id)], limit=1
            )
        )

    @api.constrains("consent_purpose_id", "consent_list_id")
    def _check_consent_list(self):
        for mailing_list in self:
            audience = mailing_list.consent_list_id
            if audience and audience.purpose_id != mailing_list.consent_purpose_id:
                raise ValidationError(self.env._("This list belongs to another purpose."))

    @api.model_create_multi
    def create(self, vals_list):
        lists = super().create(vals_list)
        lists._open_consented()
        return lists

    def write(self, vals):
        result = super().write(vals)
        if {"consent_purpose_id", "consent_list_id"} & set(vals):
            self.sudo().subscription_ids._close_unconsented()
        if "contact_ids" in vals:
            self._open_consented()
        return result

    def action_merge(self, src_lists, archive):
        """Merge lists; who did not agree to this one stays out (the rows come in closed)."""
        result = super().action_merge(src_lists, archive)
        self._open_consented()
        return result

    def _open_consented(self):
        """Open the subscriptions, which come in closed, of those who agreed."""
        self.invalidate_recordset(["subscription_ids"])
        self.sudo().subscription_ids.filtered("opt_out")._open_consented()

    def _consent_boxes(self, lang):
        """What signing up to these lists agrees to: [(wording, ``consent.list``)]."""
        boxes = []
        for mailing_list in self.sudo():
            purpose = mailing_list.consent_purpose_id
            wording = purpose and self.env["consent.wording"]._published(purpose, "email", lang)
            box = wording and (wording, mailing_list.consent_list_id)
            if box and box not in boxes:
                boxes.append(box)
        return boxes
