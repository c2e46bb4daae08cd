import numpy as np

from odoo import api, models
from odoo.tools import SQL

from ..lib.copying import read_numbers

SMALL_CELL = "political_crm.small_cell"


class PoliticalPlaceFigures(models.AbstractModel):
    """Figures of places as arrays, for scores, forecasts and maps alike.

    All methods are private: the models that call them have checked what the user may see. Results,
    turnout and indicators are read by SQL, a ballot of 69,000 stations at a time.
    """

    _name = "political.place.figures"
    _description = "Figures of places"

    @api.model
    def _smallest(self):
        """The least count of voters whose figures are shown (R-50).

        :return: int
        """
        value = self.env["ir.config_parameter"].sudo().get_param(SMALL_CELL, "10")
        return int(value) if value.isdigit() else 10

    @api.model
    def _sql_scope(self, scope):
        """Condition on political_zone ``z``: lies in that place, by whichever membership.

        :param scope: political.zone, maybe empty
        :return: SQL
        """
        if not scope:
            return SQL("TRUE")
        if scope.kind in ("constituency", "canton", "iris"):
            return SQL(
                "(z.%s = %s OR z.id = %s)", SQL.identifier(f"{scope.kind}_id"), *[scope.id] * 2
            )
        return SQL("z.parent_path LIKE %s", f"{scope.parent_path}%")

    @api.model
    def _places(self, kind, scope):
        """The places of one kind within another.

        :return: tuple of arrays (ids, id of the place above: the commune of a station)
        """
        self.env["political.zone"].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT z.id, COALESCE(z.parent_id, 0) FROM political_zone z"
                " WHERE z.kind = %s AND z.active AND %s ORDER BY z.id",
                kind,
                self._sql_scope(scope),
            )
        )
        rows = np.array(self.env.cr.fetchall(), dtype=np.int64).reshape(-1, 2)
        return rows[:, 0], rows[:, 1]

    @api.model
    def _grain(self, election):
        """The finest kind of place for which a ballot has figures.

        :return: str, "station" when it has none at all
        """
        self.env["political.turnout"].flush_model()
        self.env.cr.execute(
            """
            SELECT kind FROM unnest(ARRAY['station', 'commune', 'constituency', 'department'])
                   WITH ORDINALITY kinds (kind, step)
             WHERE EXISTS (SELECT 1 FROM political_turnout t
                              JOIN political_zone z ON z.id = t.zone_id
                            WHERE t.election_id = %s AND z.kind = kinds.kind)
             ORDER BY step LIMIT 1
            """,
            [election.id],
        )
        row = self.env.cr.fetchone()
        return row[0] if row else "station"

    @api.model
    def _turnouts(self, election, places):
        """Registered, voters, cast votes, and blank with spoiled votes.

        :param places: array of ids in ascending order
        :return: array (places, 4), NaN where the ballot has no row
        """
        self.env["political.turnout"].flush_model()
        counts = [SQL.identifier(name) for name in ("registered", "voters", "valid")]
        query = SQL(
            "SELECT zone_id::float8, %s, %s FROM political_turnout WHERE election_id = %s",
            SQL(", ").join(map(_number, counts)),
            _number(SQL("voters - valid")),
            election.id,
        )
        return aligned(read_numbers(self.env.cr, query, 5), places, 4)

    @api.model
    def _votes(self, election, blocs, places, candidacies=None):
        """Votes by bloc, or by candidacy where candidacies are given.

        :param places: array of ids in ascending order
        :return: array (places, columns); 0 where nobody of the bloc stood
        """
        self.env["political.result"].flush_model()
        self.env["political.candidacy"].flush_model()
        wanted = blocs if candidacies is None else candidacies
        column = SQL("c.bloc_id") if candidacies is None else SQL("c.id")
        found = np.zeros((len(places), len(wanted)))
        if not wanted or not len(places):
            return found
        sums = [SQL("SUM(r.votes) FILTER (WHERE %s = %s)", column, one.id) for one in wanted]
        query = SQL(
            "SELECT r.zone_id::float8, %s FROM political_result r"
            "  JOIN political_candidacy c ON c.id = r.candidacy_id"
            " WHERE c.election_id = %s AND %s = ANY(%s) GROUP BY r.zone_id",
            SQL(", ").join(map(_number, sums)),
            election.id,
            column,
            wanted.ids,
        )
        rows = read_numbers(self.env.cr, query, 1 + len(wanted))
        return np.nan_to_num(aligned(rows, places, len(wanted)))

    @api.model
    def _indicator(self, indicator, places):
        """Values of an indicator: the place's own, else that of its IRIS or of the place above.

        :param places: array of ids in ascending order
        :return: array (places,), NaN where nothing is known
        """
        self.env["political.indicator.value"].flush_model()
        self.env.cr.execute(
            """
            SELECT z.id, COALESCE(own.value, iris.value, above.value)
              FROM political_zone z
              LEFT JOIN political_indicator_value own
                     ON own.zone_id = z.id AND own.indicator_id = %(indicator)s
              LEFT JOIN political_indicator_value iris
                     ON iris.zone_id = z.iris_id AND iris.indicator_id = %(indicator)s
              LEFT JOIN political_indicator_value above
                     ON above.zone_id = z.parent_id AND above.indicator_id = %(indicator)s
             WHERE z.id = ANY(%(places)s)
               AND (own.value IS NOT NULL OR iris.value IS NOT NULL OR above.value IS NOT NULL)
            """,
            {"indicator": indicator.id, "places": places.tolist()},
        )
        return aligned(self.env.cr.fetchall(), places, 1)[:, 0]

    @api.model
    def _ancestors(self, places, kind):
        """The place of a coarser kind that each place belongs to.

        :param places: array of ids in ascending order
        :return: array of ids, 0 where there is none
        """
        if kind in ("constituency", "canton", "iris"):
            query = SQL(
                "SELECT id, %s FROM political_zone WHERE id = ANY(%s)",
                SQL.identifier(f"{kind}_id"),
                places.tolist(),
            )
        else:
            query = SQL(
                """
                SELECT z.id, a.id FROM political_zone z
                  CROSS JOIN LATERAL unnest(string_to_array(trim('/' FROM z.parent_path), '/')) part
                  JOIN political_zone a ON a.id = part::integer AND a.kind = %s
                 WHERE z.id = ANY(%s)
                """,
                kind,
                places.tolist(),
            )
        self.env.cr.execute(query)
        rows = [(zone, above) for zone, above in self.env.cr.fetchall() if above]
        return np.nan_to_num(aligned(rows, places, 1)[:, 0]).astype(np.int64)


