import base64

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .membership_common import MembershipCase


@tagged("post_install", "-at_install")
class TestPayment(MembershipCase):
    """Everything is done as the financial agent, the lowest right that should work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Payment = cls.env["political.payment"].with_user(cls.user_finance)

    def _typed(self, amount, partner=None, **values):
        return self.Payment.create(
            {
                "partner_id": (partner or self.person_north).id,
                "amount": amount,
                "kind": "gift",
                "nationality_id": self.france.id,
                **values,
            }
        )

    def test_cap_of_the_year(self):
        """R-53: gifts and dues of one person, all party agents together, by civil year."""
        second = self.env["political.financial.agent"].create({"name": "Second mandataire"})
        self._typed(7000, date="2026-06-01")
        self._typed(499.99, date="2026-12-31", agent_id=second.id, kind="dues")
        last = self._typed(0.01, date="2026-12-31")
        self.assertEqual(last.year_total, 7500)
        with self.assertRaisesRegex(ValidationError, "7,500"), self.env.cr.savepoint():
            self._typed(0.01, date="2026-12-31", agent_id=second.id)
        self._typed(7500, date="2027-01-01")
        self._typed(3000, date="2026-12-31", kind="dues", elected=True, mandate="Maire")
        last.action_bounce()
        self._typed(0.01, date="2026-12-31")

    def test_cap_holds_when_amended(self):
        """R-53: neither a later amount nor another date slips past it."""
        self._typed(7000, date="2026-06-01")
        small = self._typed(100, date="2026-06-02")
        with self.assertRaises(ValidationError):
            small.amount = 600
        other = self._typed(7000, date="2025-06-02")
        with self.assertRaises(ValidationError):
            other.date = "2026-06-02"

    def test_bad_amounts(self):
        """Negative, nothing, and 7,500.01: refused with a sentence, nothing written."""
        before = self.env["political.payment"].search_count([])
        for amount in (-5, 0, 7500.01):
            with self.subTest(amount=amount), self.assertRaises(ValidationError):
                self._typed(amount)
        self.assertEqual(self.env["political.payment"].search_count([]), before)
        self._typed(7500)

    def test_who_may_pay(self):
        """R-54: people, French or resident, of this controller's file."""
        with self.assertRaisesRegex(ValidationError, "natural person|file"):
            self._typed(10, partner=self.contact)
        self.contact.company_id = self.company
        with self.assertRaisesRegex(ValidationError, "natural person"), self.env.cr.savepoint():
            self._typed(10, partner=self.contact)
        with self.assertRaisesRegex(ValidationError, "French"), self.env.cr.savepoint():
            self._typed(10, nationality_id=self.belgium.id, residence_id=self.belgium.id)
        self._typed(10, nationality_id=self.belgium.id, residence_id=self.france.id)
        self._typed(10, residence_id=self.belgium.id)
        nobody_said = {"nationality_id": False, "residence_id": False}
        self.person_nowhere.country_id = False
        with self.assertRaisesRegex(ValidationError, "nationality"), self.env.cr.savepoint():
            self._typed(10, partner=self.person_nowhere, **nobody_said)
        with self.assertRaisesRegex(ValidationError, "R-41"), self.env.cr.savepoint():
            self._typed(10, partner=self.person_other)

    def test_nationality_is_remembered(self):
        """What the payer declared once stands for the next time."""
        self._typed(10)
        again = self.Payment.create(
            {"partner_id": self.person_north.id, "amount": 5, "kind": "gift"}
        )
        self.assertEqual(again.nationality_id, self.france)
        self.assertEqual(again.payer_id.city, "Bondy")

    def test_cash(self):
        """R-55: 150.00 passes; more does not; several on one day are pointed at."""
        first = self._typed(150, mode="cash")
        self.assertFalse(first.warning)
        with self.assertRaisesRegex(ValidationError, "150"), self.env.cr.savepoint():
            self._typed(150.01, mode="cash")
        second = self._typed(20, mode="cash")
        self.assertIn("split", second.warning)

    def test_candidate_apart(self):
        """R-59: another agent, another cap, by election; never mixed."""
        self._typed(7500)
        campaign = {"kind": "campaign", "agent_id": self.candidate_agent.id}
        self._typed(4600, **campaign)
        with self.assertRaisesRegex(ValidationError, "4,600"), self.env.cr.savepoint():
            self._typed(1, **campaign)
        other = self.candidate_agent.copy({"election": "Législatives 2027"})
        self._typed(4600, kind="campaign", agent_id=other.id)
        with self.assertRaisesRegex(ValidationError, "other agent"), self.env.cr.savepoint():
            self._typed(1, partner=self.person_south, kind="campaign")
        with self.assertRaisesRegex(ValidationError, "other agent"), self.env.cr.savepoint():
            self._typed(1, partner=self.person_south, agent_id=self.candidate_agent.id)

    def test_elected_dues_name_the_mandate(self):
        with self.assertRaisesRegex(ValidationError, "mandate"):
            self._typed(8000, kind="dues", elected=True)
        with self.assertRaisesRegex(ValidationError, "mandate"):
            self._typed(10, elected=True, mandate="Maire")

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_access")
    def test_only_the_agent_sees_money(self):
        """R-61, least privilege: neither leads, staff nor administrators read a payment."""
        self._typed(10)
        for user in (self.user_lead, self.user_staff, self.user_manager, self.user_dpo):
            for model in ("payment", "payer", "receipt", "bank.slip", "payment.export"):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self._as(user, f"political.{model}").search([])
            with self.assertRaises(AccessError):
                self._as(user, "political.membership").search([("amount_due", ">", 10)])
        self.assertTrue(self._as(self.user_finance, "political.payment").search([]))

    def test_status_changes_by_buttons_alone(self):
        payment = self._typed(10)
        for values in ({"state": "refunded"}, {"payer_id": payment.payer_id.id}, {"uid": "x"}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                payment.write(values)
        with self.assertRaises(AccessError):
            self._typed(10, state="cancelled")
        with self.assertRaises(AccessError):
            payment.unlink()
        with self.assertRaises(UserError):
            payment.sudo().unlink()

    def test_segment_on_money_refused(self):
        """R-61: by no path is an audience chosen by what people paid; by membership it is."""
        gate = self.env["consent.gate"].with_user(self.user_finance)
        for domain in (
            [("membership_ids.amount_due", ">", 10)],
            [("membership_ids", "any", [("payment_ids.amount", ">", 10)])],
            [("payment_token_ids", "!=", False)],
        ):
            with self.subTest(domain=domain), self.assertRaisesRegex(ValidationError, "R-61"):
                gate.audience("membership", "email", domain)
        gate.audience("membership", "email", [("membership_ids.state", "=", "active")])
        mailing = {
            "subject": "Dons",
            "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
            "body_html": "<p>Bonjour</p>",
        }
        Mailing = self.env["mailing.mailing"]
        with self.assertRaisesRegex(ValidationError, "R-61"):
            Mailing.create({**mailing, "mailing_domain": "[('membership_ids.amount_due','>',10)]"})
        Mailing.create({**mailing, "mailing_domain": "[('membership_ids.state','=','active')]"})

    def test_bank_slip(self):
        slip = self.env["political.bank.slip"].with_user(self.user_finance).create({"name": "B1"})
        with self.assertRaises(UserError):
            slip.action_deposit()
        cheque = self._typed(30)
        self._typed(20, mode="transfer")
        slip.action_add_waiting()
        self.assertEqual(slip.payment_ids, cheque)
        self.assertEqual((slip.total, slip.payment_count), (30, 1))
        slip.action_deposit()
        with self.assertRaises(UserError):
            slip.date = "2026-01-01"
        with self.assertRaises(UserError):
            slip.unlink()
        html = self.env["ir.qweb"]._render("political_crm.report_slip", {"docs": slip})
        self.assertIn("Camille Nord", str(html))


@tagged("post_install", "-at_install")
class TestReceipt(MembershipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Receipt = cls.env["political.receipt"].with_user(cls.user_finance)

    def _prepare(self, year=2026):
        self.Receipt.action_prepare(year)
        return self.Receipt.search([("year", "=", year)])

    def test_grouping(self):
        """R-57: twelve dues by card and a gift by cheque are two receipts; another year a third."""
        for month in range(1, 13):
            self._pay(self.person_north, 5, kind="dues", mode="card", date=f"2026-{month:02}-05")
        self._pay(self.person_north, 100, date="2026-12-31")
        self._pay(self.person_north, 100, date="2027-01-01")
        receipts = self._prepare()
        self.assertEqual(
            sorted((r.kind, r.mode, r.amount, r.payment_count) for r in receipts),
            [("dues", "card", 60.0, 12), ("gift", "cheque", 100.0, 1)],
        )
        self.assertEqual(self._prepare(), receipts, "run again, nothing is doubled")
        self._pay(self.person_north, 7, date="2026-06-30")
        self.assertEqual(sum(self._prepare().mapped("amount")), 167)
        self.assertFalse(any(receipts.mapped("missing")))

    def test_no_number_of_ours(self):
        """R-56: no sequence exists; a number is neither typed nor drawn; the print says so."""
        models = self.env["ir.sequence"].search([("code", "=like", "political%")])
        self.assertFalse(models)
        self._pay(self.person_north, 100, date="2026-05-05")
        receipt = self._prepare()
        with self.assertRaisesRegex(UserError, "R-56"):
            receipt.number = "12"
        with self.assertRaisesRegex(UserError, "CNCCFP"):
            receipt._import_numbers(b"a;b\n1;2\n")
        html = str(self.env["ir.qweb"]._render("political_crm.report_receipt", {"docs": receipt}))
        self.assertIn("not a tax receipt", html)
        self.assertIn("66 %", html)
        self.assertNotIn("<h2>Receipt", html)

    def test_import_numbers(self):
        """R-56: all numbers of a file, or none."""
        self._pay(self.person_north, 100, date="2026-05-05")
        self._pay(self.person_south, 50, date="2026-05-06")
        one, two = self._prepare()
        good = f"recu\tnumero\n{one.reference}\tA-1\n{two.reference}\tA-2\n"
        for wrong in (
            good.replace("A-2", "A-1"),
            good + "2026-nowhere\tA-3\n",
            good.replace("A-2", ""),
        ):
            with self.subTest(wrong=wrong), self.assertRaisesRegex(UserError, "Nothing was"):
                self._import(wrong)
            self.assertFalse(any((one + two).mapped("number")))
        self._import(good)
        self.assertEqual((one.number, two.number), ("A-1", "A-2"))
        self._import(good)
        html = str(self.env["ir.qweb"]._render("political_crm.report_receipt", {"docs": one}))
        self.assertIn("A-1", html)
        self.assertNotIn("not a tax receipt", html)
        with self.assertRaisesRegex(UserError, "counter-entry"):
            one.payment_ids.amount = 1
        self._pay(self.person_north, 10, date="2026-07-07")
        self.assertEqual(len(self._prepare()), 3, "what came later is on a receipt of its own")

    def _import(self, text):
        wizard = self.env["political.receipt.import"].with_user(self.user_finance)
        wizard.create({"file": base64.b64encode(text.encode())}).action_import()

    def _export(self, **values):
        Export = self.env["political.payment.export"].with_user(self.user_finance)
        return Export.create({"year": 2026, "agent_id": self.agent.id, **values})

    def test_export_locks(self):
        """R-58: golden columns, the same file again, locked lines, counter-entries."""
        payment = self._pay(
            self.person_north, 60.5, date="2026-05-05", reference="CHQ\t12", kind="dues"
        ).with_user(self.user_finance)
        payment.payer_id.civility = "mrs"
        export = self._export()
        export.action_make()
        content = base64.b64decode(export.file).decode()
        header, line, _end = content.split("\n")
        row = dict(zip(header.split("\t"), line.split("\t"), strict=True))
        self.assertEqual(row["Identifiant de l'écriture"], payment.uid)
        self.assertEqual(row["Montant"], "60.50")
        self.assertEqual(row["Date"], "05/05/2026")
        self.assertEqual(row["Nature"], "Cotisation")
        self.assertEqual(row["Mode de paiement"], "Chèque")
        self.assertEqual(row["Nationalité"], "France")
        self.assertEqual(row["Civilité"], "Mme")
        self.assertEqual(row["Référence bancaire"], "CHQ 12")
        self.assertEqual(export.sudo()._content().decode(), content, "identical when made again")
        for values in ({"amount": 1}, {"date": "2026-05-06"}, {"kind": "gift"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "counter-entry"):
                payment.write(values)
        with self.assertRaises(UserError):
            export.action_make()
        with self.assertRaises(UserError):
            export.year = 2025
        with self.assertRaises(UserError):
            self._export().action_make()
        payment.action_counter_entry()
        with self.assertRaises(UserError):
            payment.action_counter_entry()
        second = self._export()
        second.action_make()
        line = base64.b64decode(second.file).decode().split("\n")[1].split("\t")
        self.assertIn("-60.50", line)
        self.assertIn(payment.uid, line)
        self.assertEqual(payment._totals(payment.payer_id, 2026)["party"], 0)

    def test_export_needs_the_payer(self):
        """R-57: who lacks a nationality or an address is not exported."""
        payment = self._pay(
            self.person_nowhere,
            5,
            nationality_id=False,
            residence_id=self.france.id,
            date="2026-01-05",
        )
        with self.assertRaisesRegex(UserError, "nationality"):
            self._export().action_make()
        self.assertFalse(payment.export_id)

    def test_donor_list(self):
        """The list of 15 April: a line a payer, nothing locked."""
        self._pay(self.person_north, 100, date="2026-05-05")
        self._pay(self.person_north, 60, kind="dues", date="2026-05-06")
        payment = self._pay(self.person_south, 30, date="2026-05-07")
        self._pay(self.person_south, 31, date="2025-05-07")
        donors = self._export(kind="donors")
        donors.action_make()
        lines = base64.b64decode(donors.file).decode().strip().split("\n")
        self.assertEqual(len(lines), 3)
        self.assertEqual(lines[1].split("\t")[-4:], ["100.00", "60.00", "0.00", "160.00"])
        self.assertFalse(payment.export_id)
        payment.action_bounce()
        self.assertEqual(payment.state, "bounced")

    def test_merge_keeps_one_payer(self):
        """Two cards of one payer merge into one, with every payment; each keeps its receipt."""
        self._pay(self.person_north, 10, date="2026-05-05")
        self._pay(self.person_south, 20, date="2026-05-05")
        self._prepare()
        self.person_south.email = self.person_north.email
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.person_north + self.person_south).ids, self.person_north)
        payer = self.env["political.payer"].search([("partner_id", "=", self.person_north.id)])
        self.assertEqual(sorted(payer.payment_ids.mapped("amount")), [10, 20])
        self.assertEqual(self._prepare().mapped("amount"), [30])
