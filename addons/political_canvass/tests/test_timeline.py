from odoo.addons.political_crm.tests.common import PoliticalCase
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestTimeline(PoliticalCase):
    def test_shift_on_the_volunteers_timeline(self):
        """A volunteer's shifts are part of what happened with them, for who may see them."""
        operation = self.env["canvass.operation"].create(
            {
                "name": "Porte-à-porte du printemps",
                "branch_id": self.north.id,
                "company_id": self.company.id,
            }
        )
        shift = self.env["canvass.shift"].create(
            {
                "name": "Samedi matin",
                "operation_id": operation.id,
                "start": "2026-03-07 09:00:00",
                "stop": "2026-03-07 12:00:00",
            }
        )
        self.env["canvass.assignment"].create(
            {"shift_id": shift.id, "partner_id": self.person_north.id}
        )
        self.env.flush_all()
        domain = [("partner_id", "=", self.person_north.id), ("kind", "=", "action")]
        line = self._as(self.user_lead, "political.timeline").search(domain)
        self.assertIn("Samedi matin", line.title)
        self.assertFalse(self._as(self.user_lead_homeless, "political.timeline").search(domain))
