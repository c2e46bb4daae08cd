from odoo import fields, models
from odoo.addons.political_crm.lib.codes import department_of
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime


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
        codes = set(buildings.filtered(lambda one: not one.polling_station_id).mapped("city_code"))
        zones = self.env["political.zone"].sudo()
        communes = zones.search([("kind", "=", "commune"), ("code", "in", list(codes - {False}))])
        Election = self.env["political.election"].sudo()
        found = Election._silence_until(places | communes, at)
        untold = [
            self._silence_of_department(code, at) for code in codes - {*communes.mapped("code")}
        ]
        return max(filter(None, [*found.values(), *untold]), default=False)

    def _silence_of_department(self, city_code, at):
        """Until when a town that nobody loaded keeps silent; where nothing is known, it does."""
        department = department_of(city_code) if city_code else None
        until = (
            self.env["political.election"]
            .sudo()
            ._sql_silent_until(
                at or fields.Datetime.now(),
                SQL("%s::varchar", department),
                SQL("NULL::varchar"),
                SQL("NULL::integer"),
            )
        )
        if not until:
            return False
        self.env.cr.execute(SQL("SELECT %s", until))
        return self.env.cr.fetchone()[0]

    def _silence_begins(self, after, before):
        """When the doors, not silent now, fall silent; False when they do not.

        :param after: naive UTC
        :param before: naive UTC, that moment included
        """
        days = self.env["political.ballot.day"].sudo()
        begins = days.search([("silent_from", ">", after), ("silent_from", "<=", before)])
        moments = sorted(set(begins.mapped("silent_from")))
        return next((moment for moment in moments if self._silence(moment)), False)

    def _silence_sentence(self, at=None):
        """
        :param at: naive UTC, now by default
        """
        return self.env._(
            "“%(turf)s” lies in a place that votes: nobody is visited there before %(end)s "
            "(article L.49 of the electoral code). Hand it out afterwards.",
            turf=self.name,
            end=format_datetime(self.env, self._silence(at)),
        )


class CanvassLease(models.Model):
    _inherit = "canvass.lease"

    def _turf_of(self, code):
        turf = super()._turf_of(code)
        return turf.browse() if turf and turf._silence() else turf

    def _end_of(self, turf, now):
        """A shift that would reach into the silence ends when it begins."""
        end = super()._end_of(turf, now)
        return turf._silence_begins(now, end) or end

    def action_extend(self):
        """Nothing is left to give once the doors are silent.

        :raises UserError: during the silence
        """
        for turf in self.sudo().turf_id:
            if turf._silence():
                raise UserError(turf._silence_sentence())
        return super().action_extend()


class CanvassAssignment(models.Model):
    _inherit = "canvass.assignment"

    def action_send_turf(self):
        """No turf is sent for a shift that begins while its doors are silent.

        :raises UserError: for such a shift
        """
        for one in self.sudo():
            if one.turf_id and one.turf_id._silence(one.shift_id.start):
                raise UserError(one.turf_id._silence_sentence(one.shift_id.start))
        return super().action_send_turf()
