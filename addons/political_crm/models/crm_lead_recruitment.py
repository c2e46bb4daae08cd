from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .res_partner import PEOPLE

STAGE_OF = {
    "occasional": "political_crm.stage_occasional",
    "prospect": "political_crm.stage_occasional",
    "regular": "political_crm.stage_supporter",
    "former": "political_crm.stage_supporter",
}


class CrmLead(models.Model):
    """The way from an occasional contact to a member, in Odoo's own pipeline.

    People and others do not mix in it: each have stages of their own.
    """

    _inherit = "crm.lead"

    is_recruitment = fields.Boolean(compute="_compute_is_recruitment", groups=PEOPLE)

    @api.depends("political_category")
    def _compute_is_recruitment(self):
        for lead in self:
            lead.is_recruitment = bool(lead.political_category)

    def _is_of_people(self):
        people = [bool(lead.political_category) for lead in self.sudo()]
        return any(people) if people else bool(self.env.context.get("recruitment"))

    def _stage_find(self, team_id=False, domain=None, order="sequence, id", limit=1):
        stages = Domain("recruitment", "=", self._is_of_people())
        domain = list(stages & Domain(domain or []))
        return super()._stage_find(team_id=team_id, domain=domain, order=order, limit=limit)

    @api.depends("team_id", "type", "political_category")
    def _compute_stage_id(self):
        """A lead that becomes a person's, or stops being one, moves to its own stages."""
        result = super()._compute_stage_id()
        for lead in self:
            if lead.stage_id.recruitment != bool(lead.sudo().political_category):
                stage = self.env.ref(STAGE_OF.get(lead.sudo().political_category, ""), False)
                lead.stage_id = stage or lead._stage_find(domain=[("fold", "=", False)])
        return result

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        if "recruitment" in self.env.context:
            wanted = bool(self.env.context["recruitment"])
            return stages.sudo().search(
                ["|", ("id", "in", stages.ids), ("recruitment", "=", wanted)], order=stages._order
            )
        return super()._read_group_stage_ids(stages, domain)

    # ---------------------------------------------------------------- feeding

    @api.model
    def _recruit(self, people):
        """Open a recruitment for people who came by a step of their own: a form, an event, a
        door. Who is a member, or is in the pipeline already, is left alone.

        :param people: ``res.partner`` records
        :returns: the leads made
        """
        people = people.sudo().filtered(
            lambda p: p.political_category not in (False, "member") and not p.is_company
        )
        known = self.sudo().search(
            [("partner_id", "in", people.ids), ("political_category", "!=", False)]
        )
        people -= known.partner_id
        return self.sudo().create([self._recruitment_vals(person) for person in people])

    @api.model
    def _recruitment_vals(self, person):
        stage = self.env.ref(STAGE_OF[person.political_category])
        if person.is_volunteer:
            stage = self.env.ref("political_crm.stage_volunteer")
        return {
            "name": person.name,
            "type": "opportunity",
            "partner_id": person.id,
            "stage_id": stage.id,
            "user_id": False,
            "team_id": person.branch_id._recruitment_team().id,
            "company_id": person.company_id.id,
            "political_category": person.political_category,
            "political_origin": person.political_origin,
            "branch_id": person.branch_id.id,
        }

    # ---------------------------------------------------------------- converting

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        """The person made from a lead is in the file for the lead's reason."""
        values = super()._prepare_customer_values(
            partner_name, is_company=is_company, parent_id=parent_id
        )
        lead = self.sudo()
        if lead.political_category and not is_company:
            values.update(
                political_category=lead.political_category,
                political_origin=lead.political_origin,
                branch_id=lead.branch_id.id,
                company_id=lead.company_id.id,
            )
        return values

    def _recruited_person(self):
        """The person of a recruitment; made from what the lead says when there is none yet."""
        self.ensure_one()
        if not self.partner_id:
            name = self.contact_name or self.partner_name or self.name
            values = self._prepare_customer_values(name)
            self.partner_id = self.env["res.partner"].create(values)
        return self.partner_id

    def action_see_person(self):
        """Open the person of the recruitment."""
        return self._recruited_person()._get_records_action()

    def action_invite_to_join(self):
        """Note that the person wants to join, and open their request to join.

        :returns: a window action
        :raises UserError: for a lead of nobody in the file
        """
        self.ensure_one()
        self.check_access("write")
        if not self.political_category:
            raise UserError(self.env._("Choose a category first: whose recruitment is this?"))
        person = self._recruited_person()
        if person.political_category == "member":
            raise UserError(self.env._("%(name)s is a member already.", name=person.name))
        self.stage_id = self.env.ref("political_crm.stage_joining")
        return person.action_join()
