import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..lib import snapshot
from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestScript(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls._script()
        cls.issue, cls.more, cls.mood = cls.survey.question_ids
        cls.school, cls.transport = cls.issue.suggested_answer_ids
        purpose = cls.env["consent.purpose"]._get("canvass_followup", cls.company)
        cls.wording = cls.env["consent.wording"]._published(purpose, "email", "en_US")
        cls.operation = cls._operation(
            script_id=cls.survey.id, wording_ids=[(6, 0, (cls.wording | cls._newsletter()).ids)]
        )

    @classmethod
    def _script(cls):
        survey = cls.env["survey.survey"].create(
            {
                "title": "Rentrée",
                "survey_type": "canvass",
                "question_and_page_ids": [
                    (
                        0,
                        0,
                        {
                            "title": "Hello",
                            "is_page": True,
                            "question_type": False,
                            "description": "<p>Say who you are.</p>",
                            "sequence": 1,
                        },
                    ),
                    (0, 0, cls._question("What matters?", 2, "School", "Transport")),
                    (0, 0, cls._question("Which line?", 3, "Bus", "Tram")),
                    (
                        0,
                        0,
                        {
                            "title": "How close to us?",
                            "question_type": "scale",
                            "sequence": 4,
                            "scale_min": 1,
                            "scale_max": 5,
                            "canvass_level": "person",
                        },
                    ),
                ],
            }
        )
        issue, line = survey.question_ids[:2]
        line.triggering_answer_ids = issue.suggested_answer_ids[1]
        issue.with_context(lang="fr_FR").title = "Qu'est-ce qui compte ?"
        return survey

    @classmethod
    def _question(cls, title, sequence, *answers):
        return {
            "title": title,
            "sequence": sequence,
            "question_type": "simple_choice",
            "suggested_answer_ids": [(0, 0, {"value": value}) for value in answers],
        }

    def _answers(self, door, answers, script=None):
        held = script or json.loads(self.turf.sudo().snapshot)["script"]["hash"]
        return self._event(
            door, outcome=None, kind="answers", data={"script": held, "answers": answers}
        )

    def _publish(self):
        self.turf = self._published(self.operation, number=30, user=self.lead)
        return self._open(self.turf)

    def _shown(self, user=None):
        self.env.flush_all()
        return self._as(user or self.lead, "canvass.tally.shown").search(
            [("operation_id", "=", self.operation.id)]
        )

    def test_compiled_into_the_turf(self):
        """The lead publishes; the script lies in the snapshot with its own hash."""
        turf = self._cut(self.operation, user=self.lead)
        turf.with_user(self.lead).action_publish()
        held = json.loads(turf.sudo().snapshot)["script"]
        compiled = {name: held[name] for name in ("start", "questions")}
        self.assertEqual(held["hash"], snapshot.fingerprint(snapshot.canonical(compiled)))
        hello, issue, line, _mood = held["questions"]
        self.assertEqual(held["start"], hello["id"])
        self.assertEqual((hello["kind"], hello["help"]["en"]), ("statement", "Say who you are."))
        self.assertEqual(issue["text"]["fr"], "Qu'est-ce qui compte ?")
        self.assertEqual(issue["answers"][1]["next"], line["id"])
        self.assertEqual(issue["answers"][0]["next"], str(self.mood.id))
        self.issue.title = "Something else"
        self.assertIn("What matters?", turf.sudo().snapshot)

    def test_free_text_is_refused(self):
        """R-47: only closed lists."""
        for vals in (
            {"title": "Say more", "question_type": "text_box"},
            {"title": "How old?", "question_type": "numerical_box"},
            {**self._question("Why?", 9, "A"), "comments_allowed": True},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self.env["survey.question"].create({"survey_id": self.survey.id, **vals})

    def test_nobody_fills_it_in(self):
        """R-08: no row that holds a person beside answers."""
        with self.assertRaises(UserError):
            self.survey.sudo()._create_answer(email="noe.essai@example.org")
        with self.assertRaises(UserError):
            self.env["survey.user_input"].create({"survey_id": self.survey.id})

    def test_rights(self):
        """Leads read scripts and no other survey; organisers write them."""
        other = self.env["survey.survey"].create({"title": "Internal", "survey_type": "survey"})
        as_lead = self._as(self.lead, "survey.survey")
        self.assertIn(self.survey, as_lead.search([]))
        self.assertNotIn(other, as_lead.search([]))
        with self.assertRaises(AccessError):
            as_lead.browse(self.survey.id).title = "Mine"
        organiser = self._as(self.organiser, "survey.survey")
        made = organiser.create({"title": "New", "survey_type": "canvass"})
        made.question_and_page_ids = [(0, 0, self._question("Yes?", 1, "Yes", "No"))]
        self.assertEqual(made.action_check_script()["tag"], "display_notification")
        # AccessError, or core's own check that the responsible can open the survey
        with self.assertRaises(UserError):
            organiser.create({"title": "Mail survey", "survey_type": "survey"})
        with self.assertRaises(AccessError):
            self._as(self.plain, "survey.survey").browse(self.survey.id).read(["title"])
        with self.assertRaises(AccessError):
            self._as(self.organiser, "canvass.tally").search([])

    def test_only_sums_of_doors(self):
        """R-08, R-09: the event keeps no answer; R-50: fewer than ten people are not shown."""
        lease, token = self._publish()
        doors = self.turf.line_ids.door_id
        issue, school = str(self.issue.id), str(self.school.id)
        sent = [self._answers(door, {issue: school}) for door in doors[:9]]
        answer = self._sync(lease, token, *sent)
        self.assertEqual(self._statuses(answer), [("stored", None)] * 9)
        self.assertFalse([row for row in self._stored(self.turf) if row["data"]])
        self.assertFalse(self._shown())
        self._sync(lease, token, *sent)  # the same again is not counted again
        self.assertFalse(self._shown())
        self._sync(lease, token, self._answers(doors[9], {issue: str(self.transport.id)}))
        shown = self._shown()
        self.assertEqual(
            {(line.answer_id, line.count, line.asked) for line in shown},
            {(self.school, 10, 10), (self.transport, 0, 10)},
        )
        self.assertFalse(self._shown(self.south_lead))

    def test_hidden_station_is_not_told_by_difference(self):
        """R-50: a hidden station alone would be the total less the shown ones."""
        stations = self.env["political.zone"].create(
            [{"name": f"Bureau {n}", "kind": "station", "code": f"99999_{n:04}"} for n in range(3)]
        )
        lease, token = self._publish()
        doors = self.turf.line_ids.door_id
        for station, some in zip(stations, (doors[:4], doors[4:15], doors[15:30]), strict=True):
            some.building_id.polling_station_id = station
        issue, school = str(self.issue.id), str(self.school.id)
        self.env.flush_all()
        self._sync(lease, token, *[self._answers(door, {issue: school}) for door in doors])
        shown = {line.station_id: line.asked for line in self._shown()}
        self.assertEqual(shown, {stations[2]: 15, self.env["political.zone"]: 15})

    def test_wrong_answers_are_refused(self):
        lease, token = self._publish()
        door = self.turf.line_ids.door_id[0]
        issue = str(self.issue.id)
        for event, reason in (
            (self._answers(door, {issue: "no such"}), "answers"),
            (self._answers(door, {}), "answers"),
            (self._answers(door, {str(self.mood.id): "3"}), "answers"),  # needs consent
            (self._answers(door, {issue: str(self.school.id)}, script="0" * 64), "script"),
            (
                self._event(door, data={"answers": {issue: str(self.school.id)}}),
                "data",
            ),
            (
                self._consent(door, self._newsletter(), answers={str(self.mood.id): "3"}),
                "answers",
            ),
        ):
            with self.subTest(reason=reason, data=event["data"]):
                self.assertEqual(
                    self._statuses(self._sync(lease, token, event)), [("refused", reason)]
                )

    def test_person_level_lives_with_the_consent(self):
        """R-08: kept with the consent to follow up, gone with it; nobody else reads it."""
        staff = self._user("staff", "political_crm.group_staff")
        self.operation.user_id = staff
        lease, token = self._publish()
        door = self.turf.line_ids.door_id[0]
        event = self._consent(door, self.wording, answers={str(self.mood.id): "4"})
        self.assertEqual(self._statuses(self._sync(lease, token, event)), [("stored", None)])
        said = self.env["canvass.answer"].search([("question_id", "=", self.mood.id)])
        self.assertEqual((said.step, said.partner_id.email), (4, "noe.essai@example.org"))
        self.assertNotIn("4", json.dumps(self._stored(self.turf)[0]["data"]))
        self.assertEqual(said.partner_id.activity_ids.user_id, staff)
        self.assertEqual(self._as(staff, "canvass.answer").search([]), said.with_user(staff))
        away = self._user("away", "political_crm.group_branch_lead", branch=self.south)
        self.assertFalse(self._as(away, "canvass.answer").search([]))
        with self.assertRaises(AccessError):
            self._as(self.organiser, "canvass.answer").search([])
        said.partner_id.consent_record(
            "canvass_followup", "email", "withdrawn", {"means": "letter"}
        )
        self.assertFalse(said.exists())

    def test_follow_up_as_a_recruitment(self):
        """Where the operation wants it: in the branch's own pipeline, with the activity on it; and
        only for whoever agreed to hear from us about the talk."""
        staff = self._user("staff", "political_crm.group_staff")
        self.operation.write({"user_id": staff.id, "follow_up": "lead"})
        lease, token = self._publish()
        first, second = self.turf.line_ids.door_id[:2]
        before = self.env["crm.lead"].search([])
        self._sync(lease, token, self._event(first, "spoke"))
        self.assertEqual(self.env["crm.lead"].search([]), before)
        self._sync(lease, token, self._consent(second, self.wording))
        lead = self.env["crm.lead"].search([]) - before
        self.assertEqual(lead.partner_id.email, "noe.essai@example.org")
        self.assertEqual((lead.team_id, lead.branch_id), (self.north.team_id, self.north))
        self.assertEqual((lead.company_id, lead.type), (self.company, "opportunity"))
        self.assertEqual(lead.activity_ids.user_id, staff)
        [answer] = self.env["consent.gate"].check(
            lead.partner_id.ids, "canvass_followup", self.wording.channel
        )
        self.assertTrue(answer["allowed"])
        away = self._user("away", "political_crm.group_branch_lead", branch=self.south)
        self.assertFalse(self._as(away, "crm.lead").search([("id", "in", lead.ids)]))
