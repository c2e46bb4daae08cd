from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests.common import tagged

from ..lib.fold import fold
from .common import ConsentCase

DAY = datetime(2026, 3, 1)


class MergeCase(ConsentCase):
    def merge(self, keep, *others, user=None):
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user or self.env.user)
        wizard._merge([keep.id, *(other.id for other in others)], keep)

    def person(self, email, phone=False):
        return self.env["res.partner"].create(
            {"name": "Essai", "email": email, "phone": phone, "company_id": self.company.id}
        )

    def say(self, partner, action, day, audience=None, channel="email"):
        return self.env["consent.event"]._record(
            [
                {
                    "partner": partner,
                    "purpose": self.newsletter,
                    "channel": channel,
                    "action": action,
                    "means": "paper",
                    "act": "signature",
                    "list": audience,
                    "wording": self.env["consent.wording"]._published(
                        self.newsletter, channel, "fr_FR"
                    ),
                    "collected_at": DAY + timedelta(days=day),
                }
            ]
        )


@tagged("post_install", "-at_install")
class TestMerge(MergeCase):
    """R-33: the stricter answer wins, and a merge never makes a basis."""

    def test_later_no_wins(self):
        one, two = self.person("a@example.org"), self.person("a@example.org")
        given = self.say(one, "given", 1)
        self.say(two, "withdrawn", 2)
        self.merge(one, two)
        self.assertEqual(self.reason(one), "opposed")
        event = self.env["consent.event"].search([("means", "=", "merge")])
        self.assertEqual((event.action, event.replaces_uid), ("withdrawn", given.uid))
        self.assertFalse(two.exists())

    def test_later_yes_for_the_same_address_wins(self):
        one, two = self.person("a@example.org"), self.person("a@example.org")
        self.say(one, "withdrawn", 1)
        self.say(two, "given", 2)
        self.merge(one, two)
        self.assertFalse(self.reason(one))
        self.assertFalse(self.env["consent.event"].search([("means", "=", "merge")]))

    def test_later_yes_for_another_address_loses(self):
        one, two = self.person("a@example.org"), self.person("b@example.org")
        self.say(one, "withdrawn", 1)
        self.say(two, "given", 2)
        self.merge(one, two)
        self.assertEqual(self.reason(one), "opposed")
        one.email = "b@example.org"
        self.assertEqual(self.reason(one), "opposed")

    def test_basis_for_its_own_address_only(self):
        one, two = self.person("b@example.org"), self.person("a@example.org")
        self.say(two, "given", 1)
        self.merge(one, two)
        self.assertEqual(one.email, "b@example.org")
        self.assertEqual(self.reason(one), "address_changed")
        one.email = "a@example.org"
        self.assertFalse(self.reason(one))

    def test_nothing_comes_from_nothing(self):
        one, two = self.person("a@example.org"), self.person("a@example.org")
        self.merge(one, two)
        self.assertEqual(self.reason(one), "no_basis")

    def test_later_withdrawal_closes_everybody_merged(self):
        one, two = self.person("a@example.org"), self.person("a@example.org")
        self.say(one, "given", 1)
        self.say(two, "given", 1)
        self.merge(one, two)
        self.assertEqual(len(one.sudo().consent_subject_ids), 2)
        self.assertEqual(len(one.with_user(self.officer).consent_state_ids), 2)
        ids = one.with_user(self.officer).consent_record(
            "newsletter", "email", "withdrawn", {"means": "staff"}
        )
        self.assertEqual(len(ids), 2)
        self.assertEqual(self.reason(one), "opposed")
        self.assertEqual(
            set(one.with_user(self.officer).consent_state_ids.sudo().mapped("action")),
            {"withdrawn"},
        )

    def test_merged_twice(self):
        one, two, three = (self.person("a@example.org") for _n in range(3))
        self.say(three, "given", 1)
        self.merge(two, three)
        self.say(one, "refused", 2)
        self.merge(one, two)
        self.assertEqual(self.reason(one), "opposed")
        self.assertEqual(len(one.sudo().consent_subject_ids), 3)

    def test_link_of_the_merged_contact_still_works(self):
        """R-03: the link in an old message leaves for the person, not for a row."""
        one, two = self.person("a@example.org"), self.person("a@example.org")
        self.say(one, "given", 1)
        self.say(two, "given", 1)
        old = two.sudo().consent_subject_ids
        self.merge(one, two)
        old.invalidate_recordset()
        old._leave(self.newsletter, "email", self.env["consent.list"], "one_click")
        self.assertEqual(self.reason(one), "opposed")

    def test_chatter_holds_no_address(self):
        """R-31: core's note kept names and addresses in clear."""
        one, two = self.person("a@example.org"), self.person("secret@example.org")
        self.merge(one, two)
        self.assertNotIn("secret", " ".join(str(m.body) for m in one.message_ids))

    def test_other_controllers_answers_stay_apart(self):
        """R-41: what was said to one controller overrules nothing of another."""
        one = self.env["res.partner"].create({"name": "E", "email": "a@example.org"})
        two = self.env["res.partner"].create({"name": "E", "email": "a@example.org"})
        self.say(one, "given", 1)
        theirs = self.env["consent.purpose"]._get("newsletter", self.other_company)
        self.env["consent.event"]._record(
            [
                {
                    "partner": two,
                    "purpose": theirs,
                    "channel": "email",
                    "action": "withdrawn",
                    "means": "staff",
                }
            ]
        )
        self.merge(one, two)
        self.assertFalse(self.reason(one))


