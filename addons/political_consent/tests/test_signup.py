import re
from datetime import timedelta
from pathlib import Path

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..lib import canonical
from .common import ConsentCase
from .common_http import ConsentHttpCase


@tagged("post_install", "-at_install")
class TestSignupPage(ConsentHttpCase):
    def test_form_has_unticked_boxes_and_the_whole_notice(self):
        """R-07, R-24: one box a channel, none ticked; the notice has every key."""
        page = self.page("/consent/signup/newsletter?lang=fr_FR")
        boxes = page.xpath("//input[@type='checkbox']")
        self.assertEqual(len(boxes), 2)
        self.assertFalse([box for box in boxes if "checked" in box.attrib])
        text = self.text(page)
        for key in (
            self.company.name,
            "À quoi servent vos données",
            "Base légale",
            "Qui les reçoit",
            "Durée",
            "facultatif",
            "retirer votre accord",
            "CNIL",
        ):
            self.assertIn(key, text)
        self.assertEqual(page.get("lang"), "fr-FR")

    def test_both_languages(self):
        """R-78: French and English, whatever the site's own languages are."""
        page = self.page("/consent/signup/newsletter?lang=en_US")
        self.assertEqual(page.get("lang"), "en-US")
        self.assertIn("I agree to receive the newsletter", self.text(page))
        page = self.page(
            "/consent/signup/newsletter", headers={"Accept-Language": "fr-FR,fr;q=0.9"}
        )
        self.assertIn("J'accepte de recevoir", self.text(page))

    def test_lists_have_boxes_of_their_own(self):
        """R-06: a box a list, only for lists that are public."""
        self.env["consent.list"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "purpose_id": self.newsletter.id,
                    "public": public,
                }
                for name, code, public in (("Bondy Nord", "bondy", True), ("Bureau", "bur", False))
            ]
        )
        page = self.page("/consent/signup/newsletter?lang=fr_FR")
        self.assertEqual(len(page.xpath("//input[@type='checkbox']")), 4)
        self.assertIn("Bondy Nord", self.text(page))
        self.assertNotIn("Bureau", self.text(page))

    def test_unknown_purpose(self):
        """Unknown, closed and statutory purposes and another controller's look the same: 404."""
        self.env["consent.purpose"].create(
            {"name": "Ailleurs", "code": "ailleurs", "company_id": self.other_company.id}
        )
        for code in ("nothing", "membership", "ailleurs"):
            self.assertEqual(self.url_open(f"/consent/signup/{code}").status_code, 404)

    def test_nothing_ticked(self):
        """R-07: no box, no consent, no message, no reproach."""
        page = self.sign_up(boxes=[])
        self.assertIn("Vous n'avez rien coché", self.text(page))
        self.assertFalse(self.env["consent.signup"].search([]))

    def test_same_answer_for_everybody(self):
        """R-71: the page does not tell whether somebody is known, opposed, or asked already."""
        self.give(self.anne)
        self.withdraw(self.basile)
        texts = {
            self.text(self.sign_up(email))
            for email in (
                "anne.essai@example.org",
                "basile.essai@example.org",
                "nobody@example.org",
                "nobody@example.org",
            )
        }
        self.assertEqual(len(texts), 1)

    def test_same_work_for_everybody(self):
        """R-71: no clock tells either: as many statements for a stranger as for a member, and the
        message leaves later, by a job."""
        self.give(self.anne)
        self.withdraw(self.basile)
        self.sign_up("first@example.org")  # fills the caches
        counts = set()
        for email in ("anne.essai@example.org", "basile.essai@example.org", "nobody@example.org"):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.sign_up(email)
            counts.add(self.env.cr.sql_log_count - before)
        self.assertGreater(min(counts), 0)
        self.assertEqual(len(counts), 1, counts)

    def test_bad_address(self):
        page = self.page("/consent/signup/newsletter?lang=fr_FR")
        box = page.xpath("//input[@name='box']/@value")[0]
        page = self.submit(
            "/consent/signup/newsletter?lang=fr_FR", {"email": "x@", "box": box}, 400, page
        )
        self.assertTrue(page.xpath("//input[@id='email'][@aria-invalid='true']"))
        self.assertFalse(self.env["consent.signup"].search([]))

    def test_rate_limit(self):
        """R-71: in words, per network and per address; the address is kept nowhere in clear."""
        self.env["ir.config_parameter"].set_param("political_consent.rate_signup_address", "2")
        for _attempt in range(2):
            self.sign_up("flood@example.org")
        page = self.page("/consent/signup/newsletter?lang=fr_FR")
        box = page.xpath("//input[@name='box']/@value")[0]
        page = self.submit(
            "/consent/signup/newsletter?lang=fr_FR",
            {"email": "flood@example.org", "box": box},
            429,
            page,
        )
        self.assertIn("Un instant", self.text(page))
        self.sign_up("other@example.org")
        self.env["ir.config_parameter"].set_param("political_consent.rate_signup_network", "1")
        self.submit(
            "/consent/signup/newsletter?lang=fr_FR",
            {"email": "third@example.org", "box": box},
            429,
        )
        self.env.cr.execute("SELECT string_agg(key, ' ') FROM consent_rate")
        self.assertNotIn("example.org", self.env.cr.fetchone()[0])

    def test_templates_never_tick(self):
        """R-07, static: no template of ours ticks a box."""
        folder = Path(__file__).parents[1]
        sources = [*folder.glob("templates/*.xml"), *folder.glob("static/src/**/*.xml")]
        self.assertTrue(sources)
        for source in sources:
            for box in etree.parse(source).iter("input"):
                if box.get("type") == "checkbox":
                    self.assertFalse({"checked", "t-att-checked"} & set(box.attrib), source.name)


