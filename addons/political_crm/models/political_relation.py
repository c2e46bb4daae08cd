from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("recruiter", "Recruited by"),
    ("referent", "Referent"),
    ("sponsor", "Sponsored by"),
    ("referrer", "Named by"),
]


class PoliticalRelation(models.Model):
    """How one person of the party stands to another: recruited by, referent, sponsored by."""

    _name = "political.relation"
    _description = "Relation between people"
    _order = "partner_id, kind, id"
    _rec_name = "kind"

    partner_id = fields.Many2one(
        "res.partner", "Person", required=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(KINDS, required=True, default="recruiter")
    other_id = fields.Many2one(
        "res.partner", "Other person", required=True, ondelete="cascade", index=True
    )
    since = fields.Date(default=fields.Date.context_today)
    company_id = fields.Many2one(
        "res.company", "Controller", related="partner_id.company_id", store=True, index=True
    )

    _once = models.UniqueIndex(
        "(partner_id, kind, other_id)", "This relation is in the list already."
    )
    _one_recruiter = models.UniqueIndex(
        "(partner_id, kind) WHERE kind IN ('recruiter', 'referrer')",
        "One person recruits or names another: take the first one off before choosing another.",
    )
    _not_self = models.Constraint(
        "CHECK (partner_id <> other_id)", "Nobody is related to themselves."
    )

    @api.constrains("partner_id", "other_id", "kind")
    def _check_people(self):
        for relation in self.sudo():
            one, other = relation.partner_id, relation.other_id
            if not one.political_category or one.company_id != other.company_id:
                raise ValidationError(
                    self.env._(
                        "Relations join two people of one controller's file: choose another "
                        "person (R-41)."
                    )
                )
            if relation.kind in ("recruiter", "sponsor") and self.sudo().search_count(
                [
                    ("partner_id", "=", other.id),
                    ("other_id", "=", one.id),
                    ("kind", "=", relation.kind),
                ],
                limit=1,
            ):
                raise ValidationError(
                    self.env._(
                        "%(one)s is said to have recruited or sponsored %(other)s: it cannot be "
                        "the other way round too.",
                        one=one.name,
                        other=other.name,
                    )
                )

    @api.depends("kind", "other_id")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for relation in self:
            relation.display_name = f"{labels.get(relation.kind, '')} {relation.other_id.name}"
