from odoo import fields, models
from odoo.tools import SQL


class ConsentTerm(models.Model):
    """When the term of each purpose ends for each person: what comes up (R-43)."""

    _name = "consent.term"
    _description = "Retention term"
    _auto = False
    _order = "due, id"

    partner_id = fields.Many2one("res.partner", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    purpose_id = fields.Many2one("consent.purpose", readonly=True)
    action = fields.Selection(
        [("ask", "Ask again once"), ("anonymise", "Anonymise"), ("delete", "Delete")],
        "Then",
        readonly=True,
    )
    start = fields.Datetime("Counted from", readonly=True)
    due = fields.Datetime("Ends", readonly=True)
    is_open = fields.Boolean("Consent given", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            "SELECT row_number() OVER (ORDER BY t.partner_id, t.purpose_id) AS id, t.* FROM (%s) t "
            "WHERE t.due IS NOT NULL",
            self.env["consent.retention"]._sql_terms(),
        )
