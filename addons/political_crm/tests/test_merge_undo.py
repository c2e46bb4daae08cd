from datetime import date, timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..lib.merging import Group
from ..wizards.base_partner_merge import SAY_THE_SAME
from .membership_common import MembershipCase
from .test_duplicates import DuplicateCase


class MergeCase(DuplicateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["political.duplicate"].find([("id", "in", cls.pair_of_north.ids)])
        cls.pair = cls.env["political.duplicate"].search(
            [("left_id", "in", cls.pair_of_north.ids), ("right_id", "in", cls.pair_of_north.ids)]
        )
        cls.newsletter = cls.env["consent.purpose"]._get("newsletter", cls.company)

    def _merge(self, keep, *others):
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        people = keep.union(*others)
        return wizard._merge_with_journal(Group(people, keep, extra_checks=False))

    def _answer(self, person, action, channel="email"):
        return self.env["consent.event"]._record(
            [
                {
                    "partner": person,
                    "purpose": self.newsletter,
                    "channel": channel,
                    "action": action,
                    "means": "paper",
                    "act": "signature",
                    "wording": self.env["consent.wording"]._published(
                        self.newsletter, channel, "fr_FR"
                    ),
                }
            ]
        )


@tagged("post_install", "-at_install")
class TestReviewMerge(MergeCase):
    def _review(self, user):
        return self._as(user, "political.duplicate").browse(self.pair.id)

    def test_lead_merges_and_undoes(self):
        """A local lead does the whole job on people of their branch."""
        self.env["crm.lead"].create({"name": "Appeler", "partner_id": self.anso.id})
        merge_id = self._review(self.user_lead).decide_merge(self.anne.id, ["firstname"])
        self.assertFalse(self.anso.exists())
        self.assertEqual(self.anne.firstname, "Anso")
        self.assertEqual(self.anne.opportunity_ids.name, "Appeler")
        merge = self._as(self.user_lead, "political.merge").browse(merge_id)
        self.assertEqual(merge.partner_id.id, self.anne.id)
        merge.action_undo()
        self.assertEqual(self.anso.firstname, "Anso")
        self.assertEqual(self.anne.firstname, "Anne-Sophie")
        self.assertEqual(self.anso.opportunity_ids.name, "Appeler")
        self.assertEqual(self._pair(self.anne, self.anso).state, "distinct")
        with self.assertRaisesRegex(UserError, "undone already"):
            merge.action_undo()

    def test_merge_refused(self):
        """R-10: neither a colleague without the right nor another branch's lead."""
        for user in (self.user_plain, self.user_sales, self.user_finance):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._review(user).decide_merge(self.anne.id)
        self.user_lead.branch_ids = self.south
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self._review(self.user_lead).decide_merge(self.anne.id)
        self.assertTrue(self.pair_of_north.exists() == self.pair_of_north)

    def test_undo_refused(self):
        merge = self._merge(self.anne, self.anso)
        for user in (self.user_plain, self.user_finance):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, "political.merge").browse(merge.id).action_undo()
        self.user_lead.branch_ids = self.south
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self._as(self.user_lead, "political.merge").browse(merge.id).action_undo()

    def test_only_shown_fields_are_chosen(self):
        with self.assertRaises(AccessError):
            self._review(self.user_lead).decide_merge(self.anne.id, ["company_id"])
        with self.assertRaises(UserError):
            self._review(self.user_lead).decide_merge(self.person_north.id)

    def test_journal_is_nobodys_to_read(self):
        merge = self._merge(self.anne, self.anso)
        self.assertTrue(merge.line_ids)
        for user in (self.user_staff, self.user_manager, self.user_dpo):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, "political.merge.line").search([])

    def test_stricter_answer_and_undo(self):
        """R-33: the stricter answer counts; undoing gives each their own subject back and makes
        no basis of a withdrawal."""
        self._answer(self.anne, "given")
        self._answer(self.anso, "withdrawn")
        merge = self._merge(self.anne, self.anso)
        self.assertEqual(len(self.anne.consent_subject_ids), 2)
        merge.action_undo()
        self.assertEqual(len(self.anne.consent_subject_ids), 1)
        self.assertEqual(len(self.anso.consent_subject_ids), 1)
        self.assertFalse(self.anso.consent_subject_ids.merged_at)
        given = self.env["consent.state"].search(
            [
                ("subject_id.partner_id", "in", self.pair_of_north.ids),
                ("action", "=", "given"),
            ]
        )
        self.assertFalse(given)

    def test_answers_of_one_only_come_back(self):
        """R-33: what one said alone is again theirs, with its history."""
        self._answer(self.anso, "given")
        merge = self._merge(self.anne, self.anso)
        merge.action_undo()
        state = self.env["consent.state"].search([("subject_id.partner_id", "=", self.anso.id)])
        self.assertEqual(state.mapped("action"), ["given"])

    def test_later_change_is_not_overwritten(self):
        merge = self._merge(self.anne, self.anso)
        self.anne.firstname = "Annick"
        merge2_values = self.anne.write({"phone": "+33 1 99 00 00 09"})
        self.assertTrue(merge2_values)
        merge.action_undo()
        self.assertEqual((self.anne.firstname, self.anne.phone), ("Annick", "+33 1 99 00 00 09"))
        self.assertEqual(self.anso.firstname, "Anso")

    def test_later_merge_first(self):
        third = self._double("Anne", "Kervadec", branch_id=self.north.id)
        first = self._merge(self.anne, self.anso)
        second = self._merge(self.anne, third)
        with self.assertRaisesRegex(UserError, "later merge first"):
            first.action_undo()
        second.action_undo()
        first.action_undo()
        self.assertEqual((self.anso + third).exists(), self.anso + third)

    def test_merged_onwards(self):
        """The journal of a contact that goes in turn, goes along and comes back."""
        third = self._double("Anne", "Kervadec", branch_id=self.north.id)
        first = self._merge(self.anso, third)
        second = self._merge(self.anne, self.anso)
        self.assertEqual(first.partner_id, self.anne)
        second.action_undo()
        self.assertEqual(first.partner_id, self.anso)
        first.action_undo()
        self.assertTrue(third.exists())

    def test_term(self):
        """The journal keeps what people were for its term only."""
        self.company.merge_undo_days = 10
        merge = self._merge(self.anne, self.anso)
        self.assertEqual(merge.until, fields.Date.today() + timedelta(days=10))
        self.env["political.merge"]._cron_forget()
        self.assertTrue(merge.line_ids)
        merge.until = fields.Date.today() - timedelta(days=1)
        self.env["political.merge"]._cron_forget()
        self.assertFalse(merge.line_ids)
        with self.assertRaisesRegex(UserError, "term"):
            merge.action_undo()
        with self.assertRaises(ValidationError):
            self.company.merge_undo_days = 0

    def test_erased_with_the_person(self):
        """R-31: nothing in a journal outlives an erasure."""
        self.anso.email = "unique.trace@example.org"
        merge = self._merge(self.anne, self.anso)
        self.env["consent.eraser"]._erase(self.anne)
        self.assertFalse(merge.exists())
        self.env.cr.execute(
            "SELECT count(*) FROM political_merge_line WHERE before::text ~ 'trace'"
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_two_accounts_stay_two(self):
        for person in self.pair_of_north:
            new_test_user(
                self.env,
                login=f"portal{person.id}",
                groups="base.group_portal",
                partner_id=person.id,
                context={"no_reset_password": True},
            )
        with self.assertRaises(UserError):
            self._review(self.user_staff).decide_merge(self.anne.id)
        self.assertEqual(self.pair_of_north.exists(), self.pair_of_north)

    def test_account_follows(self):
        user = new_test_user(
            self.env,
            login="portal_anso",
            groups="base.group_portal",
            partner_id=self.anso.id,
            context={"no_reset_password": True},
        )
        merge = self._merge(self.anne, self.anso)
        self.assertEqual(user.partner_id, self.anne)
        merge.action_undo()
        self.assertEqual(user.partner_id, self.anso)

    def test_note_without_names(self):
        """R-31: core's note kept names and addresses in clear."""
        self._merge(self.anne, self.anso)
        said = " ".join(str(message.body) for message in self.anne.message_ids)
        self.assertNotIn("kervadec77", said)
        self.assertNotIn("Anso", said)

    def test_decisions_follow(self):
        third = self._double("Anne-Sophie", "Kervadec", branch_id=self.north.id)
        self.env["political.duplicate"].find([("lastname", "=ilike", "kervadec")])
        self._pair(self.anso, third)._decide("distinct")
        merge = self._merge(self.anne, self.anso)
        self.assertEqual(self._pair(self.anne, third).state, "distinct")
        merge.action_undo()
        self.assertEqual(self._pair(self.anso, third).state, "distinct")

    def test_what_one_has_once_stops_the_merge(self):
        """No history goes because a database allows one row only."""
        self.env.cr.execute(
            "CREATE UNIQUE INDEX test_once ON crm_lead (partner_id) WHERE name = 'Une seule'"
        )
        Lead = self.env["crm.lead"]
        for person in self.pair_of_north:
            Lead.create({"name": "Une seule", "partner_id": person.id})
        with self.assertRaisesRegex(UserError, "only once"):
            self._merge(self.anne, self.anso)


@tagged("post_install", "-at_install")
class TestByItself(MergeCase):
    def _run(self, least=0.95):
        return self.pair._merge_by_itself(least)

    def test_merged_above_the_mark_only(self):
        self.anso.email = self.anne.email
        self.pair.score = 0.98
        self.assertFalse(self._run(0.99))
        self.assertTrue(self._run(0.97))
        self.assertEqual(len(self.pair_of_north.exists()), 1)

    def test_never_when_something_sensitive_differs(self):
        for values in (
            {"birthdate": date(1971, 3, 2)},
            {"support_level": "1"},
            {"political_category": "former"},
            {"branch_id": self.federation.id},
            {"email": "autre@example.org"},
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                self.anne.support_level = "2"
                self.anso.write(values)
                self.pair.score = 1
                self.assertTrue(self.pair._conflicts())
                self.assertFalse(self._run())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_never_when_answers_differ(self):
        """R-33"""
        self.assertFalse(self.pair._conflicts())
        self._answer(self.anne, "given")
        self._answer(self.anso, "refused")
        self.assertEqual(self.pair._conflicts(), ["consent"])

    def test_by_the_job(self):
        """Where the administrator allows it: what is beyond doubt; the rest is looked at once and
        left to people."""
        self.anso.email = self.anne.email
        self.pair.score = 1
        told = []
        job = patch.object(
            type(self.env["ir.cron"]),
            "_commit_progress",
            lambda cron, done, *, remaining: told.append((done, remaining)) or 9,
        )
        with job:
            self.env["political.duplicate"]._cron_merge()
            self.assertEqual((len(self.pair_of_north.exists()), told), (2, []), "not allowed")
            self.company.duplicate_auto_merge = True
            self.anso.support_level, self.anne.support_level = "1", "2"
            self.env["political.duplicate"]._cron_merge()
            self.assertTrue(self.pair.is_held)
            self.assertEqual(told, [(1, 0)])
            self.anso.support_level = "2"
            self.env["political.duplicate"]._cron_merge()
            self.assertTrue(self.pair.exists(), "looked at already")
            self.pair.is_held = False
            self.env["political.duplicate"]._cron_merge()
        self.assertFalse(self.pair.exists())
        self.assertEqual(len(self.pair_of_north.exists()), 1)

    def test_mark_is_high(self):
        with self.assertRaises(ValidationError):
            self.company.duplicate_auto_score = 0.5


THINGS = st.sampled_from(
    (
        *("message", "file", "follower", "lead", "child", "tag", "skill", "activity", "bank"),
        *("answer", "gift", "membership"),
    )
)
# Two payers become one, and their open receipts are prepared anew.
FOLDED = {"political_payer", "political_receipt"}
STEPS = st.lists(
    st.one_of(
        st.tuples(THINGS, st.integers(0, 2), st.integers(0, 2)),
        st.tuples(st.just("merge"), st.integers(0, 2), st.integers(0, 2)),
    ),
    min_size=3,
    max_size=10,
)


@tagged("post_install", "-at_install")
class TestNothingIsLost(MergeCase, MembershipCase):
    """Whatever hangs on contacts: a merge loses none of it, and undoing brings every row of every
    table back as it was."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third = cls._double("Anne", "Kervadec", branch_id=cls.north.id)
        cls.tags = cls.env["res.partner.category"].create([{"name": f"T{n}"} for n in range(3)])
        cls.skills = cls.env["political.skill"].create([{"name": f"S{n}"} for n in range(3)])
        (cls.pair_of_north | cls.third).country_id = cls.france
        cls.bystander = cls._double("Yves", "Le Goff", branch_id=cls.north.id)

    @settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=STEPS)
    def test_random_histories(self, steps):
        with self.env.cr.savepoint() as savepoint:
            self._play(steps)
            savepoint.rollback()
        self.env.invalidate_all()

    def test_several_in_one_go(self):
        """Merges of one go have a journal each, and are undone in any order; of those that have
        something in common the later one first."""
        for shared in (False, True):
            with self.subTest(shared=shared), self.env.cr.savepoint() as savepoint:
                self._merge_two_pairs(shared)
                savepoint.rollback()
            self.env.invalidate_all()

    def _merge_two_pairs(self, shared):
        for kind in ("message", "file", "follower", "lead", "child", "tag", "skill", "activity"):
            for person in self.anso | self.polo:
                getattr(self, f"_add_{kind}")(person, 1)
        for person in self.anne | self.anso | self.paul | self.polo:
            for kind in ("bank", "answer", "gift", "membership"):
                getattr(self, f"_add_{kind}")(person, 0)
        if shared:
            self.env["political.duplicate"].create(
                {"left_id": self.anso.id, "right_id": self.polo.id, "state": "distinct"}
            )
        before = self._dump()
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        merges = wizard._merge_with_journal(
            Group(self.anne | self.anso, self.anne, extra_checks=False),
            Group(self.paul | self.polo, self.paul, extra_checks=False, noted={"score": 0.5}),
        )
        self.assertEqual(merges.partner_id, self.anne | self.paul)
        self.assertEqual(merges.mapped("score"), [0.0, 0.5])
        self.assertFalse((self.anso | self.polo).exists())
        for merge in merges:
            self._nothing_lost(merge)
            self.assertIn("Merged with", merge.partner_id.message_ids[0].body)
        if shared:
            self.assertEqual(self._pair(self.anne, self.paul).state, "distinct")
            merges = merges.sorted("id", reverse=True)
        merges[0].action_undo()
        self.assertEqual(len((self.anso | self.polo).exists()), 1)
        merges[1].action_undo()
        self._compare(before, self._dump())

    def _play(self, steps):
        people = [self.anne, self.anso, self.third]
        done = []
        for kind, one, other in steps:
            if kind != "merge":
                getattr(self, f"_add_{kind}")(people[one], other)
                continue
            keep, gone = people[one], people[other]
            if keep != gone:
                before = self._dump()
                merge = self._merge(keep, gone)
                self._nothing_lost(merge)
                done.append((merge, before, list(people)))
                people = [keep if person == gone else person for person in people]
                break
        for merge, before, _people in reversed(done):
            merge.action_undo()
            self._compare(before, self._dump())

    def _nothing_lost(self, merge):
        gone = merge.line_ids.filtered(lambda line: not line.after)
        for line in gone:
            self.assertTrue(
                line.table_name in {*SAY_THE_SAME, *FOLDED, "res_partner", "political_duplicate"}
                or "id" not in line.before
                # Core makes one account of two with the same number.
                or line.table_name == "res_partner_bank",
                f"{line.table_name} {line.before}",
            )

    def _compare(self, before, after):
        for table, rows in before.items():
            self.assertEqual(after[table], rows, table)

    def _dump(self):
        """Every row of every table, as a sum a table."""
        self.env.flush_all()
        tables = [
            name
            for name in sorted({model._table for model in self.env.values() if model._auto})
            if not name.startswith(("ir_", "consent_event", "consent_state", "political_merge"))
            # Core's statistics of leads count what it writes, not what there is.
            and name not in ("political_duplicate", "consent_seal", "crm_lead_scoring_frequency")
            and not self.env.get(name.replace("_", "."), self.env["res.partner"])._transient
        ]
        related = sorted(
            {
                field.relation
                for model in self.env.values()
                if not model._transient
                for field in model._fields.values()
                if field.type == "many2many" and field.store and field.relation
            }
        )
        self.env.cr.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY(%s)",
            [[*tables, *related, "ir_attachment"]],
        )
        names = [name for (name,) in self.env.cr.fetchall()]
        self.env.cr.execute(
            SQL(" UNION ALL ").join(
                SQL(
                    "SELECT %s, count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM %s t",
                    name,
                    SQL.identifier(name),
                )
                for name in names
            )
        )
        return {name: (count, total) for name, count, total in self.env.cr.fetchall()}

    def _add_message(self, person, other):
        person.message_post(body=f"Note {other}")

    def _add_file(self, person, other):
        self.env["ir.attachment"].create(
            {"name": f"f{other}", "raw": b"x", "res_model": "res.partner", "res_id": person.id}
        )

    def _add_follower(self, person, other):
        person.message_subscribe(self.bystander.ids if other else self.user_staff.partner_id.ids)

    def _add_lead(self, person, other):
        self.env["crm.lead"].create({"name": f"L{other}", "partner_id": person.id})

    def _add_child(self, person, other):
        self.env["res.partner"].create(
            {"type": "other", "street": f"{other} rue", "parent_id": person.id}
        )

    def _add_tag(self, person, other):
        person.category_id += self.tags[other]

    def _add_skill(self, person, other):
        person.write({"is_volunteer": True, "volunteer_skill_ids": [(4, self.skills[other].id)]})

    def _add_activity(self, person, other):
        person.activity_schedule("mail.mail_activity_data_todo", summary=f"A{other}")

    def _add_bank(self, person, other):
        self.env["res.partner.bank"].create({"acc_number": f"X{other}", "partner_id": person.id})

    def _add_gift(self, person, other):
        self._pay(person, 20 + other)

    def _add_membership(self, person, other):
        lines = self.env["political.membership"].search([("partner_id", "=", person.id)])
        if not lines:
            self._member(person, (self.rate, self.rate_free, self.rate_rolling)[other])

    def _add_answer(self, person, other):
        self._answer(person, ("given", "refused", "withdrawn")[other])
