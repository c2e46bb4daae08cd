from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PoliticalTargetTransfer(models.Model):
    """Where the voters of a bloc go in the second round: an assumption, written down."""

    _name = "political.target.transfer"
    _description = "Transfer of votes in a second round"
    _order = "plan_id, sequence, id"
    _rec_name = "bloc_id"

    plan_id = fields.Many2one(
        "political.target.plan", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    bloc_id = fields.Many2one(
        "political.bloc",
        "Voters of",
        ondelete="cascade",
        help="Empty: those who stayed at home in the first round.",
    )
    to_us = fields.Integer("To us (%)", default=0, required=True)
    to_rival = fields.Integer("To the opponent (%)", default=0, required=True)
    staying = fields.Integer("Stay at home (%)", compute="_compute_staying")

    _bloc_once = models.UniqueIndex(
        "(plan_id, (COALESCE(bloc_id, 0)))", "This bloc has its line in the transfers already."
    )

    @api.depends("to_us", "to_rival")
    def _compute_staying(self):
        for transfer in self:
            transfer.staying = 100 - transfer.to_us - transfer.to_rival

    @api.depends("bloc_id")
    def _compute_display_name(self):
        for transfer in self:
            transfer.display_name = transfer.bloc_id.name or self.env._("Abstainers")

    @api.constrains("to_us", "to_rival")
    def _check_shares(self):
        for transfer in self:
            if min(transfer.to_us, transfer.to_rival, transfer.staying) < 0:
                raise ValidationError(
                    self.env._(
                        "%(bloc)s: both shares lie between 0 and 100 %% and are 100 %% together at "
                        "most.",
                        bloc=transfer.display_name,
                    )
                )
