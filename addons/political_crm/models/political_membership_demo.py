from datetime import timedelta

from odoo import api, models

# How members of the demonstration paid, in turn.
MODES = ("cheque", "transfer", "debit", "cash", "transfer", "cheque")


class PoliticalMembershipDemo(models.AbstractModel):
    """What demo data cannot say in XML: memberships begin with their money, as in life."""

    _name = "political.membership.demo"
    _description = "Demo data of memberships"

    @api.model
    def _load(self, number):
        """Give some of the invented members their membership, each paid in some way.

        :param int number: how many
        """
        rates = self.env["political.membership.rate"].search([("is_public", "=", True)])
        agent = self.env["political.financial.agent"]._default_for(self.env.company)
        people = self.env["res.partner"].search(
            [
                ("political_category", "=", "member"),
                ("company_id", "=", self.env.company.id),
                ("type", "=", "contact"),
            ],
            limit=number,
            order="id",
        )
        Membership = self.env["political.membership"]
        lines = Membership.browse()
        for place, person in enumerate(people):
            lines |= Membership._open(person, rates[place % len(rates)])
        self.env["political.payment"].create(
            [
                {
                    "partner_id": line.partner_id.id,
                    "agent_id": agent.id,
                    "company_id": line.company_id.id,
                    "amount": line.amount_due,
                    "kind": "dues",
                    "mode": MODES[place % len(MODES)],
                    "nationality_id": self.env.ref("base.fr").id,
                    "membership_id": line.id,
                    "declared": True,
                }
                for place, line in enumerate(lines)
                # Every ninth has not paid yet
                if line.amount_due and place % 9
            ]
        )
        # Every seventh of those who paid did so a while ago, and is late now
        late = lines.filtered(lambda line: line.state == "active")[::7]
        today = self.env.company._membership_today()
        late.write(
            {
                "date_start": today - timedelta(days=380),
                "date_end": today - timedelta(days=16),
            }
        )
        self.env["political.membership.job"]._run()
        self._requests()

    @api.model
    def _requests(self):
        """A few requests that wait for a lead."""
        branches = self.env["political.branch"].search(
            [("company_id", "=", self.env.company.id), ("kind", "=", "section")]
        )
        rate = self.env["political.membership.rate"].search([("is_public", "=", True)], limit=1)
        names = (("Ysaline", "Clairmontel"), ("Tancrède", "Bruvelin"), ("Naïs", "Orvacelle"))
        self.env["political.join.request"].create(
            [
                {
                    "firstname": firstname,
                    "lastname": lastname,
                    "birthdate": f"19{80 + place}-03-0{place + 1}",
                    "email": f"demande.{place}@example.org",
                    "phone": f"+33 1 99 00 09 0{place}",
                    "street": f"{place + 2} rue de l'Exemple",
                    "zip": "93140",
                    "city": "Bondy",
                    "country_id": self.env.ref("base.fr").id,
                    "nationality_id": self.env.ref("base.fr").id,
                    "statement_accepted": True,
                    "branch_id": branches[place % len(branches)].id,
                    "rate_id": rate.id,
                }
                for place, (firstname, lastname) in enumerate(names)
            ]
        )
