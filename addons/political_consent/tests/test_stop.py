import hashlib
import hmac
import json
import time

from odoo.exceptions import AccessError
from odoo.tests.common import HttpCase, tagged

from ..lib.stopword import wants_to_stop
from .common import ConsentCase

SECRET = "s3cret-of-the-gateway"


@tagged("post_install", "-at_install")
class TestStopWords(ConsentCase):
    def test_words(self):
        """R-03: the words that people send, in French and English."""
        for text in (
            "STOP",
            "stop.",
            " Stop SMS ",
            "Arrêt",
            "ARRETER",
            "stopper",
            "Unsubscribe",
            "désabonnez-moi",
            "Stop please",
            "Merci d'arrêter",
            "ne m'envoyez plus rien",
            "STOP\n\n> Le 3 mars, le parti a écrit :\n> Bonjour",
        ):
            self.assertTrue(wants_to_stop(text), text)
        for text in (
            "",
            "Oui je viens",
            "Merci !",
            "À quelle heure ?",
            "Je viens\n> répondez STOP pour ne plus recevoir de SMS",
            "Bonjour, " + "j'ai une longue question. " * 12 + "stop",
        ):
            self.assertFalse(wants_to_stop(text), text)

    def test_mail_reply(self):
        """R-03, R-04: a reply "stop" withdraws the address; another reply does not."""
        self.give(self.anne)
        self.join(self.anne)
        self.give(self.basile)
        for name, body in (("anne", "Stop, merci"), ("basile", "Merci, je viens")):
            self.env["mail.thread"].message_process(
                "res.partner",
                f"From: <{name}.essai@example.org>\r\nTo: contact@example.org\r\n"
                f"Subject: Re: Lettre\r\nMessage-Id: <{name}@example.org>\r\n\r\n{body}\r\n",
            )
        self.assertEqual(self.reason(self.anne), "opposed")
        event = self.env["consent.event"].search([("action", "=", "withdrawn")], limit=1)
        self.assertEqual((event.means, event.act, event.subject), ("stop", "reply", False))
        self.assertFalse(self.reason(self.basile))
        self.assertFalse(self.reason(self.anne, "membership"))


@tagged("post_install", "-at_install")
class TestSmsInbound(ConsentCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway = cls.env["consent.gateway"].create(
            {"name": "G", "company_id": cls.company.id, "user_id": cls.officer.id}
        )
        cls.gateway.secret = SECRET

    def call(self, content, *, secret=SECRET, age=0, at=None, gateway=None, body=None):
        body = body or json.dumps(content).encode()
        stamp = str(at or int(time.time()) - age)
        signed = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
        return self.opener.post(
            self.base_url() + "/consent/sms/inbound",
            data=body,
            headers={
                "X-Consent-Gateway": gateway or self.gateway.code,
                "X-Consent-Timestamp": stamp,
                "X-Consent-Signature": f"sha256={signed.hexdigest()}",
            },
            timeout=20,
        )

    def test_stop(self):
        """R-03, R-04: STOP closes SMS for this number, whoever has it, and nothing else."""
        self.give(self.anne, "sms_mobilisation", "sms")
        self.give(self.anne, "sms_mobilisation", "call")
        self.give(self.basile, "sms_mobilisation", "sms")
        response = self.call({"from": "+33 1 99 00 12 34", "text": "Arrêt"})
        self.assertEqual(response.json(), {"ok": True, "status": "stopped"})
        self.assertEqual(self.reason(self.anne, "sms_mobilisation", "sms"), "opposed")
        self.assertFalse(self.reason(self.anne, "sms_mobilisation", "call"))
        self.assertFalse(self.reason(self.basile, "sms_mobilisation", "sms"))
        count = self.env["consent.event"].search_count([])
        self.call({"from": "+33199001234", "text": "STOP"})
        self.assertEqual(self.env["consent.event"].search_count([]), count)

    def test_refused_calls(self):
        """A wrong secret, an old call, an unknown gateway and a repeated call do nothing."""
        self.give(self.anne, "sms_mobilisation", "sms")
        sms = {"from": "+33199001234", "text": "STOP"}
        self.assertEqual(self.call(sms, secret="other").status_code, 401)
        self.assertEqual(self.call(sms, age=3600).status_code, 401)
        self.assertEqual(self.call(sms, gateway="nobody").status_code, 401)
        self.assertEqual(self.call(None, body=b"no json").status_code, 400)
        self.assertEqual(self.call({"from": "x", "text": "STOP"}).status_code, 400)
        self.assertFalse(self.reason(self.anne, "sms_mobilisation", "sms"))
        noted = {"from": "+33199001234", "text": "bonjour"}
        moment = int(time.time()) - 7
        self.assertEqual(self.call(noted, at=moment).status_code, 200)
        self.assertEqual(self.call(noted, at=moment).status_code, 401)

    def test_unclear_reply_goes_to_staff(self):
        response = self.call({"from": "+33199001234", "text": "C'est à quelle heure ?"})
        self.assertEqual(response.json()["status"], "noted")
        activity = self.env["mail.activity"].search([("res_id", "=", self.anne.id)])
        self.assertEqual(activity.user_id, self.officer)
        self.assertIn("quelle heure", str(activity.note))
        self.assertFalse(self.env["consent.event"].search([]))

    def test_rights(self):
        """The secret is nobody's to read; the DPO draws another, an officer does not."""
        action = self.gateway.with_user(self.dpo).action_new_secret()
        self.assertEqual(action["params"]["message"], self.gateway.sudo().secret)
        for user in (self.dpo, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                self.gateway.with_user(user).read(["secret"])
        for user in (self.officer, self.internal, self.outsider):
            with self.assertRaises(AccessError):
                self.gateway.with_user(user).action_new_secret()
