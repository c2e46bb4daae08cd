from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    relation_ids = fields.One2many(
        "political.relation", "partner_id", "Relations", groups="political_crm.group_people"
    )
    recruited_ids = fields.One2many(
        "political.relation", "other_id", "Relations of others", groups="political_crm.group_people"
    )
    mandate_ids = fields.One2many(
        "political.mandate", "partner_id", "Mandates", groups="political_crm.group_people"
    )
    mandate_count = fields.Integer(
        compute="_compute_mandate_count", groups="political_crm.group_people"
    )

    @api.depends("mandate_ids")
    def _compute_mandate_count(self):
        counts = dict(
            self.env["political.mandate"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.mandate_count = counts.get(partner._origin, 0)

    def _is_elected(self, day=None):
        """Whether the person holds an elected office on a day (today by default).

        Dues of the elected stand outside the cap on gifts (R-53).

        :rtype: bool
        """
        self.ensure_one()
        day = day or fields.Date.context_today(self)
        return any(
            mandate.kind == "elected"
            and mandate.date_start <= day
            and (not mandate.date_end or mandate.date_end >= day)
            for mandate in self.sudo().mandate_ids
        )
