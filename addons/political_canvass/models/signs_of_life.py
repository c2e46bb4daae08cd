from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain


class CanvassLease(models.Model):
    _name = "canvass.lease"
    _inherit = ["canvass.lease", "canvass.checkin"]

    @api.model
    def _out_domain(self):
        # A turf that is done owes no more signs, nor one whose volunteers said that they are back.
        return self._active_domain() & Domain(
            [
                ("turf_id.state", "=", "published"),
                ("turf_id.line_ids", "any", [("outcome", "=", False)]),
                ("turf_id", "not in", self.env["canvass.assignment"].sudo()._turfs_left().ids),
            ]
        )

    def _checkin_minutes(self):
        return self.sudo().operation_id.checkin_minutes

    def _own_signs(self):
        """Opening the turf, every report and every word of the team."""
        told = self.env["canvass.safety"]._last_signs("lease_id", self)
        return {
            lease.id: max(filter(None, (lease.opened_at, lease.last_report_at, told.get(lease.id))))
            for lease in self._origin
        }

    def _team_signs(self):
        volunteers = self.env["canvass.assignment"].sudo()
        return volunteers.search(
            [("turf_id", "in", self.turf_id.ids), ("state", "=", "out")]
        )._latest_by_turf()


class CanvassAssignment(models.Model):
    _name = "canvass.assignment"
    _inherit = ["canvass.assignment", "canvass.checkin"]

    @api.model
    def _out_domain(self):
        return Domain("state", "=", "out")

    @api.model
    def _turfs_left(self):
        """Turfs whose volunteers are all back from a shift of today."""
        since = fields.Datetime.now() - timedelta(days=1)
        recent = self.search([("turf_id", "!=", False), ("shift_id.stop", ">", since)])
        out = recent.filtered(lambda one: one.state == "out")
        return recent.filtered(lambda one: one.state == "back").turf_id - out.turf_id

    def _checkin_minutes(self):
        return self.shift_id.checkin_minutes

    def _own_signs(self):
        """What they pressed on their own page."""
        return self.env["canvass.safety"]._last_signs("assignment_id", self)

    def _team_signs(self):
        leases = self.env["canvass.lease"].sudo()
        return leases.search(
            leases._active_domain() & Domain("turf_id", "in", self.turf_id.ids)
        )._latest_by_turf()
