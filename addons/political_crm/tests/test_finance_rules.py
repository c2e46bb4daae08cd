from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..lib import finance_export, finance_rules, membership_period


@tagged("post_install", "-at_install")
class TestFinanceRules(BaseCase):
    def _faults(self, amount, party="0", campaign="0", **values):
        values = {"kind": "gift", "mode": "cheque", "nationality": "FR", **values}
        entry = finance_rules.Entry(amount=finance_rules.money(amount), **values)
        return finance_rules.faults(entry, Decimal(party), Decimal(campaign))

    def test_party_cap_to_the_cent(self):
        """R-53: 7,500.00 passes, one cent more does not; elected dues and campaigns are apart."""
        self.assertEqual(self._faults("0.01", party="7499.99"), [])
        self.assertEqual(self._faults("0.01", party="7500.00"), ["party_cap"])
        self.assertEqual(self._faults("7500.01"), ["party_cap"])
        self.assertEqual(self._faults("9000", kind="dues", elected=True), [])
        self.assertEqual(self._faults("7500", kind="dues"), [])
        self.assertEqual(self._faults("7500", kind="dues", party="0.01"), ["party_cap"])

    def test_campaign_cap(self):
        """R-59: 4,600 EUR for all candidates of one election, never through the party's agent."""
        candidate = {"kind": "campaign", "candidate_agent": True}
        self.assertEqual(self._faults("4600", party="7500", **candidate), [])
        self.assertEqual(self._faults("0.01", campaign="4600", **candidate), ["campaign_cap"])
        self.assertEqual(self._faults("10", kind="campaign"), ["mixed_agent"])
        self.assertEqual(self._faults("10", candidate_agent=True), ["mixed_agent"])

    def test_who_may_pay(self):
        """R-54: natural, and French or resident in France, overseas included."""
        self.assertEqual(self._faults("10", natural=False), ["legal_person"])
        self.assertEqual(self._faults("10", nationality="BE", residence="BE"), ["foreign"])
        self.assertEqual(self._faults("10", nationality="BE", residence="MQ"), [])
        self.assertEqual(self._faults("10", nationality="FR", residence="CA"), [])
        self.assertEqual(self._faults("10", nationality="", residence=""), ["unknown_payer"])
        self.assertEqual(self._faults("10", nationality="", residence="FR"), [])

    def test_cash(self):
        """R-55"""
        self.assertEqual(self._faults("150.00", mode="cash"), [])
        self.assertEqual(self._faults("150.01", mode="cash"), ["cash"])
        self.assertEqual(self._faults("151"), [])

    def test_bad_amounts(self):
        for amount in ("0", "-5", "-0.01"):
            self.assertEqual(self._faults(amount), ["amount"])
        self.assertEqual(finance_rules.money(0.1 + 0.2), Decimal("0.30"))
        self.assertEqual(finance_rules.cents("19.99"), 1999)

    def test_periods(self):
        """A calendar year ends with December; late joiners get the next one; a leap day counts."""
        period = membership_period.period
        self.assertEqual(period("calendar", date(2026, 3, 1)), date(2026, 12, 31))
        self.assertEqual(period("calendar", date(2026, 10, 1), 9), date(2027, 12, 31))
        self.assertEqual(period("calendar", date(2026, 8, 31), 9), date(2026, 12, 31))
        self.assertEqual(period("rolling", date(2026, 3, 1)), date(2027, 2, 28))
        self.assertEqual(period("rolling", date(2024, 2, 29)), date(2025, 2, 27))

    def test_instalments(self):
        parts = membership_period.instalments(10000, 3, date(2026, 1, 31))
        self.assertEqual([cents for _day, cents in parts], [3334, 3333, 3333])
        self.assertEqual(parts[1][0], date(2026, 2, 28))
        self.assertEqual(membership_period.next_due(parts, 0), date(2026, 1, 31))
        self.assertEqual(membership_period.next_due(parts, 3334), date(2026, 2, 28))
        self.assertIsNone(membership_period.next_due(parts, 10000))
        self.assertIsNone(membership_period.next_due([(date(2026, 1, 1), 0)], 0))

    def test_file_is_safe_to_split(self):
        """R-58: no value breaks the columns."""
        content = finance_export.table(
            "donors", [{"lastname": "A\tB\nC", "total": Decimal("1.50")}]
        )
        header, line, rest = content.decode().split("\n")
        self.assertEqual(rest, "")
        self.assertEqual(len(header.split("\t")), len(line.split("\t")))
        self.assertIn("A B C", line)
        self.assertIn("1.50", line)
