from collections import defaultdict
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..models.political_membership import LIVE

DAYS = 30
RENEWAL_DAYS = 60
BARS = 8
MANY = 500  # next actions of one user: more is no list of things to do


class PoliticalDashboard(models.TransientModel):
    """What a local lead or national staff opens first: their people in figures, and what to do.

    A fixed number of grouped queries, whatever the size of the file.
    """

    _name = "political.dashboard"
    _description = "Branch dashboard"
    _transient_max_hours = 2

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, readonly=True
    )
    branch_id = fields.Many2one(
        "political.branch",
        domain="[('company_id', '=', company_id)]",
        help="With its sub-branches. Empty: everybody you may see.",
    )
    member_count = fields.Integer("Members", compute="_compute_people")
    supporter_count = fields.Integer("Supporters", compute="_compute_people")
    volunteer_count = fields.Integer("Volunteers", compute="_compute_people")
    occasional_count = fields.Integer("Occasional contacts", compute="_compute_people")
    uptodate_count = fields.Integer("Up to date", compute="_compute_memberships")
    arrears_count = fields.Integer("In arrears", compute="_compute_memberships")
    renewal_count = fields.Integer("Renewals due", compute="_compute_memberships")
    new_count = fields.Integer("New this month", compute="_compute_new")
    recruitment_count = fields.Integer("Being recruited", compute="_compute_recruitment")
    joining_count = fields.Integer("Want to join", compute="_compute_recruitment")
    todo_count = fields.Integer("To do", compute="_compute_todo")
    origin_html = fields.Html("New people by origin", compute="_compute_new", sanitize=False)
    place_html = fields.Html("People by place", compute="_compute_people", sanitize=False)
    stage_html = fields.Html(
        "On the way to membership", compute="_compute_recruitment", sanitize=False
    )
    todo_ids = fields.Many2many("mail.activity", compute="_compute_todo")
    checklist_html = fields.Html("To set up", compute="_compute_checklist", sanitize=False)
    checklist_left = fields.Integer(compute="_compute_checklist")

    @api.depends("branch_id")
    def _compute_display_name(self):
        for board in self:
            board.display_name = board.branch_id.name or board.company_id.name

    @api.model_create_multi
    def create(self, vals_list):
        self._check_reader()
        return super().create(vals_list)

    @api.model
    def _check_reader(self):
        if not (self.env.su or self.env.user.has_group("political_crm.group_people")):
            raise AccessError(self.env._("This page is for the party's own groups."))

    @api.model
    def default_get(self, fields_list):
        """A lead's only branch is the one they mean."""
        values = super().default_get(fields_list)
        own = self.env.user.branch_ids
        if "branch_id" in fields_list and len(own) == 1 and own.company_id == self.env.company:
            values.setdefault("branch_id", own.id)
        return values

    # ---------------------------------------------------------------- figures

    def _people_domain(self):
        """People of the board, within the reader's rights."""
        self.ensure_one()
        domain = self.env["res.partner"]._people_domain()
        domain &= Domain("company_id", "=", self.company_id.id)
        if self.branch_id:
            domain &= Domain("branch_id", "child_of", self.branch_id.id)
        return domain

    def _leads_domain(self):
        domain = Domain("political_category", "!=", False)
        domain &= Domain("company_id", "=", self.company_id.id)
        if self.branch_id:
            domain &= Domain("branch_id", "child_of", self.branch_id.id)
        return domain

    @api.depends("branch_id")
    def _compute_people(self):
        """Who they are and where they live, in one reading of the file: by branch for who sees
        several, by polling station within one."""
        for board in self:
            several = not board.branch_id or board.branch_id.sudo().child_ids
            place = "branch_id" if several else "polling_station_id"
            counts, places, volunteers = defaultdict(int), defaultdict(int), 0
            for category, is_volunteer, where, count in self.env["res.partner"]._read_group(
                board._people_domain(), ["political_category", "is_volunteer", place], ["__count"]
            ):
                counts[category] += count
                volunteers += count if is_volunteer else 0
                if where:
                    places[where] += count
            board.member_count = counts["member"]
            board.supporter_count = counts["regular"]
            board.occasional_count = counts["occasional"] + counts["prospect"]
            board.volunteer_count = volunteers
            most = sorted(places.items(), key=lambda row: -row[1])[:BARS]
            board.place_html = board._bars(
                [(where.sudo().display_name, count) for where, count in most]
            )

    def _memberships_domain(self):
        domain = Domain("company_id", "=", self.company_id.id)
        if self.branch_id:
            domain &= Domain("branch_id", "child_of", self.branch_id.id)
        return domain

    @api.model
    def _renewals_until(self):
        """Members up to date whose term ends by this day are to renew."""
        return fields.Date.context_today(self) + timedelta(days=RENEWAL_DAYS)

    @api.depends("branch_id")
    def _compute_memberships(self):
        """By status and day of the end, in one reading of the live lines."""
        Membership = self.env["political.membership"]
        if not Membership.has_access("read"):
            self.uptodate_count = self.arrears_count = self.renewal_count = 0
            return
        soon = self._renewals_until()
        for board in self:
            counts, renewals = defaultdict(int), 0
            for state, date_end, count in Membership._read_group(
                board._memberships_domain() & Domain("state", "in", LIVE),
                ["state", "date_end:day"],
                ["__count"],
            ):
                counts[state] += count
                if state == "active" and date_end and date_end <= soon:
                    renewals += count
            board.uptodate_count = counts["active"]
            board.arrears_count = counts["arrears"]
            board.renewal_count = renewals

    @api.depends("branch_id")
    def _compute_new(self):
        since = fields.Datetime.now() - timedelta(days=DAYS)
        origins = dict(
            self.env["res.partner"]._fields["political_origin"]._description_selection(self.env)
        )
        for board in self:
            groups = self.env["res.partner"]._read_group(
                board._people_domain() & Domain("create_date", ">=", since),
                ["political_origin"],
                ["__count"],
            )
            board.new_count = sum(count for _origin, count in groups)
            board.origin_html = board._bars(
                [(origins.get(origin, origin), count) for origin, count in groups]
            )

    @api.depends("branch_id")
    def _compute_recruitment(self):
        joining = self.env.ref("political_crm.stage_joining", False)
        for board in self:
            if not self.env["crm.lead"].has_access("read"):
                board.recruitment_count = board.joining_count = 0
                board.stage_html = False
                continue
            groups = self.env["crm.lead"]._read_group(
                board._leads_domain() & Domain("stage_id.is_won", "=", False),
                ["stage_id"],
                ["__count"],
            )
            board.recruitment_count = sum(count for _stage, count in groups)
            board.joining_count = sum(count for stage, count in groups if stage == joining)
            board.stage_html = board._bars(
                [(stage.sudo().name, count) for stage, count in groups], keep_order=True
            )

    @api.depends("branch_id")
    def _compute_todo(self):
        """The reader's own next actions on people, the most urgent first."""
        today = fields.Date.context_today(self)
        domain = Domain("user_id", "=", self.env.uid) & Domain(
            "res_model", "in", ("res.partner", "crm.lead", "political.mandate")
        )
        domain &= Domain("date_deadline", "<=", today + timedelta(days=7))
        mine = self.env["mail.activity"].search(domain, limit=MANY)
        of_people = self.env["mail.activity"]
        for model, some in mine.grouped("res_model").items():
            # A salesperson's customers are another page's.
            named = [("id", "in", some.mapped("res_id"))]
            if "political_category" in self.env[model]._fields:
                named.append(("political_category", "!=", False))
            ids = set(self.env[model].with_context(active_test=False).search(named).ids)
            of_people |= some.filtered(lambda activity, ids=ids: activity.res_id in ids)
        for board in self:
            board.todo_count = len(of_people)
            board.todo_ids = of_people.sorted("date_deadline")[:BARS]

    def _compute_checklist(self):
        manager = self.env.user.has_group("political_crm.group_manager")
        for board in self:
            items = self.env["political.checklist"]._items(board.company_id) if manager else []
            board.checklist_left = sum(not done for done, _what, _action in items)
            board.checklist_html = Markup("<ul class='list-unstyled mb-0'>{}</ul>").format(
                Markup("").join(
                    Markup(
                        "<li class='mb-1 {}'><i class='fa {} me-2' aria-hidden='true'></i>"
                        "<a href='/odoo/action-{}'>{}</a></li>"
                    ).format(
                        "text-muted" if done else "fw-bold",
                        "fa-check-square-o" if done else "fa-square-o",
                        action,
                        what,
                    )
                    for done, what, action in items
                )
            )

    @api.model
    def _bars(self, rows, keep_order=False):
        """Rows of (label, count) as bars with their figures beside them."""
        if not rows:
            return False
        most = max(count for _label, count in rows)
        if not keep_order:
            rows = sorted(rows, key=lambda row: -row[1])[:BARS]
        return Markup("<table class='table table-sm mb-0'><tbody>{}</tbody></table>").format(
            Markup("").join(
                Markup(
                    "<tr><th scope='row' class='fw-normal'>{}</th>"
                    "<td class='w-50 align-middle' aria-hidden='true'><div class='progress'>"
                    "<div class='progress-bar' style='width: {}%'></div></div></td>"
                    "<td class='text-end'>{}</td></tr>"
                ).format(label, round(100 * count / most), count)
                for label, count in rows
            )
        )

    # ---------------------------------------------------------------- where to go

    def _open_people(self, extra, name=None):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_people")
        action["domain"] = list(self._people_domain() & Domain(extra))
        action["context"] = {
            "default_company_id": self.company_id.id,
            "default_branch_id": self.branch_id.id,
            "default_is_company": False,
            "default_political_category": "regular",
        }
        if name:
            action["name"] = name
        return action

    def action_members(self):
        """Open the members."""
        return self._open_people([("political_category", "=", "member")], self.env._("Members"))

    def action_supporters(self):
        """Open the supporters."""
        return self._open_people([("political_category", "=", "regular")], self.env._("Supporters"))

    def action_volunteers(self):
        """Open the volunteers."""
        return self._open_people([("is_volunteer", "=", True)], self.env._("Volunteers"))

    def action_new(self):
        """Open those who came lately."""
        since = fields.Datetime.now() - timedelta(days=DAYS)
        return self._open_people([("create_date", ">=", since)], self.env._("New this month"))

    def action_recruitment(self):
        """Open the pipeline."""
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_recruitment")
        action["domain"] = list(self._leads_domain())
        return action

    def _open_memberships(self, extra, name):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_membership")
        domain = list(self._memberships_domain() & Domain(extra))
        return {**action, "name": name, "domain": domain, "context": {}}

    def action_uptodate(self):
        """Open the memberships up to date."""
        return self._open_memberships([("state", "=", "active")], self.env._("Up to date"))

    def action_arrears(self):
        """Open the memberships in arrears."""
        return self._open_memberships([("state", "=", "arrears")], self.env._("In arrears"))

    def action_renewals(self):
        """Open the memberships that end soon."""
        due = [("state", "=", "active"), ("date_end", "<=", self._renewals_until())]
        return self._open_memberships(due, self.env._("Renewals due"))

    def action_analysis(self):
        """Open the figures as pivot and graph."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "political_crm.action_people_analysis"
        )
        action["domain"] = list(self._people_domain())
        return action

    def action_message(self):
        """Write to the whole list of the branch."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to the branch"),
            "res_model": "political.relay",
            "view_mode": "form",
            "context": {"default_mode": "list", "default_branch_id": self.branch_id.id},
        }
