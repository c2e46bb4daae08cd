from odoo import api, models
from odoo.addons.political_consent.models.consent_gate_targeting import ONLINE
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# What says an opinion, or lets an origin be guessed.
SPECIAL_FIELDS = {
    ("res.partner", "support_level"),
    ("res.partner", "volunteer_lang_ids"),
    ("crm.lead", "lost_reason_id"),
}
# Tells of payments, answers and presences all at once.
SPECIAL_MODELS = {"political.timeline"}


class ConsentGate(models.AbstractModel):
    """R-21: what article 9 protects chooses nobody for an online message."""

    _inherit = "consent.gate"

    @api.model
    def audience(self, purpose_code, channel, domain):
        if channel in ONLINE:
            self._refuse_special("res.partner", domain)
        return super().audience(purpose_code, channel, domain)

    @api.model
    def _refuse_special(self, model_name, domain):
        """
        :raises ValidationError: when a condition passes through special data, by whatever path
        """
        for model, name in self._passed_fields(model_name, Domain(domain)):
            if (model, name) in SPECIAL_FIELDS or model in SPECIAL_MODELS:
                label = self.env[model]._fields[name]._description_string(self.env)
                raise ValidationError(
                    self.env._(
                        "“%(field)s” chooses nobody for an online message: it says something of "
                        "people's opinions or origin (R-21). Take this condition out.",
                        field=label,
                    )
                )

    @api.model
    def _passed_fields(self, model_name, domain):
        """Every (model, field) that a domain asks for, inner domains included."""
        for condition in domain.iter_conditions():
            model = self.env[model_name]
            for name in condition.field_expr.split("."):
                f = model._fields.get(name)
                if f is None:
                    break
                yield model._name, name
                if not f.comodel_name:
                    break
                model = self.env[f.comodel_name]
            if isinstance(condition.value, Domain | list | tuple) and "any" in condition.operator:
                yield from self._passed_fields(model._name, Domain(condition.value))


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    @api.constrains("mailing_domain", "mailing_model_id")
    def _check_special(self):
        gate = self.env["consent.gate"]
        for mailing in self:
            name = mailing.mailing_model_name
            if name in self.env and name != "mailing.list":
                gate._refuse_special(name, mailing._parse_mailing_domain())
