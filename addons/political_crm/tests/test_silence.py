from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time

from odoo.addons.political_consent.tests.sending_common import SendingCase
from odoo.addons.sms.tools.sms_api import SmsApi
from odoo.tests import tagged

# A presidential ballot on a Sunday; summer time is in force in Paris: UTC + 2.
BALLOT = "2027-04-11"
FRIDAY_NIGHT = "2027-04-09 21:59:00"
SATURDAY_START = "2027-04-09 22:00:00"
SUNDAY_AFTERNOON = "2027-04-11 15:00:00"
LAST_MINUTE = "2027-04-11 17:59:00"
CLOSE = "2027-04-11 18:00:00"


@tagged("post_install", "-at_install")
class TestSilence(SendingCase):
    """R-28: from the eve of a ballot at 00:00 to its close, messages wait and are not lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["political.election"].search([]).action_archive()
        cls.election = cls.env["political.election"].create(
            {
                "name": "Présidentielle 2027, tour 1",
                "code": "2027_pres_t1",
                "kind": "presidential",
                "date": BALLOT,
            }
        )
        for person in cls.people:
            cls.give(person)
            cls.give_targeting(person)
        cls.people.write({"zip": "75011", "country_id": cls.env.ref("base.fr").id})

    def reasons(self, at, channel="email"):
        gate = self.env["consent.gate"].with_user(self.mailer).with_company(self.company)
        answers = gate.check(self.people.ids, "newsletter", channel, at=at)
        return [answer["reason"] for answer in answers]

    def test_window(self):
        for at, reason in (
            (FRIDAY_NIGHT, False),
            (SATURDAY_START, "silence"),
            (LAST_MINUTE, "silence"),
            (CLOSE, False),
        ):
            with self.subTest(at=at):
                self.assertEqual(self.reasons(at), [reason, reason])

    def test_overseas(self):
        """Martinique votes on Saturday: silent from Friday 00:00 there; Réunion on Sunday, two
        hours before Paris."""
        self.anne.write({"zip": "97200"})
        self.basile.write({"zip": "97400"})
        for at, reasons in (
            ("2027-04-09 03:59:00", [False, False]),
            ("2027-04-09 04:00:00", ["silence", False]),
            ("2027-04-09 20:00:00", ["silence", "silence"]),
            ("2027-04-11 00:00:00", [False, "silence"]),
            ("2027-04-11 16:00:00", [False, False]),
        ):
            with self.subTest(at=at):
                self.assertEqual(self.reasons(at), reasons)
        # In a municipal ballot they vote on Sunday, as everywhere.
        self.election.kind = "municipal"
        self.assertEqual(self.reasons("2027-04-09 04:00:00"), [False, False])
        self.assertEqual(self.reasons(SATURDAY_START), [False, "silence"])

    def test_only_where_the_ballot_is_held(self):
        Zone = self.env["political.zone"]
        town = Zone.create({"name": "Essaiville", "kind": "commune", "code": "75999"})
        station = Zone.create(
            {"name": "1", "kind": "station", "code": "75999_0001", "parent_id": town.id}
        )
        other = Zone.create({"name": "2", "kind": "station", "code": "75998_0001"})
        self.election.zone_ids = town
        self.basile.zip = "33000"
        # Of somebody in that department nobody knows the town: they keep silent too.
        self.assertEqual(self.reasons(SUNDAY_AFTERNOON), ["silence", False])
        self.anne.polling_station_id = other
        self.assertEqual(self.reasons(SUNDAY_AFTERNOON), [False, False])
        self.anne.polling_station_id = station
        self.assertEqual(self.reasons(SUNDAY_AFTERNOON), ["silence", False])
        until = self.env["political.election"]._silence_until(
            station + other, datetime(2027, 4, 11, 15)
        )
        self.assertEqual(until, {station.id: datetime(2027, 4, 11, 18), other.id: False})

    def test_lists_are_empty_and_fill_again(self):
        """Call, door and post have no queue: nobody is on the list until the close."""
        gate = self.env["consent.gate"].with_company(self.company)
        for channel in ("call", "door", "post"):
            request = gate._gate_request(self.newsletter, channel, at=SUNDAY_AFTERNOON)
            with self.subTest(channel=channel):
                self.assertIn("silence", [c.code for c in gate._gate_checks(request)])
                later = gate._gate_request(self.newsletter, channel, at=CLOSE)
                self.assertNotIn("silence", [c.code for c in gate._gate_checks(later)])

    def test_statutory_messages_leave(self):
        """The notice of a general meeting is no propaganda."""
        gate = self.env["consent.gate"].with_company(self.company)
        statutory = self.env["consent.purpose"].search(
            [("company_id", "=", self.company.id), ("statutory", "=", True)], limit=1
        )
        self.assertTrue(statutory)
        request = gate._gate_request(statutory, "email", at=SUNDAY_AFTERNOON)
        self.assertFalse(gate._held_until(request, self.people))
        request = gate._gate_request(self.newsletter, "email", at=SUNDAY_AFTERNOON)
        self.assertEqual(gate._held_until(request, self.people), datetime(2027, 4, 11, 18))
        # An address that belongs to nobody known waits as the mainland does.
        nobody = self.env["res.partner"]
        self.assertEqual(gate._held_until(request, nobody), datetime(2027, 4, 11, 18))

    def test_mailing_waits_and_leaves(self):
        """Launched on the eve: nothing leaves, nothing is cancelled; all leaves after the close."""
        with self.outgoing():
            with freeze_time(SATURDAY_START), self.clock(SATURDAY_START):
                mailing = self.mailing()
                self.run_queue(mailing)
                self.assertEqual(self.sent_to, [])
                held = self.waiting
                self.assertEqual(len(held), 2)
                self.assertEqual(set(held.mapped("scheduled_date")), {datetime(2027, 4, 11, 18)})
                self.assertEqual(
                    set(mailing.mailing_trace_ids.mapped("trace_status")), {"outgoing"}
                )
            with freeze_time(LAST_MINUTE), self.clock(LAST_MINUTE):
                self.env["mail.mail"].sudo().process_email_queue()
                self.assertEqual(self.sent_to, [])
            with freeze_time(CLOSE), self.clock(CLOSE):
                self.env["mail.mail"].sudo().process_email_queue()
                addresses = sorted(self.people.mapped("email"))
                self.assertEqual(self.sent_to, addresses)
                self.assertEqual(set(mailing.mailing_trace_ids.mapped("trace_status")), {"sent"})

    def test_sms_wait_and_leave(self):
        """Likewise SMS: in the queue during the window, sent by it after the close."""
        sent = []

        def send(_api, messages, **_options):
            rows = [row for message in messages for row in message["numbers"]]
            sent.extend(row["number"] for row in rows)
            return [{"uuid": row["uuid"], "state": "success"} for row in rows]

        self.give(self.anne, "sms_mobilisation", "sms")
        self.give_targeting(self.anne, "sms")
        queue = self.env["sms.sms"].sudo()
        work = self.env.ref("sms.ir_cron_sms_scheduler_action").sudo()
        with patch.object(SmsApi, "_send_sms_batch", send), self.outgoing():
            with freeze_time(SATURDAY_START), self.clock(SATURDAY_START):
                mailing = self.mailing(
                    mailing_type="sms",
                    body_plaintext="Votez dimanche",
                    sms_force_send=True,
                    consent_purpose_id=self.sms_purpose.id,
                    domain=[("id", "=", self.anne.id)],
                )
                mailing.action_launch()
                self.fill_queue()
                held = queue.search([("partner_id", "=", self.anne.id)])
                self.assertEqual((sent, held.state), ([], "outgoing"))
            with freeze_time(LAST_MINUTE), self.clock(LAST_MINUTE):
                work.method_direct_trigger()
                self.assertEqual((sent, held.state), ([], "outgoing"))
            with freeze_time(CLOSE), self.clock(CLOSE):
                work.method_direct_trigger()
                self.assertEqual(sent, [self.anne.phone_sanitized])
                self.assertEqual(mailing.mailing_trace_ids.trace_status, "pending")

    def test_before_the_eve_it_leaves(self):
        with self.outgoing(), freeze_time(FRIDAY_NIGHT), self.clock(FRIDAY_NIGHT):
            self.run_queue(self.mailing())
            self.assertEqual(len(self.sent_to), 2)

    def test_the_panel_tells(self):
        with freeze_time(SUNDAY_AFTERNOON), self.clock(SUNDAY_AFTERNOON):
            mailing = self.mailing()
            counts = mailing._consent_expected_counts()
            self.assertEqual((counts.get(None), counts["silence"]), (0, 2))
            self.assertIn("silence", self.env["consent.gate"]._reason_labels())

    def clock(self, at):
        """The database's clock as well, which core compares scheduled dates with."""
        return patch.object(self.env.cr, "now", lambda: datetime.fromisoformat(at))
