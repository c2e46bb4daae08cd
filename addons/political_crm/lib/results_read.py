"""Reads a results file into places, counts, candidates and votes, and says what is odd in it.

Pure: no Odoo, no database. :func:`read` is the whole of it.
"""

from collections import Counter
from itertools import repeat
from operator import itemgetter

from . import ballot_lists, codes
from .plain import candidacy_key
from .results_data import Candidate, Counts, LineError, Place, Results
from .results_file import FileError, read_table
from .results_layout import candidate_of, find_layout

# Where somebody stands: candidates of one name in two of these are two candidacies.
SCOPES = {
    "legislative": "constituency",
    "municipal": "commune",
    "departmental": "canton",
    "regional": "department",
}


def read(content, *, kind="", ballot_round=0, commune="", ballot="", nuances=()):
    """Read a file of results, or one that comes before them (:mod:`.ballot_lists`).

    :param bytes content: csv, text or xlsx, gzip or not
    :param str kind: kind of election, which tells where its candidates stand
    :param int ballot_round: 1 or 2, for files that hold both
    :param str commune: code of the commune, for a town's file that does not say it
    :param str ballot: code of the election, for files that hold several
    :param nuances: codes of nuances that may be columns
    :return: Results
    :raises FileError: with a code: ``empty``, ``html``, ``cut``, ``unreadable``, ``no_header``,
        ``no_column``, ``no_candidates``, ``no_commune``, ``several_ballots``, ``no_rows``
    """
    table = read_table(content)
    layout = find_layout(table)
    if layout.shape in ballot_lists.SHAPES:
        return ballot_lists.read(Results(table, layout))
    reader = _Reader(table, layout, kind, commune, ballot_round, ballot, set(nuances))
    return reader.results_of()


