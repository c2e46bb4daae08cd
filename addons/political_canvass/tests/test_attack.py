"""Every route under /canvass, attacked: no data, no 500, the same answer whoever asks."""

import hashlib
import hmac
import json
import random
import uuid
from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.tests import HttpCase, tagged

from ..controllers import main
from ..lib.payload import stamp
from .common import CanvassMixin, decode

PAGES = {
    "/canvass",
    "/canvass/",
    "/canvass/manifest.webmanifest",
    "/canvass/service-worker.js",
    "/canvass/background-worker.js",
    "/canvass/receipt/<string:code>",
}
CALLS = {"/canvass/lease", "/canvass/sync"}
# Forms of the website, with its token against forgery: attacked in test_attack_pages.py
VOLUNTEER_PAGES = {"/canvass/shift/<string:token>", "/canvass/me/<string:token>"}
BODIES = {"lease": {}, "sync": {"events": []}}


@tagged("post_install", "-at_install")
class TestAttack(CanvassMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_field()
        # No window of the limits may end in the middle of a test
        cls.classPatch(main, "MINUTES", 1_000_000)
        cls.operation = cls._operation(wording_ids=[(6, 0, cls._newsletter().ids)])
        cls.turf = cls._published(cls.operation)
        cls.other = cls._published(cls.operation)
        cls.doors = cls.turf.line_ids.sorted("sequence").door_id

    def post(self, route, body, token=None, raw=None, method="POST", **headers):
        if token is not None:
            headers["X-Canvass-Lease"] = token
        return self.opener.request(
            method,
            f"{self.base_url()}/canvass/{route}",
            data=raw if raw is not None else json.dumps(body),
            headers={"Content-Type": "application/json", **headers},
            allow_redirects=False,
        )

    def open(self, turf):
        body = {"code": turf.code, "device": str(uuid.uuid4())}
        return decode(self.post("lease", body))

    def assertTellsNothing(self, response):  # noqa: N802
        """No word of any turf, door or lease in an answer."""
        self.assertLess(response.status_code, 500)
        for word in (self.turf.name, self.other.name, "doors", "street", "token", "Rue"):
            self.assertNotIn(word, response.text)

    def test_no_route_is_forgotten(self):
        """A new route under /canvass comes with its attacks, or this fails."""
        rules = self.env["ir.http"].routing_map().iter_rules()
        found = {rule.rule for rule in rules if rule.rule.startswith("/canvass")}
        self.assertEqual(found, PAGES | CALLS | VOLUNTEER_PAGES)

    # ------------------------------------------------------------ leases

    def test_leases_that_are_not_one_s_own(self):
        """Guessed, altered, empty, of another kind: one answer, byte for byte."""
        token = self.open(self.turf)["token"]
        self.env.invalidate_all()
        altered = token[:-1] + ("A" if token[-1] != "A" else "B")
        stored_hash = hashlib.sha256(token.encode()).hexdigest()
        guesses = [altered, token[1:], token.swapcase(), stored_hash, "", "null", "' OR 1=1 --"]
        draw = random.Random(8)
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        guesses += ["".join(draw.choices(letters, k=43)) for _ in range(5)]
        answers = set()
        for guess in guesses:
            for route in ("sync", *(["lease"] if guess else [])):
                response = self.post(route, BODIES[route], guess)
                self.assertTellsNothing(response)
                answers.add((response.status_code, response.content))
        self.assertEqual(answers, {(403, b'{"ok":false,"reason":"lease"}')})

    def test_expired_revoked_closed_and_forgotten(self):
        """Over in any way: nothing is read; the end is signed, for its own phone only."""
        for end in ("expired", "revoked", "closed"):
            turf = self._published(self.operation, number=3)
            opened = self.open(turf)
            lease = self.env["canvass.lease"].browse(opened["lease"]["id"])
            now = fields.Datetime.now()
            if end == "expired":
                lease.expires_at = now - timedelta(minutes=1)
            elif end == "revoked":
                lease.action_revoke()
            else:
                turf.action_close()
            for route in ("lease", "sync"):
                response = self.post(route, BODIES[route], opened["token"])
                answer = decode(response)
                self.assertTellsNothing(response)
                self.assertEqual(answer["lease"], "ended", end)
                text = f"canvass/1\nlease\nended\n{lease.id}".encode()
                signature = hmac.new(opened["token"].encode(), text, hashlib.sha256).hexdigest()
                self.assertEqual(answer["lease_sig"], signature)
                self.assertFalse({"added", "notes", "turf"} & set(answer))
            self.assertEqual(
                decode(self.post("sync", BODIES["sync"], opened["token"]))["state"], {}
            )
            # A month later the server has forgotten it, and says what it says to a stranger.
            lease.expires_at = now - timedelta(days=31)
            response = self.post("lease", {}, opened["token"])
            self.assertEqual((response.status_code, decode(response)["reason"]), (403, "lease"))

    def test_ended_lease_names_nobody(self):
        """A lease that is over takes no alias any more."""
        opened = self.open(self.turf)
        lease = self.env["canvass.lease"].browse(opened["lease"]["id"])
        lease.action_revoke()
        self.post("lease", {"name": "Eve", "pair": "Mallory"}, opened["token"])
        self.env.invalidate_all()
        self.assertFalse(lease.alias or lease.pair_alias)

    def test_foreign_lease(self):
        """The token of one turf neither reads, reports, adds, notes nor undoes in another."""
        mine, foreign = self.open(self.turf), self.open(self.other)
        report = self._event(self.doors[0], "spoke")
        self.post("sync", {"events": [report]}, mine["token"])
        theirs = self.other.line_ids.door_id[0]
        attempts = [
            self._event(self.doors[0], "refused"),
            self._event(self.doors[0], None, kind="undo", data={"target": report["uid"]}),
            self._event(theirs, None, kind="undo", data={"target": report["uid"]}),
            self._event(self.doors[0], None, kind="door", data={"floor": 9}),
            self._event(self.doors[0], None, kind="note", data={"text": "code 1"}),
            self._consent(self.doors[0], self._newsletter(), email="eve@example.org"),
            {**report},
        ]
        response = self.post("sync", {"events": attempts}, foreign["token"])
        answer = decode(response)
        self.assertEqual({r["status"] for r in answer["results"].values()}, {"refused"})
        keys = {key for result in answer["results"].values() for key in result}
        self.assertEqual(keys, {"status", "reason", "sig"})
        self.assertEqual((answer["state"], answer["added"], answer["notes"]), ({}, [], {}))
        self.env.invalidate_all()
        line = self.turf.line_ids.filtered(lambda line: line.door_id == self.doors[0])
        self.assertEqual(line.outcome, "spoke")
        self.assertFalse(self.env["res.partner"].search([("email", "=", "eve@example.org")]))

    def test_replay_after_revocation(self):
        """A recorded request, played again after the lease was taken back, adds nothing, reads
        nothing; with another time in it, it is refused."""
        opened = self.open(self.turf)
        body = {"events": [self._event(self.doors[1], "spoke", ago=2)]}
        first = decode(self.post("sync", body, opened["token"]))
        lease = self.env["canvass.lease"].browse(opened["lease"]["id"])
        lease.action_revoke()
        lease.revoked_at = fields.Datetime.now() - timedelta(minutes=2)
        again = decode(self.post("sync", body, opened["token"]))
        self.assertEqual([r["status"] for r in first["results"].values()], ["stored"])
        self.assertEqual([r["status"] for r in again["results"].values()], ["known"])
        self.assertEqual(again["state"], {})
        late = {"events": [self._event(self.doors[1], "refused", ago=0)]}
        answer = decode(self.post("sync", late, opened["token"]))
        self.assertEqual([r["reason"] for r in answer["results"].values()], ["lease_ended"])
        self.assertEqual(len(self._stored(self.turf)), 1)

    # ------------------------------------------------------------ bodies

    def test_bodies_fuzzed(self):
        """Fixed seed: bytes cut, doubled, flipped: an answer of ours each time, never a 500."""
        opened = self.open(self.turf)
        draw = random.Random(20261124)
        whole = json.dumps(
            {
                "client_now": stamp(fields.Datetime.now()),
                "events": [
                    self._event(self.doors[0], None, kind="door", data={"floor": 2, "name": "a"}),
                    self._event(self.doors[0], None, kind="note", data={"text": "code 12"}),
                    self._event(self.doors[0]),
                    self._consent(self.doors[0], self._newsletter()),
                ],
            }
        ).encode()
        self.patch(main, "MAX_SYNCS", 10_000)
        for _ in range(120):
            raw = bytearray(whole)
            for _ in range(draw.randint(1, 6)):
                place = draw.randrange(len(raw))
                act = draw.randrange(4)
                if act == 0:
                    raw[place] = draw.randrange(256)
                elif act == 1:
                    del raw[place : place + draw.randrange(40)]
                elif act == 2:
                    raw[place:place] = raw[place : place + draw.randrange(60)]
                else:
                    raw[place:place] = draw.choice([b"null", b"-1", b"[]", b"{}", b'"', b"\\u0000"])
            for route in ("sync", "lease"):
                token = opened["token"] if route == "sync" or draw.random() < 0.5 else None
                response = self.post(route, None, token, raw=bytes(raw))
                self.assertIn(response.status_code, (200, 400, 413, 429), bytes(raw))
                self.assertIn("ok", decode(response))

    def test_new_kinds_fuzzed(self):
        """Fixed seed: doors, notes and signs of any shape are stored right or refused."""
        token = self.open(self.turf)["token"]
        draw = random.Random(9)
        pool = [
            None, True, -6, 3, 2**40, 1.5, "", "x" * 300, "<b>", "\x00", "\ud800", "' --", [], {},
            {"text": "x"}, ["well"], "well", "leave", "06 39 98 11 22", "Mme Durand",
        ]  # fmt: skip
        events = []
        for _ in range(400):
            kind = draw.choice(["door", "note", "safety"])
            keys = {"door": ["entrance", "floor", "name"], "note": ["text"], "safety": ["signal"]}
            data = {key: draw.choice(pool) for key in keys[kind] if draw.random() < 0.8}
            if draw.random() < 0.2:
                data[draw.choice(["resident", "door", "lat"])] = draw.choice(pool)
            event = self._event(self.doors[0], None, kind=kind, data=data)
            if draw.random() < 0.2:
                event["door"] = draw.choice(pool)
            events.append(event)
        response = self.post("sync", {"events": events}, token)
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        added = self.turf.line_ids.filtered("added").door_id
        noted = self.doors[0].building_id.correction_ids.mapped("proposal")
        for text in [*added.mapped("name"), *noted]:
            self.assertNotIn("Durand", text or "")
            self.assertLessEqual(len(text or ""), 120)
        self.assertFalse([row["data"] for row in self._stored(self.turf) if "text" in row["data"]])

    def test_bodies_that_lie_about_their_size(self):
        token = self.open(self.turf)["token"]
        big = b'{"events":[],"x":"' + b"a" * main.MAX_BYTES + b'"}'
        for route in ("lease", "sync"):
            response = self.post(route, None, token, raw=big)
            self.assertEqual((response.status_code, decode(response)["reason"]), (413, "too_large"))

            def stream():
                yield big

            # Without a length: read to the limit and not beyond
            chunked = self.opener.post(
                f"{self.base_url()}/canvass/{route}",
                data=stream(),
                headers={"Content-Type": "application/json", "X-Canvass-Lease": token},
            )
            self.assertEqual(chunked.status_code, 413)

    # ------------------------------------------------------------ other sites

    def test_other_sites_and_forms(self):
        """CSRF: a form or script of another site, in a browser that is logged in, does nothing,
        and no answer may be read by one."""
        self.authenticate("admin", "admin")
        opened = self.open(self.turf)
        event = json.dumps({"events": [self._event(self.doors[0])]})
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            response = self.post(
                "sync", None, raw=event, **{"Content-Type": kind, "Origin": "https://evil.example"}
            )
            self.assertIn(response.status_code, (400, 403, 415))
            self.assertTellsNothing(response)
        for route in ("lease", "sync"):
            response = self.post(
                route,
                BODIES[route],
                opened["token"],
                **{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
            )
            self.assertNotIn("Access-Control-Allow-Origin", response.headers)
            self.assertNotIn("Set-Cookie", response.headers)
            preflight = self.post(route, {}, method="OPTIONS", Origin="https://evil.example")
            self.assertNotIn("Access-Control-Allow-Origin", preflight.headers)
        self.assertFalse(self._stored(self.turf))

    def test_other_methods(self):
        for route in ("lease", "sync"):
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                response = self.post(route, BODIES[route], method=method)
                self.assertEqual(response.status_code, 405, (route, method))
        names = {page.removeprefix("/canvass/") for page in PAGES - {"/canvass"}}
        for page in {name.replace("<string:code>", "0" * 32) for name in names}:
            for method in ("POST", "PUT", "DELETE"):
                response = self.post(page, {}, method=method)
                self.assertIn(response.status_code, (400, 404, 405), (page, method))
                self.assertTellsNothing(response)

    # ------------------------------------------------------------ flooding

    def test_flooding(self):
        """Each door has its limit, and what lies behind is not worked on any more."""
        opened = self.open(self.turf)
        self.patch(main, "MAX_SYNCS", 4)
        events = {"events": [self._event(self.doors[0])]}
        answers = [self.post("sync", events, opened["token"]) for _ in range(6)]
        self.assertEqual([a.status_code for a in answers][-2:], [429, 429])
        self.assertTrue(all(int(a.headers["Retry-After"]) for a in answers[-2:]))
        self.assertEqual(self.post("lease", {}, opened["token"]).status_code, 429)
        self.patch(main, "MAX_OPENED", 1)
        response = self.post("lease", {"code": self.turf.code, "device": str(uuid.uuid4())})
        self.assertEqual(response.status_code, 429)
        self.assertTellsNothing(response)

    # ------------------------------------------------------------ receipts

    def test_receipts(self):
        """A receipt opens by its code alone, says nothing of who and where, runs no text; every
        other code gets the same answer."""
        opened = self.open(self.turf)
        event = self._consent(self.doors[0], self._newsletter(), email="noe@example.org")
        answer = decode(self.post("sync", {"events": [event]}, opened["token"]))
        link = answer["results"][event["uid"]]["receipt"]
        page = self.url_open(link)
        self.assertEqual(page.status_code, 200)
        self.assertIn(self._newsletter().text[:20], page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        for word in (
            "noe@",
            "Noé",
            self.doors[0].building_id.street,
            self.turf.name,
            opened["token"],
        ):
            self.assertNotIn(word, page.text)
        statuses = set()
        real = link.rsplit("/", 1)[1]
        wrongs = ["0" * len(real), real[1:], real.upper(), f"{real}%00", f"%00{real[:32]}"]
        for wrong in (*wrongs, "x", "%00", "' OR 1=1", "é" * 40, "1", f"x?lang=%00&a={real}"):
            statuses.add(self.url_open(f"/canvass/receipt/{wrong}").status_code)
        self.assertEqual(statuses, {404})

    # ------------------------------------------------------------ texts

    def test_texts_stay_texts(self):
        """XSS: names and aliases travel as JSON under nosniff and reach no page as markup."""
        evil = "<script>alert(1)</script>"
        operation = self._operation(name=evil)
        turf = self._published(operation)
        turf.name = evil
        answer = self.post("lease", {"code": turf.code, "device": "x", "name": evil})
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertTrue(answer.headers["Content-Type"].startswith("application/json"))
        for page in PAGES - {"/canvass/receipt/<string:code>"}:
            self.assertNotIn("alert(1)", self.url_open(page).text)

    # ------------------------------------------------------------ old clients

    def test_first_clients_are_understood(self):
        """What version 1 said at its first release, said again: understood, and each key that it
        reads is in the answers."""
        said = json.loads((Path(__file__).parent / "data/version_1.json").read_text())
        fill = {"{code}": self.turf.code, "{now}": stamp(fields.Datetime.now())}

        def filled(value):
            text = json.dumps(value)
            for place, found in fill.items():
                text = text.replace(place, found)
            return json.loads(text.replace('"{door}"', str(self.doors[0].id)))

        opened = decode(self.post("lease", filled(said["open"])))
        self.assertLessEqual(set(said["opened"]["keys"]), set(opened))
        self.assertLessEqual(set(said["opened"]["lease"]), set(opened["lease"]))
        self.assertLessEqual(set(said["opened"]["turf"]), set(opened["turf"]))
        self.assertLessEqual(set(said["opened"]["door"]), set(opened["turf"]["doors"][0]))
        body = filled(said["sync"])
        synced = decode(self.post("sync", body, opened["token"]))
        self.assertLessEqual(set(said["synced"]["keys"]), set(synced))
        statuses = [synced["results"][event["uid"]]["status"] for event in body["events"]]
        self.assertEqual(statuses, said["synced"]["statuses"])
        for event in body["events"]:
            result = synced["results"][event["uid"]]
            text = f"canvass/1\n{event['uid']}\n{result['status']}\n{result['reason'] or ''}"
            signature = hmac.new(opened["token"].encode(), text.encode(), hashlib.sha256)
            self.assertEqual(result["sig"], signature.hexdigest())
