from collections import Counter

from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError


class PoliticalElectionImport(models.Model):
    """What comes before the results: candidates of a ballot, and what nuances mean."""

    _inherit = "political.election.import"

    def _store_file(self, results):
        store = {"candidates": self._store_candidates, "nuances": self._store_nuances}.get(
            results.layout.shape
        )
        return store(results) if store else super()._store_file(results)

    def _store_candidates(self, results):
        election = self._take_election()
        if election.kind != "legislative":
            raise UserError(
                self.env._(
                    "This is a list of candidates by constituency, and “%(election)s” is no "
                    "legislative election. Choose the election of the list.",
                    election=election.name,
                )
            )
        done = self.env["political.election.store"]._store_list(
            election, results, create_missing=self.create_missing
        )
        return self._stored(election, done)

    def _store_nuances(self, results):
        done = self.env["political.nuance"]._store_dictionary(results.nuances)
        values = {"added_count": done["added"], "changed_count": done["changed"]}
        return values, done["unmatched"]

    def action_candidacies(self):
        """Open the candidacies of the election.

        :returns: a window action (dict)
        """
        self.ensure_one()
        return self.election_id.action_candidacies()

    # ------------------------------------------------------------------ telling

    def _preview(self, results, problems):
        facts = {"candidates": self._candidate_facts, "nuances": self._nuance_facts}.get(
            results.layout.shape
        )
        if not facts:
            return super()._preview(results, problems)
        return self._preview_facts(facts(results)) + self._preview_problems(problems)

    def _candidate_facts(self, results):
        _ = self.env._
        places = {candidate.scope for candidate in results.candidates}
        nuances = Counter(candidate.nuance for candidate in results.candidates).most_common()
        return [
            (_("Layout"), self._layout_words(results)),
            (_("Constituencies"), self._spaced(len(places))),
            (_("Candidates"), self._spaced(len(results.candidates))),
            (_("Nuances"), ", ".join(f"{code or '?'} {count}" for code, count in nuances)),
        ]

    def _nuance_facts(self, results):
        rows = Markup("<br/>").join(f"{code}: {label}" for code, label, _bloc in results.nuances)
        return [
            (self.env._("Layout"), self._layout_words(results)),
            (self.env._("Nuances"), self._spaced(len(results.nuances))),
            ("", rows),
        ]

    def _layout_words(self, results):
        words = super()._layout_words(results)
        # A dictionary is of no place.
        by_place = self.env._("by constituency")
        return words.replace(f", {by_place}", "") if results.layout.shape == "nuances" else words

    def _tell(self, results, problems):
        told = super()._tell(results, problems)
        if results.layout.shape == "candidates":
            self.station_count = len({candidate.scope for candidate in results.candidates})
        return told
