import json
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

# What a column of a contact takes from a row, by the target that brings it.
SIMPLE = {
    "function": "function",
    "website": "website",
    "comment": "comment",
    "ref": "ref",
    "birthdate": "birthdate",
}
STREET_PARTS = ("street_name", "street_number", "street_number2")
ADDRESS = ("street", "street2", "zip", "city", "country_id")


class Change(NamedTuple):
    """Something that a row may change on a contact."""

    name: str
    condition: SQL
    """over the row ``r`` and the contact ``p``"""
    columns: dict
    """{column: SQL of the new value}"""
    by_platform: bool = False
    """Too much hangs on it: the platform writes it."""


class PoliticalImport(models.Model):
    """What a row may change on the contact that it is, as each column's policy says."""

    _inherit = "political.import"

    def _update_changes(self):
        """The changes that the columns of this file may bring."""
        targets = {c.target: c.policy for c in self.column_ids if c.target}
        changes = []
        for side, target in (("firstname", "firstname"), ("lastname", "lastname")):
            policy = targets.get(target) or targets.get("fullname")
            if policy:
                changes.append(self._change_of(target, side, policy))
        if "email" in targets:
            changes.append(
                self._change_of("email", "email", targets["email"], key="email_normalized")
            )
        policy = targets.get("mobile") or targets.get("phone")
        if policy:
            changes.append(self._change_of("phone", "phone", policy, key="phone_sanitized"))
        changes += [
            self._change_of(target, column, targets[target])
            for target, column in SIMPLE.items()
            if target in targets
        ]
        address = [targets[t] for t in ("street", "zip", "city", "zip_city") if t in targets]
        if address:
            changes.append(self._address_change(address[0]))
        return [*changes, *self._party_changes(targets), *self._hanging_changes()]

    def _sql_wins(self, policy, is_empty):
        """Condition that a row's value takes the place of the contact's."""
        if policy == "never":
            return SQL("FALSE")
        if policy == "fill":
            return is_empty
        return SQL("(%s OR COALESCE(r.updated_at, %s) >= p.write_date::date)", is_empty, self.as_of)

    def _change_of(self, name, column, policy, key=None):
        """A change of one column.

        :param key: column of what counts as the same (an address in two spellings)
        """
        value, own = (SQL("%s", SQL.identifier(alias, column)) for alias in ("r", "p"))
        same = SQL.identifier(key or column)
        columns = {column: value}
        if key:
            columns[key] = SQL("r.%s", same)
        return Change(
            name,
            SQL(
                "(r.%s IS NOT NULL AND r.%s IS DISTINCT FROM p.%s AND %s)",
                same,
                same,
                same,
                self._sql_wins(policy, SQL("COALESCE(%s::text, '') = ''", own)),
            ),
            columns,
        )

    def _address_change(self, policy):
        """An address is taken whole: a street of one and a town of another are nobody's."""
        empty = SQL("concat(p.street, p.street2, p.zip, p.city) = ''")
        brings = SQL("COALESCE(r.street, r.zip, r.city) IS NOT NULL")
        differs = SQL(" OR ").join(
            SQL("(r.%s IS NOT NULL AND r.%s IS DISTINCT FROM p.%s)", *[SQL.identifier(name)] * 3)
            for name in ADDRESS
        )
        columns = {
            name: SQL("COALESCE(r.%s, p.%s)", *[SQL.identifier(name)] * 2) for name in ADDRESS
        }
        columns["street2"] = SQL("r.street2")
        for name in STREET_PARTS:
            column = SQL.identifier(name)
            columns[name] = SQL(
                "CASE WHEN r.street IS NULL THEN p.%s ELSE r.%s END", column, column
            )
        return Change(
            "address",
            SQL("(%s AND (%s) AND %s)", brings, differs, self._sql_wins(policy, empty)),
            columns,
        )

    def _party_changes(self, targets):
        person = SQL("p.political_category IS NOT NULL AND p.company_id = %s", self.company_id.id)
        changes = [
            Change(
                "party",
                SQL("(p.political_category IS NULL AND r.category IS NOT NULL)"),
                {},
                by_platform=True,
            )
        ]
        if targets.get("category") == "newer":
            condition = SQL(
                "(%s AND r.category IS NOT NULL AND r.category <> p.political_category AND %s)",
                person,
                self._sql_wins("newer", SQL("FALSE")),
            )
            changes.append(Change("category", condition, {}, by_platform=True))
        for target, column in (("branch", "branch_id"), ("station", "polling_station_id")):
            own = SQL("p.%s", SQL.identifier(column))
            value = SQL("r.%s", SQL.identifier(f"{target}_id"))
            wins = self._sql_wins(targets.get(target, "fill"), SQL("%s IS NULL", own))
            condition = SQL(
                "(%s AND %s IS NOT NULL AND %s IS DISTINCT FROM %s AND %s)",
                person,
                value,
                value,
                own,
                wins,
            )
            changes.append(Change(target, condition, {column: value}))
        volunteer = SQL("(%s AND r.is_volunteer AND p.is_volunteer IS NOT TRUE)", person)
        return [*changes, Change("is_volunteer", volunteer, {"is_volunteer": SQL("TRUE")})]

    def _hanging_changes(self):
        """What hangs on the contact: tags are added, consents recorded."""
        known = json.dumps(self._known_tags())
        tags = SQL(
            """EXISTS (
                SELECT FROM (SELECT (%s::jsonb ->> lower(t.name))::int AS tag_id
                               FROM jsonb_array_elements_text(r.tags::jsonb) t(name)
                              UNION ALL SELECT unnest(%s::int[])) k
                 WHERE NOT EXISTS (SELECT FROM res_partner_res_partner_category_rel x
                                    WHERE x.partner_id = p.id AND x.category_id = k.tag_id))""",
            known,
            self.tag_ids.ids,
        )
        return [
            Change("tags", tags, {}),
            Change("consent", SQL("r.consents IS NOT NULL"), {}),
        ]
