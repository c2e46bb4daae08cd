from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

KINDS = [
    ("national", "National"),
    ("federation", "Federation"),
    ("section", "Section"),
]


class PoliticalBranch(models.Model):
    """A part of the party: its own tree, apart from the official places and linked to them.

    What a local lead may see hangs on it, so a change of the tree drops the cached record rules.
    """

    _name = "political.branch"
    _description = "Branch"
    _parent_name = "parent_id"
    _parent_store = True
    _order = "complete_name, id"
    _rec_names_search = ["complete_name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True)
    complete_name = fields.Char(
        "Full name", compute="_compute_complete_name", store=True, recursive=True
    )
    code = fields.Char(index="btree_not_null", help="Short name for lists and imports.")
    kind = fields.Selection(KINDS, required=True, default="section")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="Who answers for the data of the people of this branch.",
    )
    parent_id = fields.Many2one(
        "political.branch", "Part of", ondelete="restrict", index=True, check_company=True
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("political.branch", "parent_id", "Sub-branches")
    zone_ids = fields.Many2many(
        "political.zone",
        "political_branch_zone_rel",
        "branch_id",
        "zone_id",
        "Places",
        help="Where this branch is at home.",
    )
    user_ids = fields.Many2many(
        "res.users",
        "political_branch_user_rel",
        "branch_id",
        "user_id",
        "Local leads",
        domain=[("share", "=", False)],
        help="They see the people of this branch and of its sub-branches.",
    )
    consent_list_id = fields.Many2one(
        "consent.list",
        "News list",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="The list that people of this branch join or leave. A message to the whole list is "
        "no targeting; any filter on it is (R-20).",
    )
    people_count = fields.Integer("People", compute="_compute_people_counts")
    member_count = fields.Integer("Members", compute="_compute_people_counts")
    supporter_count = fields.Integer("Supporters", compute="_compute_people_counts")
    volunteer_count = fields.Integer("Volunteers", compute="_compute_people_counts")

    _code_unique = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL", "Another branch has this code."
    )

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for branch in self:
            # The national level says nothing in a path: everything is below it.
            parent = branch.parent_id
            prefix = parent.kind != "national" and parent.complete_name
            branch.complete_name = f"{prefix} / {branch.name}" if prefix else branch.name

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("child_ids", "parent_path")
    def _compute_people_counts(self):
        """Counts with the sub-branches, of the people that the reader may see."""
        totals = self._people_totals()
        for branch in self:
            counts = totals[branch._origin.id]
            branch.people_count = sum(counts.values()) - counts["volunteer"]
            branch.member_count = counts["member"]
            branch.supporter_count = counts["regular"]
            branch.volunteer_count = counts["volunteer"]

    def _people_totals(self):
        """``{branch id: {category or "volunteer": number}}``, sub-branches included."""
        totals = defaultdict(lambda: defaultdict(int))
        Partner = self.env["res.partner"]
        if not self.ids or not Partner.has_access("read"):
            return totals
        groups = Partner._read_group(
            Domain("branch_id", "child_of", self.ids) & Partner._people_domain(),
            ["branch_id", "political_category", "is_volunteer"],
            ["__count"],
        )
        wanted = set(self.ids)
        for branch, category, is_volunteer, count in groups:
            for ancestor in map(int, branch.sudo().parent_path.split("/")[:-1]):
                if ancestor in wanted:
                    totals[ancestor][category] += count
                    totals[ancestor]["volunteer"] += count if is_volunteer else 0
        return totals

    @api.model_create_multi
    def create(self, vals_list):
        branches = super().create(vals_list)
        branches._create_consent_list()
        self._forget_scopes()
        return branches

    def write(self, vals):
        if "company_id" in vals and any(b.company_id.id != vals["company_id"] for b in self):
            raise UserError(
                self.env._(
                    "A branch stays with its controller: its people agreed to that one and to no "
                    "other (R-41). Create a branch at the other controller."
                )
            )
        if vals.get("parent_id"):
            self._check_way_up(vals["parent_id"])
        result = super().write(vals)
        if not {"parent_id", "user_ids", "active"}.isdisjoint(vals):
            self._forget_scopes()
        return result

    def _check_way_up(self, parent_id):
        """No branch comes below itself.

        Two moves at the same moment, each below the other, would both find no cycle and make one
        together: the second waits here, is played again, and meets the first.
        """
        self.flush_model(["parent_id", "parent_path"])
        path = self.sudo().browse(parent_id).parent_path or ""
        above = set(map(int, path.split("/")[:-1]))
        self.env.execute_query(
            SQL(
                "SELECT id FROM political_branch WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
                tuple(above.union(self.ids)),
            )
        )
        if above.intersection(self.ids):
            raise ValidationError(
                self.env._("A branch cannot be part of one of its own sub-branches.")
            )

    def unlink(self):
        lists = self.sudo().consent_list_id
        result = super().unlink()
        # People may have joined it: their answers outlive the branch.
        lists.action_archive()
        self._forget_scopes()
        return result

    def _forget_scopes(self):
        """Who sees which branch is cached with the record rules, and on the users."""
        self.env["res.users"].invalidate_model(["branch_scope_ids"])
        self.env.registry.clear_cache()

    def _create_consent_list(self):
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        for branch in self.sudo():
            purpose = self.env["consent.purpose"]._get("newsletter", branch.company_id)
            news = branch.env["consent.list"].create(
                {
                    "name": branch._news_name(),
                    "code": f"branch-{branch.id}",
                    "purpose_id": purpose.id,
                }
            )
            for language in languages:
                news.with_context(lang=language).name = branch._news_name(language)
            branch.consent_list_id = news

    def _news_name(self, language="en_US"):
        """People read it on the public pages, each in their language."""
        branch = self.with_context(lang=language)
        return branch.env._("News of %(branch)s", branch=branch.name)

    def action_people(self):
        """Open the people of the branch and of its sub-branches.

        :returns: a window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_people")
        action["name"] = self.env._("People of %(branch)s", branch=self.name)
        people = self.env["res.partner"]._people_domain()
        action["domain"] = list(Domain("branch_id", "child_of", self.id) & people)
        action["context"] = {
            "default_branch_id": self.id,
            "default_company_id": self.company_id.id,
            "default_is_company": False,
        }
        return action
