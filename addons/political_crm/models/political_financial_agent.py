from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PoliticalFinancialAgent(models.Model):
    """Who alone may collect money: a party's financing association or agent, or a candidate's
    (law 88-227, articles 11 to 11-3; R-59). One bank account each."""

    _name = "political.financial.agent"
    _description = "Financial agent"
    _order = "sequence, id"
    _check_company_auto = True
    # Agents are published by the CNCCFP: no private person's data.
    _consent_public_names = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    kind = fields.Selection(
        [("party", "Of the party"), ("candidate", "Of a candidate")], required=True, default="party"
    )
    election = fields.Char(
        help="Gifts to all candidates of one election are added up: write it the same for each."
    )
    cnccfp_code = fields.Char("CNCCFP identifier")
    street = fields.Char()
    zip = fields.Char()
    city = fields.Char()
    phone = fields.Char()
    email = fields.Char()

    @api.constrains("kind", "election")
    def _check_election(self):
        for agent in self:
            if (agent.kind == "candidate") != bool(agent.election):
                raise ValidationError(
                    self.env._(
                        "A candidate's agent collects for one election: name it. A party's agent "
                        "has none."
                    )
                )

    def write(self, vals):
        if not {"kind", "election", "company_id"}.isdisjoint(vals):
            payments = self.env["political.payment"].sudo()
            used = payments.search_count([("agent_id", "in", self.ids)], limit=1)
            if used and any(
                agent._fields[name].convert_to_write(agent[name], agent) != vals[name]
                for agent in self
                for name in ("kind", "election", "company_id")
                if name in vals
            ):
                raise ValidationError(
                    self.env._(
                        "Payments were collected by this agent, so its kind, election and "
                        "controller stay. Create another agent."
                    )
                )
        return super().write(vals)

    def _address(self):
        self.ensure_one()
        return ", ".join(filter(None, (self.street, f"{self.zip or ''} {self.city or ''}".strip())))

    @api.model
    def _default_for(self, company, kind="dues"):
        """The agent that collects for a company: the first of the right kind."""
        wanted = "candidate" if kind == "campaign" else "party"
        return self.sudo().search([("company_id", "=", company.id), ("kind", "=", wanted)], limit=1)
