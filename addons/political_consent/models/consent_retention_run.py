from odoo import api, fields, models
from odoo.exceptions import AccessError


class ConsentRetentionRun(models.Model):
    """What the retention job did one night, or would do: counts, never names."""

    _name = "consent.retention.run"
    _description = "Retention report"
    _order = "id desc"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    dry_run = fields.Boolean("Only tried", readonly=True)
    line_ids = fields.One2many("consent.retention.run.line", "run_id", readonly=True)
    person_count = fields.Integer("People", compute="_compute_person_count", store=True)

    @api.depends("line_ids.count", "line_ids.action")
    def _compute_person_count(self):
        for run in self:
            run.person_count = sum(
                line.count for line in run.line_ids if line.action in ("anonymise", "delete")
            )

    @api.depends("create_date", "dry_run")
    def _compute_display_name(self):
        for run in self:
            day = fields.Datetime.context_timestamp(run, run.create_date or fields.Datetime.now())
            run.display_name = day.strftime("%d/%m/%Y %H:%M")

    def _add(self, code, label, action, count):
        self.ensure_one()
        self.env["consent.retention.run.line"].sudo().create(
            {"run_id": self.id, "code": code, "name": label, "action": action, "count": count}
        )

    @api.model
    def action_dry_run(self):
        """Try tonight's job and open the report; nothing is changed.

        :raises AccessError: for anybody but the data protection officer
        """
        if not self.env.user.has_group("political_consent.group_consent_dpo"):
            raise AccessError(self.env._("Only the data protection officer sees the terms."))
        run = self.env["consent.retention"].sudo()._dry_run(self.env.company)
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": run.id,
            "view_mode": "form",
        }


class ConsentRetentionRunLine(models.Model):
    _name = "consent.retention.run.line"
    _description = "Line of a retention report"
    _order = "id"

    run_id = fields.Many2one(
        "consent.retention.run", required=True, ondelete="cascade", index=True, readonly=True
    )
    code = fields.Char(required=True, readonly=True)
    name = fields.Char("What", required=True, readonly=True)
    action = fields.Selection(
        [
            ("ask", "Ask again"),
            ("expire", "Expire"),
            ("anonymise", "Anonymise"),
            ("delete", "Delete"),
        ],
        required=True,
        readonly=True,
    )
    count = fields.Integer(readonly=True)

    def action_people(self):
        """Open the contacts that this line speaks of, as they are now."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("political_consent.group_consent_dpo"):
            raise AccessError(self.env._("Only the data protection officer sees the terms."))
        retention = self.env["consent.retention"].sudo()
        at = fields.Datetime.now()
        company = self.run_id.company_id
        people = []
        for rule in retention._rules(company, at):
            if rule.code == self.code:
                people = retention._people(rule, at)
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "name": self.name,
            "view_mode": "list,form",
            "domain": [("id", "in", people)],
            "context": {"active_test": False},
        }
