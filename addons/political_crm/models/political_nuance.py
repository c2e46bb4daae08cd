from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.plain import plain


class PoliticalNuance(models.Model):
    """What the ministry of the Interior calls the colour of a candidate or of a list."""

    _name = "political.nuance"
    _description = "Political nuance"
    _order = "code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, help="As the ministry writes it: UG, LDIV, RN.")
    name = fields.Char(required=True)
    bloc_id = fields.Many2one(
        "political.bloc",
        ondelete="set null",
        index="btree_not_null",
        help="Where you count it. Each candidacy follows, unless its own bloc was chosen.",
    )

    _code_unique = models.Constraint("UNIQUE (code)", "Another nuance has this code.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for nuance in self:
            same = nuance.name == nuance.code
            nuance.display_name = nuance.code if same else f"{nuance.code} - {nuance.name}"

    @api.model
    def _store_dictionary(self, rows):
        """Take what the ministry calls its nuances; a bloc that was chosen stays.

        :param list rows: (code, label, name of the bloc or "")
        :returns: dict: ``added``, ``changed``, ``unmatched`` (list of remarks)
        :raises AccessError: without the right to write nuances
        """
        for operation in ("create", "write"):
            self.check_access(operation)
        known = {nuance.code: nuance for nuance in self.search([])}  # pylint: disable=no-search-all
        blocs, unmatched = self._blocs_of(rows)
        added = self.create(
            [
                {"code": code, "name": label, "bloc_id": blocs.get(plain(family))}
                for code, label, family in rows
                if code not in known
            ]
        )
        named = self._rename(
            {known[code].id: label for code, label, _bloc in rows if code in known}
        )
        sorted_in = defaultdict(self.browse)
        for code, _label, family in rows:
            nuance, bloc = known.get(code), blocs.get(plain(family))
            if nuance and bloc and not nuance.bloc_id:
                sorted_in[bloc] |= nuance
        for bloc, nuances in sorted_in.items():
            nuances.bloc_id = bloc
        changed = named.union(*sorted_in.values())
        return {"added": len(added), "changed": len(changed), "unmatched": unmatched}

    def _rename(self, names):
        """
        :param dict names: ``{id: name}``
        :returns: the nuances that had another name
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_nuance n
                   SET name = i.name, write_uid = %s, write_date = %s
                  FROM unnest(%s::integer[], %s::varchar[]) AS i(id, name)
                 WHERE n.id = i.id AND n.name <> i.name RETURNING n.id
                """,
                self.env.uid,
                self.env.cr.now(),
                list(names),
                list(names.values()),
            )
        )
        changed = self.browse(row[0] for row in self.env.cr.fetchall())
        changed.invalidate_recordset(["name", "display_name", "write_uid", "write_date"])
        return changed

    def _blocs_of(self, rows):
        """:returns: tuple: ``{plain name: id}``, remarks on families that are no bloc"""
        blocs = {
            plain(bloc.name): bloc.id
            for bloc in self.env["political.bloc"].search([])  # pylint: disable=no-search-all
        }
        unmatched = [
            (0, code, "unknown_bloc", family, False)
            for code, _label, family in rows
            if family and plain(family) not in blocs
        ]
        return blocs, unmatched
