import random
from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from ..lib import payload
from .common import PIXEL

UID = "3f2b8c1e-6d0a-4b7e-9a53-0c9d8e7f6a5b"
NOW = datetime(2026, 11, 22, 18, 0)
SCOPE = payload.Scope(
    doors=frozenset({51}),
    outcomes=frozenset(payload.OUTCOMES),
    wordings=frozenset({("newsletter", "email", "w1", "fr_FR"), ("sms", "sms", "w2", "fr_FR")}),
    opened_at=NOW - timedelta(hours=1),
    ends_at=NOW + timedelta(hours=3),
    received_at=NOW,
)


def event(**values):
    return {
        "uid": UID,
        "counter": 1,
        "at": "2026-11-22T17:59:00.250Z",
        "door": 51,
        "kind": "outcome",
        "outcome": "spoke",
        "data": {},
        **values,
    }


def consent(**data):
    return event(
        kind="consent",
        outcome=None,
        data={
            "purpose": "newsletter",
            "channel": "email",
            "wording_code": "w1",
            "lang": "fr_FR",
            "act": "tick",
            "notice_shown_at": "2026-11-22T17:58:00Z",
            "email": "noe@example.org",
            **data,
        },
    )


@tagged("post_install", "-at_install")
class TestPayload(BaseCase):
    def judge(self, sent, client_now=None, scope=SCOPE):
        return payload.read_event(sent, client_now, scope)

    def assertRefused(self, reason, sent, client_now=None, scope=SCOPE):  # noqa: N802
        with self.assertRaises(payload.RefusalError) as refusal:
            self.judge(sent, client_now, scope)
        self.assertEqual(str(refusal.exception), reason, sent)

    def test_outcome(self):
        row = self.judge(event())
        self.assertEqual((row["door_id"], row["outcome"], row["data"]), (51, "spoke", {}))
        self.assertEqual(row["at"], datetime(2026, 11, 22, 17, 59, 0, 250000))
        when = self.judge(event(outcome="come_back", data={"when": "evening"}))
        self.assertEqual(when["data"], {"when": "evening"})

    def test_no_room_for_people(self):
        """R-09, R-47: a refused door takes no note, no name, no partner."""
        self.assertRefused("data", event(outcome="refused", data={"note": "hostile"}))
        self.assertRefused("data", event(outcome="refused", data={"partner_id": 3}))
        self.assertRefused("data", event(outcome="come_back", data={"when": "when she is back"}))
        self.assertRefused("data", consent(note="met twice"))
        self.assertRefused("outcome", event(outcome="votes for us"))

    def test_foreign_door(self):
        self.assertRefused("door", event(door=52))
        self.assertRefused("format", event(door="51"))
        self.assertRefused("format", event(door=True))

    def test_times(self):
        self.assertRefused("format", event(at="yesterday"))
        self.assertRefused("format", event(at="2026-13-01T00:00:00Z"))
        self.assertRefused("format", event(at="1999-01-01T00:00:00Z"))
        self.assertRefused("format", event(at=None))

    def test_wrong_clock_is_corrected(self):
        """A phone a day ahead: what counts is how long before sending the event was made."""
        row = self.judge(event(at="2026-11-23T17:30:00Z"), client_now="2026-11-23T18:00:00Z")
        self.assertEqual(row["at"], NOW - timedelta(minutes=30))
        self.assertEqual(row["skew"], 86400)
        self.assertEqual(row["client_at"], datetime(2026, 11, 23, 17, 30))
        behind = self.judge(event(at="2026-11-21T17:30:00Z"), client_now="2026-11-21T18:00:00Z")
        self.assertEqual((behind["at"], behind["skew"]), (NOW - timedelta(minutes=30), -86400))

    def test_time_stays_within_the_lease(self):
        early = self.judge(event(at="2026-11-22T03:00:00Z"))
        self.assertEqual(early["at"], SCOPE.opened_at)
        ahead = self.judge(event(at="2026-11-22T18:05:00Z"))
        self.assertEqual(ahead["at"], NOW)
        over = SCOPE._replace(ends_at=NOW - timedelta(minutes=10))
        self.assertRefused("lease_ended", event(), scope=over)
        made_before = event(at="2026-11-22T17:45:00Z")
        self.assertEqual(self.judge(made_before, scope=over)["outcome"], "spoke")

    def test_clock_set_between_report_and_sending(self):
        """A phone whose clock was set back a day reports "tomorrow": stored, and dated at the
        latest moment that it can have been made, be its lease over or not."""
        over = SCOPE._replace(ends_at=NOW - timedelta(minutes=10))
        tomorrow = event(at=payload.stamp(NOW + timedelta(days=1)))
        self.assertEqual(self.judge(tomorrow)["at"], NOW)
        self.assertEqual(self.judge(tomorrow, scope=over)["at"], over.ends_at)

    def test_undo(self):
        target = UID.replace("3f", "4a")
        row = self.judge(event(kind="undo", outcome=None, data={"target": target}))
        self.assertEqual(row["undoes"], target)
        self.assertRefused("target", event(kind="undo", outcome=None, data={"target": "all"}))
        self.assertRefused("target", event(kind="undo", outcome=None, data={}))
        self.assertRefused("outcome", event(kind="undo", data={"target": target}))

    def test_consent_keeps_no_identity_in_the_event(self):
        row = self.judge(consent(firstname="Noé", lastname="d'Essai-Bis"))
        self.assertEqual(
            row["data"], {"purpose": "newsletter", "channel": "email", "wording_code": "w1"}
        )
        self.assertEqual(row["consent"]["lastname"], "d'Essai-Bis")

    def test_consent_needs_notice_and_act(self):
        """R-46: the notice comes first, and the act is the person's."""
        self.assertRefused("notice", consent(notice_shown_at=None))
        self.assertRefused("notice", consent(notice_shown_at="2026-11-22T17:59:30Z"))
        self.assertRefused("act", consent(act=None))
        self.assertRefused("act", consent(act="spoken"))
        self.assertRefused("act", consent(act="signature"))
        self.assertRefused("act", consent(act="signature", evidence="AAAA"))
        self.assertRefused("act", consent(act="signature", evidence="é" * 20))
        self.assertRefused("act", consent(evidence=PIXEL))
        signed = self.judge(consent(act="signature", evidence=PIXEL))
        self.assertTrue(signed["consent"]["evidence"].startswith(payload.PNG))

    def test_consent_is_to_words_of_the_turf(self):
        self.assertRefused("wording", consent(wording_code="w9"))
        self.assertRefused("wording", consent(lang="en_US"))
        self.assertRefused("wording", consent(purpose="sms"))

    def test_consent_address_and_names(self):
        self.assertRefused("address", consent(email=None))
        self.assertRefused("address", consent(email="a" * 300))
        self.assertRefused("address", consent(email="a\n@example.org"))
        self.assertRefused("format", consent(lastname="votes for us 100%"))
        self.assertRefused("format", consent(lastname="x" * 61))
        self.assertRefused("format", consent(lastname={"$ne": 1}))

    def test_uid(self):
        for bad in (None, 3, "x", UID.upper(), UID + "0", [UID], {}):
            self.assertIsNone(payload.uid_of({"uid": bad}))
        self.assertIsNone(payload.uid_of([UID]))
        self.assertEqual(payload.uid_of({"uid": UID}), UID)

    def test_any_json_is_read_or_refused(self):
        """Fuzz, fixed seed: never another exception than a refusal."""
        draw = random.Random(20261122)
        pool = [
            None, True, False, -1, 0, 51, 2**31, 2**70, 1.5, float("nan"), "", "51", "spoke",
            UID, "\ud800", "\x00", "2026-11-22T17:59:00Z", "0000-00-00T00:00:00Z", "x" * 5000,
            [], [[]], {}, {"target": UID}, {"when": []}, {"purpose": {}}, {"act": 1}, PIXEL,
        ]  # fmt: skip
        keys = [*event(), "client_now", "extra"]
        inner = [*consent()["data"], "target", "when", "evidence"]
        for _ in range(5000):
            sent = consent() if draw.random() < 0.5 else event()
            for _ in range(draw.randint(1, 3)):
                sent[draw.choice(keys)] = draw.choice(pool)
            if isinstance(sent["data"], dict):
                sent["data"] = {**sent["data"], draw.choice(inner): draw.choice(pool)}
            if not payload.uid_of(sent):
                continue
            try:
                self.judge(sent, draw.choice(pool))
            except payload.PendingError as error:
                self.assertEqual(str(error), UID)
            except payload.RefusalError as refusal:
                self.assertIn(
                    str(refusal),
                    {
                        "format", "kind", "outcome", "data", "door", "target", "lease_ended",
                        "notice", "act", "wording", "address", "note",
                    },
                )  # fmt: skip
