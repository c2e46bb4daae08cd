from odoo import api, fields, models


class CanvassOperation(models.Model):
    _inherit = "canvass.operation"

    team_ids = fields.Many2many(
        "canvass.team",
        "canvass_operation_team_rel",
        "operation_id",
        "team_id",
        "Teams",
        check_company=True,
        help="Who walks the turfs; the map gives each turf to one of them.",
    )

    @api.readonly
    def board_team_choices(self):
        """Whom the map can give a turf to: the operation's teams, else those of its branch.

        :returns: list of ``{"id", "name"}``
        """
        self.ensure_one()
        self.check_access("read")
        teams = self.team_ids or self.env["canvass.team"].search(
            [("branch_id", "child_of", self.branch_id.id), ("company_id", "=", self.company_id.id)]
        )
        return [{"id": team.id, "name": team.name} for team in teams]


class CanvassTurf(models.Model):
    _inherit = "canvass.turf"

    team_id = fields.Many2one(
        "canvass.team",
        check_company=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        domain="[('company_id', '=', company_id)]",
        help="Who walks it. May change after publication: it is no part of what phones hold.",
    )


class CanvassShift(models.Model):
    _inherit = "canvass.shift"

    team_id = fields.Many2one("canvass.team", check_company=True, ondelete="set null")
