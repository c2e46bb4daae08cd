import email
import email.policy
import re

from lxml import html

from odoo.addons.base.tests.common import MockSmtplibCase
from odoo.tests.common import HttpCase

from .common import ConsentCase


class ConsentHttpCase(MockSmtplibCase, ConsentCase, HttpCase):
    """A visitor without account, and a mail server that keeps what it gets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.mail_server"].search([]).unlink()
        cls.env["ir.mail_server"].create({"name": "Test", "smtp_host": "smtp.example.org"})
        cls.company.email = "contact@example.org"
        cls.company.email_formatted  # noqa: B018
        cls.website = cls.env["website"].search([("company_id", "=", cls.company.id)], limit=1)

    def setUp(self):
        super().setUp()
        self.website.domain = self.base_url()

    def page(self, url, status=200, **kwargs):
        """A page as a visitor gets it, parsed."""
        response = self.url_open(url, **kwargs)
        self.assertEqual(response.status_code, status, url)
        return html.fromstring(response.text)

    def submit(self, url, data, status=200, page=None):
        """Post a page's form: its hidden fields and what is typed into it."""
        page = self.page(url) if page is None else page
        hidden = {
            field.get("name"): field.get("value", "")
            for field in page.xpath("//form[@method='post']//input[@type='hidden']")
        }
        return self.page(url, data={**hidden, **data}, status=status)

    @staticmethod
    def text(page):
        return " ".join(page.xpath("string(//main)").split())

    def deliver(self):
        """Run the job that sends confirmations; returns the links that were sent."""
        with self.mock_smtplib_connection():
            self.env["consent.signup"]._cron_deliver()
        links = []
        for mail in self.emails:
            links += re.findall(r"/consent/confirm/[\w-]+", self.body(mail))[:1]
        return links

    @staticmethod
    def body(mail):
        """The plain text of a mail that was sent."""
        message = email.message_from_string(mail["message"], policy=email.policy.default)
        return message.get_body(("plain",)).get_content()

    def sign_up(self, address="chloe.essai@example.org", boxes=None, code="newsletter", **typed):
        """Post the sign-up form; by default the first box is ticked."""
        url = f"/consent/signup/{code}?lang=fr_FR"
        page = self.page(url)
        if boxes is None:
            boxes = page.xpath("//input[@name='box']/@value")[:1]
        return self.submit(url, {"email": address, "box": boxes, **typed}, page=page)

    def events(self, **criteria):
        domain = [(name, "=", value) for name, value in criteria.items()]
        return self.env["consent.event"].search(domain)
