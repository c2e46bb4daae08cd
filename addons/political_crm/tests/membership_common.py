from .common import PoliticalCase


class MembershipCase(PoliticalCase):
    """A party with its agent, a candidate's agent, and a grid of dues."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.france = cls.env.ref("base.fr")
        cls.belgium = cls.env.ref("base.be")
        cls.company.email = "contact@parti.example.org"
        Agent = cls.env["political.financial.agent"]
        cls.agent = Agent.create({"name": "Association de financement", "cnccfp_code": "P-001"})
        cls.candidate_agent = Agent.create(
            {"name": "Mandataire de Test", "kind": "candidate", "election": "Municipales 2026"}
        )
        Rate = cls.env["political.membership.rate"]
        cls.rate = Rate.create({"name": "Plein tarif", "amount": 60, "instalments": 3})
        cls.rate_free = Rate.create({"name": "Libre", "amount": 20, "is_free": True})
        cls.rate_rolling = Rate.create({"name": "Un an", "amount": 40, "period": "rolling"})
        cls.rate_gratis = Rate.create({"name": "Découverte", "amount": 0, "first_year": True})
        (cls.person_north + cls.person_south).write(
            {
                "street": "1 rue du Test",
                "zip": "93140",
                "city": "Bondy",
                "country_id": cls.france.id,
                "political_category": "regular",
            }
        )

    @classmethod
    def _pay(cls, partner, amount, **values):
        return cls.env["political.payment"].create(
            {
                "partner_id": partner.id,
                "amount": amount,
                "kind": "gift",
                "nationality_id": cls.france.id,
                **values,
            }
        )

    @classmethod
    def _member(cls, partner, rate=None, **values):
        """A membership, paid in full by cheque."""
        rate = rate or cls.rate
        line = cls.env["political.membership"]._open(partner, rate, **values)
        if line.amount_due:
            cls._pay(partner, line.amount_due, kind="dues", membership_id=line.id)
        return line
