from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..lib import route as routes
from ..wizards.consent_record_wizard import MEANS as HEARD
from .sending_common import SendingCase


@tagged("post_install", "-at_install")
class TestMailing(SendingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.give(cls.anne)
        cls.give_targeting(cls.anne)
        cls.everybody = [("id", "in", cls.people.ids)]

    def counts(self, mailing):
        mailing.invalidate_recordset(["consent_counts"])
        return {row["code"]: row["count"] for row in mailing.consent_counts}

    def test_without_purpose_refused(self):
        """R-01: a mass mailing without a purpose is refused with what to choose."""
        mailing = self.mailing(consent_purpose_id=False)
        for send in (mailing.action_launch, mailing.action_put_in_queue, mailing.action_send_mail):
            with self.assertRaisesRegex(UserError, "Choose the purpose"):
                send()
        mailing.consent_purpose_id = self.newsletter
        mailing.action_launch()
        self.assertEqual(mailing.state, "in_queue")

    def test_queue_by_a_way_round(self):
        """R-01: a state written over RPC does not send, nor stop the other mailings."""
        astray = self.mailing(consent_purpose_id=False)
        astray.write({"state": "in_queue"})
        unsigned = self.mailing()
        unsigned.write({"state": "in_queue"})
        with self.outgoing():
            self.run_queue(self.mailing())
        self.assertEqual((astray.state, unsigned.state), ("draft", "draft"))
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])

    def test_only_who_agreed(self):
        """R-01: who agreed gets it, the neighbour leaves a trace that says why."""
        mailing = self.mailing()
        self.assertEqual(self.counts(mailing), {"people": 2, "allowed": 1, "no_basis": 1})
        with self.outgoing():
            self.run_queue(mailing)
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])
        self.assertEqual(mailing.state, "done")
        self.assertEqual((mailing.sent, mailing.canceled), (1, 1))
        refused = mailing.mailing_trace_ids.filtered("consent_reason")
        self.assertEqual(refused.res_id, self.basile.id)
        self.assertEqual(
            (refused.trace_status, refused.failure_type), ("cancel", "consent_no_basis")
        )
        self.assertEqual(self.counts(mailing), {"people": 2, "allowed": 1, "no_basis": 1})

    def test_nobody_allowed(self):
        """A mailing that nobody may get ends, with its refusals, and raises nothing."""
        mailing = self.mailing(domain=[("id", "=", self.basile.id)])
        with self.outgoing():
            self.run_queue(mailing)
        self.assertEqual(self.sent_to, [])
        self.assertEqual(mailing.state, "done")
        self.assertEqual(mailing.mailing_trace_ids.consent_reason, "no_basis")

    def test_refused_trace_holds_no_address(self):
        """A refusal does not make core believe that the address was reached already."""
        self.basile.email = self.anne.email
        with self.outgoing():
            mailing = self.mailing()
            self.run_queue(mailing)
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])
        self.assertFalse(mailing.mailing_trace_ids.filtered("consent_reason").email)

    def test_withdrawn_between_queue_and_send(self):
        """R-02: a withdrawal kills what waits, in its own transaction."""
        self.env["ir.config_parameter"].sudo().set_param("mail.mail.force.send.limit", "-1")
        mailing = self.mailing()
        mailing.action_launch()
        with self.outgoing():
            self.fill_queue()
            waiting = self.env["mail.mail"].sudo().search([("mailing_id", "=", mailing.id)])
            self.assertEqual(waiting.state, "outgoing")
            self.withdraw(self.anne)
            self.assertEqual(waiting.state, "cancel")
            self.assertEqual(mailing.mailing_trace_ids.mapped("trace_status"), ["cancel"] * 2)
            self.run_queue()
        self.assertEqual(self.sent_to, [])
        self.assertEqual(
            self.counts(mailing), {"people": 2, "allowed": 0, "no_basis": 1, "opposed": 1}
        )

    def test_withdrawal_that_staff_heard(self):
        """R-02, R-04: by telephone, letter, at the door or face to face, staff write the same
        withdrawal, and it stops what waits."""
        for number, (means, _label) in enumerate(HEARD, 1):
            mails = self.mails_for(self.newsletter, self.anne)
            action = self.anne.with_user(self.officer).action_consent_withdraw()
            wizard = self.env["consent.record.wizard"].with_user(self.officer)
            wizard.with_context(**action["context"]).create(
                {"purpose_id": self.newsletter.id, "channel": "email", "means": means}
            ).action_record()
            withdrawn = self.env["consent.event"].search([("action", "=", "withdrawn")])
            self.assertEqual((len(withdrawn), withdrawn[:1].means), (number, means))
            self.assertEqual(mails.state, "cancel", means)
            self.assertEqual(self.reason(self.anne), "opposed")
            self.give(self.anne)

    def test_withdrawal_rolled_back(self):
        """R-02: an error after the withdrawal leaves nothing half done."""
        with self.outgoing():
            mails = self.mails_for(self.newsletter, self.anne)
            with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
                self.withdraw(self.anne)
                self.assertEqual(mails.state, "cancel")
                raise ZeroDivisionError
            mails.invalidate_recordset()
            self.assertEqual(mails.state, "outgoing")
            mails.send()
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])

    def mails_for(self, purpose, partners, **values):
        with routes.for_purpose(purpose, segmented=False):
            return (
                self.env["mail.mail"]
                .sudo()
                .create(
                    [
                        {
                            "subject": "x",
                            "body_html": "<p>x</p>",
                            "recipient_ids": [(4, p.id)],
                            **values,
                        }
                        for p in partners
                    ]
                )
            )

    def test_withdrawal_of_another_purpose(self):
        """R-06: a withdrawal stops its own purpose and leaves the neighbour's waiting."""
        self.give(self.anne, "event")
        event = self.env["consent.purpose"]._get("event", self.company)
        mails = self.mails_for(self.newsletter, self.anne) + self.mails_for(event, self.anne)
        self.withdraw(self.anne)
        self.assertEqual(mails.mapped("state"), ["cancel", "outgoing"])

    def test_last_gate_reads_again(self):
        """R-01: the gate is read again for each mail, whatever cancelled it or not before."""
        mails = self.mails_for(self.newsletter, self.people)
        with self.outgoing():
            mails.send()
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])
        self.assertEqual(mails.mapped("state"), ["sent", "cancel"])
        self.assertEqual(mails[1].failure_type, "consent_refused")
        self.assertIn("never agreed", mails[1].failure_reason)

    def test_last_gate_is_no_sent_trace(self):
        """A mail refused at the last gate is not counted as sent."""
        mailing = self.mailing()
        mail = self.mails_for(self.newsletter, self.basile, mailing_id=mailing.id)
        trace = self.env["mailing.trace"].create(
            {
                "mail_mail_id": mail.id,
                "mass_mailing_id": mailing.id,
                "model": "res.partner",
                "res_id": self.basile.id,
            }
        )
        with self.outgoing():
            mail.send()
        self.assertEqual(self.sent_to, [])
        self.assertEqual((trace.trace_status, trace.failure_type), ("cancel", "consent_no_basis"))

    def test_route_is_not_the_callers(self):
        """R-01: no field and no context key says that a mail is transactional."""
        forged = {
            "consent_route": "transaction",
            "consent_act": "ticket",
            "consent_purpose_id": self.newsletter.id,
        }
        mail = (
            self.env["mail.mail"]
            .sudo()
            .with_context(consent_route="transaction", default_consent_route="transaction")
            .create({"recipient_ids": [(4, self.basile.id)], "body_html": "x", **forged})
        )
        self.assertEqual(mail.consent_route, "correspondence")
        self.assertFalse(mail.consent_purpose_id or mail.consent_act)
        with self.assertRaises(AccessError):
            mail.write(forged)
        with self.outgoing():
            mail.send()
        self.assertEqual(self.sent_to, [])
        with routes.transaction("ticket"):
            ticket = (
                self.env["mail.mail"]
                .sudo()
                .create({"recipient_ids": [(4, self.basile.id)], "body_html": "x"})
            )
        with self.outgoing():
            ticket.send()
        self.assertEqual(self.sent_to, ["basile.essai@example.org"])

    def test_filter_is_targeting(self):
        """R-20: a filter on the whole list asks for the separate consent to targeting."""
        self.give(self.basile)
        whole = self.mailing(domain=[])
        self.assertFalse(whole.consent_segmented)
        chosen = self.mailing()
        self.assertTrue(chosen.consent_segmented)
        self.assertEqual(
            self.counts(chosen), {"people": 2, "allowed": 1, "no_targeting_consent": 1}
        )
        with self.outgoing():
            self.run_queue(chosen)
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])
        self.give_targeting(self.basile)
        with self.outgoing():
            self.run_queue(self.mailing())
        self.assertEqual(len(self.sent_to), 2)

    def test_chosen_ids_are_targeting(self):
        """R-20: the whole list's mailing sent to picked records is a choice of people too."""
        self.give(self.basile)
        mailing = self.mailing(domain=[])
        with self.outgoing():
            mailing.action_send_mail(res_ids=self.people.ids)
            self.run_queue()
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])

    def test_statutory_is_no_advertising(self):
        """R-29, R-20: the call to a general meeting goes to a section, objection or not."""
        self.join(self.people)
        self.withdraw(self.basile)
        with self.outgoing():
            self.run_queue(self.mailing(consent_purpose_id=self.membership.id))
        self.assertEqual(len(self.sent_to), 2)

    def test_whole_consent_list(self):
        """R-20: a list that people joined by themselves is a whole list, for those who joined."""
        audience = self.env["consent.list"].create(
            {"name": "Section", "code": "section", "purpose_id": self.newsletter.id}
        )
        self.give(self.basile, list_code="section")
        mailing = self.mailing(domain=[], consent_list_id=audience.id)
        self.assertFalse(mailing.consent_segmented)
        with self.outgoing():
            self.run_queue(mailing)
        self.assertEqual(self.sent_to, ["basile.essai@example.org"])

    def test_mailing_contacts_by_address(self):
        """R-01: an address without a contact goes by its own answer, one with a contact by the
        contact's."""
        mailing_list = self.env["mailing.list"].create({"name": "Liste"})
        self.env["mailing.contact"].create(
            [
                {"name": name, "email": email, "list_ids": [(4, mailing_list.id)]}
                for name, email in (
                    ("Anne", "ANNE.essai@example.org"),
                    ("Basile", "basile.essai@example.org"),
                    ("Claire", "claire@example.org"),
                    ("Denis", "denis@example.org"),
                )
            ]
        )
        self.env["consent.event"]._record(
            [
                {
                    "identifier": "claire@example.org",
                    "purpose": self.newsletter,
                    "channel": "email",
                    "action": "given",
                    "means": "paper",
                    "act": "signature",
                    "wording": self.env["consent.wording"]._published(
                        self.newsletter, "email", "fr_FR"
                    ),
                }
            ]
        )
        mailing = self.mailing(
            mailing_model_id=self.env["ir.model"]._get_id("mailing.list"),
            contact_list_ids=[(4, mailing_list.id)],
        )
        mailing.mailing_domain = repr([("list_ids", "in", mailing_list.ids)])
        self.assertFalse(mailing.consent_segmented)
        self.assertEqual(self.counts(mailing), {"people": 4, "allowed": 2, "no_basis": 2})
        with self.outgoing():
            self.run_queue(mailing)
        self.assertEqual(self.sent_to, ["anne.essai@example.org", "claire@example.org"])

    def test_withdrawal_by_address_stops_the_queue(self):
        """R-02, R-04: a blacklisted address stops the mails that wait for it."""
        with routes.for_purpose(self.newsletter, segmented=False):
            mail = (
                self.env["mail.mail"]
                .sudo()
                .create({"email_to": "Claire <claire@example.org>", "body_html": "x"})
            )
        self.env["consent.event"]._record(
            [
                {
                    "identifier": "claire@example.org",
                    "purpose": self.newsletter,
                    "channel": "email",
                    "action": "withdrawn",
                    "means": "blacklist",
                }
            ]
        )
        self.assertEqual(mail.state, "cancel")

    def test_two_addresses_in_one_field(self):
        """R-34, R-27: a second address in the same field did not agree to anything."""
        self.anne.write({"email": "anne.essai@example.org, autre@example.org"})
        with self.outgoing():
            self.run_queue(self.mailing())
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])

    def test_sender_sees_whom_they_write_to(self):
        """The queue runs with every right: the mailing keeps those of its sender."""
        self.give(self.basile)
        self.give_targeting(self.basile)
        self.env["ir.rule"].create(
            {
                "name": "not Basile",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": repr([("id", "!=", self.basile.id)]),
                "groups": [(4, self.env.ref("mass_mailing.group_mass_mailing_user").id)],
            }
        )
        mailing = self.mailing()
        with self.assertRaises(AccessError):
            mailing.write({"consent_sender_id": self.env.ref("base.user_admin").id})
        with self.outgoing():
            self.run_queue(mailing)
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])

    def test_typed_number(self):
        """Screens: a mailing leaves after its number of people was typed."""
        mailing = self.mailing()
        action = mailing.action_consent_confirm()
        Wizard = self.env["mailing.consent.confirm"].with_user(self.mailer)
        wizard = Wizard.with_context(**action["context"]).create({"typed_count": 2})
        with self.assertRaisesRegex(UserError, "goes to 1"):
            wizard.action_confirm()
        wizard.typed_count = 1
        wizard.action_confirm()
        self.assertEqual(mailing.state, "in_queue")

    def test_people_behind_a_number(self):
        """R-70: who may read consents opens the people behind a number, the mailer does not."""
        mailing = self.mailing()
        with self.assertRaises(AccessError):
            mailing.action_consent_list("no_basis")
        self.mailer.group_ids += self.env.ref("political_consent.group_consent_user")
        action = mailing.action_consent_list("no_basis")
        self.assertEqual(action["domain"], [("id", "in", self.basile.ids)])
        with self.outgoing():
            self.run_queue(mailing)
        self.assertEqual(mailing.action_consent_list("no_basis")["domain"], action["domain"])
        self.assertEqual(
            mailing.action_consent_list("allowed")["domain"], [("id", "in", self.anne.ids)]
        )

    def test_retry_passes_the_gate(self):
        """R-01: what failed is asked for again when it is tried again."""
        mailing = self.mailing()
        mailing.action_launch()
        with self.outgoing():
            self.fill_queue()
        mails = self.env["mail.mail"].sudo().search([("mailing_id", "=", mailing.id)])
        mails.write({"state": "exception"})
        self.withdraw(self.anne)
        mailing.action_retry_failed()
        with self.outgoing():
            self.run_queue()
        self.assertEqual(self.sent_to, [])
        mailing.invalidate_recordset()
        self.assertEqual(mailing.state, "done")

    def test_sample_goes_to_colleagues(self):
        """A sample of a mailing goes to colleagues and not to somebody outside."""
        mailing = self.mailing()
        for address, got in (
            ("internal@example.org", ["internal@example.org"]),
            ("basile.essai@example.org", []),
        ):
            wizard = (
                self.env["mailing.mailing.test"]
                .with_user(self.mailer)
                .create({"mass_mailing_id": mailing.id, "email_to": address})
            )
            with self.outgoing():
                wizard.send_mail_test()
            self.assertEqual(self.sent_to, got)
