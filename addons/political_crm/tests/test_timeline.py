from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoliticalCase
from .membership_common import MembershipCase


@tagged("post_install", "-at_install")
class TestTimeline(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.event = cls.env["event.event"].create(
            {
                "name": "Réunion publique",
                "date_begin": "2026-03-01 18:00:00",
                "date_end": "2026-03-01 20:00:00",
                "company_id": cls.company.id,
            }
        )
        for person in cls.person_north | cls.person_south:
            cls.env["event.registration"].create(
                {"event_id": cls.event.id, "partner_id": person.id}
            )
            person.consent_record(
                "newsletter",
                "email",
                "given",
                {"means": "paper", "wording_code": "newsletter-email-fr_FR-v1"},
            )
            person.message_post(body="<p>Appelé ce matin</p>", message_type="comment")

    def _kinds(self, user, person=None):
        lines = self._as(user, "political.timeline").search(
            [("partner_id", "=", (person or self.person_north).id)]
        )
        return lines.mapped("kind")

    def test_what_happened(self):
        """Contacts, events and consents of a person, newest first, on their page."""
        self.env.flush_all()
        person = self._as(self.user_lead).browse(self.person_north.id)
        lines = person.timeline_ids
        self.assertEqual(set(lines.mapped("kind")), {"message", "event", "consent"})
        self.assertEqual(lines.sorted("at", reverse=True).ids, lines.ids)
        titles = " ".join(lines.mapped("title"))
        self.assertIn("Réunion publique", titles)
        self.assertIn("Appelé ce matin", titles)
        self.assertEqual(len(set(lines.ids)), len(lines))

    def test_in_the_readers_language(self):
        """R-78"""
        self.env.flush_all()
        line = self._as(self.user_lead, "political.timeline").search(
            [("partner_id", "=", self.person_north.id), ("kind", "=", "consent")]
        )
        self.assertIn("Lettre d'information", line.with_context(lang="fr_FR").title)

    def test_record_rules(self):
        """R-10, R-41: a timeline is seen with its person, or not at all."""
        self.env.flush_all()
        self.assertTrue(self._kinds(self.user_lead))
        for user in (self.user_lead_homeless, self.user_neighbour):
            with self.subTest(user=user.login):
                self.assertFalse(self._kinds(user))
        self.assertFalse(self._kinds(self.user_lead, self.person_south))
        self.assertTrue(self._kinds(self.user_federation, self.person_south))
        with self.assertRaises(AccessError):
            self._kinds(self.user_plain)

    def test_one_query_whatever_the_length(self):
        """The database reads one person's rows from each source, by its index."""
        self.env.flush_all()
        Timeline = self._as(self.user_lead, "political.timeline")
        domain = [("partner_id", "=", self.person_north.id)]
        Timeline.search_fetch(domain, ["title"])
        Timeline.invalidate_model()
        with self.assertQueryCount(1):
            Timeline.search_fetch(domain, ["title", "kind", "at"])

    def test_erased_with_the_person(self):
        """R-31: the timeline keeps no copy."""
        self.env["consent.eraser"]._erase(self.person_north)
        self.env.flush_all()
        self.assertFalse(self._kinds(self.user_manager))

    def test_opens_what_it_tells(self):
        self.env.flush_all()
        self.event.user_id = self.user_manager
        mandate = self.env["political.mandate"].create(
            {
                "partner_id": self.person_north.id,
                "office_id": self.env.ref("political_crm.office_mayor").id,
                "date_start": "2026-03-22",
            }
        )
        self.env.flush_all()
        line = self._as(self.user_lead, "political.timeline").search(
            [("partner_id", "=", self.person_north.id), ("kind", "=", "mandate")]
        )
        self.assertEqual(line.action_open()["res_id"], mandate.id)


@tagged("post_install", "-at_install")
class TestMembershipOnScreens(MembershipCase):
    def test_payments_on_the_agents_timeline_only(self):
        """R-61: the financial agent reads the payment, everybody else the membership alone."""
        self._member(self.person_north)
        self.env.flush_all()
        domain = [("partner_id", "=", self.person_north.id)]
        seen = {
            user: set(self._as(user, "political.timeline").search(domain).mapped("kind"))
            for user in (self.user_lead, self.user_staff, self.user_finance)
        }
        self.assertIn("payment", seen[self.user_finance])
        for user in (self.user_lead, self.user_staff):
            self.assertIn("membership", seen[user])
            self.assertNotIn("payment", seen[user])

    def test_board_counts_memberships(self):
        line = self._member(self.person_north)
        self._member(self.person_south)
        board = self._as(self.user_lead, "political.dashboard").create({})
        self.assertEqual((board.uptodate_count, board.arrears_count), (1, 0))
        self.assertEqual(board.renewal_count, 0)
        line.sudo().write({"date_end": self.env.cr.now().date()})
        board.invalidate_recordset()
        self.assertEqual(board.renewal_count, 1)
        found = self._as(self.user_lead, "political.membership").search(
            board.action_renewals()["domain"]
        )
        self.assertEqual(found, line)

    def test_death_ends_the_membership(self):
        """R-44: with the person's life ends their membership, in the same step."""
        line = self._member(self.person_north)
        wizard = self._as(self.user_lead, "political.change").create(
            {"partner_id": self.person_north.id, "kind": "deceased"}
        )
        wizard.action_apply()
        self.assertEqual(line.state, "deceased")
        self.assertEqual(self.person_north.political_category, "former")
