"""A turf in the real database, and what the server holds of it afterwards."""

import itertools
import time

# In the Pacific, far from any other address that a test or the demo data may have loaded
LATITUDE, LONGITUDE = -40.0, -120.0
TITLE, MULTIPLE = "Rentrée", "multiple_choice"
EVIL = "<script>owned=1</script> L'école <img src=x onerror=owned=1>"
NOTE = "<b>code</b> <img src=x onerror=owned=1> 24A7"
_numbers = itertools.count(1)


def _question(title, sequence, *answers):
    return {
        "title": title,
        "sequence": sequence,
        "question_type": "simple_choice",
        "suggested_answer_ids": [(0, 0, {"value": value}) for value in answers],
    }


class Field:
    """One published turf of 50 doors: a street of houses, then a landing with four doors.

    :param server: the running Odoo (``url``, ``call`` as administrator, ``sql``)
    """

    note = NOTE

    def __init__(self, server):
        self.server = server
        self.upstream = server.url.removeprefix("http://")
        company = server.call("res.company", "search", [], limit=1, order="id")[0]
        branch = self._branch(company)
        self._addresses(branch)
        operation = server.call(
            "canvass.operation",
            "create",
            {
                "name": f"Phone test {next(_numbers)}",
                "company_id": company,
                "branch_id": branch,
                "wording_ids": [(6, 0, self._wordings(company))],
                "script_id": self._script(),
                "safety_phone": "+33 1 99 00 12 34",
            },
        )
        wizard = server.call(
            "canvass.turf.around",
            "create",
            {
                "operation_id": operation,
                "name": "Allées 3",
                "latitude": LATITUDE,
                "longitude": LONGITUDE,
                "door_number": 50,
            },
        )
        self.turf = server.call("canvass.turf.around", "action_cut", [wizard])["res_id"]
        server.call("canvass.turf", "action_publish", [self.turf])
        [turf] = server.call("canvass.turf", "read", [self.turf], ["code"])
        self.code = turf["code"]

    def _script(self):
        """Once a database: talking points, a choice with a branch, several answers, a scale."""
        found = self.server.call("survey.survey", "search", [("title", "=", TITLE)])
        if found:
            return found[0]
        hello = {
            "title": EVIL,
            "is_page": True,
            "question_type": False,
            "description": "<p>Dites qui vous êtes.</p>",
            "sequence": 1,
        }
        several = {**_question("Quelles lignes ?", 3, "Bus", "Tram"), "question_type": MULTIPLE}
        scale = {
            "title": "Proche de nous ?",
            "question_type": "scale",
            "sequence": 4,
            "scale_min": 1,
            "scale_max": 5,
            "canvass_level": "person",
        }
        questions = [hello, _question("Qu'est-ce qui compte ?", 2, EVIL, "Transports"), several]
        survey = self.server.call(
            "survey.survey",
            "create",
            {
                "title": TITLE,
                "survey_type": "canvass",
                "question_and_page_ids": [(0, 0, values) for values in [*questions, scale]],
            },
        )
        rows = self.server.call(
            "survey.question",
            "search_read",
            [("survey_id", "=", survey), ("is_page", "=", False)],
            ["suggested_answer_ids"],
            order="sequence",
        )
        branch = {"triggering_answer_ids": [(6, 0, rows[0]["suggested_answer_ids"][1:])]}
        self.server.call("survey.question", "write", [rows[1]["id"]], branch)
        return survey

    def _branch(self, company):
        mine = [("code", "=", "PHONE"), ("company_id", "=", company)]
        found = self.server.call("political.branch", "search", mine)
        if found:
            return found[0]
        values = {"name": "Phone", "code": "PHONE", "kind": "section", "company_id": company}
        return self.server.call("political.branch", "create", values)

    def _addresses(self, branch):
        """Once a database: 46 houses and a stairwell of two floors with four doors each."""
        if self.server.call("canvass.building", "search_count", [("branch_id", "=", branch)]):
            return
        houses = [
            {
                "number": 2 * place,
                "street": "Allée Marguerite Duras" if place < 30 else "Rue Inventée",
                "latitude": LATITUDE + 0.0002 * place,
                "longitude": LONGITUDE,
                "branch_id": branch,
                "door_ids": [(0, 0, {})],
            }
            for place in range(1, 47)
        ]
        landing = [
            (0, 0, {"floor": floor, "has_floor": True, "name": side})
            for floor in (1, 2)
            for side in ("gauche", "droite", "face", "fond")
        ]
        stairwell = {
            "number": 12,
            "suffix": "bis",
            "street": "Rue Inventée",
            "access_note": NOTE,
            "latitude": LATITUDE,
            "longitude": LONGITUDE + 0.0001,
            "branch_id": branch,
            "door_ids": landing,
        }
        self.server.call("canvass.building", "create", [stairwell, *houses])

    def _wordings(self, company):
        return self.server.call(
            "consent.wording",
            "search",
            [
                ("purpose_id.code", "in", ["newsletter", "canvass_followup"]),
                ("purpose_id.company_id", "=", company),
                ("channel", "in", ["email", "call"]),
                ("state", "=", "published"),
            ],
        )

    def floor_doors(self):
        """Ids of the doors of the second floor, which no test reports beforehand."""
        rows = self.server.sql(
            "SELECT line.door_id FROM canvass_turf_door line "
            "JOIN canvass_door door ON door.id = line.door_id "
            "WHERE line.turf_id = %s AND door.floor = 2 ORDER BY line.sequence",
            self.turf,
        )
        return [door for (door,) in rows]

    def events(self):
        """The turf's reports in the order in which the phone made them."""
        rows = self.server.sql(
            "SELECT uid, kind, outcome, door_id FROM canvass_event "
            "WHERE turf_id = %s ORDER BY lease_id, counter",
            self.turf,
        )
        return [dict(zip(("uid", "kind", "outcome", "door"), row, strict=True)) for row in rows]

    def consents(self, email):
        """Ledger events of this turf, after checking that the gate opens for the address."""
        [(count,)] = self.server.sql(
            "SELECT count(*) FROM consent_event WHERE source_ref IN "
            "(SELECT 'canvass.lease/' || id FROM canvass_lease WHERE turf_id = %s)",
            self.turf,
        )
        people = self.server.call("res.partner", "search", [("email", "=", email)])
        answers = self.server.call("consent.gate", "check", people, "newsletter", "email")
        assert any(answer["allowed"] for answer in answers) == bool(count)
        return count

    def tally(self):
        """How often each answer was counted, by its words; ``None`` for who answered at all."""
        rows = self.server.sql(
            "SELECT a.value->>'en_US', sum(t.count) FROM canvass_tally t "
            "LEFT JOIN survey_question_answer a ON a.id = t.answer_id "
            "JOIN canvass_turf f ON f.operation_id = t.operation_id WHERE f.id = %s GROUP BY 1",
            self.turf,
        )
        return {value: int(count) for value, count in rows}

    def kept_answers(self):
        """Answers kept with people of this turf's operation."""
        [(count,)] = self.server.sql("SELECT count(*) FROM canvass_answer")
        return count

    def signs(self):
        """Signs of life of this turf's phones, oldest first."""
        rows = self.server.sql(
            "SELECT s.signal FROM canvass_safety s JOIN canvass_lease l ON l.id = s.lease_id "
            "WHERE l.turf_id = %s ORDER BY s.id",
            self.turf,
        )
        return [signal for (signal,) in rows]

    def wait_for_signs(self, expected, seconds=15):
        """Signs of life, once they are those expected or the time is over."""
        limit = time.monotonic() + seconds
        while self.signs() != expected and time.monotonic() < limit:
            time.sleep(0.1)
        return self.signs()

    def extend(self):
        """The lead gives the phones the hours again."""
        leases = self.server.call("canvass.lease", "search", [("turf_id", "=", self.turf)])
        self.server.call("canvass.lease", "action_extend", leases)

    def revoke(self):
        """The lead takes the turf back from every phone."""
        leases = self.server.call("canvass.lease", "search", [("turf_id", "=", self.turf)])
        self.server.call("canvass.lease", "action_revoke", leases)
