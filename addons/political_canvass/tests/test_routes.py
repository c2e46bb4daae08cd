import json
import random
import re
import uuid
from urllib.parse import urlsplit

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..controllers import main
from .common import CanvassMixin, decode


@tagged("post_install", "-at_install")
class TestRoutes(CanvassMixin, HttpCase):
    """The phone's routes, from outside: guessed, foreign, over, oversize, broken, flooding."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_field()
        # No window of the limits may end in the middle of a test
        cls.classPatch(main, "MINUTES", 1_000_000)
        cls.operation = cls._operation(wording_ids=[(6, 0, cls._newsletter().ids)])
        cls.turf = cls._published(cls.operation)
        cls.doors = cls.turf.line_ids.sorted("sequence").door_id

    def post(self, route, body, token=None, raw=None, **headers):
        if token:
            headers["X-Canvass-Lease"] = token
        return self.opener.post(
            f"{self.base_url()}/canvass/{route}",
            data=raw if raw is not None else json.dumps(body),
            headers={"Content-Type": "application/json", **headers},
        )

    def open(self, turf=None, **values):
        body = {"code": (turf or self.turf).code, "device": str(uuid.uuid4()), **values}
        return decode(self.post("lease", body))

    def test_taken_back_as_easily_as_given(self):
        """R-03: what took a box, an own tick and a button at the door ends with one press on the
        page that every message leads to, without a login or a reason; R-71: the receipt, which
        names nobody, leads to one's rights, open to anybody."""
        event = self._consent(self.doors[0], self._newsletter(), email="noe.retire@example.org")
        answer = decode(self.post("sync", {"events": [event]}, self.open()["token"]))
        receipt = self.url_open(answer["results"][event["uid"]]["receipt"])
        rights = re.search(r'href="(/consent/rights[^"]*)"', receipt.text)[1]
        self.assertEqual(self.url_open(rights).status_code, 200)
        person = self.env["res.partner"].search([("email", "=", "noe.retire@example.org")])
        gate = self.env["consent.gate"]
        self.assertTrue(gate.check(person.ids, "newsletter", "email")[0]["allowed"])
        link = urlsplit(person.sudo().consent_subject_ids._preferences_url()).path
        page = self.url_open(link)
        self.assertNotIn("/web/login", page.url)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        self.url_open(link, data={**dict(hidden), "stop": "newsletter/email/"})
        self.env.invalidate_all()
        self.assertFalse(gate.check(person.ids, "newsletter", "email")[0]["allowed"])

    # ------------------------------------------------------------ pages

    def test_page(self):
        for path in ("/canvass/", "/canvass/service-worker.js", "/canvass/manifest.webmanifest"):
            response = self.url_open(path)
            self.assertEqual(response.status_code, 200, path)
            self.assertEqual(response.headers["Cache-Control"], "no-cache")
            again = self.url_open(path, headers={"If-None-Match": response.headers["ETag"]})
            self.assertEqual(again.status_code, 304)
        worker = self.url_open("/canvass/service-worker.js")
        self.assertEqual(worker.headers["Service-Worker-Allowed"], "/canvass/")
        page = self.url_open("/canvass/")
        self.assertIn("script-src 'self';", page.headers["Content-Security-Policy"])
        self.assertNotIn(self.turf.code, page.text)

    def test_page_lies_in_the_scope_of_its_worker(self):
        response = self.url_open("/canvass", allow_redirects=False)
        self.assertEqual(response.status_code, 301)
        self.assertTrue(response.headers["Location"].endswith("/canvass/"))

    def test_no_language_redirect(self):
        response = self.url_open(
            "/canvass/", headers={"Accept-Language": "fr"}, allow_redirects=False
        )
        self.assertEqual(response.status_code, 200)

    # ------------------------------------------------------------ lease

    def test_open_and_refresh(self):
        answer = self.open(name="  Ali \u0007 ")
        self.assertTrue(answer["ok"])
        self.assertEqual(answer["lease"]["name"], "Ali")
        self.assertEqual([door["id"] for door in answer["turf"]["doors"]], self.doors.ids)
        self.assertEqual(answer["turf"]["hash"], self.turf.snapshot_sha256)
        again = decode(self.post("lease", {}, answer["token"]))
        self.assertNotIn("token", again)
        self.assertEqual(again["turf"], answer["turf"])

    def test_answer_holds_this_turf_and_nobody(self):
        """R-45: what comes over the wire is the turf; no other door, no name of a person."""
        other = self._published(self.operation)
        text = self.post("lease", {"code": self.turf.code}).text
        data = json.loads(text)
        self.assertEqual({door["id"] for door in data["turf"]["doors"]}, set(self.doors.ids))
        self.assertFalse(set(self.doors.ids) & set(other.line_ids.door_id.ids))
        for word in ("partner", "user_id", "login", "firstname", self.lead.name):
            self.assertNotIn(word, text)

    def test_no_session_no_cookie(self):
        response = self.post("lease", {"code": self.turf.code})
        self.assertNotIn("Set-Cookie", response.headers)

    def test_same_answer_for_codes_that_open_nothing(self):
        """Unknown, closed, redrawn, and of an operation that is over: byte for byte the same."""
        closed = self._published(self.operation)
        closed_code = closed.code
        closed.action_close()
        redrawn = self._published(self.operation)
        old_code = redrawn.code
        redrawn.action_new_code()
        answers = {
            (response.status_code, response.content)
            for response in (
                self.post("lease", {"code": code})
                for code in ("2222222222", closed_code, old_code, "", "'; --", 7, None, ["x"])
            )
        }
        self.assertEqual(answers, {(200, b'{"ok":false,"reason":"code"}')})

    def test_unknown_tokens(self):
        lease_answer = self.open()
        token = lease_answer["token"]
        altered = token[:-1] + ("A" if token[-1] != "A" else "B")
        for wrong in (altered, token[:-1], "x", "A" * 43, "A" * 5000):
            for route, body in (("lease", {}), ("sync", {"events": []})):
                response = self.post(route, body, wrong)
                self.assertEqual(
                    (response.status_code, decode(response)),
                    (403, {"ok": False, "reason": "lease"}),
                )
        response = self.post("sync", {"events": []})
        self.assertEqual(response.status_code, 403)

    def test_guessing_is_slowed_down(self):
        """R-71: also for the right code, or the limit would be none."""
        self.patch(main, "MAX_GUESSES", 3)
        for _ in range(3):
            self.assertEqual(self.post("lease", {"code": "2222222222"}).status_code, 200)
        response = self.post("lease", {"code": self.turf.code})
        self.assertEqual(response.status_code, 429)
        self.assertEqual(decode(response), {"ok": False, "reason": "slow_down"})
        self.assertTrue(int(response.headers["Retry-After"]))

    def test_flooding_a_lease(self):
        token = self.open()["token"]
        self.patch(main, "MAX_SYNCS", 3)
        statuses = [self.post("sync", {"events": []}, token).status_code for _ in range(4)]
        self.assertEqual(statuses, [200, 200, 200, 429])

    # ------------------------------------------------------------ sync

    def test_sync(self):
        token = self.open()["token"]
        events = [self._event(door) for door in self.doors[:3]]
        for status in ("stored", "known"):
            answer = decode(self.post("sync", {"events": events}, token))
            self.assertEqual({result["status"] for result in answer["results"].values()}, {status})
        self.assertEqual(len(answer["state"]), 3)
        self.assertEqual(len(self._stored(self.turf)), 3)

    def test_logged_in_browser_makes_no_difference(self):
        """The routes run as the public user: a session in the same browser lends no right."""
        self.authenticate("admin", "admin")
        token = self.open()["token"]
        event = self._consent(self.doors[0], self._newsletter())
        decode(self.post("sync", {"events": [event]}, token))
        partner = self.env["res.partner"].search([("email", "=", "noe.essai@example.org")])
        self.assertEqual(partner.create_uid, self.env.ref("base.public_user"))

    def test_doors_of_other_turfs(self):
        other = self._published(self.operation)
        token = self.open()["token"]
        events = [self._event(other.line_ids.door_id[0]), self._event(self.doors[0])]
        answer = decode(self.post("sync", {"events": events}, token))
        self.assertEqual(answer["results"][events[0]["uid"]]["reason"], "door")
        self.assertEqual(answer["results"][events[1]["uid"]]["status"], "stored")
        self.assertEqual(set(answer["state"]), {str(self.doors[0].id)})

    def test_replay_after_revocation(self):
        """Nothing is read back any more; what was made before is still taken."""
        opened = self.open()
        lease = self.env["canvass.lease"].browse(opened["lease"]["id"])
        before = self._event(self.doors[0], ago=2)
        lease.action_revoke()
        answer = decode(self.post("sync", {"events": [before]}, opened["token"]))
        self.assertEqual((answer["lease"], answer["state"]), ("ended", {}))
        self.assertEqual(answer["results"][before["uid"]]["status"], "stored")
        refreshed = self.post("lease", {}, opened["token"])
        self.assertNotIn(b"doors", refreshed.content)

    def test_oversize(self):
        token = self.open()["token"]
        big = b'{"events": [], "x": "' + b"a" * main.MAX_BYTES + b'"}'
        response = self.post("sync", None, token, raw=big)
        self.assertEqual(
            (response.status_code, decode(response)), (413, {"ok": False, "reason": "too_large"})
        )
        many = [{"uid": str(uuid.uuid4())} for _ in range(main.MAX_EVENTS + 1)]
        self.assertEqual(self.post("sync", {"events": many}, token).status_code, 413)

    def test_malformed(self):
        token = self.open()["token"]
        for raw, reason in (
            (b"", "json"),
            (b"{", "json"),
            (b"[" * 200000, "json"),
            (b"\xff\xfe{}", "json"),
            (b'{"events": ' + b"9" * 5000 + b"}", "json"),
            (b"[]", "body"),
            (b"null", "body"),
            (b'"x"', "body"),
            (b'{"events": {}}', "body"),
            (b'{"events": null}', "body"),
        ):
            for route in ("sync", "lease"):
                if route == "lease" and raw.startswith(b'{"events": ') and reason == "body":
                    continue
                response = self.post(route, None, token, raw=raw)
                self.assertEqual(
                    (response.status_code, decode(response)),
                    (400, {"ok": False, "reason": reason}),
                    raw[:40],
                )

    def test_content_type(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            response = self.post("lease", {"code": self.turf.code}, **{"Content-Type": kind})
            self.assertIn(response.status_code, (400, 415), kind)
            self.assertFalse(response.content.startswith(b'{"ok":true'))

    def test_fuzz(self):
        """Fixed seed: any JSON gets a JSON answer, never a 500, and stores nothing foreign."""
        token = self.open()["token"]
        draw = random.Random(8)
        pool = [
            None, True, 0, -1, 51, 1e308, 2**64, "", "\ud800", "\x00", "x" * 3000, "<script>",
            "'; DROP TABLE canvass_event; --", [], {}, [[]], {"a": {}}, "2026-11-22T18:00:00Z",
        ]  # fmt: skip
        event = self._consent(self.doors[0], self._newsletter())
        for _ in range(150):
            sent = {**event, "uid": str(uuid.uuid4())}
            for _ in range(draw.randint(1, 3)):
                sent[draw.choice(list(sent))] = draw.choice(pool)
            if isinstance(sent["data"], dict) and draw.random() < 0.5:
                sent["data"] = {**sent["data"], draw.choice(list(event["data"])): draw.choice(pool)}
            body = {"events": [sent, draw.choice(pool)], "client_now": draw.choice(pool)}
            response = self.post("sync", body, token)
            self.assertEqual(response.status_code, 200, sent)
            self.assertTrue(decode(response)["ok"])
        for _ in range(60):
            body = {
                name: draw.choice(pool)
                for name in ("code", "device", "name")
                if draw.random() > 0.2
            }
            self.assertIn(self.post("lease", body).status_code, (200, 429))
        self.assertFalse(
            [row for row in self._stored(self.turf) if row["door_id"] not in self.doors.ids]
        )

    def test_text_is_data(self):
        """XSS: a note that looks like markup travels as JSON text, under nosniff."""
        building = self.doors[0].building_id
        building.access_note = "<script>alert(1)</script>"
        turf = self._published(self._operation())
        response = self.post("lease", {"code": turf.code})
        self.assertEqual(response.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        notes = [door["access"] for door in decode(response)["turf"]["doors"]]
        self.assertIn("<script>alert(1)</script>", notes)

    def test_get_has_no_effect(self):
        for route in ("lease", "sync"):
            self.assertEqual(self.url_open(f"/canvass/{route}").status_code, 405)

    def test_nothing_of_it_over_rpc(self):
        """What the phone's routes do is out of reach of every RPC client."""
        new_test_user(self.env, "canvass_rpc", groups="base.group_user")
        self.authenticate("canvass_rpc", "canvass_rpc")
        for model, method in (
            ("canvass.lease", "_open"),
            ("canvass.lease", "_sync"),
            ("canvass.event", "_store"),
            ("canvass.event", "search_read"),
        ):
            with mute_logger("odoo.http"):
                response = self.url_open(
                    f"/web/dataset/call_kw/{model}/{method}",
                    data=json.dumps(
                        {
                            "jsonrpc": "2.0",
                            "params": {"model": model, "method": method, "args": [], "kwargs": {}},
                        }
                    ),
                    headers={"Content-Type": "application/json"},
                )
            self.assertIn("error", response.json(), method)
