"""The volunteers' pages under /canvass, attacked: forms of the website with links for keys."""

import random
import re
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..controllers import shift as pages
from .test_shift import ShiftMixin

EVIL = "<script>alert(1)</script>"
ROUTES = ("shift", "me")


@tagged("post_install", "-at_install")
class TestAttackPages(ShiftMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_field()
        cls._set_up_shift()
        cls.token = {"shift": cls.shift.sudo().token}

    def setUp(self):
        super().setUp()
        self.mine = self._volunteer("Ali")
        self.token["me"] = self.mine.sudo()._new_link().rsplit("/", 1)[1]

    def ask(self, route, token, data=None, **headers):
        method = "GET" if data is None else "POST"
        return self.opener.request(
            method,
            f"{self.base_url()}/canvass/{route}/{token}",
            data=data,
            headers=headers,
            allow_redirects=False,
        )

    def csrf(self, route):
        page = self.ask(route, self.token[route])
        return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]

    def words(self, response):
        """What a page says, without what the site puts around it."""
        return re.search(r"<main.*?</main>", response.text, re.S)[0]

    def test_links_that_are_not_one_s_own(self):
        """Guessed, altered, of the other kind, malformed, over: one page, which names nothing."""
        guesses = {"x", "0" * 43, "' OR 1=1 --", "%00", "a%00b", "%ff", "é" * 20, "A" * 5000}
        said = set()
        for route, other in (ROUTES, ROUTES[::-1]):
            own = self.token[route]
            altered = own[:-1] + ("A" if own[-1] != "A" else "B")
            for guess in {*guesses, altered, own[1:], own.swapcase(), self.token[other]}:
                answer = self.ask(route, guess)
                self.assertEqual(answer.status_code, 404, (route, guess))
                if "<main" in answer.text:
                    said.add(self.words(answer))
                for word in ("Samedi", "Ali", "example.org"):
                    self.assertNotIn(word, answer.text)
        self.shift.sudo().write({"is_open": False})
        said.add(self.words(self.ask("shift", self.token["shift"])))
        past = fields.Datetime.now() - timedelta(days=3)
        self.shift.sudo().write({"start": past, "stop": past + timedelta(hours=2)})
        said.add(self.words(self.ask("me", self.token["me"])))
        self.assertEqual(len(said), 1)

    def test_new_link_ends_the_old_one(self):
        old = self.token["me"]
        self.assertEqual(self.ask("me", old).status_code, 200)
        self.mine.sudo()._new_link()
        self.assertEqual(self.ask("me", old).status_code, 404)

    @mute_logger("odoo.http")
    def test_other_sites(self):
        """CSRF: without the page's own token nothing happens, logged in or not."""
        self.authenticate("admin", "admin")
        forged = {"csrf_token": "0" * 40 + "o9999999999", "email": "eve@example.org"}
        for route in ROUTES:
            for token in ({}, forged):
                data = {**token, "act": "accept"}
                answer = self.ask(route, self.token[route], data, Origin="https://evil.example")
                self.assertEqual(answer.status_code, 400, (route, token))
                self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
        self.mine.invalidate_recordset()
        self.assertEqual(self.mine.state, "chosen")
        self.assertEqual(self.shift.assignment_ids, self.mine)

    @mute_logger("odoo.http")
    def test_fuzz(self):
        """Fixed seed: fields of any length, kind and number: never a 500, nobody made of it."""
        draw = random.Random(20261128)
        pool = ["", "\x00", "a" * 100_000, "é@é", EVIL, "{{7*7}}", "%s", "' --", "\ud7ff", "1e999"]
        keys = {route: self.csrf(route) for route in ROUTES}
        for _ in range(60):
            route = draw.choice(ROUTES)
            data = {"csrf_token": keys[route]} if draw.random() < 0.9 else {}
            for name in ("name", "email", "act", "token", draw.choice(pool[3:8])):
                if draw.random() < 0.7:
                    data[name] = draw.choice(pool)
            if draw.random() < 0.2:
                data["email"] = "lou@example.org"
            answer = self.ask(route, self.token[route], data)
            self.assertIn(answer.status_code, (200, 400, 404, 409, 413, 429), data)
        lou = self.shift.assignment_ids - self.mine
        self.assertEqual(lou.mapped("email"), ["lou@example.org"])
        self.assertEqual({self.mine.state, lou.state}, {"chosen", "asked"})

    def test_texts_stay_texts(self):
        """XSS: what somebody typed, and what the office called a shift, is shown as it is."""
        self.shift.name = self.shift.meeting_place = EVIL
        self.mine.sudo().alias = EVIL
        data = {"csrf_token": self.csrf("shift"), "name": f'"{EVIL}', "email": f'"{EVIL}'}
        for answer in (
            self.ask("shift", self.token["shift"]),
            self.ask("shift", self.token["shift"], data),
            self.ask("me", self.token["me"]),
        ):
            self.assertIn("alert(1)", answer.text)
            self.assertNotIn(EVIL, answer.text)

    def test_known_addresses_are_answered_alike(self):
        """No oracle: a contact's address, a volunteer's and a stranger's get the same page."""
        known = self.env["res.partner"].create({"name": "Lou", "email": "lou@example.org"})
        said = set()
        for address in (known.email, self.mine.email, "nobody@example.org"):
            data = {"csrf_token": self.csrf("shift"), "name": "X", "email": address}
            answer = self.ask("shift", self.token["shift"], data)
            said.add((answer.status_code, self.words(answer)))
        self.assertEqual(len(said), 1)

    def test_flooding(self):
        """Beyond its limit a network is told to wait, and no message leaves for it."""
        self.patch(pages, "NETWORK_LIMIT", 2)
        statuses = []
        for number in range(4):
            data = {"csrf_token": self.csrf("shift"), "email": f"a{number}@example.org"}
            statuses.append(self.ask("shift", self.token["shift"], data).status_code)
        self.assertEqual(statuses, [200, 200, 429, 429])
        self.assertEqual(len(self.shift.assignment_ids), 3)
