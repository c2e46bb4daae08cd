from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .political_household import ADDRESS


class ResPartner(models.Model):
    _inherit = "res.partner"

    household_id = fields.Many2one(
        "political.household",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        groups="political_crm.group_people",
    )
    household_partner_ids = fields.Many2many(
        "res.partner",
        string="Lives with",
        compute="_compute_household_partner_ids",
        groups="political_crm.group_people",
    )

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("household_id.partner_ids")
    def _compute_household_partner_ids(self):
        for partner in self:
            # Within the reader's sight only: another branch's people stay hidden.
            partner.household_partner_ids = (
                self.search(
                    [
                        ("household_id", "=", partner.household_id.id),
                        ("id", "!=", partner._origin.id),
                    ]
                )
                if partner.household_id
                else False
            )

    @api.constrains("household_id", "company_id")
    def _check_household(self):
        for partner in self.sudo():
            household = partner.household_id
            if household and household.company_id != partner.company_id:
                raise ValidationError(
                    self.env._(
                        "A household is one controller's: %(name)s is in another file (R-41).",
                        name=partner.name,
                    )
                )

    def action_make_household(self):
        """Put the chosen people into one household.

        :raises ValidationError: when they are fewer than two, or do not share an address
        """
        self.check_access("write")
        people = self.filtered("political_category")
        addresses = {
            tuple((partner[name] or "").strip().lower() for name in ADDRESS) for partner in people
        }
        if len(people) < 2 or len(addresses) > 1 or not any(next(iter(addresses), ())):
            raise ValidationError(
                self.env._(
                    "A household is two people or more at the same address: choose them in the "
                    "list, and see that their addresses are the same."
                )
            )
        household = people.household_id[:1] or self.env["political.household"].create(
            {"company_id": people[0].company_id.id}
        )
        people.household_id = household
        return household._get_records_action()

    def action_find_households(self):
        """Find, among the chosen people, those of one surname at one address."""
        self.check_access("write")
        made = self.env["political.household"]._gather(self)
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_household")
        return {**action, "domain": [("id", "in", made.ids)]}
