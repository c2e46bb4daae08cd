from odoo import api, fields, models
from odoo.tools import SQL

ADDRESS = ("street", "street2", "zip", "city")


class PoliticalHousehold(models.Model):
    """People who live together: one letter for all of them, each with their own answers.

    The address and the names are its people's; nothing personal is kept here.
    """

    _name = "political.household"
    _description = "Household"

    partner_ids = fields.One2many("res.partner", "household_id", "People")
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    people_count = fields.Integer(compute="_compute_people_count")
    address = fields.Char(compute="_compute_address")

    @api.depends("partner_ids")
    def _compute_people_count(self):
        for household in self:
            household.people_count = len(household.partner_ids)

    @api.depends("partner_ids.street", "partner_ids.zip", "partner_ids.city")
    def _compute_address(self):
        for household in self:
            person = household.partner_ids[:1]
            household.address = ", ".join(
                filter(None, [person.street, f"{person.zip or ''} {person.city or ''}".strip()])
            )

    @api.depends_context("lang")
    @api.depends("partner_ids.name", "partner_ids.firstname", "partner_ids.lastname")
    def _compute_display_name(self):
        for household in self:
            household.display_name = household._letter_name() or self.env._("Household")

    def _letter_name(self):
        """Whom one letter to all of them names: each first name, each surname once."""
        self.ensure_one()
        return self._letter_name_of(self.partner_ids)

    @api.model
    def _letter_name_of(self, people):
        """
        :param people: ``res.partner`` records that live together
        :rtype: str
        """
        by_surname = {}
        for person in people:
            by_surname.setdefault(person.lastname or person.name or "", []).append(person)
        parts = []
        for surname, some in by_surname.items():
            first = self._and([person.firstname for person in some if person.firstname])
            parts.append(" ".join(filter(None, [first, surname])))
        return self._and(parts)

    @api.model
    def _and(self, words):
        if len(words) < 2:
            return "".join(words)
        return self.env._("%(first)s and %(last)s", first=", ".join(words[:-1]), last=words[-1])

    @api.constrains("partner_ids", "company_id")
    def _check_people(self):
        self.sudo().partner_ids._check_household()

    @api.model
    def _gather(self, people):
        """Put people of one surname at one address into a household, in sets.

        Neighbours of a block have an address in common too, hence the surname; who is in a
        household already stays there.

        :param people: ``res.partner`` records of the party
        :returns: households made
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT company_id, array_agg(id ORDER BY id) FROM res_partner
                 WHERE id = ANY(%s) AND household_id IS NULL AND active
                   AND political_category IS NOT NULL AND type = 'contact'
                   AND COALESCE(street, '') <> '' AND COALESCE(lastname, '') <> ''
                 GROUP BY company_id, lower(lastname), %s
                HAVING count(*) > 1
                """,
                list(people._ids),
                SQL(", ").join(
                    SQL("lower(regexp_replace(COALESCE(%s, ''), '\\W+', ' ', 'g'))", column)
                    for column in map(SQL.identifier, ADDRESS)
                ),
            )
        )
        return self.create(
            [
                {"company_id": company_id, "partner_ids": [fields.Command.set(partner_ids)]}
                for company_id, partner_ids in self.env.cr.fetchall()
            ]
        )

    @api.autovacuum
    def _gc_empty(self):
        self.sudo().search([("partner_ids", "=", False)]).unlink()
