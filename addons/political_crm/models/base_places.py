from itertools import chain

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import ormcache

# What is told of places only: votes, statistics and whatever is reckoned from them.
TERRITORY = (
    "political.result",
    "political.turnout",
    "political.candidacy",
    "political.indicator",
    "political.target",
    "political.score",
    "political.prediction",
    "political.forecast",
)
# Of a place, a person's row may be asked where it lies and what it is called, and no figure.
PLACE_FIGURES = ("cog_year", "child_count", "id")
FIGURES = ("integer", "float", "monetary")
PERSONS = ("res.partner", "res.users")


class Base(models.AbstractModel):
    """R-75: no search, segment, grouping or export reaches a person through a result, an
    indicator or a score of a place. The path is refused, for everybody, whatever the model that
    it starts from."""

    _inherit = "base"

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **options):
        if domain:
            domain = Domain(domain)
            self._refuse_territory_domain(domain, self._holds_persons())
        return super()._search(domain, offset, limit, order, **options)

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), having=(), *args, **options):
        for spec in (*groupby, *aggregates):
            if "." in spec:
                self._refuse_territory_path(spec.split(":")[0], self._holds_persons())
        return super()._read_group(domain, groupby, aggregates, having, *args, **options)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        for spec in (*chain.from_iterable(grouping_sets), *aggregates):
            if "." in spec:
                self._refuse_territory_path(spec.split(":")[0], self._holds_persons())
        return super()._read_grouping_sets(domain, grouping_sets, aggregates, order=order)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        if _is_toplevel_call:
            for path in fields:
                self._refuse_territory_path(".".join(path), self._holds_persons())
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def web_read(self, specification):
        self._refuse_territory_read(specification, self._holds_persons())
        return super().web_read(specification)

    # ------------------------------------------------------------------ walking

    @api.model
    def _refuse_territory_domain(self, domain, person):
        for condition in domain.iter_conditions():
            nested = condition.operator.removeprefix("not ") in ("any", "any!")
            nested = nested and isinstance(condition.value, (Domain, list, tuple))
            if not nested and "." not in condition.field_expr:
                if person and self._is_territory_figure(condition.field_expr):
                    self._refuse_territory()
                continue
            model, on_person = self._refuse_territory_path(condition.field_expr, person)
            if nested and model is not None:
                model._refuse_territory_domain(Domain(condition.value), on_person)

    @api.model
    def _refuse_territory_path(self, path, person):
        """Walk a path of fields.

        :param bool person: whether the path has met a person before
        :returns: the model that it leads to, or ``None``, and whether it met a person
        :raises AccessError: where it goes on to what is told of places only
        """
        model = self
        for name in path.replace("/", ".").split("."):
            if model is None or name not in model._fields:
                return None, person
            if person and model._is_territory_figure(name):
                self._refuse_territory()
            comodel = model._fields[name].comodel_name
            model = self.env.get(comodel)
            if model is not None:
                if person and comodel.startswith(TERRITORY):
                    self._refuse_territory()
                person = person or model._holds_persons()
        return model, person

    def _refuse_territory_read(self, specification, person):
        for name, wanted in specification.items():
            field = self._fields.get(name)
            if field is None or not field.comodel_name or field.comodel_name not in self.env:
                continue
            model, on_person = self._refuse_territory_path(name, person)
            nested = wanted.get("fields") if isinstance(wanted, dict) else None
            if nested and model is not None:
                for inner in nested:
                    if on_person and model._is_territory_figure(inner):
                        self._refuse_territory()
                model._refuse_territory_read(nested, on_person)

    @api.model
    def _is_territory_figure(self, name):
        """Whether a field is a figure of a place: turnout, score, number of registered…"""
        field = self._fields.get(name) if self._name == "political.zone" else None
        return field is not None and field.type in FIGURES and name not in PLACE_FIGURES

    @api.model
    @ormcache("self._name", cache="stable")
    def _holds_persons(self):
        """Whether rows of this model are people, or point to contacts."""
        if self._name in PERSONS:
            return True
        return any(
            field.comodel_name == "res.partner" and field.type in ("many2one", "many2many")
            for field in self._fields.values()
        )

    @api.model
    def _refuse_territory(self):
        raise AccessError(
            self.env._(
                "Places have results, indicators and scores; people have none. People cannot be "
                "searched, grouped, listed or exported by what their place voted (R-75). Choose "
                "places instead, and hand these to the canvass."
            )
        )
