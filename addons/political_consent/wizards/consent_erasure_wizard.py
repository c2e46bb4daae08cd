from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ConsentErasureWizard(models.TransientModel):
    """Two steps: see what will go and what the law keeps, then say so (R-31)."""

    _name = "consent.erasure.wizard"
    _description = "Erase a person"
    _transient_max_hours = 1

    request_id = fields.Many2one("consent.right.request", ondelete="cascade")
    partner_ids = fields.Many2many("res.partner", string="Contacts to erase")
    step = fields.Selection([("see", "See"), ("confirm", "Confirm")], default="see", required=True)
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    understood = fields.Boolean("I checked that these contacts are this person and nobody else")
    count_typed = fields.Integer("Number of contacts to erase")

    def _check_officer(self):
        if not self.env.user.has_group("political_consent.group_consent_dpo"):
            raise AccessError(self.env._("Only the data protection officer erases a person."))
        self.partner_ids._origin.check_access("read")

    @api.depends("partner_ids")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = wizard._preview_table() if wizard.partner_ids else False

    def _preview_table(self):
        _ = self.env._
        self._check_officer()
        words = {
            "delete": _("deleted"),
            "anonymise": _("made anonymous"),
            "detach": _("link cut"),
            "keep": _("kept, under a pseudonym"),
        }
        rows = Markup("").join(
            Markup("<tr><td>{}</td><td class='text-end'>{}</td><td>{}</td><td>{}</td></tr>").format(
                line["label"], line["count"], words[line["policy"]], line["because"]
            )
            for line in self.env["consent.eraser"].sudo()._preview(self.partner_ids._origin)
        )
        return Markup(
            "<table class='table table-sm'><thead><tr><th>{}</th><th class='text-end'>{}</th>"
            "<th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table><p>{}</p>"
        ).format(
            _("What"),
            _("Rows"),
            _("What becomes of them"),
            _("Because"),
            rows,
            escape(
                _(
                    "Then every table and every stored file is searched for the name and the "
                    "addresses, and what is found is masked. Only a keyed hash of the address "
                    "stays, so that nobody enters it again. There is no way back."
                )
            ),
        )

    def action_next(self):
        """Go to the second step."""
        self.ensure_one()
        self._check_officer()
        if not self.partner_ids:
            raise UserError(self.env._("Choose the contacts to erase."))
        self.env["consent.eraser"]._check_erasable(self.partner_ids)
        self.step = "confirm"
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Erase a person"),
        }

    def action_erase(self):
        """Erase for good.

        :raises UserError: when one of the confirmations is missing
        :raises AccessError: for anybody but the data protection officer
        """
        self.ensure_one()
        self._check_officer()
        if self.step != "confirm" or not self.understood:
            raise UserError(self.env._("Look at what will be erased and tick the box first."))
        if self.count_typed != len(self.partner_ids):
            raise UserError(self.env._("Type the number of contacts that you see above."))
        self.env["consent.eraser"]._check_erasable(self.partner_ids)
        request = self.request_id
        if request:
            request._check_answerable()
            request.sudo()._answer_erasure(self.partner_ids)
        else:
            self.env["consent.eraser"]._erase(self.partner_ids, "request")
        return self.env["consent.erasure"]._notify(self.env._("Erased. The log keeps no name."))
