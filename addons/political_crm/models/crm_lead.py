from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .res_partner import CATEGORIES, ORIGINS, PEOPLE


class CrmLead(models.Model):
    """Recruitment: a lead that carries a person of the party is as confidential as the person."""

    _inherit = "crm.lead"

    political_category = fields.Selection(
        CATEGORIES,
        "Category",
        compute="_compute_political_file",
        store=True,
        readonly=False,
        index=True,
        groups=PEOPLE,
    )
    political_origin = fields.Selection(
        ORIGINS,
        "Origin",
        compute="_compute_political_file",
        store=True,
        readonly=False,
        groups=PEOPLE,
    )
    branch_id = fields.Many2one(
        "political.branch",
        compute="_compute_political_file",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        groups=PEOPLE,
    )

    @api.depends(
        "partner_id.political_category", "partner_id.political_origin", "partner_id.branch_id"
    )
    def _compute_political_file(self):
        """What is known of the person wins; a lead without a person keeps its own."""
        for lead in self:
            person = lead.partner_id
            known = bool(person.political_category)
            lead.political_category = (known and person.political_category) or (
                lead.political_category
            )
            lead.political_origin = (known and person.political_origin) or lead.political_origin
            lead.branch_id = person.branch_id if known else lead.branch_id

    @api.depends("partner_id.company_id", "political_category")
    def _compute_company_id(self):
        """A person's lead belongs to the person's controller, whoever follows it (R-41)."""
        result = super()._compute_company_id()
        for lead in self.filtered("political_category"):
            lead.company_id = lead.partner_id.company_id or lead.company_id or self.env.company
        return result

    @api.constrains("political_category", "political_origin")
    def _check_political_origin(self):
        for lead in self.sudo():
            if lead.political_category and not lead.political_origin:
                raise ValidationError(
                    self.env._("Say where this person's data comes from: choose an origin (R-11).")
                )

    @api.constrains("company_id")
    def _check_political_company(self):
        for lead in self.sudo():
            if lead.political_category and not lead.company_id:
                raise ValidationError(
                    self.env._(
                        "Choose the company that answers for this person's data (the controller)."
                    )
                )