@tagged("post_install", "-at_install")
class TestSignupConfirmation(ConsentHttpCase):
    def test_whole_way(self):
        """R-35: pending until the button is pressed; opening the link does nothing."""
        self.sign_up("chloe.essai@example.org", name="Chloé Essai")
        Partner = self.env["res.partner"]
        self.assertFalse(Partner.search([("email", "=", "chloe.essai@example.org")]))
        self.assertFalse(self.events())
        [link] = self.deliver()
        page = self.page(link + "?lang=fr_FR")
        self.assertIn("J'accepte de recevoir par e-mail", self.text(page))
        self.assertFalse(self.events())
        answer = self.submit(link + "?lang=fr_FR", {}, page=page)
        [event] = self.events()
        chloe = Partner.search([("email", "=", "chloe.essai@example.org")])
        self.assertEqual(chloe.name, "Chloé Essai")
        self.assertEqual(chloe.company_id, self.company)
        self.assertEqual((event.means, event.act, event.channel), ("web", "double_optin", "email"))
        self.assertTrue(event.confirm_token_sha256)
        self.assertEqual(event.content_sha256, canonical.content_hash(event.read()[0] | {}))
        self.assertIn(event.receipt, self.text(answer))
        self.assertTrue(answer.xpath("//img[starts-with(@src, 'data:image/svg')]"))
        self.assertFalse(self.reason(chloe))
        self.assertEqual(self.reason(chloe, channel="post"), "no_address")
        evidence = self.env["consent.evidence"].search([("event_ids", "=", event.id)])
        self.assertEqual(evidence.kind, "web")
        self.assertIn("127.0.0.1", evidence.payload)
        self.assertNotIn("chloe", evidence.payload)

    def test_pending_is_minimal(self):
        """R-35: the token is kept as SHA-256 only, nothing typed outlives the confirmation."""
        self.sign_up(name="Chloé Essai")
        [link] = self.deliver()
        signup = self.env["consent.signup"].search([])
        token = link.rsplit("/", 1)[1]
        self.assertNotIn(token, str(signup.read()))
        self.submit(link, {})
        self.assertFalse(signup.address or signup.name or signup.partner_id)

    def test_works_once(self):
        """R-35: a second press, an altered and an expired link add nothing and say why."""
        self.sign_up()
        [link] = self.deliver()
        page = self.page(link + "?lang=fr_FR")
        self.submit(link, {}, page=page)
        again = self.submit(link, {}, page=page)
        self.assertIn("Déjà confirmé", self.text(again))
        self.assertIn("Déjà confirmé", self.text(self.page(link + "?lang=fr_FR")))
        altered = self.submit(link[:-1] + ("A" if link[-1] != "A" else "B"), {}, 404, page)
        self.assertIn("pas valable", self.text(altered))
        self.assertEqual(len(self.events()), 1)

    def test_expired_and_purged(self):
        """R-35: an expired link is refused, and the pending sign-up is purged."""
        self.sign_up()
        [link] = self.deliver()
        page = self.page(link + "?lang=fr_FR")
        signup = self.env["consent.signup"].search([])
        signup.expires_at -= timedelta(days=4)
        late = self.submit(link, {}, 410, page)
        self.assertIn("expiré", self.text(late))
        self.assertFalse(self.events())
        signup._gc_signups()
        self.assertFalse(signup.exists())

    def test_one_event_a_box(self):
        """R-06: two boxes, two events; the list is kept."""
        self.env["consent.list"].create(
            {
                "name": "Bondy",
                "code": "bondy",
                "purpose_id": self.newsletter.id,
                "public": True,
            }
        )
        page = self.page("/consent/signup/newsletter?lang=fr_FR")
        boxes = [v for v in page.xpath("//input[@name='box']/@value") if "-email-" in v]
        self.sign_up(boxes=boxes)
        [link] = self.deliver()
        self.submit(link, {})
        self.assertEqual(sorted(e.list_code or "" for e in self.events()), ["", "bondy"])

    def test_finds_the_one_contact(self):
        """The controller's one contact with that address is taken, by name among several."""
        self.sign_up("ANNE.essai@example.org")
        [link] = self.deliver()
        self.submit(link, {})
        self.assertFalse(self.reason(self.anne))
        twin = self.env["res.partner"].create(
            {"name": "Élise Essai", "email": self.anne.email, "company_id": self.company.id}
        )
        self.sign_up("anne.essai@example.org", name="elise  ESSAI")
        [link] = self.deliver()
        self.submit(link, {})
        self.assertFalse(self.reason(twin))
        before = self.env["res.partner"].search_count([])
        self.sign_up("anne.essai@example.org", name="Tiers Essai")
        [link] = self.deliver()
        self.submit(link, {})
        self.assertEqual(self.env["res.partner"].search_count([]), before + 1)

    def test_never_another_controllers_contact(self):
        """R-41: the same address at another controller is another person's file."""
        foreign = self.env["res.partner"].create(
            {
                "name": "Dora",
                "email": "dora@example.org",
                "company_id": self.other_company.id,
            }
        )
        self.sign_up("dora@example.org")
        [link] = self.deliver()
        self.submit(link, {})
        [event] = self.events()
        self.assertFalse(foreign.sudo().consent_subject_ids)
        self.assertEqual(event.company_id, self.company)

    def test_known_child(self):
        """R-23: under 15 a parent consents too; the day of 15 the child may."""
        self.anne.birthdate = self.utc_now().date() - timedelta(days=14 * 365)
        self.sign_up("anne.essai@example.org")
        [link] = self.deliver()
        refused = self.submit(link + "?lang=fr_FR", {}, 403)
        self.assertIn("parent", self.text(refused))
        self.assertFalse(self.events())
        today = self.utc_now().date()
        self.anne.birthdate = today.replace(year=today.year - 15, day=min(today.day, 28))
        self.submit(link, {})
        self.assertEqual(self.events().age_check, "15")

    def test_adults_alone_agree_to_be_targeted(self):
        """R-23: the button asks for full age where the consent is one to be targeted."""
        self.sign_up(code="targeting")
        [link] = self.deliver()
        page = self.page(link + "?lang=fr_FR")
        self.assertIn("18 ans", self.text(page))
        self.submit(link, {})
        self.assertEqual(self.events().age_check, "adult")

    def test_reopens_after_objection(self):
        """R-29, R-35: who left may come back, by a confirmation of their own only."""
        self.give(self.anne)
        self.withdraw(self.anne)
        self.assertEqual(self.reason(self.anne), "opposed")
        self.sign_up("anne.essai@example.org")
        self.assertEqual(self.reason(self.anne), "opposed")
        [link] = self.deliver()
        self.page(link)
        self.assertEqual(self.reason(self.anne), "opposed")
        self.submit(link, {})
        self.assertFalse(self.reason(self.anne))

    def test_message_says_who_and_how_to_object(self):
        """R-26: sender, controller and how to object are in the message, in its language."""
        self.sign_up()
        self.deliver()
        [mail] = self.emails
        self.assertEqual(mail["smtp_to_list"], ["chloe.essai@example.org"])
        self.assertFalse(mail["msg_cc"])
        body = self.body(mail)
        self.assertIn(self.company.name, body)
        self.assertIn("contact@example.org", body)
        self.assertIn("vous opposer", body)

    def test_delivery_is_tried_again(self):
        """A mail server that is away costs a delay, not the sign-up; then it is given up."""
        self.sign_up()
        signup = self.env["consent.signup"].search([])
        with self.mock_smtplib_connection():
            self.testing_smtp_session.send_message = self._away
            for _attempt in range(4):
                signup._cron_deliver()
            self.assertEqual((signup.state, signup.attempts), ("waiting", 4))
            signup._cron_deliver()
            self.assertEqual(signup.state, "failed")

    def _away(self, *_args):
        raise OSError("away")


