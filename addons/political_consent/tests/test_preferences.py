import json
from datetime import timedelta
from urllib.parse import urlsplit

from freezegun import freeze_time

from odoo.tests.common import tagged

from .common_http import ConsentHttpCase


@tagged("post_install", "-at_install")
class TestPreferences(ConsentHttpCase):
    def setUp(self):
        super().setUp()
        self.given = self.give(self.anne)
        self.subject = self.anne.sudo().consent_subject_ids
        self.url = self._path(self.subject._preferences_url())

    def _path(self, url):
        return urlsplit(url).path + "?lang=fr_FR"

    def test_link_holds_no_address(self):
        """R-71: signed, no address in it, and worthless when altered or old."""
        self.page(self.url)
        token = self.url.split("/")[-1].split("?")[0]
        self.assertNotIn("anne", token)
        for wrong in (token[:-2] + "AA", "x", token[:20]):
            self.page(f"/consent/preferences/{wrong}", 404)
            self.assertEqual(self.url_open(f"/consent/preferences/{wrong}/proof").status_code, 404)
        with freeze_time(self.utc_now() + timedelta(days=401)):
            self.assertFalse(self.env["consent.subject"]._of_preferences(token))

    def test_stop_takes_one_press(self):
        """R-03: one press without login nor reason, no more steps than agreeing."""
        page = self.page(self.url)
        switch = page.xpath("//button[@role='switch']")
        self.assertEqual([b.get("aria-checked") for b in switch], ["true"])
        self.assertEqual(len(self.events()), 1)
        page = self.submit(self.url, {"stop": "newsletter/email/"}, page=page)
        self.assertIn("C'est fait", self.text(page))
        event = self.events() - self.given
        self.assertEqual(
            (event.action, event.means, event.act), ("withdrawn", "preferences", "button")
        )
        self.assertEqual(self.reason(self.anne), "opposed")
        page = self.submit(self.url, {"stop": "newsletter/email/"}, page=page)
        self.assertEqual(len(self.events()), 2)

    def test_agreeing_again_needs_a_message(self):
        """R-35: who was forwarded the message cannot agree for its reader."""
        self.withdraw(self.anne)
        page = self.submit(self.url, {"agree": "newsletter/email/"})
        self.assertIn("confirmez", self.text(page))
        self.assertEqual(self.reason(self.anne), "opposed")
        [link] = self.deliver()
        self.assertEqual(self.emails[0]["smtp_to_list"], ["anne.essai@example.org"])
        self.submit(link, {})
        self.assertFalse(self.reason(self.anne))

    def test_one_list_or_all(self):
        """R-03: leaving a list leaves the newsletter; leaving the newsletter leaves its lists."""
        bondy = self.env["consent.list"].create(
            {"name": "Bondy", "code": "bondy", "purpose_id": self.newsletter.id, "public": True}
        )
        self.give(self.anne, list_code="bondy")
        page = self.page(self.url)
        self.assertIn("Bondy", self.text(page))
        self.submit(self.url, {"stop": "newsletter/email/bondy"}, page=page)
        self.assertFalse(self.reason(self.anne))
        self.give(self.anne, list_code="bondy")
        self.submit(self.url, {"stop": "newsletter/email/"}, page=page)
        states = self.anne.sudo().consent_state_ids
        self.assertEqual(set(states.mapped("action")), {"withdrawn"})
        self.assertIn(bondy, states.list_id)

    def test_leave_everything(self):
        """R-29: every answer is withdrawn and the objection is remembered by hash; the statutory
        notice still goes."""
        self.give(self.anne, "sms_mobilisation", "sms")
        self.join(self.anne | self.basile)
        self.submit(self.url, {"everything": "1"})
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertEqual(self.reason(self.anne, "sms_mobilisation", "sms"), "opposed")
        self.assertEqual(self.reason(self.anne, "event", "email"), "suppressed")
        self.assertFalse(self.reason(self.anne, "membership", "email"))
        self.assertFalse(self.reason(self.basile, "membership", "email"))
        self.env.cr.execute("SELECT string_agg(s::text, ' ') FROM consent_suppression s")
        self.assertNotIn("anne", self.env.cr.fetchone()[0])

    def test_another_persons_answers_stay(self):
        """R-71: a link opens its own person's answers only."""
        self.give(self.basile, "event", "email")
        page = self.page(self.url)
        self.assertNotIn("événement", self.text(page))
        self.submit(self.url, {"stop": "event/email/"}, 404, page)
        self.assertFalse(self.reason(self.basile, "event", "email"))

    def test_proof(self):
        """R-05, R-32: the person takes the proof along; it hashes to what the ledger says."""
        response = self.url_open(self.url.replace("?", "/proof?"))
        [proof] = json.loads(response.text)
        self.assertEqual(proof["content_sha256"], self.given.content_sha256)
        self.assertEqual(proof["words"], self.given.wording_id.text)
        self.assertNotIn("anne.essai", response.text.lower())


@tagged("post_install", "-at_install")
class TestOneClick(ConsentHttpCase):
    def setUp(self):
        super().setUp()
        self.give(self.anne)
        self.give(self.anne, "event", "email")
        self.subject = self.anne.sudo().consent_subject_ids
        none = self.env["consent.list"]
        self.url = urlsplit(self.subject._one_click_url(self.newsletter, "email", none)).path

    def test_post_without_cookie(self):
        """R-03, RFC 8058: the mail program's POST leaves this purpose on this channel only."""
        response = self.url_open(self.url, data={"List-Unsubscribe": "One-Click"})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertFalse(self.reason(self.anne, "event", "email"))
        event = self.events(means="one_click")
        self.assertEqual((event.action, event.act), ("withdrawn", "button"))
        self.url_open(self.url, data={"List-Unsubscribe": "One-Click"})
        self.assertEqual(len(self.events(means="one_click")), 1)

    def test_get_does_nothing(self):
        """Every GET is free of effects: mail scanners open the link."""
        page = self.page(self.url + "?lang=fr_FR")
        self.assertTrue(page.xpath("//form[@method='post']//button"))
        self.assertFalse(self.reason(self.anne))

    def test_altered(self):
        self.page(self.url[:-3] + "AAA", 404, data={"List-Unsubscribe": "One-Click"})
        self.assertFalse(self.reason(self.anne))
