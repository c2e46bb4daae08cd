from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PoliticalMandate(models.Model):
    """An elected or party office that a person holds, from a day to a day."""

    _name = "political.mandate"
    _description = "Mandate"
    # Nothing is tracked: an office in the party is an opinion too.
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_start desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        "Person",
        required=True,
        ondelete="cascade",
        index=True,
        domain=[("political_category", "!=", False), ("is_company", "=", False)],
    )
    office_id = fields.Many2one("political.office", required=True, ondelete="restrict", index=True)
    kind = fields.Selection(related="office_id.kind", store=True, index=True)
    zone_id = fields.Many2one(
        "political.zone", "Place", ondelete="restrict", index="btree_not_null"
    )
    branch_id = fields.Many2one(
        "political.branch",
        "Branch of the office",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    company_id = fields.Many2one(
        "res.company", "Controller", related="partner_id.company_id", store=True, index=True
    )
    date_start = fields.Date("From", required=True, default=fields.Date.context_today)
    date_end = fields.Date("To")
    state = fields.Selection(
        [("future", "To come"), ("current", "In office"), ("ended", "Ended")],
        compute="_compute_state",
        search="_search_state",
    )
    warning = fields.Char("Incompatibility", compute="_compute_warning")
    reminded_for = fields.Date(readonly=True, copy=False)

    _dates = models.Constraint(
        "CHECK (date_end IS NULL OR date_end >= date_start)", "A mandate ends after it begins."
    )

    @api.depends("date_start", "date_end")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for mandate in self:
            if mandate.date_start and mandate.date_start > today:
                mandate.state = "future"
            else:
                ended = mandate.date_end and mandate.date_end < today
                mandate.state = "ended" if ended else "current"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        domains = {
            "future": fields.Domain("date_start", ">", today),
            "ended": fields.Domain("date_end", "<", today),
            "current": fields.Domain("date_start", "<=", today)
            & (fields.Domain("date_end", "=", False) | fields.Domain("date_end", ">=", today)),
        }
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    @api.depends("office_id", "partner_id", "zone_id", "branch_id")
    def _compute_display_name(self):
        for mandate in self:
            where = mandate.zone_id.name or mandate.branch_id.name
            office = mandate.office_id.name or ""
            mandate.display_name = f"{office} ({where})" if where else office

    # ---------------------------------------------------------------- incompatibility

    @api.depends("partner_id", "office_id", "date_start", "date_end")
    def _compute_warning(self):
        """In words, what this office may not be held together with; a warning and no refusal:
        the law leaves some days to choose."""
        others = defaultdict(self.browse)
        for mandate in self.search([("partner_id", "in", self.partner_id.ids)]):
            others[mandate.partner_id.id] |= mandate
        for mandate in self:
            mandate.warning = mandate._incompatibility(others[mandate.partner_id.id])

    def _incompatibility(self, others):
        overlapping = others.filtered(
            lambda o: o.id != self._origin.id and o.office_id and self._overlaps(o)
        )
        office = self.office_id
        clash = overlapping.filtered(
            lambda o: (
                o.office_id in office.incompatible_ids or office in o.office_id.incompatible_ids
            )
        )
        if clash:
            return self.env._(
                "Not to be held together with: %(offices)s (%(text)s).",
                offices=", ".join(clash.office_id.mapped("name")),
                text=office.source or clash.office_id[:1].source or self.env._("statutes"),
            )
        if office.is_local and len(overlapping.filtered("office_id.is_local").office_id) >= 2:
            return self.env._(
                "More than two local mandates at the same time (electoral code, article L.46-1)."
            )
        return False

    def _overlaps(self, other):
        if not (self.date_start and other.date_start):
            return False
        return (not self.date_end or other.date_start <= self.date_end) and (
            not other.date_end or self.date_start <= other.date_end
        )

    @api.constrains("partner_id")
    def _check_person(self):
        for mandate in self.sudo():
            if not mandate.partner_id.political_category:
                raise ValidationError(
                    self.env._(
                        "%(name)s is not in the party's file: choose a category first.",
                        name=mandate.partner_id.name,
                    )
                )

    # ---------------------------------------------------------------- reminder

    @api.model
    def _cron_remind(self):
        """Scheduled: a mandate about to end puts one activity on the desk of who follows the
        person: the branch's first local lead, else who recorded the mandate."""
        today = fields.Date.context_today(self)
        soon = self.search(
            [
                ("date_end", ">=", today),
                ("date_end", "<=", today + timedelta(days=366 * 2)),
                ("office_id.remind_days", ">", 0),
            ]
        ).filtered(
            lambda m: (
                m.reminded_for != m.date_end
                and m.date_end <= today + timedelta(days=m.office_id.remind_days)
            )
        )
        for mandate in soon:
            leads = mandate.partner_id.branch_id.user_ids.filtered("active")
            mandate.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=today,
                user_id=(leads[:1] or mandate.create_uid).id,
                summary=self.env._("Mandate ends on %(date)s: renew?", date=mandate.date_end),
            )
            mandate.reminded_for = mandate.date_end
