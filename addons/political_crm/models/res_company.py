from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    single_message_days = fields.Integer(
        "Occasional contacts kept after their message (days)",
        default=60,
        help="Norme simplifiée 34, article 5: at most two months after the single message.",
    )
    single_message_web_days = fields.Integer(
        "Same, data collected on the web (days)",
        default=30,
        help="Norme simplifiée 34 asks for a shorter term for what was collected on the internet.",
    )
    single_message_wait_days = fields.Integer(
        "Occasional contacts kept without any message (days)", default=365
    )

    @api.constrains("single_message_days", "single_message_web_days", "single_message_wait_days")
    def _check_single_message_days(self):
        for company in self:
            for days, limit in (
                (company.single_message_days, 61),
                (company.single_message_web_days, 61),
                (company.single_message_wait_days, 365),
            ):
                if not 0 < days <= limit:
                    raise ValidationError(
                        self.env._(
                            "An occasional contact is kept at least one day and at most %(limit)s "
                            "days here.",
                            limit=limit,
                        )
                    )

    def _is_party(self):
        """Whether a company is a party's or a candidate's: it has branches.

        :rtype: bool
        """
        self.ensure_one()
        return bool(
            self.env["political.branch"]
            .sudo()
            .search_count([("company_id", "=", self.id)], limit=1)
        )
