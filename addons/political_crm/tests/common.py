import json

from odoo.tests import TransactionCase


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
    def _stations(cls):
        """Three polling stations of a town in a department; two of them have a contour."""
        Zone = cls.env["political.zone"]
        ring = [[2, 48], [2.1, 48], [2.1, 48.1], [2, 48]]
        contour = json.dumps({"type": "Polygon", "coordinates": [ring]})
        department = Zone.create({"name": "Département", "kind": "department", "code": "X9"})
        town = Zone.create(
            {"name": "Ville", "kind": "commune", "code": "X9001", "parent_id": department.id}
        )
        return Zone.create(
            [
                {
                    "name": f"Bureau {n}",
                    "kind": "station",
                    "code": f"X9001_000{n}",
                    "parent_id": town.id,
                    "contour": n < 3 and contour,
                }
                for n in (1, 2, 3)
            ]
        )

    @classmethod
    def _create_users(cls):
        """One user of each role; made together, which takes a third of the time."""
        roles = {
            "plain": "base.group_user",
            "sales": "sales_team.group_sale_manager,base.group_partner_manager",
            "rights": "base.group_system",
            "lead": "political_crm.group_branch_lead",
            "homeless": "political_crm.group_branch_lead",
            "federation": "political_crm.group_branch_lead",
            "staff": "political_crm.group_staff",
            "manager": "political_crm.group_manager",
            "finance": "political_crm.group_finance",
            "dpo": "political_consent.group_consent_dpo",
            "neighbour": "political_crm.group_staff",
        }
        neighbours = {"neighbour": cls.other_company}
        made = cls.env["res.users"].with_context(no_reset_password=True)
        made = made.create(
            [
                cls._user_values(name, groups, neighbours.get(name, cls.company))
                for name, groups in roles.items()
            ]
        )
        users = {
            name: user.with_company(user.company_id) for name, user in zip(roles, made, strict=True)
        }
        cls.user_plain = users["plain"]
        cls.user_sales = users["sales"]
        cls.user_admin = users["rights"]
        cls.user_lead = users["lead"]
        cls.user_lead_homeless = users["homeless"]
        cls.user_federation = users["federation"]
        cls.user_staff = users["staff"]
        cls.user_manager = users["manager"]
        cls.user_finance = users["finance"]
        cls.user_dpo = users["dpo"]
        cls.user_neighbour = users["neighbour"]
        cls.user_lead.branch_ids = cls.north
        cls.user_federation.branch_ids = cls.federation

    @classmethod
    def _user_values(cls, name, groups, company):
        """Values of a user whose login and password are alike, as tours log in."""
        login = f"test_{name}"
        return {
            "name": login,
            "login": login,
            "password": login,
            "email": f"{login}@example.org",
            "company_id": company.id,
            "company_ids": [(6, 0, company.ids)],
            "group_ids": [(6, 0, [cls.env.ref(group).id for group in groups.split(",")])],
        }

    def _as(self, user, model="res.partner"):
        """The model as that user, in that user's own company, the way RPC sees it."""
        return self.env[model].with_user(user).with_context(allowed_company_ids=user.company_id.ids)
