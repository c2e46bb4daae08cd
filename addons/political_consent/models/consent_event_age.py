from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .consent_signup import DIGITAL_AGE


class ConsentEvent(models.Model):
    """R-23: a child under 15 agrees together with a parent, in writing, or not at all."""

    _inherit = "consent.event"

    @api.model
    def _record(self, vals_list):
        self._check_ages([vals for vals in vals_list if vals["action"] == "given"])
        return super()._record(vals_list)

    @api.model
    def _check_ages(self, vals_list):
        """Refuse what a known child gave without the parent's signature.

        :raises UserError: for a contact under 15 on the day of the consent
        """
        partner_of = {id(vals): self._person_of(vals) for vals in vals_list}
        self.env["res.partner"].flush_model(["birthdate"])
        youngest = fields.Date.today() - relativedelta(years=DIGITAL_AGE + 10)
        self.env.cr.execute(
            SQL(
                "SELECT id, birthdate FROM res_partner WHERE id = ANY(%s) AND birthdate > %s",
                list(set(partner_of.values())),
                youngest,
            )
        )
        born = dict(self.env.cr.fetchall())
        for vals in vals_list if born else ():
            day = (vals.get("collected_at") or fields.Datetime.now()).date()
            birthdate = born.get(partner_of[id(vals)])
            if not birthdate or birthdate + relativedelta(years=DIGITAL_AGE) <= day:
                continue
            if vals.get("age_check") != "joint" or not vals.get("evidence"):
                raise UserError(
                    self.env._(
                        "Under 15, a consent counts only with a parent's. Record it as joint, "
                        "with the form that both signed."
                    )
                )

    @api.model
    def _person_of(self, vals):
        partner = vals.get("partner") or (vals.get("subject") and vals["subject"].partner_id)
        return partner.id if partner else 0
