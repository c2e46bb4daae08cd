from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime

# What is shown side by side, in this order, to those who may read it. Fields that are written on
# the contact who stays can be chosen one by one.
SHOWN = (
    "firstname",
    "lastname",
    "birthdate",
    "email",
    "phone",
    "street",
    "street2",
    "zip",
    "city",
    "ref",
    "political_category",
    "political_origin",
    "branch_id",
    "polling_station_id",
    "is_volunteer",
    "support_level",
    "function",
    "lang",
)
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
AUTOMATIC_BATCH = 20


class PoliticalDuplicate(models.Model):
    _inherit = "political.duplicate"

    # ---------------------------------------------------------------- what the screen asks

    @api.model
    def review_next(self, skip=None):
        """The likeliest pair to review, as the screen shows it.

        :param list skip: ids of pairs put off for later
        :returns: dict with ``left`` (pairs left to review) and ``pair`` (dict, or false)
        """
        self._check_reviewer()
        waiting = Domain("state", "=", "open")
        pair = self.search(waiting & Domain("id", "not in", skip or []), limit=1)
        # An empty recordset would reach the screen as a list.
        shown = pair._side_by_side() if pair else False
        return {"left": self.search_count(waiting), "pair": shown}

    def _side_by_side(self):
        self.ensure_one()
        left, right = self.left_id, self.right_id
        return {
            "id": self.id,
            "score": self.score,
            "said": self._said(),
            "sides": [self._side(left), self._side(right)],
            "fields": [
                row for name in SHOWN if (row := self._compared(name, left, right)) is not None
            ],
        }

    def _side(self, partner):
        """What tells two records of one person apart: their age and what hangs on them."""
        _ = self.env._
        about = [
            _(
                "In the base since %(date)s",
                date=format_datetime(self.env, partner.create_date, dt_format="short"),
            )
        ]
        messages = self.env["mail.message"].search_count(
            [("model", "=", "res.partner"), ("res_id", "=", partner.id)]
        )
        if messages:
            about.append(_("Messages: %(count)s", count=messages))
        if partner.sudo().with_context(active_test=False).user_ids:
            about.append(_("Has an account"))
        return {"id": partner.id, "name": partner.display_name, "about": about}

    def _compared(self, name, left, right):
        if name not in left._fields or not left._has_field_access(left._fields[name], "read"):
            return None
        values = [self._shown_value(partner, name) for partner in (left, right)]
        if not any(values):
            return None
        return {
            "name": name,
            "label": left._fields[name].get_description(self.env, ["string"])["string"],
            "values": values,
            "differs": values[0] != values[1],
        }

    def _shown_value(self, partner, name):
        field, value = partner._fields[name], partner[name]
        if field.type == "boolean":
            return self.env._("Yes") if value else ""
        if not value:
            return ""
        if field.type == "many2one":
            return value.display_name
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        return format_date(self.env, value) if field.type == "date" else str(value)

    # ---------------------------------------------------------------- deciding

    def decide_distinct(self):
        """Remember for good that these are two people.

        :raises AccessError: on a pair out of sight
        """
        self._check_decision()
        self.sudo()._decide("distinct")
        return True

    def decide_household(self):
        """Remember for good that these are two people of one household.

        :raises AccessError: on a pair out of sight
        """
        self._check_decision()
        for pair in self:
            pair._join_household()
        self.sudo()._decide("household")
        return True

    def decide_again(self):
        """Put decided pairs back among those to review.

        :raises AccessError: on a pair out of sight
        """
        self._check_decision()
        self.sudo()._decide("open")
        return True

    def decide_merge(self, keep_id, taken=None):
        """Merge the two contacts of the pair.

        :param int keep_id: id of the contact that stays
        :param list taken: names of fields whose value is taken from the other contact
        :returns: id of the ``political.merge`` that undoes it
        :raises AccessError: when one of the contacts may not be written
        :raises UserError: when the contacts cannot be merged, with the reason
        """
        self.ensure_one()
        self._check_decision()
        people = self.left_id | self.right_id
        if keep_id not in people.ids:
            raise UserError(self.env._("The contact to keep is not one of this pair."))
        people.check_access("write")
        keep = people.browse(keep_id)
        values = self._taken_values(people - keep, taken or [])
        return self.sudo()._merge_pair(keep.sudo(), values).id

    def _check_decision(self):
        self._check_reviewer()
        self.check_access("read")

    def _taken_values(self, other, names):
        """Values of the contact that goes, for the one that stays."""
        values = {}
        for name in names:
            field = other._fields.get(name)
            if name not in SHOWN or field is None or not other._has_field_access(field, "write"):
                raise AccessError(self.env._("The field %(name)s cannot be chosen.", name=name))
            values[name] = field.convert_to_write(other[name], other)
        return values

    def _decide(self, state):
        self.write(
            {
                "state": state,
                "decided_uid": state != "open" and self.env.uid,
                "decided_at": state != "open" and fields.Datetime.now(),
            }
        )

    def _merge_pair(self, keep, values=None, automatic=False):
        """Merge, rights being the caller's business: the reviewer need not be allowed to read
        all that is moved."""
        self.ensure_one()
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        return wizard._merge_with_journal(
            (self.left_id | self.right_id).sudo(),
            keep,
            extra_checks=False,
            values=values,
            automatic=automatic,
            score=self.score,
        )

    def _join_household(self):
        """Put the two people into one household; who is in one already stays there."""
        people = (self.left_id | self.right_id).filtered("political_category")
        alone = people.filtered(lambda person: not person.household_id)
        if len(people) < 2 or not alone:
            return
        alone.check_access("write")
        household = people.household_id or self.env["political.household"].create(
            {"company_id": people[0].company_id.id}
        )
        alone.household_id = household[:1]

    # ---------------------------------------------------------------- following a merge

    @api.model
    def _follow_merge(self, src_partners, dst_partner):
        """What was decided about a contact that goes, holds for the one that stays."""
        self.flush_model()
        for source in src_partners:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO political_duplicate (left_id, right_id, score, levels, state,
                           decided_uid, decided_at, create_uid, create_date, write_uid, write_date)
                    SELECT LEAST(%(dst)s, other), GREATEST(%(dst)s, other), score, levels, state,
                           decided_uid, decided_at, create_uid, create_date, write_uid, write_date
                      FROM (SELECT d.*, CASE left_id WHEN %(src)s THEN right_id ELSE left_id END
                                   AS other
                              FROM political_duplicate d
                             WHERE %(src)s IN (left_id, right_id)) d
                     WHERE other <> %(dst)s AND state <> 'open'
                    ON CONFLICT (left_id, right_id) DO UPDATE
                       SET state = EXCLUDED.state, decided_uid = EXCLUDED.decided_uid,
                           decided_at = EXCLUDED.decided_at
                     WHERE political_duplicate.state = 'open'
                    """,
                    src=source.id,
                    dst=dst_partner.id,
                )
            )
            self.env.cr.execute(
                SQL("DELETE FROM political_duplicate WHERE %s IN (left_id, right_id)", source.id)
            )
        self.invalidate_model()

    # ---------------------------------------------------------------- by itself

    @api.model
    def _cron_find(self):
        """Look for duplicates in every controller's file, and merge what the admin allows."""
        for company in self.env["res.company"].search(Domain.TRUE):
            found = self.with_context(allowed_company_ids=company.ids).find(
                [("company_id", "in", [company.id, False])]
            )
            self.env["ir.cron"]._commit_progress(1)
            if company.duplicate_auto_merge:
                found._merge_by_itself(company.duplicate_auto_score)

    def _merge_by_itself(self, least):
        """Merge the pairs of these that are beyond doubt.

        :param float least: the probability from which a pair may be merged
        :returns: the ``political.merge`` records
        """
        merges = self.env["political.merge"]
        for pair in self.filtered(lambda p: p.score >= least):
            if not pair.exists() or pair._conflicts():
                continue
            people = (pair.left_id | pair.right_id).sorted(
                lambda p: (not p.user_ids, p.create_date, p.id)
            )
            try:
                with self.env.cr.savepoint():
                    merges += pair._merge_pair(people[0], automatic=True)
            except UserError:
                # Somebody has to settle it first: the pair stays on the screen, which says what.
                continue
            if len(merges) % AUTOMATIC_BATCH == 0:
                self.env["ir.cron"]._commit_progress(AUTOMATIC_BATCH)
        return merges

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
