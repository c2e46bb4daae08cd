from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime

from ..lib.merging import Group

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
        self._leave_household()
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
        """Put decided pairs back among those to review; whom a decision put into a household
        leaves it again.

        :raises AccessError: on a pair out of sight
        """
        self._check_decision()
        self._leave_household()
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

    def _merge_pair(self, keep, values=None):
        """Merge, rights being the caller's business: the reviewer need not be allowed to read
        all that is moved."""
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        return wizard._merge_with_journal(self._group(keep, values=values))

    def _group(self, keep, values=None, **noted):
        """The pair as the merge wizard takes it."""
        self.ensure_one()
        people = (self.left_id | self.right_id).sudo()
        return Group(
            people, keep, extra_checks=False, values=values, noted={"score": self.score, **noted}
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
        self.sudo().write(
            {"left_joined": self.left_id in alone, "right_joined": self.right_id in alone}
        )

    def _leave_household(self):
        """Take back what deciding on “same household” did, as far as it still holds; who is there
        by another decision too stays."""
        for pair in self.filtered(lambda pair: pair.left_joined or pair.right_joined):
            household = pair.left_id.household_id
            joined = (pair.left_id if pair.left_joined else pair.left_id.browse()) | (
                pair.right_id if pair.right_joined else pair.right_id.browse()
            )
            pair.sudo().write({"left_joined": False, "right_joined": False})
            if not household or household != pair.right_id.household_id:
                continue
            leaving = joined - pair._held_by_others(household)
            leaving.check_access("write")
            leaving.household_id = False
            if not household.sudo().partner_ids:
                household.sudo().unlink()

    def _held_by_others(self, household):
        """People of a household whom another pair says to live there."""
        others = self.sudo().search(
            [
                ("id", "!=", self.id),
                ("state", "=", "household"),
                ("left_id.household_id", "=", household.id),
                ("right_id.household_id", "=", household.id),
            ]
        )
        return (others.left_id | others.right_id).sudo(False)

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
