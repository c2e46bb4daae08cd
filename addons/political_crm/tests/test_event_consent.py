import json
import re

from freezegun import freeze_time
from lxml import html

from odoo.tests import HttpCase, tagged

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestEventConsent(HttpCase):
    """The page of an event asks its own consents, beside the ticket and apart from it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref("base.main_company")
        cls.event = cls.env["event.event"].create(
            {
                "name": "Réunion publique",
                "date_begin": "2099-03-01 18:00:00",
                "date_end": "2099-03-01 20:00:00",
                "company_id": cls.company.id,
                "website_published": True,
                "event_ticket_ids": [(0, 0, {"name": "Entrée"})],
            }
        )
        cls.ticket = cls.event.event_ticket_ids

    def _form(self):
        answer = self.url_open(
            f"/event/{self.event.id}/registration/new",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "params": {f"nb_register-{self.ticket.id}": "1", "tickets": []},
                }
            ),
            headers={"Content-Type": "application/json"},
        )
        return html.fromstring(answer.json()["result"])

    def _register(self, boxes=()):
        page = self._form()
        data = {
            field.get("name"): field.get("value") or ""
            for field in page.xpath("//form//input[@type='hidden' or @class='d-none']")
        }
        for field in page.xpath("//form//input[@type='text' or @type='email' or @type='tel']"):
            name = field.get("name")
            if "-name-" in name:
                data[name] = "Dominique Public"
            elif "-email-" in name:
                data[name] = "dominique.public@example.org"
        data["consent_box"] = list(boxes)
        answer = self.url_open(f"/event/{self.event.id}/registration/confirm", data=data)
        self.assertEqual(answer.status_code, 200)
        return self.env["event.registration"].search([("event_id", "=", self.event.id)])

    def test_boxes_unticked_with_notice(self):
        """R-07, R-24: one box a purpose, none ticked, the whole notice beside them."""
        page = self._form()
        boxes = page.xpath("//input[@name='consent_box']")
        self.assertEqual(len(boxes), 2)
        self.assertFalse([box for box in boxes if "checked" in box.attrib])
        self.assertTrue(all(page.xpath(f"//label[@for='{box.get('id')}']") for box in boxes))
        self.assertIn("CNIL", page.text_content())

    def test_registers_with_none_given(self):
        """R-07: no box, a ticket all the same, and nothing asked nor recorded."""
        registration = self._register()
        self.assertEqual(registration.email, "dominique.public@example.org")
        self.assertFalse(
            self.env["consent.signup"].search([("source_ref", "=", f"/event/{self.event.id}")])
        )

    def test_ticked_box_is_confirmed_by_mail(self):
        """R-35: one message for the ticked boxes; confirmed, the person is a supporter whose
        origin is the event, in the pipeline, with their registration on the timeline."""
        codes = [box.get("value") for box in self._form().xpath("//input[@name='consent_box']")]
        registration = self._register(codes[:1])
        signup = self.env["consent.signup"].search([("source_ref", "=", f"/event/{self.event.id}")])
        self.assertEqual(signup.address, "dominique.public@example.org")
        self.assertEqual(signup.line_ids.wording_id.mapped("code"), codes[:1])
        self.assertFalse(registration.partner_id)
        signup.token_sha256 = signup._digest("jeton")
        events, state = signup._confirm("jeton", {"ip": "192.0.2.1", "user_agent": "test"})
        self.assertEqual((state, len(events)), ("done", 1))
        person = registration.partner_id
        self.assertEqual((person.political_category, person.political_origin), ("regular", "event"))
        self.assertTrue(self.env["crm.lead"].search([("partner_id", "=", person.id)]))

    def test_forged_box_is_nothing(self):
        """R-36: only the wordings that the page offers are asked for."""
        self._register(["targeting-email-fr_FR-v1", "autre"])
        self.assertFalse(
            self.env["consent.signup"].search([("source_ref", "=", f"/event/{self.event.id}")])
        )

    def test_next_registration_is_not_told(self):
        """R-71: another visitor does not read who registered, by counting ids."""
        registration = self._register()
        self.opener.cookies.clear()
        page = self.url_open(
            f"/event/{self.event.id}/registration/success?registration_ids={registration.id}"
        )
        self.assertNotIn("Dominique Public", page.text)

    def test_contact_form_is_the_partys(self):
        """R-10, R-11: who writes through the site's contact form is an occasional contact of the
        party, not a lead for every salesperson."""
        self.env["political.branch"].create(
            {"name": "Section", "kind": "section", "company_id": self.company.id}
        )
        if not self.env["ir.model"]._get("crm.lead").website_form_access:
            self.skipTest("website_crm is not installed here")
        page = self.url_open("/contactus").text
        token = re.search(r'csrf_token:\s*"([^"]+)"', page)
        answer = self.url_open(
            "/website/form/crm.lead",
            data={
                "csrf_token": token and token.group(1),
                "contact_name": "Dominique Question",
                "email_from": "dominique.question@example.org",
                "description": "Bonjour",
                "name": "Question",
            },
        )
        self.assertIn("id", answer.json())
        lead = self.env["crm.lead"].search([("email_from", "=", "dominique.question@example.org")])
        self.assertEqual(lead.political_category, "occasional")
        self.assertEqual(lead.political_origin, "web_form")
        self.assertEqual(lead.stage_id, self.env.ref("political_crm.stage_occasional"))


@tagged("post_install", "-at_install")
class TestEventAttendance(PoliticalCase):
    def test_who_reads_registrations(self):
        """R-10, R-41: core's event rights alone do not tell who registered for a party's event and
        what they answered, but at its door; who made the event reads it, staff and leads their own
        people, another controller nothing."""
        desk = self.env.ref("event.group_event_registration_desk")
        user = self.env.ref("event.group_event_user")
        organiser = self.user_sales
        organiser.group_ids += user
        for reader in (
            self.user_plain,
            self.user_lead,
            self.user_lead_homeless,
            self.user_staff,
            self.user_neighbour,
        ):
            reader.group_ids += desk
        event = (
            self._as(organiser, "event.event")
            .create(
                {
                    "name": "Réunion",
                    "date_begin": "2026-03-10 18:00:00",
                    "date_end": "2026-03-10 20:00:00",
                }
            )
            .sudo()
        )
        registrations = self.env["event.registration"].create(
            [
                {"event_id": event.id, "partner_id": self.person_north.id},
                {"event_id": event.id, "name": "Passante", "email": "passante@example.org"},
            ]
        )

        question = self.env["event.question"].create(
            {"title": "Et vous ?", "question_type": "text_box", "event_ids": event.ids}
        )
        self.env["event.registration.answer"].create(
            [
                {"registration_id": one.id, "question_id": question.id, "value_text_box": "Pour"}
                for one in registrations
            ]
        )

        def seen(reader, day):
            with freeze_time(day):
                found = self._as(reader, "event.registration").search([])
                told = self._as(reader, "event.registration.answer").search(
                    [("question_id", "=", question.id)]
                )
                self.assertEqual(told.registration_id, found & registrations.with_env(found.env))
                return len(told)

        before, door, after = "2026-02-20", "2026-03-10 17:30:00", "2026-03-20"
        for reader, far, near in (
            (self.user_plain, 0, 2),
            (self.user_lead_homeless, 0, 2),
            (self.user_lead, 1, 2),
            (self.user_staff, 2, 2),
            (organiser, 2, 2),
            (self.user_neighbour, 0, 0),
        ):
            with self.subTest(reader=reader.login):
                counted = [seen(reader, day) for day in (before, door, after)]
                self.assertEqual(counted, [far, near, far])

    def test_who_came_is_recruited(self):
        person = self._person("Venue", political_category="regular", branch_id=self.north.id)
        event = self.env["event.event"].create(
            {
                "name": "Réunion",
                "date_begin": "2026-03-01 18:00:00",
                "date_end": "2026-03-01 20:00:00",
                "company_id": self.company.id,
            }
        )
        registration = self.env["event.registration"].create(
            {"event_id": event.id, "partner_id": person.id}
        )
        self.assertFalse(self.env["crm.lead"].search([("partner_id", "=", person.id)]))
        registration.action_set_done()
        self.assertTrue(self.env["crm.lead"].search([("partner_id", "=", person.id)]))
