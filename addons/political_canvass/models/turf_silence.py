from datetime import timedelta

from odoo import fields, models


class CanvassTurf(models.Model):
    """No knocking from the eve of a ballot to its close (R-28)."""

    _inherit = "canvass.turf"

    silent_until = fields.Datetime(
        "Silence until",
        compute="_compute_silent_until",
        help="A ballot keeps these doors silent: no phone opens the turf before.",
    )

    def _compute_silent_until(self):
        for turf in self:
            turf.silent_until = turf._silence()

    def _silence(self, at=None):
        """Until when a ballot keeps the doors silent; False when none does.

        :param at: naive UTC, now by default
        """
        buildings = self.sudo().line_ids.door_id.building_id
        places = buildings.polling_station_id
        codes = set(
            buildings.filtered(lambda one: not one.polling_station_id).mapped("city_code")
        ) - {False}
        zones = self.env["political.zone"].sudo()
        places |= zones.search([("kind", "=", "commune"), ("code", "in", list(codes))])
        found = self.env["political.election"].sudo()._silence_until(places, at)
        return max(filter(None, found.values()), default=False)


class CanvassLease(models.Model):
    _inherit = "canvass.lease"

    def _turf_of(self, code):
        turf = super()._turf_of(code)
        return turf.browse() if turf and turf._silence() else turf

    def _hours_of(self, turf):
        """A shift that would reach into the silence ends before it."""
        hours = super()._hours_of(turf)
        now = fields.Datetime.now()
        if not turf._silence(now + timedelta(hours=hours)):
            return hours
        while hours > 1 and turf._silence(now + timedelta(hours=hours)):
            hours -= 1
        return hours