def _number(expression):
    """A count as a number that is never NULL: NaN stands for what is not known."""
    return SQL("COALESCE((%s)::float8, 'NaN')", expression)


def aligned(rows, places, columns):
    """Rows of (id, figures...) brought into the order of the places.

    :param rows: array, or list of tuples
    :param places: array of ids in ascending order
    :return: array (places, columns) of float, NaN where no row speaks of a place
    """
    found = np.full((len(places), columns), np.nan)
    if len(rows) and len(places):
        table = np.asarray(rows, dtype=float)
        ids = table[:, 0].astype(np.int64)
        at = np.minimum(np.searchsorted(places, ids), len(places) - 1)
        there = places[at] == ids
        found[at[there]] = table[there, 1:]
    return found


def summed(figures, groups, wanted):
    """Figures added up by group; a missing one counts nothing, and all missing is missing.

    :param figures: array (rows, columns)
    :param groups: array of the group's id per row
    :param wanted: array of the groups' ids in ascending order
    :return: array (wanted, columns)
    """
    at = np.minimum(np.searchsorted(wanted, groups), max(len(wanted) - 1, 0))
    there = (wanted[at] == groups) if len(wanted) else np.zeros(len(groups), bool)
    columns = [np.empty((len(wanted), 0))]
    for column in figures.T:
        known = there & ~np.isnan(column)
        total = np.bincount(at[known], column[known], len(wanted))
        number = np.bincount(at[known], minlength=len(wanted))
        columns.append(np.where(number > 0, total, np.nan))
    return np.column_stack(columns)
