from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

RESULTS = [
    ("leaflets", "Leaflets handed out"),
    ("letterboxes", "Letterboxes"),
    ("posters_up", "Posters put up"),
    ("posters_down", "Posters taken down"),
    ("talks", "Talks"),
    ("hours", "Hours"),
]


class CanvassAction(models.Model):
    """What is done besides doors: leaflets, posters, a market, calls, the day of the ballot."""

    _name = "canvass.action"
    _description = "Field action"
    _inherit = ["canvass.ground", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    name = fields.Char(required=True)
    kind = fields.Selection(
        [
            ("leafleting", "Leafleting"),
            ("posters", "Posters"),
            ("market", "Market or stand"),
            ("phone_bank", "Phone bank"),
            ("polling_day", "Day of the ballot"),
        ],
        required=True,
        default="leafleting",
        index=True,
    )
    operation_id = fields.Many2one("canvass.operation", check_company=True, ondelete="set null")
    state = fields.Selection(
        [("planned", "Planned"), ("running", "Running"), ("done", "Done")],
        default="planned",
        required=True,
        index=True,
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    place = fields.Char("Where")
    zone_id = fields.Many2one("political.zone", "Place", ondelete="restrict")
    goal = fields.Integer()
    goal_text = fields.Html(
        "Instructions", sanitize=True, help="For volunteers; never about people."
    )
    shift_ids = fields.One2many("canvass.shift", "action_id", "Shifts")
    result_ids = fields.One2many("canvass.action.result", "action_id", "Results", readonly=True)
    done_quantity = fields.Integer("Done", compute="_compute_done")

    @api.depends("result_ids.quantity")
    def _compute_done(self):
        sums = dict(
            self.env["canvass.action.result"]._read_group(
                [("action_id", "in", self.ids), ("kind", "!=", "hours")],
                ["action_id"],
                ["quantity:sum"],
            )
        )
        for action in self:
            action.done_quantity = sums.get(action._origin, 0)

    def action_record(self, kind, quantity):
        """Note what was done: appended, never changed. A mistake is a negative number.

        :param str kind: one of ``canvass.action.result``'s kinds
        :param int quantity: how many
        :returns: int, id of the line
        """
        self.ensure_one()
        self.check_access("write")
        if kind not in dict(RESULTS) or not isinstance(quantity, int) or not quantity:
            raise UserError(self.env._("Say what was done, and how many."))
        line = self.env["canvass.action.result"].sudo()
        return line.create({"action_id": self.id, "kind": kind, "quantity": quantity}).id


class CanvassActionPart(models.AbstractModel):
    """What belongs to an action and is seen by whoever sees the action's ground."""

    _name = "canvass.action.part"
    _description = "Part of an action"

    action_id = fields.Many2one("canvass.action", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="action_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="action_id.branch_id", store=True, index=True)


class CanvassActionResult(models.Model):
    """What an action brought, as numbers: appended and never changed."""

    _name = "canvass.action.result"
    _inherit = ["consent.append.only"]
    _description = "Result of an action"
    _log_access = False
    _order = "id desc"
    _rec_name = "kind"

    action_id = fields.Many2one(
        "canvass.action", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", readonly=True, required=True)
    branch_id = fields.Many2one("political.branch", readonly=True, required=True)
    kind = fields.Selection(RESULTS, required=True, readonly=True)
    quantity = fields.Integer(required=True, readonly=True)
    at = fields.Datetime(required=True, readonly=True)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        if not self.env.su:
            raise AccessError(self.env._("Results are noted on the action."))
        for vals in vals_list:
            action = self.env["canvass.action"].browse(vals["action_id"])
            vals.update(
                company_id=action.company_id.id,
                branch_id=action.branch_id.id,
                at=fields.Datetime.now(),
            )
        return models.Model.create(self, vals_list)
