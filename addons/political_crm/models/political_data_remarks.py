import base64
import csv
import io
from collections import Counter

from markupsafe import Markup

from odoo import api, fields, models

from ..lib.plain import no_formula

SHOWN_PROBLEMS = 20


class PoliticalDataRemarks(models.AbstractModel):
    """What is odd in a file that was read: the first remarks on the page, all of them in a file.

    A remark is (line, place, code, detail, whether the line was left out).
    """

    _name = "political.data.remarks"
    _description = "Remarks on a file"

    filename = fields.Char("File name")
    problem_file = fields.Binary("Remarks", readonly=True, attachment=True)
    problem_filename = fields.Char(compute="_compute_problem_filename")

    @api.depends("filename")
    def _compute_problem_filename(self):
        for job in self:
            job.problem_filename = f"{(job.filename or 'import').split('.')[0]}_remarques.csv"

    def _problem_csv(self, problems):
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        _ = self.env._
        writer.writerow([_("Line"), _("Place"), _("Remark"), _("Detail"), _("Left out")])
        words = self._problem_words()
        for line, place, code, detail, rejected in problems:
            yes = _("yes") if rejected else _("no")
            told = (no_formula(str(text)) for text in (place, words.get(code, code), detail))
            writer.writerow([line or "", *told, yes])
        return base64.b64encode(stream.getvalue().encode("utf-8-sig"))

    def _preview_problems(self, problems):
        if not problems:
            return Markup()
        words = self._problem_words()
        items = Markup().join(
            Markup("<li>%s</li>")
            % " · ".join(
                str(part)
                for part in (
                    self.env._("line %(number)s", number=line) if line else "",
                    place,
                    words.get(code, code),
                    detail,
                )
                if part
            )
            for line, place, code, detail, _rejected in problems[:SHOWN_PROBLEMS]
        )
        title = self.env._(
            "Remarks (the first of %(count)s; the file “Remarks” has them all)", count=len(problems)
        )
        sums = Counter(code for _line, _place, code, _detail, _rejected in problems)
        kinds = [(words.get(code, code), self._spaced(n)) for code, n in sums.most_common()]
        return Markup("%s<p><strong>%s</strong></p><ul>%s</ul>") % (
            self._preview_facts(kinds) if len(problems) > SHOWN_PROBLEMS else "",
            title,
            items,
        )

    def _preview_facts(self, facts):
        """
        :param facts: list of (title, text)
        """
        rows = Markup().join(
            Markup("<tr><th class='pe-3'>%s</th><td>%s</td></tr>") % fact for fact in facts
        )
        return Markup("<table class='table table-sm w-auto'>%s</table>") % rows

    def _spaced(self, number):
        """A count as it is read: ``69 242``."""
        return f"{number:,}".replace(",", " ")

    @api.model
    def _problem_words(self):
        _ = self.env._
        return {
            "sum": _("votes for all candidates / cast votes: they differ"),
            "voters": _("more voters than registered"),
            "ballots": _("cast + blank + spoiled / voters: they differ"),
            "twice": _("this line says again what another one said"),
            "counts_differ": _("this place is in the file twice, with other counts"),
            "unreadable_line": _("a number or a code cannot be read"),
            "unmatched": _("no such place is known"),
            "place_added": _("commune that the official list does not know: added, archived"),
            "no_contour": _("station of results that no contour goes with"),
            "no_result_code": _("contour that no station of results goes with"),
            "several_codes": _("several codes for one station: nobody can say which one"),
            "two_iris": _("this address lies in two IRIS"),
            "unknown_address": _("no such address is loaded"),
            "withdrawn": _("stands in this election, but not in the file: kept"),
            "unknown_bloc": _("no bloc has this name: the nuance is left without one"),
        }
