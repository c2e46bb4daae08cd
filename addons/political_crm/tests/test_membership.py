import re
from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .membership_common import MembershipCase


@tagged("post_install", "-at_install")
class TestMembership(MembershipCase):
    def _open(self, partner=None, rate=None, **values):
        return self.env["political.membership"]._open(
            partner or self.person_north, rate or self.rate, **values
        )

    def _states(self, partner=None):
        lines = self.env["political.membership"].search(
            [("partner_id", "=", (partner or self.person_north).id)], order="id"
        )
        return lines.mapped("state")

    @freeze_time("2026-03-10 12:00:00")
    def test_pay_to_become_a_member(self):
        """A membership begins with its money; the contact's category follows (R-44)."""
        line = self._open()
        self.assertEqual((line.state, line.date_start), ("requested", False))
        self.assertEqual(self.person_north.political_category, "regular")
        payment = self._pay(self.person_north, 60, kind="dues").with_user(self.user_finance)
        payment.action_allocate()
        self.assertEqual(line.state, "active")
        self.assertEqual((line.date_start, line.date_end), (date(2026, 3, 10), date(2026, 12, 31)))
        self.assertEqual(self.person_north.political_category, "member")
        self.assertEqual(self.person_north.political_basis, "body")
        with self.assertRaises(UserError):
            self._pay(self.person_north, 60, kind="dues").action_allocate()
        payment.action_bounce()
        self.assertEqual(line.state, "arrears")

    @freeze_time("2026-03-10 12:00:00")
    def test_free_of_charge(self):
        line = self._open(rate=self.rate_gratis)
        self.assertEqual(line.state, "active")
        self.assertFalse(line.next_due_date)

    def test_free_amount_above_a_floor(self):
        for amount in (-1, 19.99, 7500.01, "abc", "nan"):
            with self.subTest(amount=amount), self.assertRaises(ValidationError):
                self.rate_free._checked_amount(amount)
        self.assertEqual(self.rate_free._checked_amount("20.00"), 20)
        self.assertEqual(self.rate_free._checked_amount(7500), 7500)
        self.assertEqual(self.rate._checked_amount(1), 60, "a fixed rate is what it is")

    def test_instalments(self):
        """In arrears while a part is missing, up to date again once it is there."""
        with freeze_time("2026-03-10 12:00:00"):
            line = self._open(instalments=3)
            self._pay(self.person_north, 20, kind="dues", membership_id=line.id)
            self.assertEqual((line.state, line.next_due_date), ("active", date(2026, 4, 10)))
        job = self.env["political.membership.job"]
        with freeze_time("2026-04-10 12:00:00"):
            job._run()
            self.assertEqual(line.state, "active")
        with freeze_time("2026-04-11 12:00:00"):
            job._run()
            self.assertEqual(line.state, "arrears")
            self.assertEqual(line._next_payment(), 20)
            self._pay(self.person_north, 20, kind="dues", membership_id=line.id)
            self.assertEqual((line.state, line.next_due_date), ("active", date(2026, 5, 10)))

    def test_late_joiners_get_next_year(self):
        with freeze_time("2026-09-01 12:00:00"):
            self.assertEqual(self._member(self.person_north).date_end, date(2027, 12, 31))
        with freeze_time("2026-08-31 12:00:00"):
            self.assertEqual(self._member(self.person_south).date_end, date(2026, 12, 31))

    def test_life_of_a_membership(self):
        """Renewed early it follows without a gap; in the grace too; beyond it begins anew."""
        with freeze_time("2026-03-10 12:00:00"):
            first = self._member(self.person_north)
        job = self.env["political.membership.job"]
        with freeze_time("2026-11-05 12:00:00"):
            job._run()
            self.assertEqual(self._states(), ["active", "requested"])
            second = first._renewal()
            self.assertEqual(second.amount_due, 60)
            self._pay(self.person_north, 60, kind="dues", membership_id=second.id)
            self.assertEqual(self._states(), ["renewed", "active"])
            self.assertEqual(second.date_start, date(2027, 1, 1))
            self.assertEqual(second.date_end, date(2027, 12, 31))
        with freeze_time("2028-01-15 12:00:00"):
            job._run()
            self.assertEqual(second.state, "arrears")
            self.assertEqual(self.person_north.political_category, "member")
            third = second._renewal()
            self._pay(self.person_north, 60, kind="dues", membership_id=third.id)
            self.assertEqual(third.date_start, date(2028, 1, 1), "no gap within the grace")
        with freeze_time("2029-04-01 12:00:00"):
            job._run()
            self.assertEqual(self._states(), ["renewed", "renewed", "lapsed"])
            self.assertEqual(self.person_north.political_category, "former")
            fourth = self._open()
            self._pay(self.person_north, 60, kind="dues", membership_id=fourth.id)
            self.assertEqual(fourth.date_start, date(2029, 4, 1))
            self.assertEqual(self.person_north.political_category, "member")

    def test_midnight_overseas(self):
        """The year ends at midnight where the member lives, and for the accounts in their zone."""
        with freeze_time("2026-03-10 12:00:00"):
            lines = {
                tz: self._member(person)
                for tz, person in (
                    ("Pacific/Noumea", self.person_north),
                    ("America/Martinique", self.person_south),
                )
            }
        self.person_north.tz = "Pacific/Noumea"
        self.person_south.tz = "America/Martinique"
        job = self.env["political.membership.job"]
        for moment, expected in (
            ("2026-12-31 12:59:00", ["active", "active"]),
            ("2026-12-31 13:01:00", ["arrears", "active"]),
            ("2027-01-01 03:59:00", ["arrears", "active"]),
            ("2027-01-01 04:01:00", ["arrears", "arrears"]),
        ):
            with freeze_time(moment):
                job._run()
                self.assertEqual([line.state for line in lines.values()], expected, moment)
        with freeze_time("2026-12-31 22:59:00"):
            self.assertEqual(self.company._membership_today(), date(2026, 12, 31))
        with freeze_time("2026-12-31 23:01:00"):
            payment = self._pay(self.person_nowhere, 7500)
            self.assertEqual(payment.year, 2027)

    def test_one_open_line(self):
        self._open()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self._open()

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_resign(self):
        """R-44: a lead records it for their own branch; the basis of membership closes."""
        line = self._member(self.person_north)
        other = self._member(self.person_south)
        self.env["consent.event"]._record(
            [
                {
                    "partner": self.person_north,
                    "purpose": self.env["consent.purpose"]._get("membership", self.company),
                    "channel": "email",
                    "action": "given",
                    "means": "membership",
                    "act": "tick",
                    "wording": self.env["consent.wording"].search(
                        [
                            ("code", "=like", "membership-email-fr_FR%"),
                            ("company_id", "=", self.company.id),
                        ],
                        limit=1,
                    ),
                }
            ]
        )
        seen = line.with_user(self.user_lead)
        with self.assertRaises(AccessError):
            other.with_user(self.user_lead).action_resign()
        with self.assertRaises(AccessError):
            line.with_user(self.user_finance).action_resign()
        with self.assertRaises(AccessError):
            seen.write({"state": "active"})
        with self.assertRaises(AccessError):
            seen.action_exclude()
        seen.action_resign()
        self.assertEqual(
            (line.state, line.date_end), ("resigned", self.company._membership_today())
        )
        self.assertEqual(self.person_north.political_category, "former")
        last = self.env["consent.event"].search([("purpose_code", "=", "membership")], limit=1)
        self.assertEqual(last.action, "expired")
        with self.assertRaises(UserError):
            seen.action_resign()
        other.with_user(self.user_manager).action_exclude()
        self.assertEqual(other.state, "excluded")

    @freeze_time("2026-03-10 12:00:00")
    def test_transfer(self):
        """History keeps both branches; money and end go along; the person follows."""
        line = self._member(self.person_north)
        wizard = (
            self.env["political.membership.transfer"]
            .with_user(self.user_staff)
            .create({"membership_ids": line.ids, "branch_id": self.south.id})
        )
        wizard.action_transfer()
        self.assertEqual(self._states(), ["transferred", "active"])
        new = self.env["political.membership"].search([("previous_id", "=", line.id)])
        self.assertEqual((new.branch_id, new.date_end), (self.south, date(2026, 12, 31)))
        self.assertEqual(new.amount_paid, 60)
        self.assertEqual(self.person_north.branch_id, self.south)
        with self.assertRaises(UserError):
            wizard.action_transfer()

    def test_rules(self):
        """Own branch, whole company, no other controller; who has no branch sees nothing."""
        north = self._member(self.person_north)
        south = self._member(self.person_south)
        for user, seen in (
            (self.user_lead, north),
            (self.user_federation, north + south),
            (self.user_staff, north + south),
            (self.user_lead_homeless, north.browse()),
            (self.user_neighbour, north.browse()),
        ):
            with self.subTest(user=user.login):
                found = self._as(user, "political.membership").search([])
                self.assertEqual(found & (north + south), seen)
        with self.assertRaises(AccessError):
            self._as(self.user_plain, "political.membership").search([])

    def test_job_equals_the_loop(self):
        """The night's SQL ends in the rows that record-by-record methods write."""
        with freeze_time("2026-03-10 12:00:00"):
            for person in (self.person_north, self.person_south):
                self._member(person)
                self.env["crm.lead"].create({"name": "Suite", "partner_id": person.id})
                self.env["res.partner"].create(
                    {"type": "delivery", "street": "2 rue du Test", "parent_id": person.id}
                )
        north, south = (
            self.env["political.membership"].search([("partner_id", "=", person.id)])
            for person in (self.person_north, self.person_south)
        )
        with freeze_time("2027-05-01 12:00:00"):
            # The loop, on one; the job, on the other
            north._settle()
            north._end("lapsed")
            self.env["political.membership.job"]._run()
        self.env.invalidate_all()

        def rows(person, line):
            skipped = {"id", "create_date", "write_date", "__last_update", "card_code"}
            stored = [
                name
                for name, f in line._fields.items()
                if f.store and f.column_type and name not in skipped
            ]
            lead = self.env["crm.lead"].search([("partner_id", "=", person.id)])
            values = line.read(stored)[0]
            return {
                "line": {
                    k: v for k, v in values.items() if k not in ("id", "partner_id", "branch_id")
                },
                "person": person.read(["political_category", "political_basis"])[0][
                    "political_category"
                ],
                "basis": person.political_basis,
                "card": person.child_ids.mapped("political_category"),
                "lead": lead.political_category,
            }

        self.assertEqual(rows(self.person_north, north), rows(self.person_south, south))
        self.assertEqual(south.state, "lapsed")
        self.assertEqual(self.person_south.political_category, "former")

    def test_renewal_at_a_rate_that_fits(self):
        """A rate of the young or of a first year does not follow the member for life; nor does
        anybody slip into a band of income that they never declared."""
        Rate = self.env["political.membership.rate"]
        young = Rate.create({"name": "Jeunes", "amount": 10, "age_to": 25})
        Rate.create({"name": "Petit revenu", "amount": 5, "sequence": 1, "income_to": 1200})
        self.rate.sequence = 2
        north, south, nowhere = self.person_north, self.person_south, self.person_nowhere
        (north + south).write({"birthdate": "2001-03-09"})
        south.birthdate = "2005-03-09"
        with freeze_time("2027-03-10 12:00:00"):
            for person in (north, south):
                self._member(person, young)
            self._member(nowhere, self.rate_gratis)
        with freeze_time("2027-12-20 12:00:00"):
            self.env["political.membership.job"]._open_renewals()
            for person, rate in ((north, self.rate), (south, young), (nowhere, self.rate)):
                waiting = person.membership_ids.filtered(lambda m: m.state == "requested")
                current = person.membership_ids - waiting
                self.assertEqual((waiting.rate_id, waiting.amount_due), (rate, rate.amount))
                self.assertEqual(current.rate_id._for_renewal(person), rate)

    def test_closed_list(self):
        """Counted and sealed on its day; an erased person's name goes and the seal holds."""
        with freeze_time("2026-03-10 12:00:00"):
            self._member(self.person_north)
        with freeze_time("2026-06-10 12:00:00"):
            self._member(self.person_south)
            List = self.env["political.member.list"].with_user(self.user_staff)
            early = List.create({"name": "Congrès", "date": "2026-06-01"})
            whole = List.create({"name": "Vote", "date": "2026-06-10"})
            (early + whole).action_close()
            self.assertEqual((early.member_count, whole.member_count), (1, 2))
            with self.assertRaises(UserError):
                List.create({"name": "Demain", "date": "2026-06-11"}).action_close()
            section = List.create({"name": "Sud", "date": "2026-06-10", "branch_id": self.south.id})
            old = List.create({"name": "Anciens", "date": "2026-06-10", "min_months": 3})
            (section + old).action_close()
            self.assertEqual(section.line_ids.name, self.person_south.complete_name)
            self.assertEqual(old.line_ids.name, self.person_north.complete_name)
        with self.assertRaises(UserError):
            whole.name = "Autre"
        with self.assertRaises(UserError):
            whole.action_close()
        self.assertTrue(whole._verify())
        with self.assertRaises(AccessError):
            whole.action_export()
        self._take_out(whole)
        self.env["consent.eraser"]._erase(self.person_north)
        self.env.invalidate_all()
        self.assertTrue(whole._verify())
        self.assertNotIn("Camille Nord", whole.line_ids.mapped("name"))
        self.env.cr.execute(
            "UPDATE political_member_list_line SET name = 'Quelqu''un' WHERE list_id = %s "
            "AND name IS NOT NULL",
            [whole.id],
        )
        self.env.invalidate_all()
        self.assertFalse(whole._verify())

    def _take_out(self, closed):
        """R-42: for the vote's tool, with the right, a reason, and who took it in the name."""
        taker = self.user_manager
        mine = self._as(taker, "political.member.list").browse(closed.id)
        taker.group_ids += self.env.ref("political_consent.group_consent_export")
        with self.assertRaisesRegex(AccessError, "why"):
            mine.action_export()
        self._as(taker, "consent.export.reason").create(
            {"reason": "Vote du congrès"}
        ).action_confirm()
        attachment = self.env["ir.attachment"].browse(
            int(re.search(r"content/(\d+)", mine.action_export()["url"])[1])
        )
        self.assertIn(taker.login, attachment.name)
        rows = attachment.raw.decode("utf-8-sig").splitlines()
        self.assertEqual(rows[0], "code;nom;section;adherent_depuis")
        self.assertEqual(len(rows) - 1, closed.member_count)
        self.assertEqual(len({row.split(";")[0] for row in rows}), len(rows), "a code each")
        self.assertIn("Camille Nord", "".join(rows))

    def test_erasure(self):
        """R-31, article 17(3)(b): the person goes; the accounts keep who paid, and no address to
        write to; the membership stays a figure."""
        line = self._member(self.person_north)
        payment = line.payment_ids
        self.env["political.receipt"]._prepare_year(self.company, payment.year)
        receipt = payment.receipt_id
        token = line._renew_token()
        self.assertTrue(line._of_renew_token(token))
        self.env["consent.eraser"]._erase(self.person_north)
        self.env.invalidate_all()
        self.assertFalse(self.person_north.exists().filtered("active"))
        self.assertEqual(
            (line.state, line.partner_id.id, line.card_code), ("resigned", False, False)
        )
        self.assertEqual(payment.state, "received")
        self.assertFalse(payment.partner_id)
        self.assertEqual(payment.payer_id.lastname, "Nord")
        self.assertEqual(receipt.payer_name, "Camille Nord")
        self.assertFalse(line._of_renew_token(token))

    def test_access_page_shows_membership_and_payments(self):
        """R-32"""
        line = self._member(self.person_north)
        found = self.env["consent.access"]._collect(self.person_north, self.company)
        models = {section["model"] for section in found["data"]}
        self.assertLessEqual({"political.membership", "political.payment"}, models)
        self.assertTrue(line)

    def test_reminders_pass_the_gate(self):
        """R-01, R-29: on the days set, through the gate, once a day set."""
        with freeze_time("2026-03-10 12:00:00"):
            for person in (self.person_north, self.person_south):
                self._member(person)
        job = self.env["political.membership.job"]
        purpose = self.env["consent.purpose"]._get("membership", self.company)
        self.env["consent.restriction"].create(
            {"partner_id": self.person_south.id, "company_id": self.company.id}
        )

        def written():
            mails = self.env["mail.mail"].search([("model", "=", "political.membership")])
            return mails.filtered(lambda m: m.consent_purpose_id == purpose).mapped("res_id")

        with freeze_time("2026-11-10 12:00:00"):
            job._run()
            job._remind(self.company)
            self.assertFalse(written())
        north = self.env["political.membership"].search(
            [("partner_id", "=", self.person_north.id), ("state", "=", "active")]
        )
        with freeze_time("2026-12-01 12:00:00"):
            job._remind(self.company)
            self.assertEqual(written(), north.ids)
            job._remind(self.company)
            self.assertEqual(written(), north.ids)
        with freeze_time("2026-12-31 12:00:00"):
            job._remind(self.company)
            self.assertEqual(written(), north.ids * 2)

    def test_card(self):
        line = self._member(self.person_north).with_user(self.user_lead)
        html = str(self.env["ir.qweb"]._render("political_crm.report_card", {"docs": line.sudo()}))
        self.assertIn("Camille Nord", html)
        self.assertIn("data:image/png;base64", html)
        self.assertEqual(line.action_card()["report_name"], "political_crm.report_card")
        line.action_resign()
        with self.assertRaises(UserError):
            line.action_card()

    def test_merge_of_two_members(self):
        """Two live lines of one person become one; the further reaching stays."""
        with freeze_time("2026-03-10 12:00:00"):
            self._member(self.person_north)
        with freeze_time("2026-09-10 12:00:00"):
            later = self._member(self.person_south)
            self.person_south.email = self.person_north.email
            wizard = self.env["base.partner.merge.automatic.wizard"].create({})
            wizard._merge((self.person_north + self.person_south).ids, self.person_north)
        self.env.invalidate_all()
        live = self.env["political.membership"].search(
            [("partner_id", "=", self.person_north.id), ("state", "in", ("active", "arrears"))]
        )
        self.assertEqual(live, later)

    def test_reminder_setting(self):
        with self.assertRaises(ValidationError):
            self.company.membership_reminders = "30, bientôt"
        self.company.membership_reminders = ""
        self.assertEqual(self.company._membership_reminder_days(), [])
