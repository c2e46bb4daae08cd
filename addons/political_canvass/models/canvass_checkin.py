from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain


class CanvassCheckin(models.AbstractModel):
    """Whoever is out and gives signs of life: a volunteer in a shift, a phone that holds a turf.

    One timer for both. The page or the phone asks after some minutes without a sign; after twice
    as long the lead is told, once, by a row of ``canvass.safety``. Whoever presses on the shift's
    page and whoever reports on a phone of the same turf are one team: a sign of one is a sign of
    the other. Where they are is neither asked nor kept (R-49).
    """

    _name = "canvass.checkin"
    _description = "Somebody who is out"

    last_sign_at = fields.Datetime("Last sign of life", compute="_compute_signs")
    due_at = fields.Datetime("Next sign by", compute="_compute_signs")
    is_silent = fields.Boolean(
        "No sign of life", compute="_compute_signs", search="_search_is_silent"
    )

    def _compute_signs(self):
        now = fields.Datetime.now()
        out = self.search(Domain("id", "in", self.ids) & self._out_domain())
        own, team = self._own_signs(), self._team_signs()
        for one in self:
            signs = (own.get(one._origin.id), team.get(one.turf_id.id))
            one.last_sign_at = max(filter(None, signs), default=False)
            wait = 2 * one._checkin_minutes()
            one.due_at = (
                one._origin in out
                and bool(wait and one.last_sign_at)
                and one.last_sign_at + timedelta(minutes=wait)
            )
            one.is_silent = bool(one.due_at and one.due_at < now)

    def _search_is_silent(self, operator, value):
        if operator != "in":
            return NotImplemented
        silent = self.search(self._out_domain()).filtered("is_silent")
        if set(value) == {True}:
            return [("id", "in", silent.ids)]
        return [("id", "not in", silent.ids)] if set(value) == {False} else []

    @api.model
    def _out_domain(self):
        """Who is out and has something left to do there."""
        raise NotImplementedError

    def _checkin_minutes(self):
        """After how many minutes without a sign they are asked; 0 never."""
        raise NotImplementedError

    def _own_signs(self):
        """``{id: moment}``: the last time that each was heard of."""
        raise NotImplementedError

    def _team_signs(self):
        """``{turf id: moment}``: the last sign of the others of the team."""
        raise NotImplementedError

    def _latest_by_turf(self):
        """``{turf id: moment}`` of the records' own signs."""
        own, latest = self._own_signs(), {}
        for one in self:
            if own.get(one.id):
                latest[one.turf_id.id] = max(own[one.id], latest.get(one.turf_id.id, own[one.id]))
        return latest
