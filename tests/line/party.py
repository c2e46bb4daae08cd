"""The party in the story: its staff, its files, and what can be counted in its database."""

import re

COLUMNS = {
    "rec_id": "ref",
    "prenom": "firstname",
    "nom": "lastname",
    "date_naissance": False,
    "email": "email",
    "telephone": "phone",
    "adresse": "street",
    "code_postal": "zip",
    "ville": "city",
    "entity_id": False,
}
BATCH = 2000
OPTIONS = {
    "separator": ";",
    "quoting": '"',
    "encoding": "utf-8",
    "has_headers": True,
    "float_thousand_separator": " ",
    "float_decimal_separator": ",",
    "date_format": "%Y-%m-%d",
    "datetime_format": "",
    "advanced": False,
    "keep_matches": False,
}
STAFF_GROUPS = (
    "political_crm.group_staff",
    "political_consent.group_consent_user",
    "mass_mailing.group_mass_mailing_user",
    "base.group_partner_manager",
)
ORGANISER_GROUPS = ("political_canvass.group_canvass_organiser", "political_crm.group_staff")


class Party:
    """The party, over RPC as its own people.

    :param LiveServer server: the running Odoo
    """

    def __init__(self, server):
        self.server = server
        server.call("ir.config_parameter", "set_param", "web.base.url", server.url)
        server.call("ir.config_parameter", "set_param", "web.base.url.freeze", "True")
        self.company = server.call("res.company", "search", [], limit=1, order="id")[0]
        server.call(
            "res.company",
            "write",
            [self.company],
            {"name": "Parti de l'Essai", "email": "contact@parti.example.org"},
        )
        self._user("staff", STAFF_GROUPS)
        self._user("organiser", ORGANISER_GROUPS)
        self.staff = server.session("staff")
        self.organiser = server.session("organiser")
        self.turf = None

    def _user(self, login, groups):
        refs = [self._ref(group) for group in groups]
        self.server.call(
            "res.users",
            "create",
            {
                "name": login.capitalize(),
                "login": login,
                "password": login,
                "email": f"{login}@parti.example.org",
                "group_ids": [(4, ref) for ref in refs],
            },
        )

    def _ref(self, xml_id):
        module, name = xml_id.split(".")
        [row] = self.server.call(
            "ir.model.data",
            "search_read",
            [("module", "=", module), ("name", "=", name)],
            ["res_id"],
        )
        return row["res_id"]

    def import_contacts(self, content):
        """Odoo's own import of the French contact file, in the web client's batches.

        :param bytes content: the file
        :return: int, how many contacts were made
        """
        wizard = self.staff.call("base_import.import", "create", {"res_model": "res.partner"})
        self._upload(wizard, content)
        made, skip = 0, 0
        while True:
            answer = self.staff.call(
                "base_import.import",
                "execute_import",
                [wizard],
                list(COLUMNS.values()),
                list(COLUMNS),
                {**OPTIONS, "skip": skip, "limit": BATCH},
            )
            assert not answer.get("messages"), answer["messages"][:3]
            made += len(answer["ids"])
            if not answer.get("nextrow"):
                return made
            skip = answer["nextrow"]

    def _upload(self, wizard, content):
        """Hand the file to the import screen's own route."""
        # Core's route takes the file from the request itself, and Odoo remarks on it.
        self.server.expect_in_log(r"called ignoring args \{'ufile'\}")
        http = self.staff.http
        page = http.get(f"{self.server.url}/odoo", timeout=60).text
        token = re.search(r'csrf_token: "([^"]+)"', page)[1]
        answer = http.post(
            f"{self.server.url}/base_import/set_file",
            data={"csrf_token": token, "id": wizard},
            files={"ufile": ("contacts.csv", content, "text/csv")},
            timeout=60,
        )
        answer.raise_for_status()
        assert "error" not in answer.json(), answer.json()

    def ledger(self, **where):
        """Events of the ledger, oldest first, as dicts.

        :param where: columns and the values they must have
        """
        domain = [(name, "=", value) for name, value in where.items()]
        return self.server.call("consent.event", "search_read", domain, [], order="id")

    def answers(self, email, purpose="newsletter", channel="email"):
        """What the gate says of everybody with an address.

        :return: list of reasons; False where the way is free
        """
        people = self.server.call("res.partner", "search", [("email", "=ilike", email)])
        rows = self.server.call("consent.gate", "check", people, purpose, channel)
        return [row["reason"] for row in rows]
