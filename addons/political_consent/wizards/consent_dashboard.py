from datetime import timedelta
from math import floor

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

DAYS = 30
SOON = timedelta(days=90)


class ConsentDashboard(models.TransientModel):
    """What the data protection officer sees first."""

    _name = "consent.dashboard"
    _description = "Trust"
    _transient_max_hours = 1

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, readonly=True
    )
    request_count = fields.Integer("Requests to answer", compute="_compute_requests")
    late_count = fields.Integer("Late", compute="_compute_requests")
    request_ids = fields.Many2many("consent.right.request", compute="_compute_requests")
    refusal_html = fields.Html("Held back, by reason", compute="_compute_refusals", sanitize=False)
    refusal_count = fields.Integer(compute="_compute_refusals")
    term_count = fields.Integer("Terms within three months", compute="_compute_terms")
    chain_check_id = fields.Many2one("consent.chain.check", compute="_compute_chain")
    chain_ok = fields.Boolean(compute="_compute_chain")
    chain_at = fields.Datetime("Verified on", compute="_compute_chain")
    chain_count = fields.Integer("Events", compute="_compute_chain")
    breach_count = fields.Integer("Open breaches", compute="_compute_breaches")
    breach_hours = fields.Integer("Hours left to notify", compute="_compute_breaches")
    breach_running = fields.Boolean(compute="_compute_breaches")
    replay_count = fields.Integer("Erasures to replay", compute="_compute_replay")
    checklist_html = fields.Html("To set up", compute="_compute_checklist", sanitize=False)
    checklist_left = fields.Integer(compute="_compute_checklist")
    key_version = fields.Integer("Key in use", compute="_compute_key")

    def _compute_display_name(self):
        for board in self:
            board.display_name = self.env._("Trust: %s", board.company_id.name)

    @api.model_create_multi
    def create(self, vals_list):
        if not (self.env.su or self.env.user.has_group("political_consent.group_consent_dpo")):
            raise AccessError(self.env._("This page is the data protection officer's."))
        return super().create(vals_list)

    def _compute_requests(self):
        Request = self.env["consent.right.request"]
        for board in self:
            mine = [("company_id", "=", board.company_id.id), ("state", "in", ("new", "open"))]
            board.request_count = Request.search_count(mine)
            board.late_count = Request.search_count([*mine, ("is_late", "=", True)])
            board.request_ids = Request.search(mine, limit=8, order="due_date, id")

    def _compute_refusals(self):
        for board in self:
            rows = board._refusals()
            board.refusal_count = sum(count for _label, count in rows)
            board.refusal_html = board._bars(rows) if rows else False

    def _refusals(self):
        """(reason in words, how many) of the last thirty days, the most frequent first."""
        Trace = self.env["mailing.trace"].sudo()
        if "consent_reason" not in Trace._fields:
            return []
        labels = self.env["consent.gate"]._reason_labels()
        groups = Trace._read_group(
            [
                ("consent_reason", "!=", False),
                ("create_date", ">=", fields.Datetime.now() - timedelta(days=DAYS)),
                ("mass_mailing_id.consent_purpose_id.company_id", "=", self.company_id.id),
            ],
            ["consent_reason"],
            ["__count"],
        )
        rows = [(labels.get(code, code), count) for code, count in groups]
        return sorted(rows, key=lambda row: -row[1])

    @api.model
    def _bars(self, rows):
        most = max(count for _label, count in rows)
        return Markup("<table class='table table-sm mb-0'>{}</table>").format(
            Markup("").join(
                Markup(
                    "<tr><td>{}</td><td class='w-50 align-middle'><div class='progress'>"
                    "<div class='progress-bar' style='width: {}%'></div></div></td>"
                    "<td class='text-end'>{}</td></tr>"
                ).format(label, round(100 * count / most), count)
                for label, count in rows
            )
        )

    def _compute_terms(self):
        for board in self:
            board.term_count = self.env["consent.term"].search_count(
                [
                    ("company_id", "=", board.company_id.id),
                    ("due", "<=", fields.Datetime.now() + SOON),
                ]
            )

    def _compute_chain(self):
        for board in self:
            check = self.env["consent.chain.check"].search(
                [("company_id", "=", board.company_id.id)], limit=1
            )
            board.chain_check_id = check
            board.chain_ok = check.ok
            board.chain_at = check.create_date
            self.env.cr.execute(
                SQL(
                    "SELECT count(*) FROM consent_event WHERE company_id = %s",
                    board.company_id.id,
                )
            )
            board.chain_count = self.env.cr.fetchone()[0]

    def _compute_breaches(self):
        Breach = self.env["consent.breach"]
        for board in self:
            mine = [("company_id", "=", board.company_id.id)]
            board.breach_count = Breach.search_count([*mine, ("state", "=", "open")])
            running = Breach.search(Breach._to_notify() & fields.Domain(mine))
            board.breach_running = bool(running)
            board.breach_hours = floor(min(running.mapped("hours_left"), default=0))

    def _compute_replay(self):
        for board in self:
            board.replay_count = len(self.env["consent.erasure"].sudo()._to_replay())

    def _compute_checklist(self):
        for board in self:
            items = self.env["consent.checklist"]._items(board.company_id)
            board.checklist_left = sum(not done for done, _what, _action in items)
            board.checklist_html = Markup("<ul class='list-unstyled mb-0'>{}</ul>").format(
                Markup("").join(
                    Markup("<li class='{}'><i class='fa {} me-2'></i>{}</li>").format(
                        "text-muted" if done else "fw-bold",
                        "fa-check-square-o" if done else "fa-square-o",
                        what,
                    )
                    for done, what, _action in items
                )
            )

    def _compute_key(self):
        for board in self:
            board.key_version = self.env["consent.key"].sudo()._current()[0]

    # ---------------------------------------------------------------- where to go

    def _open(self, xmlid, context=None):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"political_consent.{xmlid}")
        if context:
            action["context"] = context
        return action

    def action_requests(self):
        """Open the requests that wait."""
        return self._open("consent_right_request_action")

    def action_terms(self):
        """Open the terms that end soon."""
        return self._open("consent_term_action")

    def action_breaches(self):
        """Open the file of breaches."""
        return self._open("consent_breach_action")

    def action_chain(self):
        """Verify the ledger now."""
        return self.env["consent.chain.check"].action_verify_now()

    def action_replay(self):
        """Replay the erasures that a restored backup does not know."""
        return self.env["consent.erasure"].action_replay()

    def action_rotate(self):
        """Change the key of the hashed addresses."""
        return self.env["consent.key"].action_rotate()

    def action_register(self):
        """Print the register of processing."""
        return self.env["consent.purpose"].action_print_register()
