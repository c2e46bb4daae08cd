import re
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from .common import CanvassCase, CanvassMixin


class ShiftMixin(CanvassMixin):
    @classmethod
    def _set_up_shift(cls):
        cls.operation = cls._operation()
        now = fields.Datetime.now()
        cls.shift = cls._as_lead("canvass.shift").create(
            {
                "name": "Samedi",
                "operation_id": cls.operation.id,
                "start": now + timedelta(hours=3),
                "stop": now + timedelta(hours=6),
                "capacity": 2,
                "user_id": cls.lead.id,
            }
        )

    @classmethod
    def _as_lead(cls, model):
        return cls.env[model].with_user(cls.lead).with_context(allowed_company_ids=cls.company.ids)

    def _volunteer(self, alias, **values):
        return self._as_lead("canvass.assignment").create(
            {
                "shift_id": self.shift.id,
                "alias": alias,
                "email": f"{alias.lower()}@example.org",
                **values,
            }
        )

    def _mails(self, address):
        return self.env["mail.mail"].sudo().search([("email_to", "=", address)])


@tagged("post_install", "-at_install")
class TestShift(ShiftMixin, CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_shift()

    def _link(self, one):
        return one._new_link().rsplit("/", 1)[-1]

    def test_invite_and_answer(self):
        one = self._volunteer("Ali")
        self.shift.action_invite()
        self.assertEqual(one.state, "asked")
        [mail] = self._mails("ali@example.org")
        token = re.search(r"/canvass/me/([\w-]+)", mail.body_html)[1]
        self.assertEqual(mail.consent_route, "correspondence")
        mine = self.env["canvass.assignment"]._of_link(token)
        self.assertEqual(mine, one.sudo())
        self.assertIsNone(mine._answer("accept"))
        self.assertEqual((one.state, self.shift.accepted_count), ("accepted", 1))

    def test_full(self):
        three = [self._volunteer(name).sudo() for name in ("Ali", "Lou", "Noa")]
        self.assertEqual([one._answer("accept") for one in three], [None, None, "full"])

    def _alarms(self):
        """What the lead finds under Signs of life that nobody takes care of."""
        signs = self._as(self.lead, "canvass.safety")
        return signs.search([("signal", "=", "silent"), ("handled_by_id", "=", False)])

    def test_pairs_and_signs_of_life(self):
        """Nobody goes alone; who gives no sign is told to the lead, once (R-49: no place)."""
        ali, lou = self._volunteer("Ali").sudo(), self._volunteer("Lou").sudo()
        ali._answer("accept")
        self.assertEqual(ali._answer("start"), "alone")
        lou._answer("accept")
        start = fields.Datetime.now()
        with freeze_time(start):
            self.assertIsNone(ali._answer("start"))
        self.assertEqual((ali.state, ali.due_at), ("out", start + timedelta(minutes=90)))
        for minutes, number in ((89, 0), (91, 1), (96, 1)):
            with freeze_time(start + timedelta(minutes=minutes)):
                self.env["canvass.safety"]._cron_silence()
                self.env.invalidate_all()
                self.assertEqual(len(self._alarms()), number, minutes)
        alarm = self._alarms()
        self.assertEqual((alarm.alias, alarm.shift_id), ("Ali", self.shift))
        told = self.env["mail.message"].search([("partner_ids", "in", self.lead.partner_id.ids)])
        self.assertEqual(len(told.filtered(lambda one: "Samedi" in one.body)), 1)
        alarm.action_handled()
        with freeze_time(start + timedelta(minutes=100)):
            ali._answer("fine")
        with freeze_time(start + timedelta(minutes=191)):
            self.env["canvass.safety"]._cron_silence()
            self.assertEqual(len(self._alarms()), 1)
            ali._answer("back")
        self.assertEqual((ali.state, ali._answer("start")), ("back", "state"))

    def test_phone_and_page_are_one_timer(self):
        """A report on the turf's phone is its volunteer's sign, and the other way round; a silent
        team is told once; who said that they are back is not waited for."""
        turf = self._published(self.operation, number=5)
        lease, token = self._open(turf)
        ali, _lou = (self._volunteer(name, turf_id=turf.id).sudo() for name in ("Ali", "Lou"))
        (ali | _lou).state = "accepted"
        start = fields.Datetime.now()
        with freeze_time(start):
            ali._answer("start")
        with freeze_time(start + timedelta(minutes=80)):
            self._sync(lease, token, self._event(turf.line_ids[0].door_id))
            self.env.invalidate_all()
            self.assertEqual(ali.last_sign_at, start + timedelta(minutes=80))
        with freeze_time(start + timedelta(minutes=100)):
            self.env["canvass.safety"]._cron_silence()
            self.assertFalse(self._alarms())
            ali._answer("fine")
            self.env.invalidate_all()
            self.assertEqual(lease.last_sign_at, start + timedelta(minutes=100))
        with freeze_time(start + timedelta(minutes=191)):
            self.env["canvass.safety"]._cron_silence()
            self.assertEqual(self._alarms().assignment_id, ali)
            ali._answer("back")
            self.env.invalidate_all()
            self.assertFalse(lease.is_silent)

    def test_silent_phone_without_a_shift(self):
        """A phone that was handed out by its code alone is watched the same way, until its turf is
        done; the neighbour's lead hears nothing."""
        self.operation.user_id = self.lead
        turf = self._published(self.operation, number=2)
        lease, token = self._open(turf)
        later = fields.Datetime.now() + timedelta(minutes=91)
        with freeze_time(later):
            for _turn in range(2):
                self.env["canvass.safety"]._cron_silence()
            self.assertEqual(self._alarms().lease_id, lease)
            self.assertFalse(self._as(self.south_lead, "canvass.safety").search([]))
            self._sync(lease, token, *(self._event(line.door_id) for line in turf.line_ids))
        with freeze_time(later + timedelta(minutes=120)):
            self.env["canvass.safety"]._cron_silence()
            self.assertEqual(len(self._alarms()), 1)

    def test_no_position(self):
        """R-49: nothing about where volunteers are."""
        for model in ("canvass.shift", "canvass.assignment"):
            for name in self.env[model]._fields:
                self.assertNotRegex(name, r"lat|lon(g|$)|geo|position")

    def test_reminder_answers_their_yes(self):
        ali, lou = self._volunteer("Ali").sudo(), self._volunteer("Lou").sudo()
        ali._answer("accept")
        lou._answer("decline")
        for _turn in range(2):
            self.env["canvass.shift"]._cron_remind()
        [mail] = self._mails("ali@example.org")
        self.assertEqual((mail.consent_route, mail.consent_act), ("transaction", "shift"))
        self.assertFalse(self._mails("lou@example.org"))

    def test_turf_is_given_once(self):
        turf = self._published(self.operation, number=5)
        self._volunteer("Ali", turf_id=turf.id)
        other = self.shift.copy({"name": "Dimanche"})
        with self.assertRaises(ValidationError):
            self._volunteer("Lou", turf_id=turf.id, shift_id=other.id)
        self._volunteer("Noa", turf_id=turf.id)  # the pair
        foreign = self._published(self._operation(), number=5)
        with self.assertRaises(ValidationError):
            self._volunteer("Zoe", turf_id=foreign.id)

    def test_turf_is_sent_by_letter(self):
        turf = self._published(self.operation, number=5)
        one = self._volunteer("Ali", turf_id=turf.id)
        one.action_send_turf()
        self.assertIn(turf.code, self._mails("ali@example.org").body_html)

    def test_turf_is_not_sent_into_the_silence(self):
        """R-28: for a shift on the eve of a ballot; for one before it, it is."""
        turf = self._published(self.operation, number=5)
        one = self._volunteer("Ali", turf_id=turf.id)
        ballot = self.env["political.election"].create(
            {
                "name": "Essai",
                "code": "essai-envoi",
                "kind": "municipal",
                "date": self.shift.start.date() + timedelta(days=1),
            }
        )
        with self.assertRaisesRegex(UserError, "nobody is visited there before"):
            one.action_send_turf()
        self.assertFalse(self._mails("ali@example.org"))
        ballot.date += timedelta(days=7)
        one.action_send_turf()
        self.assertTrue(self._mails("ali@example.org"))

    def test_rights(self):
        one = self._volunteer("Ali")
        with self.assertRaises(AccessError):
            one.write({"state": "accepted"})
        for user in (self.south_lead, self.homeless, self.neighbour):
            self.assertFalse(self._as(user, "canvass.assignment").search([]))
            self.assertFalse(self._as(user, "canvass.shift").search([]))
        with self.assertRaises(AccessError):
            self._as(self.plain, "canvass.assignment").search([])

    def test_forgotten(self):
        one, kept = self._volunteer("Ali"), self._volunteer("Lou")
        kept.partner_id = self.env["res.partner"].create({"name": "Lou Essai"})
        past = fields.Datetime.now() - timedelta(days=40)
        self.shift.write({"start": past, "stop": past + timedelta(hours=2)})
        self.env["canvass.assignment"]._gc_volunteers()
        self.assertFalse(one.exists())
        self.assertTrue(kept.exists())


@tagged("post_install", "-at_install")
class TestShiftPages(ShiftMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_field()
        cls._set_up_shift()

    def _csrf(self, page):
        return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]

    def test_sign_up_and_come(self):
        """From the public page to the lead's list; a GET changes nothing, all addresses are
        answered alike."""
        path = f"/canvass/shift/{self.shift.sudo().token}"
        page = self.url_open(path)
        self.assertIn("Samedi", page.text)
        texts = []
        for address in ("ali@example.org", "ali@example.org", "lou@example.org"):
            answer = self.url_open(
                path, data={"csrf_token": self._csrf(page), "name": "Ali", "email": address}
            )
            texts.append(re.search(r"<h1.*?</h1>", answer.text, re.S)[0])
        self.assertEqual(len(set(texts)), 1)
        self.assertEqual(len(self.shift.assignment_ids), 2)
        mail = self._mails("ali@example.org").sorted("id")[-1]
        mine = re.search(r"/canvass/me/[\w-]+", mail.body_html)[0]
        page = self.url_open(mine)
        self.assertEqual(self.shift.accepted_count, 0)
        self.url_open(mine, data={"csrf_token": self._csrf(page), "act": "accept"})
        self.shift.invalidate_recordset()
        self.assertEqual(self.shift.accepted_count, 1)

    def test_wrong_links_and_addresses(self):
        self.assertEqual(self.url_open("/canvass/shift/nothing").status_code, 404)
        self.assertEqual(self.url_open("/canvass/me/nothing").status_code, 404)
        # All public pages are one controller in the end: none takes another's words.
        ours, theirs = (
            re.search(r"<h1.*?</h1>", self.url_open(path).text, re.S)[0]
            for path in ("/canvass/me/nothing", "/consent/preferences/nothing")
        )
        self.assertNotEqual(ours, theirs)
        path = f"/canvass/shift/{self.shift.sudo().token}"
        page = self.url_open(path)
        answer = self.url_open(path, data={"csrf_token": self._csrf(page), "email": "ali"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.shift.assignment_ids)
        self.shift.is_open = False
        self.assertEqual(self.url_open(path).status_code, 404)


@tagged("post_install", "-at_install")
class TestAction(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.caller = cls._user(
            "caller",
            "political_canvass.group_canvass_lead,political_crm.group_branch_lead",
            branch=cls.north,
        )

    def _action(self, kind, **values):
        return self._as(self.caller, "canvass.action").create(
            {
                "name": "Essai",
                "kind": kind,
                "branch_id": self.north.id,
                "company_id": self.company.id,
                **values,
            }
        )

    def _person(self, name, agrees=True):
        person = self.env["res.partner"].create(
            {
                "lastname": name,
                "phone": f"+3319900{len(name):04}",
                "company_id": self.company.id,
                "branch_id": self.north.id,
                "political_category": "regular",
                "political_origin": "canvass",
            }
        )
        if agrees:
            purpose = self.env["consent.purpose"]._get("canvass_followup", self.company)
            wording = self.env["consent.wording"]._published(purpose, "call", "en_US")
            person.consent_record(
                "canvass_followup",
                "call",
                "given",
                {"means": "canvass", "act": "tick", "wording_code": wording.code},
            )
        return person

    def test_results_are_appended(self):
        action = self._action("leafleting")
        action.action_record("leaflets", 200)
        action.action_record("leaflets", -20)
        self.assertEqual(action.done_quantity, 180)
        with self.assertRaises(AccessError):
            action.result_ids[0].write({"quantity": 1})
        with self.assertRaises(AccessError):
            self.env["canvass.action.result"].with_user(self.caller).create(
                {"action_id": action.id, "kind": "leaflets", "quantity": 1}
            )
        with self.assertRaises(UserError):
            action.action_record("leaflets", 0)
        with self.assertRaises(AccessError):
            self._as(self.south_lead, "canvass.action").browse(action.id).action_record(
                "leaflets", 1
            )

    def test_posters(self):
        action = self._action("posters", remove_by="2026-01-01", user_id=self.caller.id)
        panel = (
            self.env["canvass.panel"]
            .with_user(self.caller)
            .create({"action_id": action.id, "name": "Mairie"})
        )
        panel.action_up()
        panel.action_up()
        self.assertEqual(action.done_quantity, 1)
        self.env["canvass.action"]._cron_posters()
        self.assertEqual(action.activity_ids.user_id, self.caller)

    def test_phone_bank(self):
        """R-01: the gate fills the list and is asked again at each call; one caller a person."""
        self._allow_calls()
        one, two, gone = self._person("Aa"), self._person("Bbb"), self._person("Cccc")
        self._person("Ddddd", agrees=False)
        action = self._action("phone_bank")
        self.assertEqual(action.action_fill_calls(), 3)
        self.assertEqual(action.action_fill_calls(), 0)
        gone.consent_record("canvass_followup", "call", "withdrawn", {"means": "letter"})
        calls = self.env["canvass.call"].with_user(self.caller)
        first = calls.browse(action.action_next_call()["res_id"])
        second = calls.browse(action.action_next_call()["res_id"])
        self.assertEqual(first.partner_id | second.partner_id, one | two)
        self._assert_nobody_left(action.action_next_call())
        self.assertFalse(action.call_ids.filtered(lambda call: call.partner_id == gone))
        with self.assertRaises(UserError):
            first.with_user(self.organiser).action_spoke()
        self._assert_nobody_left(first.action_call_back())
        self.assertEqual((first.state, first.tries), ("call_back", 1))
        self.assertGreater(first.call_at, fields.Datetime.now())
        self._assert_nobody_left(second.action_refused())
        [answer] = self.env["consent.gate"].check(second.partner_id.ids, "canvass_followup", "call")
        self.assertFalse(answer["allowed"])

    def test_phone_bank_in_silence(self):
        """R-28: whom a ballot keeps silent waits on the list for its close; others are called."""
        self._allow_calls()
        here, there = self._person("Aa"), self._person("Bbb")
        france = self.env.ref("base.fr").id
        here.write({"zip": "75011", "country_id": france})
        there.write({"zip": "97400", "country_id": france})
        action = self._action("phone_bank")
        self.assertEqual(action.action_fill_calls(), 2)
        # Réunion votes with the mainland and closes two hours before.
        self.env["political.election"].create(
            {"name": "Essai", "code": "essai-calls", "kind": "presidential", "date": "2027-04-11"}
        )
        calls = self.env["canvass.call"].with_user(self.caller)
        with freeze_time("2027-04-11 17:00:00"):
            call = calls.browse(action.action_next_call()["res_id"])
            self.assertEqual(call.partner_id, there)
            self.assertEqual(action.action_fill_calls(), 0)
            self._assert_nobody_left(call.action_spoke())
        self.assertEqual(len(action.call_ids), 2)
        with freeze_time("2027-04-11 18:00:00"):
            self.assertEqual(calls.browse(action.action_next_call()["res_id"]).partner_id, here)

    def test_wrong_number_is_reviewed(self):
        """The contact stays as it is until somebody who may write it accepts."""
        self._allow_calls()
        person = self._person("Aa")
        action = self._action("phone_bank")
        action.action_fill_calls()
        call = self.env["canvass.call"].with_user(self.caller)
        self._assert_nobody_left(call.browse(action.action_next_call()["res_id"]).action_wrong())
        self.assertTrue(person.phone)
        mine = [("partner_id", "=", person.id)]
        for user in (self.lead, self.south_lead, self.organiser, self.neighbour):
            self.assertFalse(self._as(user, "canvass.correction").search(mine), user.login)
        wrong = self._as(self.caller, "canvass.correction").search(mine)
        wrong.action_accept()
        self.assertEqual((person.phone, wrong.state), (False, "accepted"))

    def _assert_nobody_left(self, action):
        """No error: one would undo what was noted of the last call, a refusal among others."""
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("Nobody is left", action["params"]["message"])

    def test_call_script(self):
        """A caller reads the script's words on the call, and which answers lead to a question."""
        self._allow_calls()
        self._person("Aa")
        action = self._action("phone_bank")
        action.script_id = self._script()
        action.action_fill_calls()
        call = self.env["canvass.call"].with_user(self.caller)
        shown = str(call.browse(action.action_next_call()["res_id"]).script)
        for words in ("Dites bonjour", "Votez-vous ici ?", "Où donc ?", "After: Non"):
            self.assertIn(words, shown)
        plain = self.env["survey.survey"].create({"title": "Autre", "survey_type": "survey"})
        with self.assertRaises(ValidationError):
            action.script_id = plain

    def _script(self):
        survey = self.env["survey.survey"].create({"title": "Appels", "survey_type": "canvass"})
        questions = self.env["survey.question"]
        questions.create({"survey_id": survey.id, "title": "Dites bonjour", "is_page": True})
        here = questions.create(
            {
                "survey_id": survey.id,
                "title": "Votez-vous ici ?",
                "question_type": "simple_choice",
                "suggested_answer_ids": [(0, 0, {"value": v}) for v in ("Oui", "Non")],
            }
        )
        questions.create(
            {
                "survey_id": survey.id,
                "title": "Où donc ?",
                "question_type": "simple_choice",
                "suggested_answer_ids": [(0, 0, {"value": v}) for v in ("Ailleurs", "Nulle part")],
                "triggering_answer_ids": here.suggested_answer_ids[1].ids,
            }
        )
        return survey

    def _allow_calls(self):
        self.env["consent.purpose"]._get("canvass_followup", self.company).allow_call = True

    def test_proxies_are_forgotten(self):
        """R-51: arranged, never who voted; gone the day after."""
        action = self._action("polling_day", date="2026-03-15")
        proxy = (
            self.env["canvass.proxy"]
            .with_user(self.caller)
            .create({"action_id": action.id, "giver_id": self._person("Aa", agrees=False).id})
        )
        away = self._user("away", "political_crm.group_branch_lead", branch=self.south)
        self.assertFalse(self._as(away, "canvass.proxy").search([]))
        with self.assertRaises(AccessError):
            self._as(self.lead, "canvass.proxy").search([])
        self.env["canvass.proxy"]._gc_past()
        self.assertFalse(proxy.exists())
