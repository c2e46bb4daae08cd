import base64
import binascii

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..lib import ballots, results_read
from ..lib.plain import plain
from ..lib.results_file import FileError
from .political_election import KINDS

SHOWN_CANDIDATES = 15


class PoliticalElectionImport(models.Model):
    """A file of results on its way in: what it says, what is odd in it, and what it changed.

    Recognised by header and content (R-74): the ministry's files of each year, those of towns,
    normalised ones, by polling station, commune or constituency.
    """

    _name = "political.election.import"
    _inherit = "political.data.remarks"
    _description = "Import of results"
    _order = "id desc"
    _rec_name = "filename"

    file = fields.Binary(required=True, attachment=True)
    election_id = fields.Many2one("political.election", ondelete="cascade", index="btree_not_null")
    name = fields.Char("Name of the election")
    code = fields.Char("Code of the election", help="2022_pres_t1; empty: made of the rest.")
    kind = fields.Selection(KINDS, "Kind of election")
    round = fields.Integer()
    date = fields.Date("Day of the ballot")
    commune_id = fields.Many2one(
        "political.zone",
        "Commune of the file",
        domain=[("kind", "=", "commune")],
        ondelete="set null",
        index="btree_not_null",
        help="For a town's file that does not say which town it is.",
    )
    create_missing = fields.Boolean(
        "Add the places that are missing",
        default=True,
        help="Polling stations and communes that the file names and nobody loaded yet.",
    )
    state = fields.Selection(
        [("draft", "To check"), ("ready", "Checked"), ("done", "Stored")],
        default="draft",
        readonly=True,
        required=True,
    )
    preview = fields.Html("What it says", readonly=True)
    station_count = fields.Integer("Places of the file", readonly=True)
    candidate_count = fields.Integer("Candidates of the file", readonly=True)
    result_count = fields.Integer("Results of the file", readonly=True)
    warning_count = fields.Integer("Warnings", readonly=True)
    rejected_count = fields.Integer("Lines left out", readonly=True)
    added_count = fields.Integer("Added", readonly=True)
    changed_count = fields.Integer("Changed", readonly=True)

    @api.onchange("file", "filename")
    def _onchange_file(self):
        """Guess the election, and a town's name, from the file's name."""
        guess = ballots.guess(self.filename or "")
        if self.election_id or not guess.kind:
            return
        self.election_id = self.env["political.election"].search(
            [("code", "=", guess.code)], limit=1
        )
        if not self.election_id:
            self.kind, self.round, self.date = guess.kind, guess.round or 1, guess.date
            self.code = guess.code
            self.name = guess.code and self._election_name(guess.kind, guess.year, guess.round)
        self.commune_id = self._commune_named_in_filename()

    def action_preview(self):
        """Read the file, store nothing of it, and show what was understood.

        :raises UserError: with what is wrong with the file or what it needs
        """
        self._check_importer()
        for job in self:
            results = job._read_file()
            job._tell(results, job._found_problems(results))
            job.state = "ready"
        return True

    def action_apply(self):
        """Store the results: add those that are new, change those that differ, leave the others.

        The same file twice adds nothing. A file that is refused leaves nothing behind.

        :raises UserError: with what is wrong with the file or what it needs
        :raises AccessError: without the right to write results
        """
        self._check_importer()
        for job in self:
            before = job._stored_before()
            if before:
                job._say_again(before)
                continue
            results = job._read_file()
            values, remarks = job._store_file(results)
            job.write({"state": "done", **values})
            job._tell(results, job._found_problems(results) + remarks)
        return True

    def _store_file(self, results):
        """
        :returns: tuple: values of the import, remarks on what could not be stored
        """
        election = self._take_election()
        done = self.env["political.election.store"]._store(
            election, results, create_missing=self.create_missing
        )
        return self._stored(election, done)

    def _stored(self, election, done):
        values = {
            "election_id": election.id,
            "added_count": done["added"],
            "changed_count": done["changed"],
            "stored_digest": self._digest(election),
        }
        return values, done["unmatched"]

    def action_results(self):
        """Open the results of the election.

        :returns: a window action (dict)
        """
        self.ensure_one()
        return self.election_id.action_results()

    # ------------------------------------------------------------------ reading

    def _check_importer(self):
        self.check_access("write")
        for model in ("political.turnout", "political.result"):
            self.env[model].check_access("write")

    def _content(self):
        self.ensure_one()
        try:
            return base64.b64decode(self.with_context(bin_size=False).file or b"", validate=False)
        except binascii.Error as error:
            raise UserError(self._file_sentence(FileError("unreadable"))) from error

    def _read_file(self):
        """
        :returns: :class:`~..lib.results_read.Results`
        :raises UserError: on a file that is refused
        """
        self.ensure_one()
        guess = self._guess()
        try:
            return results_read.read(
                self._content(),
                kind=guess["kind"],
                ballot_round=guess["round"],
                commune=(self.commune_id or self._commune_named_in_filename()).code or "",
                ballot=guess["code"],
                nuances=self.env["political.nuance"].sudo().search([]).mapped("code"),  # pylint: disable=no-search-all
            )
        except FileError as error:
            raise UserError(self._file_sentence(error)) from error

    def _guess(self):
        """Kind, round and code of the election: chosen, typed, or read in the file's name."""
        if self.election_id:
            election = self.election_id
            return {"kind": election.kind, "round": election.round, "code": election.code}
        guess = ballots.guess(f"{self.code or ''} {self.filename or ''}")
        kind = self.kind or guess.kind
        ballot_round = self.round or guess.round
        year = self.date.year if self.date else guess.year
        code = self.code or (kind and year and ballots.code_of(kind, year, ballot_round or 1)) or ""
        return {"kind": kind, "round": ballot_round, "code": code, "year": year}

    def _take_election(self):
        """The election to store into: chosen, found by its code, or new."""
        self.ensure_one()
        if self.election_id:
            return self.election_id
        Election = self.env["political.election"]
        guess = self._guess()
        known = Election.search([("code", "=", guess["code"])], limit=1)
        if known:
            return known
        days = ballots.DATES.get((guess["kind"], guess["year"]), ())
        ballot_round = guess["round"] or 1
        day = self.date or (len(days) >= ballot_round and days[ballot_round - 1])
        if not (guess["kind"] and guess["code"] and day):
            raise UserError(
                self.env._(
                    "Which election is it? Choose it, or give its kind, its round and its day: "
                    "the name of the file does not tell."
                )
            )
        name = self.name or self._election_name(guess["kind"], day.year, ballot_round)
        return Election.create(
            {
                "name": name,
                "code": guess["code"],
                "kind": guess["kind"],
                "round": ballot_round,
                "date": day,
            }
        )

    @api.model
    def _election_name(self, kind, year, ballot_round):
        words = dict(
            self.env["political.election"]._fields["kind"]._description_selection(self.env)
        )
        return self.env._(
            "%(kind)s %(year)s, round %(round)s",
            kind=words.get(kind, kind),
            year=year,
            round=ballot_round or 1,
        )

    def _commune_named_in_filename(self):
        """The one commune whose name is a word of the file's name, as in ``ville_brest_2022``."""
        Zone = self.env["political.zone"]
        stem = (self.filename or "").split(".")[0]
        words = [word for word in plain(stem).split() if len(word) > 3]
        if not words or "ville" not in words:
            return Zone
        found = Zone.search([("kind", "=", "commune"), ("name", "in", [w.title() for w in words])])
        return found if len(found) == 1 else Zone

    # ------------------------------------------------------------------ telling

    def _found_problems(self, results):
        return [(p.line, p.place, p.code, p.detail, p.rejected) for p in results.problems]

    def _tell(self, results, problems):
        """Write what the file says and what is odd in it."""
        self.ensure_one()
        self.write(
            {
                "station_count": len(results.places),
                "candidate_count": len(results.candidates),
                "result_count": len(results.votes),
                "warning_count": sum(not rejected for *_told, rejected in problems),
                "rejected_count": sum(bool(rejected) for *_told, rejected in problems),
                "preview": self._preview(results, problems),
                "problem_file": self._problem_csv(problems) if problems else False,
            }
        )

    def _preview(self, results, problems):
        counts = results.counts
        registered = sum(c.registered for c in counts)
        voters = sum(c.voters for c in counts)
        valid = sum(c.valid for c in counts)
        _ = self.env._
        facts = [
            (_("Layout"), self._layout_words(results)),
            (_("Places"), self._spaced(len(results.places))),
            (_("Registered"), self._spaced(registered)),
            (_("Voters"), self._with_share(voters, registered)),
            (_("Cast votes"), self._with_share(valid, registered)),
            (_("Candidates"), str(len(results.candidates))),
        ]
        html = self._preview_facts(facts) + self._preview_candidates(results, valid)
        return html + self._preview_problems(problems)

    def _with_share(self, number, whole):
        share = f" ({100 * number / whole:.1f} %)" if whole else ""
        return self._spaced(number) + share

    def _preview_candidates(self, results, valid):
        totals = [0] * len(results.candidates)
        for candidate, votes in zip(results.vote_candidate, results.votes, strict=True):
            totals[candidate] += votes
        first = sorted(range(len(totals)), key=lambda index: -totals[index])[:SHOWN_CANDIDATES]
        rows = Markup().join(
            Markup("<tr><td>%s</td><td>%s</td><td class='text-end'>%s</td></tr>")
            % (
                results.candidates[index].name,
                results.candidates[index].nuance,
                self._with_share(totals[index], valid),
            )
            for index in first
        )
        head = Markup("<tr><th>%s</th><th>%s</th><th class='text-end'>%s</th></tr>") % (
            self.env._("Candidate or list"),
            self.env._("Nuance"),
            self.env._("Votes"),
        )
        return Markup("<table class='table table-sm w-auto'><thead>%s</thead>%s</table>") % (
            head,
            rows,
        )

    def _layout_words(self, results):
        _ = self.env._
        layouts = {
            "ministry": _("ministry of the Interior, numbered columns"),
            "ministry_2014": _("ministry of the Interior, until 2014 (without header)"),
            "ministry_2017": _("ministry of the Interior, 2015 to 2022"),
            "ministry_2019": _("ministry of the Interior, European lists"),
            "ministry_2020": _("ministry of the Interior, 2020 and 2021"),
            "ministry_2024": _("ministry of the Interior, since 2024"),
            "ministry_2026": _("ministry of the Interior, municipal lists of 2026"),
            "paris": _("city of Paris"),
            "brest": _("town site, one column a candidate"),
            "datagouv": _("data.gouv.fr, aggregated elections"),
            "candidates": _("list of candidates"),
            "nuances": _("dictionary of nuances"),
            "wide": _("one column a candidate"),
            "long": _("one line a candidate"),
        }
        levels = {
            "station": _("by polling station"),
            "commune": _("by commune"),
            "constituency": _("by constituency"),
        }
        layout, table = results.layout, results.table
        separator = {"\t": _("tabs")}.get(table.separator, table.separator)
        return _(
            "%(layout)s, %(level)s; encoding %(encoding)s, separator %(separator)s",
            layout=layouts.get(layout.name, layout.name),
            level=levels[layout.level],
            encoding=table.encoding,
            separator=separator,
        )

    @api.model
    def _file_sentence(self, error):
        """What is wrong with a file, and what to do.

        :param error: a FileError
        :returns: str
        """
        _ = self.env._
        sentences = {
            "empty": _("The file is empty. Download it again."),
            "html": _(
                "This is a web page, not a table: the site answered with an error page. "
                "Download the file again."
            ),
            "cut": _(
                "The file is cut: it stops in the middle. Download it again, whole. Nothing was "
                "stored."
            ),
            "unreadable": _(
                "The file cannot be read as text, csv or an Excel workbook. Save it as csv."
            ),
            "no_header": _(
                "This does not look like results: no line names registered voters, voters and "
                "cast votes (inscrits, votants, exprimés)."
            ),
            "no_column": _("Columns are missing in the file: %(columns)s."),
            "no_candidates": _("No column of the file holds the votes of a candidate."),
            "no_commune": _(
                "The file does not say which commune it tells of. Choose the commune of the file."
            ),
            "several_ballots": _(
                "The file holds several elections (%(ballots)s). Give the code of the one to take."
            ),
            "no_rows": _(
                "No line of the file tells of this election: is it the right round, the right file?"
            ),
        }
        sentence = sentences.get(error.code, sentences["unreadable"])
        return sentence % error.detail if error.detail else sentence

    @api.model_create_multi
    def create(self, vals_list):
        jobs = super().create(vals_list)
        for job in jobs:
            if not job.file:
                raise UserError(self._file_sentence(FileError("empty")))
        return jobs
