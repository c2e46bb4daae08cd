from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models.political_join_request import COMPARED


class PoliticalJoinCompare(models.TransientModel):
    """A request beside somebody known, field by field. Nothing is taken over unless ticked."""

    _name = "political.join.compare"
    _description = "Compare a request with a known person"

    request_id = fields.Many2one("political.join.request", required=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner",
        "Known person",
        required=True,
        ondelete="cascade",
        domain="[('id', 'in', candidate_ids)]",
    )
    candidate_ids = fields.Many2many("res.partner", related="request_id.candidate_ids")
    line_ids = fields.One2many(
        "political.join.compare.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("partner_id", "request_id")
    def _compute_line_ids(self):
        for wizard in self:
            request, known = wizard.request_id, wizard.partner_id
            wizard.line_ids = [
                fields.Command.clear(),
                *(
                    fields.Command.create(
                        {
                            "name": name,
                            "label": request._fields[name]._description_string(self.env),
                            "typed": str(request[name] or ""),
                            "known": str(known.sudo()[name] or ""),
                        }
                    )
                    for name in COMPARED
                ),
            ]

    def _open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Is it the same person?"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_same(self):
        """It is the same person: accept for them; only ticked values are taken over."""
        self.ensure_one()
        request = self.request_id
        request.check_access("write")
        self.partner_id.check_access("write")
        request._check_waiting()
        if self.partner_id not in request.candidate_ids:
            raise AccessError(self.env._("This person does not resemble the request."))
        taken = {line.name: request[line.name] for line in self.line_ids if line.take}
        if taken:
            self.partner_id.sudo().write(taken)
        request.sudo()._accept(self.partner_id.sudo())
        return {"type": "ir.actions.act_window_close"}

    def action_other(self):
        """It is somebody else: accept as a new person."""
        self.ensure_one()
        self.request_id.action_accept_new()
        return {"type": "ir.actions.act_window_close"}


class PoliticalJoinCompareLine(models.TransientModel):
    _name = "political.join.compare.line"
    _description = "Field of a comparison"

    wizard_id = fields.Many2one("political.join.compare", required=True, ondelete="cascade")
    name = fields.Selection([(name, name) for name in COMPARED], required=True, readonly=True)
    label = fields.Char("Field", readonly=True)
    typed = fields.Char(readonly=True)
    known = fields.Char(readonly=True)
    differs = fields.Boolean(compute="_compute_differs")
    take = fields.Boolean("Take over")

    @api.depends("typed", "known")
    def _compute_differs(self):
        for line in self:
            line.differs = (line.typed or "") != (line.known or "")
