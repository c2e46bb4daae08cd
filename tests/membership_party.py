"""A party that takes dues online: its server with the demo provider, its staff, its grid."""

import contextlib

from tools import template
from tools.live import LiveServer
from tools.places import LOGS

# Odoo plays a call again when it fails to serialise; each try that failed leaves this line.
SERIALISED = r"could not serialize access|deadlock detected"


@contextlib.contextmanager
def served(platform, name, *options):
    """A server on a fresh clone with core's demo provider; a warning in its log fails the test."""
    with template.clone(platform, name) as database:
        log = LOGS / f"{name}-init.log"
        assert not platform.run(log, "--init=payment_demo", database=database), log
        server = LiveServer(platform, database, "--max-cron-threads=1", *options)
        # Odoo's daily housekeeping is not what is tested, and would run beside each race
        server.sql("UPDATE ir_cron SET active = FALSE WHERE cron_name LIKE '%Auto-vacuum%'")
        try:
            yield server.start()
        finally:
            server.close()
        assert not server.warnings(), "the server's log has warnings, see above"


class Party:
    """The party: its mandataire, a local lead, an officer, two sections and two rates."""

    def __init__(self, server):
        self.server = server
        call = server.call
        call("ir.config_parameter", "set_param", "web.base.url", server.url)
        call("ir.config_parameter", "set_param", "web.base.url.freeze", "True")
        self.company = call("res.company", "search", [], limit=1, order="id")[0]
        call(
            "res.company",
            "write",
            [self.company],
            {
                "name": "Parti de l'Essai",
                "email": "contact@parti.example.org",
                "membership_statement": "Je n'appartiens à aucun autre parti.",
                # The month in which the tests run must not decide how far a membership reaches
                "membership_late_month": 0,
            },
        )
        branch = {"kind": "section", "company_id": self.company}
        self.north = call("political.branch", "create", {"name": "Bondy nord", **branch})
        self.south = call("political.branch", "create", {"name": "Bondy sud", **branch})
        self.user("lead", "political_crm.group_branch_lead", branch_ids=[(6, 0, [self.north])])
        self.user("agent", "political_crm.group_finance")
        self.user("officer", "political_consent.group_consent_dpo")
        agent = server.session("agent")
        agent.call("political.financial.agent", "create", {"name": "Association de financement"})
        self.rate = call(
            "political.membership.rate", "create", {"name": "Plein tarif", "amount": 60}
        )

    def user(self, login, *groups, **values):
        """An internal user of these groups and no more; the password is the login."""
        refs = [(4, self.ref(group)) for group in groups]
        return self.server.call(
            "res.users",
            "create",
            {
                "name": login.capitalize(),
                "login": login,
                "password": login,
                "email": f"{login}@parti.example.org",
                "group_ids": refs,
                "lang": "fr_FR",
                **values,
            },
        )

    def ref(self, xml_id):
        """The id behind an XML id."""
        module, name = xml_id.split(".")
        domain = [("module", "=", module), ("name", "=", name)]
        return self.server.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]

    def person(self, firstname, lastname, **values):
        """Somebody in the file: an adherent's card without membership yet."""
        return self.server.call(
            "res.partner",
            "create",
            {
                "firstname": firstname,
                "lastname": lastname,
                "email": f"{firstname}.{lastname}@example.org".lower(),
                "company_id": self.company,
                "political_category": "regular",
                "political_origin": "paper_form",
                "branch_id": self.north,
                "street": "1 rue du Test",
                "zip": "93140",
                "city": "Bondy",
                "country_id": self.ref("base.fr"),
                **values,
            },
        )

    def lines(self, partner):
        """(state, amount due, paid) of somebody's memberships, oldest first."""
        return self.server.sql(
            """
            SELECT m.state, m.amount_due::float,
                   (SELECT COALESCE(sum(p.amount), 0)::float FROM political_payment p
                     WHERE p.membership_id = m.id AND p.state = 'received')
              FROM political_membership m WHERE m.partner_id = %s ORDER BY m.id
            """,
            partner,
        )