class _Reader:
    def __init__(self, table, layout, kind, commune, ballot_round, ballot, nuances):
        self.table = table
        self.layout = layout
        self.kind = kind
        self.scope = SCOPES.get(kind, "")
        self.commune = commune
        self.round = ballot_round
        self.ballot = ballot
        self.nuances = nuances
        self.results = Results(table, layout)
        self.place_index = {}
        self.candidate_index = {}
        self.columns = {}
        self.columns_in = {}
        self.clusters = {}
        self.sums = []
        self.places = {}
        self.seen_votes = set()
        self.cells = layout.place
        told_of_counts = ("registered", "voters", "valid", "blank", "spoiled")
        self.place_columns = [c for thing, c in layout.place.items() if thing not in told_of_counts]
        self.names = []

    def results_of(self):
        place = self.cells
        told = {"commune", "station_id"} & place.keys() or self.layout.level == "constituency"
        if not (self.commune or told):
            raise FileError("no_commune")
        if self.layout.shape == "columns":
            self._name_columns()
        rows = self.table.rows
        wanted = self._wanted_rows()
        read_row = {
            "blocks": self._read_blocks,
            "columns": self._read_columns,
            "long": self._read_long,
        }[self.layout.shape]
        last = len(rows) - 1
        for index in range(self.layout.first, len(rows)):
            if wanted is not None and index not in wanted:
                continue
            try:
                read_row(rows[index], self.table.lines[index])
            except LineError as error:
                if index == last:
                    raise FileError("cut") from error
                self.results.problem(
                    self.table.lines[index], "", "unreadable_line", str(error), rejected=True
                )
        if not self.results.places:
            raise FileError("no_rows")
        self._check_sums()
        self._refuse_cut_end()
        if self.layout.shape == "long":
            self._check_long()
        self._cluster()
        return self.results

    # ------------------------------------------------------------------ which rows

    def _wanted_rows(self):
        """Rows of the round and of the ballot that are asked for, or ``None`` for all."""
        rows = self.table.rows
        first = self.layout.first
        wanted = None
        column = self.cells.get("ballot")
        if column is not None:
            ballots = Counter(_cell(row, column).strip() for row in rows[first:])
            if len(ballots) > 1:
                if self.ballot not in ballots:
                    raise FileError("several_ballots", ballots=", ".join(sorted(ballots)[:8]))
                wanted = {
                    index
                    for index in range(first, len(rows))
                    if _cell(rows[index], column).strip() == self.ballot
                }
        column = self.cells.get("round")
        if column is not None:
            rounds = {
                index: _cell(rows[index], column).strip()[:1] for index in range(first, len(rows))
            }
            self.results.rounds = Counter(rounds.values())
            if len(self.results.rounds) > 1 and self.round:
                chosen = {index for index, told in rounds.items() if told == str(self.round)}
                wanted = chosen if wanted is None else wanted & chosen
        return wanted

    # ------------------------------------------------------------------ shapes

    def _read_columns(self, row, line):
        place, counts = self._place_and_counts(row)
        index = self._add_place(place, counts, line)
        if index is None:
            return
        scope = self._scope_of(place)
        candidates = self.columns_in.get(scope)
        if candidates is None:
            candidates = [self._candidate(scope, told) for told in self.columns.values()]
            self.columns_in[scope] = candidates
        try:
            votes = list(map(int, self.cells_of_columns(row)))
        except IndexError:
            self._take_back(place)
            raise LineError("short") from None
        except ValueError:
            cells = self.cells_of_columns(row)
            pairs = zip(candidates, cells, strict=True)
            candidates = [candidate for candidate, cell in pairs if cell.strip()]
            votes = self._numbers([cell for cell in cells if cell.strip()], place)
        self._add_votes(index, candidates, votes)

    def _numbers(self, cells, place):
        try:
            return [_number(cell) for cell in cells]
        except LineError:
            self._take_back(place)
            raise

    def _take_back(self, place):
        """The last place, whose votes cannot be read."""
        del self.place_index[place.level, place.code]
        for told in (self.results.places, self.results.counts, self.names, self.sums):
            told.pop()

    def _add_votes(self, index, candidates, votes):
        results = self.results
        results.vote_place.extend(repeat(index, len(votes)))
        results.vote_candidate.extend(candidates)
        results.votes.extend(votes)
        self.sums[index] += sum(votes)

    def _read_blocks(self, row, line):
        found = self._votes_of_blocks(row)
        if found is None or self._is_odd(row):
            shorter, better = self._without_stray_cells(row)
            if better:
                row, found = shorter, better
        if found is None:
            raise LineError("blocks")
        place, counts = self._place_and_counts(row)
        index = self._add_place(place, counts, line)
        if index is None:
            return
        if self.scope == "constituency" and not place.constituency:
            scope = ("?", place.department)
        else:
            scope = self._scope_of(place)
        self._store_votes(index, scope, found)

    def _store_votes(self, index, scope, found):
        if isinstance(scope, tuple):
            # The candidates themselves tell which constituency this is.
            names = tuple(candidacy_key(told[1], told[2], told[3]) for told, _votes in found)
            scope = f"cluster:{scope[1]}:{self._cluster_of(scope[1], names)}"
        candidates = [self._candidate(scope, told) for told, _votes in found]
        self._add_votes(index, candidates, [votes for _told, votes in found])

    def _votes_of_blocks(self, row):
        """``[((number, last name, first name, label, nuance), votes)]``, or ``None`` when the
        cells are not where the header puts them."""
        blocks, width = self.layout.blocks, self.layout.width
        found = []
        if not width:
            for block in blocks:
                told = _block(row, block, 0)
                if told:
                    if told[1] is None:
                        return None
                    found.append(told)
            return found or None
        block = blocks[0]
        start = min(block.values())
        for shift in range(0, max(len(row) - start, 0), width):
            told = _block(row, block, shift)
            if told:
                if told[1] is None:
                    return None
                found.append(told)
        return found or None

    def _is_odd(self, row):
        """Whether the cells after the fixed ones are no whole number of candidates."""
        width = self.layout.width
        return bool(width and (len(row) - min(self.layout.blocks[0].values())) % width)

    def _without_stray_cells(self, row):
        """Some lines of the ministry's 2020 file hold empty cells too many, which push the rest
        to the right: try without each run of them until the votes add up."""
        width = self.layout.width or 1
        start = min(self.layout.blocks[0].values())
        extra = (len(row) - start) % width or 1
        for length in dict.fromkeys((extra, 1, 2, 3)):
            for place in range(len(row) - length):
                if any(row[place : place + length]):
                    continue
                shorter = row[:place] + row[place + length :]
                found = self._votes_of_blocks(shorter)
                if found is None:
                    continue
                try:
                    valid = _number(_cell(shorter, self.cells["valid"]))
                except LineError:
                    continue
                if valid == sum(votes for _told, votes in found):
                    return shorter, found
        return row, None

    def _read_long(self, row, line):
        told = _block(row, self.layout.blocks[0], 0)
        if told is None or told[1] is None:
            raise LineError("votes")
        place, counts = self._place_and_counts(row)
        index = self.place_index.get((place.level, place.code))
        if index is None:
            index = self._add_place(place, counts, line)
        elif self.results.counts[index] != counts:
            self.results.problem(line, place.code, "counts_differ", rejected=True)
            return
        candidate = self._candidate(self._scope_of(place), told[0])
        if (index, candidate) in self.seen_votes:
            self.results.problem(line, place.code, "twice", rejected=True)
            return
        self.seen_votes.add((index, candidate))
        self._add_votes(index, (candidate,), (told[1],))

    # ------------------------------------------------------------------ parts

    def _place_and_counts(self, row):
        cells = self.cells
        place = self._place(row)
        try:
            counts = Counts(
                _number(row[cells["registered"]]),
                _number(row[cells["voters"]]),
                _number(row[cells["valid"]]),
                self._optional(row, "blank"),
                self._optional(row, "spoiled"),
            )
        except IndexError:
            raise LineError("short") from None
        return place, counts

    def _optional(self, row, thing):
        column = self.cells.get(thing)
        cell = _cell(row, column).strip() if column is not None else ""
        return _number(cell) if cell else None

    def _place(self, row):
        """The row's place; the same cells make the same place, as in a long file."""
        key = tuple([row[column] for column in self.place_columns if column < len(row)])
        place = self.places.get(key)
        if place is None:
            place = self.places[key] = self._new_place(row)
        return place

    def _new_place(self, row):
        def cell(thing):
            column = self.cells.get(thing)
            return row[column].strip() if column is not None and column < len(row) else ""

        raw_department = cell("department")
        commune = codes.commune(cell("commune"), raw_department) or self.commune
        level = self.layout.level
        code = ""
        if level == "station":
            code = self._station_code(cell, commune)
            commune = code.partition("_")[0] or commune
        elif level == "commune":
            code = commune
        department = self._department(commune, raw_department)
        told = raw_department if 0 < len(raw_department) < 4 else department
        constituency = codes.constituency(cell("constituency"), told)
        if level == "constituency":
            code = constituency
        if not code:
            raise LineError("place")
        return Place(
            level,
            code,
            " ".join(cell("station_name").split()),
            commune,
            " ".join(cell("commune_name").split()),
            department,
            constituency,
            cell("canton"),
        )

    def _department(self, commune, raw):
        if commune[:2] in ("ZZ", "ZX"):
            return commune[:2]
        return codes.department_of(commune) if commune else codes.department(raw)

    def _station_code(self, cell, commune):
        whole = cell("station_id")
        arrondissement = cell("arrondissement")
        if whole and "-" in whole and not commune and arrondissement:
            # Paris writes arrondissement-number.
            return codes.station(f"751{int(arrondissement):02d}", whole.partition("-")[2])
        number = cell("station")
        if commune and number:
            return codes.station(commune, number)
        return codes.station_from(whole)

    def _add_place(self, place, counts, line):
        """Index of a new place, ``None`` for one that the file told of already."""
        key = (place.level, place.code)
        known = self.place_index.get(key)
        results = self.results
        if known is not None:
            same = results.counts[known] == counts
            results.problem(line, place.code, "twice" if same else "counts_differ", rejected=True)
            return None
        if counts.voters > counts.registered:
            results.problem(line, place.code, "voters", f"{counts.voters} > {counts.registered}")
        nobody = counts.blank, counts.spoiled
        if None not in nobody and counts.valid + sum(nobody) != counts.voters:
            detail = f"{counts.valid} + {counts.blank} + {counts.spoiled} / {counts.voters}"
            results.problem(line, place.code, "ballots", detail)
        self.place_index[key] = index = len(results.places)
        results.places.append(place)
        results.counts.append(counts)
        self.names.append(line)
        self.sums.append(0)
        return index

    def _scope_of(self, place):
        told = {
            "constituency": place.constituency,
            "commune": place.commune,
            "canton": place.canton and f"{place.department}:{place.canton}",
            "department": place.department,
        }.get(self.scope, "")
        return f"{self.scope}:{told}" if told else ""

    def _candidate(self, scope, told):
        """Index of a candidate, known by scope and names."""
        key = (scope, told[1], told[2], told[3]) if any(told[1:4]) else (scope, told[0], told[4])
        index = self.candidate_index.get(key)
        if index is None:
            index = self.candidate_index[key] = len(self.results.candidates)
            self.results.candidates.append(
                Candidate(scope, told[0], told[1], told[2], told[3] or told[4], told[4])
            )
        return index

    def _name_columns(self):
        all_nuances = all(title.upper() in self.nuances for title in self.layout.columns.values())
        for column, title in self.layout.columns.items():
            lastname, firstname, label, nuance = candidate_of(title, self.nuances)
            self.columns[column] = (0, lastname, firstname, label, nuance)
        columns = list(self.columns)
        self.cells_of_columns = (
            itemgetter(*columns) if len(columns) > 1 else lambda row: (row[columns[0]],)
        )
        if all_nuances:
            # Votes added up by nuance: nobody in particular stands anywhere.
            self.scope = ""

    # ------------------------------------------------------------------ clusters

    def _cluster_of(self, department, names):
        known = self.clusters.setdefault(department, {})
        return known.setdefault(frozenset(names), len(known))

    def _cluster(self):
        """Number clusters by department from 1, in the order of the file."""
        numbers = {}
        renamed = {}
        for index, candidate in enumerate(self.results.candidates):
            if not candidate.scope.startswith("cluster:"):
                continue
            department = candidate.scope.split(":")[1]
            seen = numbers.setdefault(department, {})
            number = seen.setdefault(candidate.scope, len(seen) + 1)
            renamed[index] = candidate._replace(scope=f"cluster:{department}:{number}")
        for index, candidate in renamed.items():
            self.results.candidates[index] = candidate

    # ------------------------------------------------------------------ checks

    def _check_sums(self):
        """The votes for all make the votes cast; what is otherwise is kept and told."""
        results = self.results
        for index, (counts, total) in enumerate(zip(results.counts, self.sums, strict=True)):
            if counts.valid != total:
                results.problem(
                    self.names[index],
                    results.places[index].code,
                    "sum",
                    f"{total} / {counts.valid}",
                )

    def _refuse_cut_end(self):
        """A download that stopped: the file ends in the middle of its last line."""
        if self.table.ended:
            return
        last = self.table.rows[-1]
        usual = Counter(len(row) for row in self.table.rows[self.layout.first :])
        odd = len(last) not in (length for length, _n in usual.most_common(3))
        if odd or self.results.counts[-1].valid > self.sums[-1]:
            raise FileError("cut")

    def _check_long(self):
        """In a long file a cut between two lines leaves the last place without candidates."""
        counts = self.results.counts
        short = counts[-1].valid > self.sums[-1]
        others = sum(1 for c, total in zip(counts[:-1], self.sums, strict=False) if c.valid > total)
        if short and len(counts) > 1 and others < max(1, len(counts) // 100):
            raise FileError("cut")


def _block(row, block, shift):
    """``((number, last name, first name, label, nuance), votes)``; ``None`` for an empty block;
    votes are ``None`` when they are no number."""

    def cell(thing):
        column = block.get(thing)
        if column is None:
            return ""
        column += shift
        return row[column].strip() if column < len(row) else ""

    votes = cell("votes")
    lastname, label, number = cell("lastname"), cell("label"), cell("number")
    if not votes:
        return (None, None) if lastname and number and not label else None
    try:
        count = int(votes)
        panel = int(number) if number else 0
    except ValueError:
        try:
            count = _number(votes)
            panel = _number(number) if number else 0
        except LineError:
            return None, None
    if shift and not (lastname or label or number):
        return None, None
    return (panel, lastname, cell("firstname"), label, cell("nuance").upper()), count


def _number(cell):
    try:
        number = int(cell)
    except ValueError:
        text = cell.replace(" ", "").replace(" ", "").replace(" ", "").strip()
        text = text.removesuffix(".0").removesuffix(",0")
        if not text.isdigit():
            raise LineError(f"“{cell.strip()[:30]}”") from None
        number = int(text)
    if number < 0 or number > 100_000_000:
        raise LineError(f"“{cell.strip()[:30]}”")
    return number


def _cell(row, column):
    return row[column] if column < len(row) else ""
