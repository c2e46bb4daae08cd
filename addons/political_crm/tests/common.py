from odoo.tests import TransactionCase, new_test_user


class PoliticalCase(TransactionCase):
    """A party with two sections, a second controller, and one user of each role.

    Phones lie in ranges kept for fiction and mails at example.org (R-77).
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Parti des tests"})
        cls.other_company = cls.env["res.company"].create({"name": "Candidature voisine"})
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.federation = cls._branch("Fédération", "federation")
        cls.north = cls._branch("Section nord", parent_id=cls.federation.id)
        cls.south = cls._branch("Section sud", parent_id=cls.federation.id)
        cls.other_branch = cls._branch("Comité", company_id=cls.other_company.id)
        cls._create_users()
        cls.person_north = cls._person("Nord", branch_id=cls.north.id)
        cls.person_south = cls._person("Sud", branch_id=cls.south.id)
        cls.person_nowhere = cls._person("Nulle part", branch_id=False)
        cls.person_other = cls._person(
            "Voisine", company_id=cls.other_company.id, branch_id=cls.other_branch.id
        )
        cls.people = cls.person_north + cls.person_south + cls.person_nowhere + cls.person_other
        cls.contact = cls.env["res.partner"].create({"name": "Imprimerie", "is_company": True})

    @classmethod
    def _branch(cls, name, kind="section", **values):
        return cls.env["political.branch"].create(
            {"name": name, "kind": kind, "company_id": cls.company.id, **values}
        )

    @classmethod
    def _person(cls, name, **values):
        return cls.env["res.partner"].create(cls._person_values(name, **values))

    @classmethod
    def _person_values(cls, name, **values):
        return {
            "lastname": name,
            "firstname": "Camille",
            "email": f"{name.lower().replace(' ', '.')}@example.org",
            "phone": "+33 1 99 00 12 34",
            "company_id": cls.company.id,
            "political_category": "member",
            "political_origin": "paper_form",
            **values,
        }

    @classmethod
    def _create_users(cls):
        def user(login, groups, company=cls.company, **values):
            return new_test_user(
                cls.env,
                login=f"test_{login}",
                groups=groups,
                context={"no_reset_password": True},
                company_id=company.id,
                company_ids=[(6, 0, company.ids)],
                **values,
            ).with_company(company)

        cls.user_plain = user("plain", "base.group_user")
        cls.user_sales = user("sales", "sales_team.group_sale_manager,base.group_partner_manager")
        cls.user_admin = user("rights", "base.group_system")
        cls.user_lead = user("lead", "political_crm.group_branch_lead")
        cls.user_lead.branch_ids = cls.north
        cls.user_lead_homeless = user("homeless", "political_crm.group_branch_lead")
        cls.user_federation = user("federation", "political_crm.group_branch_lead")
        cls.user_federation.branch_ids = cls.federation
        cls.user_staff = user("staff", "political_crm.group_staff")
        cls.user_manager = user("manager", "political_crm.group_manager")
        cls.user_finance = user("finance", "political_crm.group_finance")
        cls.user_dpo = user("dpo", "political_consent.group_consent_dpo")
        cls.user_neighbour = user("neighbour", "political_crm.group_staff", cls.other_company)

    def _as(self, user, model="res.partner"):
        """The model as that user, in that user's own company, the way RPC sees it."""
        return self.env[model].with_user(user).with_context(allowed_company_ids=user.company_id.ids)
