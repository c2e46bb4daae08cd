from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ConsentCase


@tagged("post_install", "-at_install")
class TestGate(ConsentCase):
    def test_no_basis_no_message(self):
        """R-01: who agreed passes, the neighbour who did not is held back, with the reason."""
        self.give(self.anne)
        self.assertFalse(self.reason(self.anne))
        self.assertEqual(self.reason(self.basile), "no_basis")

    def test_one_purpose_one_channel(self):
        """R-06: a consent opens its own purpose and channel and nothing else."""
        self.give(self.anne)
        self.assertEqual(self.reason(self.anne, "newsletter", "post"), "no_basis")
        self.assertEqual(self.reason(self.anne, "event", "email"), "no_basis")
        self.assertEqual(self.reason(self.anne, "newsletter", "sms"), "channel_closed")

    def test_withdrawal_and_return(self):
        """R-29: a withdrawal closes, a later consent opens again, an older one does not."""
        self.give(self.anne)
        self.withdraw(self.anne)
        self.assertEqual(self.reason(self.anne), "opposed")
        self.give(self.anne, collected_at=(self.utc_now() - timedelta(days=1)).isoformat())
        self.assertEqual(self.reason(self.anne), "opposed", "a consent of before stays closed")
        self.give(self.anne)
        self.assertFalse(self.reason(self.anne))

    def test_refusal(self):
        self.anne.sudo().consent_record("newsletter", "email", "refused", {"means": "phone"})
        self.assertEqual(self.reason(self.anne), "opposed")

    def test_changed_address_is_not_consented_address(self):
        """R-34: the consent is bound to the address that it was given for."""
        self.give(self.anne)
        self.anne.email = "autre@example.org"
        self.assertEqual(self.reason(self.anne), "address_changed")
        self.anne.email = "ANNE.Essai@example.org"
        self.assertFalse(self.reason(self.anne), "the same address written otherwise")

    def test_changed_number_is_not_consented_number(self):
        """R-34, for SMS; the post follows the person, not the letterbox."""
        self.give(self.anne, "sms_mobilisation", "sms")
        self.assertFalse(self.reason(self.anne, "sms_mobilisation", "sms"))
        self.anne.phone = "+33199009999"
        self.assertEqual(self.reason(self.anne, "sms_mobilisation", "sms"), "address_changed")

    def test_expiry(self):
        """R-72: a consent ends at its review date; the gate asked for another day knows it."""
        self.newsletter.review_months = 12
        with freeze_time("2026-01-15 10:00:00"):
            self.give(self.anne)
            self.assertFalse(self.reason(self.anne))
        self.assertFalse(self.reason(self.anne, at="2027-01-15 09:59:59"))
        self.assertEqual(self.reason(self.anne, at="2027-01-15 10:00:00"), "expired")

    def test_lists_are_left_one_by_one(self):
        """Leaving one list leaves the others; leaving the purpose leaves them all."""
        lists = self.env["consent.list"].create(
            [
                {"name": name, "code": name, "purpose_id": self.newsletter.id}
                for name in ("nord", "sud")
            ]
        )
        north, south = lists
        for audience in lists:
            self.give(self.anne, list_code=audience.code)
        self.assertEqual(self.reason(self.anne), "no_basis", "a list is not the whole purpose")
        self.withdraw(self.anne, list_code="nord")
        self.assertEqual(self._list_reason(self.anne, north), "opposed")
        self.assertIsNone(self._list_reason(self.anne, south))
        self.withdraw(self.anne)
        self.assertEqual(self._list_reason(self.anne, south), "opposed")

    def _list_reason(self, partner, audience):
        gate = self.env["consent.gate"]
        request = gate._gate_request(self.newsletter, "email", audience=audience)
        return gate._reasons(partner.ids, request)[partner.id]

    def test_address_closed_for_everybody_who_uses_it(self):
        """R-04: a STOP that names an address and nobody closes it for a couple who share it."""
        couple = self.env["res.partner"].create(
            [{"name": name, "email": "couple@example.org"} for name in ("Chloé", "Denis")]
        )
        self.give(couple)
        self.env["consent.event"]._record(
            [
                {
                    "identifier": "couple@example.org",
                    "purpose": self.newsletter,
                    "channel": "email",
                    "action": "withdrawn",
                    "means": "unsubscribe",
                }
            ]
        )
        self.assertEqual([self.reason(person) for person in couple], ["opposed", "opposed"])
        self.give(couple[0])
        self.assertEqual([self.reason(person) for person in couple], [False, "opposed"])

    def test_objection_overrides_other_bases_save_the_statutes(self):
        """R-29: a member's objection stops propaganda, not the call to the general meeting."""
        interest = self._legitimate_interest()
        self.assertEqual(self.reason(self.anne, "membership"), "not_member")
        self.give(self.anne, "membership")
        self.assertFalse(self.reason(self.anne, interest.code))
        self.withdraw(self.anne, interest.code)
        self.withdraw(self.anne, "membership")
        self.assertEqual(self.reason(self.anne, interest.code), "opposed")
        self.assertFalse(self.reason(self.anne, "membership"), "statutory")
        self.assertEqual(self.reason(self.basile, "membership"), "not_member")
        ended = {"means": "staff"}
        self.anne.sudo().consent_record("membership", "email", "expired", ended)
        self.assertEqual(self.reason(self.anne, "membership"), "not_member", "R-44")
        self.assertFalse(self.reason(self.basile, interest.code))

    def test_legitimate_interest_needs_its_balancing_test(self):
        """R-13: without the document, its author and its date, nothing leaves."""
        interest = self._legitimate_interest()
        interest.balancing_author = False
        self.assertEqual(self.reason(self.anne, interest.code), "no_balancing_test")
        interest.balancing_author = "Déléguée"
        self.assertFalse(self.reason(self.anne, interest.code))

    def _legitimate_interest(self):
        return self.env["consent.purpose"].create(
            {
                "name": "Courrier des riverains",
                "code": "neighbours",
                "legal_basis": "legitimate_interest",
                "allow_email": True,
                "balancing_test": "cGVzw6k=",
                "balancing_author": "Déléguée",
                "balancing_date": "2026-01-10",
            }
        )

    def test_suppressed_address(self):
        """R-30: an erased address stays closed when it comes back, under any basis."""
        interest = self._legitimate_interest()
        key = self.env["consent.key"]._digest("email", "anne.essai@example.org")
        self.env["consent.suppression"]._add(self.company, [key], "erased")
        self.assertEqual(self.reason(self.anne, interest.code), "suppressed")
        self.assertFalse(self.reason(self.basile, interest.code))
        self.env.cr.execute("SELECT identifier_key FROM consent_suppression")
        self.assertNotIn("anne", self.env.cr.fetchone()[0])

    def test_consent_after_suppression_counts(self):
        """R-30: whoever comes back by an act of their own is heard again."""
        key = self.env["consent.key"]._digest("email", "anne.essai@example.org")
        self.env["consent.suppression"]._add(self.company, [key], "opposed")
        self.give(self.anne)
        self.assertFalse(self.reason(self.anne))

    @freeze_time("2026-11-22 12:00:00")
    def test_minors_are_not_targeted(self):
        """R-23: nobody known to be under 18 passes for a targeting purpose."""
        self.give(self.anne | self.basile, "targeting", "email")
        self.anne.birthdate = "2008-11-23"
        self.basile.birthdate = "2008-11-22"
        self.assertEqual(self.reason(self.anne, "targeting"), "underage")
        self.assertFalse(self.reason(self.basile, "targeting"), "18 today")

    @freeze_time("2026-11-22 12:00:00")
    def test_floor_of_the_law(self):
        """R-23: a controller may choose the law's own floor, one year below voting age, that
        birthday included."""
        self.give(self.anne, "targeting", "email")
        self.company.consent_targeting_from = "floor"
        for born, reason in (
            ("2009-12-22", "underage"),
            ("2009-11-22", "underage"),
            ("2009-11-21", False),
        ):
            self.anne.birthdate = born
            self.assertEqual(self.reason(self.anne, "targeting"), reason, born)
        self.company.consent_targeting_from = "adult"
        self.assertEqual(self.reason(self.anne, "targeting"), "underage")

    def test_unknown_age(self):
        """R-23: who said only to be 15 or over may be a minor, and is not targeted; the newsletter
        to the whole list comes."""
        self.give(self.anne, "targeting", "email", age_check="15")
        self.give(self.basile, "targeting", "email", age_check="adult")
        self.give(self.anne, age_check="15")
        self.assertEqual(self.reason(self.anne, "targeting"), "underage")
        self.assertFalse(self.reason(self.basile, "targeting"))
        self.assertFalse(self.reason(self.anne))
        self.anne.birthdate = "1990-01-01"
        self.assertFalse(self.reason(self.anne, "targeting"))

    def test_controllers_do_not_share_people(self):
        """R-41: a person of another controller is out of reach of this one's purposes."""
        theirs = self.env["res.partner"].create(
            {"name": "Chez eux", "email": "eux@example.org", "company_id": self.other_company.id}
        )
        gate = self.env["consent.gate"]
        request = gate._gate_request(self.newsletter, "email")
        self.assertEqual(gate._reasons(theirs.ids, request)[theirs.id], "other_controller")
        with self.assertRaises(AccessError):
            self.reason(theirs, user=self.officer)

    def test_no_oracle(self):
        """Asking about somebody out of reach and about nobody gives the same answer."""
        hidden = self.env["res.partner"].create(
            {"name": "Chez eux", "company_id": self.other_company.id}
        )
        gone = self.env["res.partner"].create({"name": "Parti"})
        gone_id = gone.id
        gone.unlink()
        gate = self.env["consent.gate"].with_user(self.officer)
        answers = []
        for partner_id in (hidden.id, gone_id):
            with self.assertRaises(AccessError) as refusal:
                gate.check([self.anne.id, partner_id], "newsletter", "email")
            answers.append(str(refusal.exception))
        self.assertEqual(*answers)

    def test_audience_is_the_check_over_a_domain(self):
        """Public surface: both calls agree, and the caller's rights bound the audience."""
        people = self.env["res.partner"].create(
            [{"name": f"Personne {n}", "email": f"p{n}@example.org", "color": 7} for n in range(12)]
        )
        self.give(people[:6])
        self.withdraw(people[4:6])
        gate = self.env["consent.gate"].with_user(self.officer)
        found = gate.audience("newsletter", "email", [("color", "=", 7)])
        self.assertCountEqual(found, people[:4].ids)
        answers = gate.check(people.ids, "newsletter", "email")
        self.assertEqual([a["partner_id"] for a in answers], people.ids)
        self.assertCountEqual([a["partner_id"] for a in answers if a["allowed"]], found)

    def test_bad_questions_are_answered_in_words(self):
        gate = self.env["consent.gate"].with_user(self.officer)
        with self.assertRaises(UserError):
            gate.check(self.anne.ids, "nope", "email")
        with self.assertRaises(UserError):
            gate.check(self.anne.ids, "newsletter", "pigeon")

    def test_every_reason_has_words(self):
        """Each code that a check can give is explained to the staff."""
        gate = self.env["consent.gate"]
        labels = gate._reason_labels()
        for purpose in self.env["consent.purpose"].search([]):
            request = gate._gate_request(purpose, "email", segmented=True)
            for check in gate._gate_checks(request):
                self.assertIn(check.code, labels)
