from odoo import models
from odoo.exceptions import UserError


class CanvassTurf(models.Model):
    """What was left of a turf, as a draft of its own."""

    _inherit = "canvass.turf"

    def action_reissue(self):
        """Close published turfs and plan their “not home” and “come back” doors, and those without
        a report, as new drafts.

        :returns: the action that shows the drafts
        :raises UserError: where nothing is left to do
        """
        return self._go_again((False, "not_home", "come_back"))

    def action_take_back(self):
        """Close published turfs and plan the doors without a report as new drafts.

        :returns: the action that shows the drafts
        :raises UserError: where every door has a report
        """
        return self._go_again((False,))

    def _go_again(self, outcomes):
        self.check_access("write")
        made = self.browse()
        for turf in self:
            if turf.state != "published":
                raise UserError(self.env._("Only a published turf can be taken up again."))
            doors = turf.line_ids.filtered(lambda line: (line.outcome or False) in outcomes).door_id
            doors = doors.filtered(
                lambda door: not door.do_not_knock and not door.building_id.do_not_knock
            )
            if not doors:
                raise UserError(self.env._("Nothing is left to do in “%(turf)s”.", turf=turf.name))
            turf.action_close()
            draft = self.sudo().create(
                {
                    "name": self.env._("%(turf)s, again", turf=turf.name),
                    "operation_id": turf.operation_id.id,
                    "start_latitude": turf.start_latitude,
                    "start_longitude": turf.start_longitude,
                    "reissue_of_id": turf.id,
                }
            )
            turf.operation_id._set_doors({draft.sudo(False): doors.ids})
            made |= draft.sudo(False)
        action = self.env["ir.actions.act_window"]._for_xml_id("political_canvass.action_turf")
        action["domain"] = [("id", "in", made.ids)]
        action["context"] = {}
        return action
