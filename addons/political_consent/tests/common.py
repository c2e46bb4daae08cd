from datetime import datetime, timezone

from odoo.tests.common import TransactionCase, new_test_user


class ConsentCase(TransactionCase):
    """A controller with the shipped purposes, another one, and users of every right."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref("base.main_company")
        cls.other_company = cls.env["res.company"].create({"name": "Autre liste"})
        cls.officer = cls._user("officer", "political_consent.group_consent_user")
        # Where political_crm is there too, a confirmed sign-up makes a person of the party, whom
        # its groups alone see
        cls.officer.group_ids += (
            cls.env.ref("political_crm.group_people_all", False) or (cls.env["res.groups"])
        )
        cls.clerk = cls._user("clerk", "political_consent.group_consent_behalf")
        cls.dpo = cls._user("dpo_user", "political_consent.group_consent_dpo")
        cls.internal = cls._user("internal", "base.group_user")
        cls.outsider = cls._user(
            "outsider", "political_consent.group_consent_dpo", cls.other_company
        )
        cls.newsletter = cls.env["consent.purpose"]._get("newsletter", cls.company)
        cls.anne, cls.basile = cls.env["res.partner"].create(
            [
                {
                    "name": "Anne Essai",
                    "email": "anne.essai@example.org",
                    "phone": "+33199001234",
                    "street": "1 rue de l'Essai",
                    "company_id": cls.company.id,
                },
                {
                    "name": "Basile Essai",
                    "email": "basile.essai@example.org",
                    "phone": "+33199001235",
                    "company_id": cls.company.id,
                },
            ]
        )

    @classmethod
    def _user(cls, login, groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login,
            groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
            email=f"{login}@example.org",
        )

    @classmethod
    def wording_code(cls, purpose_code="newsletter", channel="email", lang="fr_FR"):
        purpose = cls.env["consent.purpose"]._get(purpose_code, cls.company)
        return cls.env["consent.wording"]._published(purpose, channel, lang).code

    @classmethod
    def give(cls, partner, purpose_code="newsletter", channel="email", **proof):
        """Record a consent on paper; returns the events."""
        proof = {
            "means": "paper",
            "wording_code": cls.wording_code(purpose_code, channel),
            **proof,
        }
        ids = partner.sudo().consent_record(purpose_code, channel, "given", proof)
        return cls.env["consent.event"].browse(ids)

    @classmethod
    def join(cls, people):
        """Make members of people: told, when they joined, what the statutes send them."""
        return cls.give(people, "membership")

    @classmethod
    def withdraw(cls, partner, purpose_code="newsletter", channel="email", **proof):
        """Record a withdrawal; returns the events."""
        proof = {"means": "staff", **proof}
        ids = partner.sudo().consent_record(purpose_code, channel, "withdrawn", proof)
        return cls.env["consent.event"].browse(ids)

    def reason(self, partner, purpose_code="newsletter", channel="email", user=None, at=False):
        """The gate's reason for one contact, ``False`` when the way is free."""
        gate = self.env["consent.gate"].with_user(user or self.officer)
        return gate.check(partner.ids, purpose_code, channel, at=at)[0]["reason"]

    @staticmethod
    def utc_now():
        return datetime.now(timezone.utc).replace(tzinfo=None)