ADDRESSES = ("a@example.org", "b@example.org")
ACTS = st.tuples(
    st.just("act"),
    st.integers(0, 3),
    st.sampled_from(["given", "given", "refused", "withdrawn", "expired"]),
    st.integers(0, 5),
    st.sampled_from([None, 0, 1]),
)
LOOSE = st.tuples(st.just("loose"), st.sampled_from(ADDRESSES), st.integers(0, 5))
MOVES = st.tuples(st.just("move"), st.integers(0, 3), st.sampled_from(ADDRESSES))
MERGES = st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3))
HISTORIES = st.lists(st.one_of(ACTS, ACTS, LOOSE, MOVES, MERGES), min_size=2, max_size=12)


@tagged("post_install", "-at_install")
class TestFoldWithMerges(MergeCase):
    """``consent.state`` equals the fold of the ledger over random histories with merges and
    changed addresses, and no merge opens what was closed on either side."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lists = cls.env["consent.list"].create(
            [
                {"name": code, "code": code, "purpose_id": cls.newsletter.id}
                for code in ("nord", "sud")
            ]
        )

    @settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(history=HISTORIES)
    def test_random_histories(self, history):
        with self.env.cr.savepoint() as savepoint:
            people = [self.person(ADDRESSES[n % 2]) for n in range(4)]
            for kind, *step in history:
                getattr(self, f"_play_{kind}")(people, *step)
                self._compare()
            savepoint.rollback()
        self.env.invalidate_all()

    def _play_act(self, people, who, action, day, audience):
        audience = None if audience is None else self.lists[audience]
        self.say(people[who], action, day, audience)

    def _play_loose(self, _people, address, day):
        self.env["consent.event"]._record(
            [
                {
                    "identifier": address,
                    "purpose": self.newsletter,
                    "channel": "email",
                    "action": "withdrawn",
                    "means": "stop",
                    "collected_at": DAY + timedelta(days=day),
                }
            ]
        )

    def _play_move(self, people, who, address):
        people[who].email = address

    def _play_merge(self, people, keep, other):
        keep, gone = people[keep], people[other]
        if keep == gone:
            return
        before = {self._verdict(keep), self._verdict(gone)}
        self.merge(keep, gone)
        people[:] = [keep if person == gone else person for person in people]
        if self._verdict(keep) is False:
            self.assertIn(False, before, "A merge made a basis.")

    def _verdict(self, partner):
        return self.reason(partner)

    def _compare(self):
        self.env.cr.execute(
            "SELECT id, subject, identifier_key, purpose_id AS purpose, channel, "
            "list_id AS list, action, collected_at FROM consent_event"
        )
        expected = {key: e["id"] for key, e in fold(self.env.cr.dictfetchall()).items()}
        self.env.cr.execute(
            "SELECT s.code, t.identifier_key, t.purpose_id, t.channel, t.list_id, t.event_id "
            "FROM consent_state t LEFT JOIN consent_subject s ON s.id = t.subject_id"
        )
        self.assertEqual({row[:5]: row[5] for row in self.env.cr.fetchall()}, expected)