@tagged("post_install", "-at_install")
class TestReceipt(ConsentHttpCase):
    def test_verifies_without_login(self):
        """R-05: the page gives the words, the moment and the check, and names nobody."""
        event = self.give(self.anne)
        page = self.page(f"/consent/receipt/{event.receipt}?lang=fr_FR")
        text = self.text(page)
        self.assertIn(event.wording_id.text, text)
        self.assertIn("Vérifié :", text)
        self.assertIn(event.content_sha256, text)
        self.assertIn("En attente", text)
        for secret in ("Anne", "anne.essai", event.subject, event.identifier_key):
            self.assertNotIn(secret, page.text_content())
        self.env["consent.seal"]._seal_batch(self.company.id)
        seal = event._seal()
        text = self.text(self.page(f"/consent/receipt/{event.receipt}?lang=fr_FR"))
        self.assertIn(seal.sha256, text)

    def test_altered_content(self):
        """R-05: content that was changed behind the triggers no longer verifies."""
        event = self.give(self.anne)
        self.env.cr.execute("ALTER TABLE consent_event DISABLE TRIGGER USER")
        self.env.cr.execute(
            "UPDATE consent_event SET wording_sha256 = 'x' WHERE id = %s", [event.id]
        )
        text = self.text(self.page(f"/consent/receipt/{event.receipt}?lang=fr_FR"))
        self.assertIn("Non vérifié", text)

    def test_unknown_is_malformed(self):
        """R-71: a guesser learns nothing: unknown and malformed codes look the same."""
        texts = set()
        for code in ("0" * 32, "x", "1"):
            response = self.url_open(f"/consent/receipt/{code}")
            self.assertEqual(response.status_code, 404)
            texts.add(re.sub(r"[0-9a-f]{16,}|csrf_token: .*", "", response.text).replace(code, ""))
        self.assertLessEqual(len(texts), 3)


@tagged("post_install", "-at_install")
class TestSignupRights(ConsentCase):
    @mute_logger("odoo.addons.base.models.ir_model")
    def test_nobody_reads_pending_signups(self):
        """R-71: no user of any right, the DPO included, reads or makes one over RPC."""
        for user in (self.officer, self.internal, self.dpo, self.env.ref("base.user_admin")):
            for model in ("consent.signup", "consent.signup.line", "consent.rate"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).create({})
