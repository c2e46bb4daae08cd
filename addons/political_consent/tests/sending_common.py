from contextlib import contextmanager

from odoo.addons.mail.tests.common import MockEmail
from odoo.tools import email_normalize

from .common import ConsentCase


class SendingCase(ConsentCase, MockEmail):
    """People who agreed and people who did not, a user who may mail them, and a mail server that
    keeps what it gets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mailer = cls._user(
            "mailer", "mass_mailing.group_mass_mailing_user,base.group_partner_manager"
        )
        cls.sms_purpose = cls.env["consent.purpose"]._get("sms_mobilisation", cls.company)
        cls.membership = cls.env["consent.purpose"]._get("membership", cls.company)
        cls.people = cls.anne | cls.basile

    @contextmanager
    def outgoing(self, keep=True):
        """Within, mails go to ``self.sent_to`` instead of a mail server.

        :param bool keep: sent mails are kept, to be looked at, and nothing deletes any
        """
        with self.mock_mail_gateway(mail_unlink_sent=not keep), self.enter_registry_test_mode():
            yield

    @property
    def sent_to(self):
        """Addresses that got something, sorted, one entry an e-mail."""
        return sorted(email_normalize(mail["email_to"][0]) for mail in self._mails)

    def mailing(self, user=None, **values):
        """A draft mailing to the test's people, by default for the newsletter."""
        domain = values.pop("domain", [("id", "in", self.people.ids)])
        return (
            self.env["mailing.mailing"]
            .with_user(user or self.mailer)
            .create(
                {
                    "subject": "La lettre",
                    "body_html": "<p>Bonjour</p>",
                    "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "mailing_domain": repr(domain),
                    "consent_purpose_id": self.newsletter.id,
                    **values,
                }
            )
        )

    def run_queue(self, mailing=None):
        """What the two scheduled jobs do: fill the queue, send it."""
        if mailing:
            mailing.action_launch()
        self.fill_queue()
        self.env["mail.mail"].sudo().process_email_queue(self.waiting.ids)

    def fill_queue(self):
        """What the job does that makes mails of mailings."""
        self.env.flush_all()
        self.env.ref("mass_mailing.ir_cron_mass_mailing_queue").sudo().method_direct_trigger()

    @property
    def waiting(self):
        return self.env["mail.mail"].sudo().search([("state", "=", "outgoing")])

    @classmethod
    def give_targeting(cls, partner, channel="email"):
        return cls.give(partner, "targeting", channel)
