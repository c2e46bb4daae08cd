from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# A pair that differs in one of these is never merged without somebody looking.
SENSITIVE = (
    "birthdate",
    "email_normalized",
    "political_category",
    "branch_id",
    "polling_station_id",
    "support_level",
    "parent_id",
)
AUTOMATIC_BATCH = 50


class PoliticalDuplicate(models.Model):
    """Merging by itself: what is beyond doubt, where the administrator allows it.

    A merge is dear, since all that hangs on a contact is put into its journal: pairs are merged
    some at a time, each time with a commit, and the job goes on where its time was over.
    """

    _inherit = "political.duplicate"

    is_held = fields.Boolean(
        "Not merged by itself",
        readonly=True,
        help="Looked at by the scheduled job, which left it to somebody's eyes.",
    )

    @api.model
    def _cron_find(self):
        """Look for duplicates in every controller's file; the next job merges."""
        job = self.env["ir.cron"]
        companies = self.env["res.company"].search(Domain.TRUE)
        for done, company in enumerate(companies, 1):
            self.with_context(allowed_company_ids=company.ids).find(
                [("company_id", "in", [company.id, False])]
            )
            job._commit_progress(1, remaining=len(companies) - done)
        # What stood in the way may be settled.
        self.search([("is_held", "=", True)]).is_held = False
        self.env.ref("political_crm.ir_cron_merge").sudo()._trigger()

    @api.model
    def _cron_merge(self):
        """Scheduled: merge what the administrators allow, a batch a transaction."""
        job = self.env["ir.cron"]
        for company in self.env["res.company"].search([("duplicate_auto_merge", "=", True)]):
            sure = self._sure_domain(company)
            while pairs := self.search(sure, limit=AUTOMATIC_BATCH):
                pairs._merge_by_itself(company.duplicate_auto_score)
                if not job._commit_progress(len(pairs), remaining=self.search_count(sure)):
                    return

    @api.model
    def _sure_domain(self, company):
        return [
            ("state", "=", "open"),
            ("is_held", "=", False),
            ("score", ">=", company.duplicate_auto_score),
            ("left_id.company_id", "in", [company.id, False]),
            ("right_id.company_id", "in", [company.id, False]),
        ]

    def _merge_by_itself(self, least):
        """Merge the pairs of these that are beyond doubt; the others are held.

        :param float least: the probability from which a pair may be merged
        :returns: the ``political.merge`` records
        """
        sure = self.filtered(lambda pair: pair.score >= least)
        together, apart = sure._sorted_out()
        merges = together._merge_together()
        for pair in apart:
            # An earlier merge of these may have taken it along.
            if pair.exists():
                merges += pair._merge_together() if not pair._conflicts() else merges.browse()
        sure.exists().is_held = True
        return merges

    def _sorted_out(self):
        """The pairs that can be merged in one go, and those of which a contact is in another."""
        together = apart = self.browse()
        seen = set()
        for pair in self:
            people = {pair.left_id.id, pair.right_id.id}
            if not seen.isdisjoint(people):
                apart += pair
            elif not pair._conflicts():
                together += pair
                seen |= people
        return together, apart

    def _merge_together(self):
        """Merge pairs in one go; where somebody has to settle something first, of which the
        screen tells, the others one by one."""
        if not self:
            return self.env["political.merge"]
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        try:
            with self.env.cr.savepoint():
                return wizard._merge_with_journal(
                    *(pair._group(pair._kept(), automatic=True) for pair in self)
                )
        except UserError:
            self.env.invalidate_all()
            one_by_one = self if len(self) > 1 else ()
            return self.env["political.merge"].concat(*(p._merge_together() for p in one_by_one))

    def _kept(self):
        """The contact that stays: who has an account, else the oldest."""
        people = (self.left_id | self.right_id).sudo()
        return people.sorted(lambda person: (not person.user_ids, person.create_date, person.id))[0]

    def _conflicts(self):
        """Names of what forbids to merge the pair without a look.

        :rtype: list[str]
        """
        self.ensure_one()
        left, right = self.left_id.sudo(), self.right_id.sudo()
        found = [
            name for name in SENSITIVE if left[name] and right[name] and left[name] != right[name]
        ]
        said = dict(part.split(":") for part in self.levels.split(",") if part)
        if said.get("firstname") not in ("same", "short", "typo", "swapped"):
            found.append("firstname")
        if len((left | right).with_context(active_test=False).user_ids) > 1:
            found.append("user_ids")
        if self._answers_differ():
            found.append("consent")
        return found

    def _answers_differ(self):
        """Whether one said yes and the other no to the same thing."""
        self.env.cr.execute(
            SQL(
                """
                SELECT FROM consent_state g
                  JOIN consent_subject gs ON gs.id = g.subject_id
                  JOIN consent_subject cs ON cs.company_id = gs.company_id
                  JOIN consent_state c ON c.subject_id = cs.id AND c.purpose_id = g.purpose_id
                       AND c.channel = g.channel
                 WHERE g.action = 'given' AND c.action IN ('refused', 'withdrawn')
                   AND gs.partner_id IN (%(one)s, %(other)s)
                   AND cs.partner_id IN (%(one)s, %(other)s)
                   AND gs.partner_id <> cs.partner_id
                 LIMIT 1
                """,
                one=self.left_id.id,
                other=self.right_id.id,
            )
        )
        return bool(self.env.cr.rowcount)
