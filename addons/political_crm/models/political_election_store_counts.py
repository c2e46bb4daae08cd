from collections import Counter
from itertools import compress, repeat

from odoo import models
from odoo.tools import SQL

from ..lib.copying import copy_lines, copy_rows, references_at_once

RESULT_COLUMNS = ("candidacy_id", "election_id", "zone_id", "votes")
COUNTS = ("registered", "voters", "valid", "blank", "spoiled")


class PoliticalElectionStore(models.AbstractModel):
    """The counts and the votes of a file, added where they are new, changed where they differ."""

    _inherit = "political.election.store"

    def _turnouts(self, election, results, place_ids):
        cr = self.env.cr
        rows = [
            (zone_id, *counts)
            for zone_id, counts in zip(place_ids, results.counts, strict=True)
            if zone_id
        ]
        if self._is_empty("political_turnout", election):
            with references_at_once(cr, "political_turnout", len(rows)):
                copy_rows(
                    cr,
                    "political_turnout",
                    ("election_id", "zone_id", *COUNTS),
                    ((election.id, *row) for row in rows),
                )
            return
        cr.execute(
            """
            CREATE TEMPORARY TABLE turnout_in (zone_id integer, registered integer,
                voters integer, valid integer, blank integer, spoiled integer) ON COMMIT DROP
            """
        )
        copy_rows(cr, "turnout_in", ("zone_id", *COUNTS), rows)
        cr.execute(
            SQL(
                """
                UPDATE political_turnout t
                   SET registered = i.registered, voters = i.voters, valid = i.valid,
                       blank = coalesce(i.blank, t.blank), spoiled = coalesce(i.spoiled, t.spoiled)
                  FROM turnout_in i
                 WHERE t.election_id = %s AND t.zone_id = i.zone_id
                   AND (t.registered, t.voters, t.valid, t.blank, t.spoiled) IS DISTINCT FROM
                       (i.registered, i.voters, i.valid, coalesce(i.blank, t.blank),
                        coalesce(i.spoiled, t.spoiled))
                """,
                election.id,
            )
        )
        cr.execute(
            SQL(
                """
                INSERT INTO political_turnout (election_id, zone_id, registered, voters, valid,
                                               blank, spoiled)
                SELECT %s, i.* FROM turnout_in i
                    ON CONFLICT (election_id, zone_id) DO NOTHING
                """,
                election.id,
            )
        )
        cr.execute("DROP TABLE turnout_in")

    def _results(self, election, results, place_ids, candidacy_ids):
        """:returns: tuple of int: results added, results changed"""
        cr = self.env.cr
        text, number = self._result_lines(election, results, place_ids, candidacy_ids)
        if self._is_empty("political_result", election):
            with references_at_once(cr, "political_result", number):
                copy_lines(cr, "political_result", RESULT_COLUMNS, text)
            return number, 0
        cr.execute(
            """
            CREATE TEMPORARY TABLE result_in (candidacy_id integer, election_id integer,
                zone_id integer, votes integer) ON COMMIT DROP
            """
        )
        copy_lines(cr, "result_in", RESULT_COLUMNS, text)
        cr.execute("ANALYZE result_in")
        cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE result_new ON COMMIT DROP AS
                SELECT i.*, r.id FROM result_in i
                  LEFT JOIN political_result r ON r.election_id = %s
                   AND r.candidacy_id = i.candidacy_id AND r.zone_id = i.zone_id
                 WHERE r.id IS NULL OR r.votes <> i.votes
                """,
                election.id,
            )
        )
        cr.execute(
            """
            UPDATE political_result r SET votes = i.votes FROM result_new i WHERE r.id = i.id
            """
        )
        changed = cr.rowcount
        cr.execute(
            """
            INSERT INTO political_result (candidacy_id, election_id, zone_id, votes)
            SELECT candidacy_id, election_id, zone_id, votes FROM result_new WHERE id IS NULL
            """
        )
        added = cr.rowcount
        cr.execute("DROP TABLE result_in, result_new")
        return added, changed

    def _is_empty(self, table, election):
        """Whether an election has no row in a table yet."""
        table = SQL.identifier(table)
        self.env.cr.execute(
            SQL("SELECT FROM %s WHERE election_id = %s LIMIT 1", table, election.id)
        )
        return not self.env.cr.rowcount

    def _result_lines(self, election, results, place_ids, candidacy_ids):
        """COPY's text of the results of known places, and how many they are."""
        places = list(map(place_ids.__getitem__, results.vote_place))
        candidacies = map(candidacy_ids.__getitem__, results.vote_candidate)
        votes = results.votes
        if len(set(candidacy_ids)) < len(candidacy_ids):
            # One candidacy under two spellings: a place may have both.
            sums = Counter()
            for key_place, candidacy, number in zip(places, candidacies, votes, strict=True):
                sums[key_place, candidacy] += number
            places = [place for place, _candidacy in sums]
            candidacies = [candidacy for _place, candidacy in sums]
            votes = list(sums.values())
        rows = zip(candidacies, repeat(election.id), places, votes)
        if None in place_ids:
            rows = compress(rows, places)
        lines = list(map("%d\t%d\t%d\t%d".__mod__, rows))
        return "\n".join(lines), len(lines)
