"""The consent ledger of a real server: who writes to it in tests, and what its database says."""

import importlib.util
import json
import time
from hashlib import sha256
from hmac import HMAC

import psutil
import requests

from tools.places import ADDONS

EVENTS = """
    SELECT id, subject, identifier_key, purpose_id AS purpose, channel, list_id AS list, action,
           collected_at
      FROM consent_event
"""
STATES = """
    SELECT s.code, t.identifier_key, t.purpose_id, t.channel, t.list_id, t.event_id
      FROM consent_state t LEFT JOIN consent_subject s ON s.id = t.subject_id
"""
# Odoo plays a call again when it fails to serialise; each try that failed leaves this line.
SERIALISED = r"could not serialize access|deadlock detected"
# Seconds until a process has come or gone, however slow the machine
PATIENCE = 60
NAMES = ("id", "subject", "identifier_key", "purpose", "channel", "list", "action", "collected_at")
# Purposes of the main company, with a channel that each of them uses.
ASKED = (("newsletter", "email"), ("event", "email"), ("sms_mobilisation", "sms"))


def _pure(name):
    """A module of political_consent's lib/, which needs no Odoo."""
    path = ADDONS / "political_consent" / "lib" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"consent_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fold = _pure("fold").fold


class Ledger:
    """A server's ledger.

    :param LiveServer server: the running Odoo
    """

    def __init__(self, server):
        self.server = server
        server.call("ir.config_parameter", "set_param", "web.base.url", server.url)
        self.company = server.call("res.company", "search", [], limit=1, order="id")[0]
        server.call("res.company", "write", [self.company], {"email": "contact@parti.example.org"})
        self.wordings = {
            (row["purpose_id"][0], row["channel"]): row["code"]
            for row in server.call(
                "consent.wording", "search_read", [("state", "=", "published")], []
            )
        }
        self.purposes = {
            row["code"]: row["id"]
            for row in server.call(
                "consent.purpose", "search_read", [("company_id", "=", self.company)], ["code"]
            )
        }

    # --- People -------------------------------------------------------------------------------

    def user(self, login, *groups):
        """A user of the main company with these groups and no more; the password is the login."""
        refs = [self._ref(group) for group in groups]
        values = {"name": login.capitalize(), "login": login, "password": login}
        return self.server.call(
            "res.users",
            "create",
            {**values, "email": f"{login}@example.org", "group_ids": [(4, ref) for ref in refs]},
        )

    def _ref(self, xml_id):
        module, name = xml_id.split(".")
        domain = [("module", "=", module), ("name", "=", name)]
        return self.server.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]

    def people(self, number, prefix="p"):
        """New contacts, each with an address and a number of their own.

        :return: list of int, their ids
        """
        taken = self.server.call("res.partner", "search_count", [("phone", "like", "+33199")])
        return self.server.call(
            "res.partner",
            "create",
            [
                {
                    "name": f"Personne {prefix} {place}",
                    "email": f"{prefix}{place}@example.org",
                    "phone": number_of(taken + place),
                    "company_id": self.company,
                }
                for place in range(number)
            ],
        )

    # --- Writing ------------------------------------------------------------------------------

    def proof(self, purpose, channel, action, **more):
        """The proof of an answer that came by telephone."""
        proof = {"means": "phone", **more}
        if action == "given":
            proof["wording_code"] = self.wordings[self.purposes[purpose], channel]
        return proof

    def gateway(self):
        """An SMS gateway: a callable that hands over STOP from a number, and its HTTP status."""
        made = self.server.call("consent.gateway", "create", {"name": "Passerelle"})
        [row] = self.server.call("consent.gateway", "read", [made], ["code"])
        action = self.server.call("consent.gateway", "action_new_secret", [made])
        secret = action["params"]["message"].encode()

        def stop(number, unique):
            body = json.dumps({"from": number, "text": "STOP", "id": unique}).encode()
            moment = str(int(time.time()))
            signed = HMAC(secret, moment.encode() + b"." + body, sha256).hexdigest()
            headers = {
                "X-Consent-Gateway": row["code"],
                "X-Consent-Timestamp": moment,
                "X-Consent-Signature": f"sha256={signed}",
            }
            url = f"{self.server.url}/consent/sms/inbound"
            return requests.post(url, data=body, headers=headers, timeout=120).status_code

        return stop

    # --- Reading ------------------------------------------------------------------------------

    def events(self):
        """Every event, as the fold takes them.

        :return: list of dicts
        """
        return [dict(zip(NAMES, row, strict=True)) for row in self.server.sql(EVENTS)]

    def check_state(self):
        """The current answers are what the ledger folds to."""
        folded = {key: event["id"] for key, event in self._folded().items()}
        kept = {tuple(row[:5]): row[5] for row in self.server.sql(STATES)}
        differing = {key for key in folded | kept if folded.get(key) != kept.get(key)}
        assert not differing, [(key, folded.get(key), kept.get(key)) for key in differing]

    def _folded(self):
        """The fold, person by person: only acts that name an address alone reach several."""
        histories = {None: []}
        for event in self.events():
            histories.setdefault(event["subject"], []).append(event)
        loose = histories.pop(None)
        answers = fold(loose)
        for history in histories.values():
            answers.update(fold(history + loose))
        return answers

    def check_chain(self, dpo):
        """The chain verifies and every event is in it or waits for it.

        :param Session dpo: who may read the ledger
        :return: int, how many events there are
        """
        answer = dpo.call("consent.event", "verify_chain", self.company)
        [(events,)] = self.server.sql("SELECT count(*) FROM consent_event")
        assert answer == {"ok": True, "checked": events, "first_broken": False}
        return events

    def check_all_sealed(self):
        """Every event has its place, and no place is missing or taken twice."""
        places = [row[0] for row in self.server.sql("SELECT position FROM consent_seal ORDER BY 1")]
        [(events,)] = self.server.sql("SELECT count(*) FROM consent_event")
        assert places == list(range(1, events + 1))

    def wait_until_idle(self):
        """Wait until the database works for nobody: what a killed process began is over then."""
        busy = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        limit = time.monotonic() + PATIENCE
        while self.server.sql(busy) != [(0,)]:
            assert time.monotonic() < limit, "a killed server's work goes on"
            time.sleep(0.05)

    def wait_until_there(self, parent, number):
        """Wait until so many children of a process talk to the database.

        :param subprocess.Popen parent: the process, which does not talk to it any more
        """
        # Children bear the name of the process that read the settings
        talking = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
        limit = time.monotonic() + PATIENCE
        while True:
            assert parent.poll() is None, "it has ended"
            children = psutil.Process(parent.pid).children()
            [(there,)] = self.server.sql(talking, f"odoo-{parent.pid}")
            if len(children) == there == number:
                return
            assert time.monotonic() < limit, "not all of them talk to the database"
            time.sleep(0.05)

    def seal(self):
        """Let the scheduled job seal what waits."""
        job = self._ref("political_consent.ir_cron_seal")
        self.server.call("ir.cron", "method_direct_trigger", [job])


def number_of(place):
    """A number of the range kept for fiction.

    :param int place: below 100,000
    """
    return f"+331990{place:05}"
