from odoo import api, models


class PoliticalChecklist(models.AbstractModel):
    """What is to be done once after the installation; the list ends, and then it is gone."""

    _name = "political.checklist"
    _description = "Party set-up checklist"

    @api.model
    def _items(self, company):
        """Steps of the set-up. Addons extend it.

        :returns: list of (done, what to do, action xml id)
        :rtype: list[tuple[bool, str, str]]
        """
        _ = self.env._
        company = company.sudo()
        mine = [("company_id", "=", company.id)]
        branches = self.env["political.branch"].sudo().search(mine)
        people = self.env["res.partner"].sudo()
        people_domain = [*mine, ("political_category", "!=", False)]
        here = "political_crm."
        return [
            (
                bool(company.email and company.street),
                _("Name the party: address and e-mail"),
                "base.action_res_company_form",
            ),
            (
                bool(self.env["ir.mail_server"].sudo().search_count([], limit=1)),
                _("Connect the mail server that sends for you"),
                "base.action_ir_mail_server_list",
            ),
            (
                bool(self.env["political.zone"].search_count([("kind", "=", "commune")], limit=1)),
                _("Load the places: communes and polling stations"),
                f"{here}action_zone",
            ),
            (
                bool(branches),
                _("Create the branches and say where each is at home"),
                f"{here}action_branch",
            ),
            (
                any(branch.zone_ids for branch in branches),
                _("Link a branch to its places, so that people find theirs"),
                f"{here}action_branch",
            ),
            (
                any(branch.user_ids for branch in branches),
                _("Invite local leads and give them their branch"),
                "base.action_res_users",
            ),
            (
                bool(people.search_count(people_domain, limit=1)),
                _("Enter or import the first people"),
                f"{here}action_people",
            ),
        ]
