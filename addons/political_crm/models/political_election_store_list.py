from collections import defaultdict
from dataclasses import replace

from odoo import models


class PoliticalElectionStore(models.AbstractModel):
    """A published list of candidates becomes the candidacies of a ballot, before any result."""

    _inherit = "political.election.store"

    def _store_list(self, election, results, *, create_missing=True):
        """Add who is missing, take number and nuance from the list, keep who is not in it.

        :param election: the ballot
        :param results: :class:`~..lib.results_data.Results` with candidates only
        :param bool create_missing: add constituencies that nobody loaded
        :returns: dict with ``added`` and ``changed`` (candidacies) and ``unmatched``, a list of
            ``(line, place, code, detail, rejected)``
        """
        remarks = []
        if not create_missing:
            results, remarks = self._of_known_constituencies(results)
        before = {one.id: (one.number, one.nuance_id) for one in election.candidacy_ids}
        found = self.env["political.candidacy"].browse(self._candidacies(election, results, []))
        self._follow_list(found, results.candidates)
        gone = election.candidacy_ids.filtered(lambda one: one.zone_id in found.zone_id) - found
        remarks += [(0, one.zone_id.code, "withdrawn", one.name, False) for one in gone]
        return {
            "added": sum(one.id not in before for one in found),
            "changed": sum(
                one.id in before and before[one.id] != (one.number, one.nuance_id) for one in found
            ),
            "unmatched": remarks,
        }

    def _of_known_constituencies(self, results):
        codes = {candidate.scope.partition(":")[2] for candidate in results.candidates}
        known = self.env["political.zone"].sudo()._places_by_code("constituency", codes)
        kept = [one for one in results.candidates if one.scope.partition(":")[2] in known]
        remarks = [(0, code, "unmatched", "", True) for code in sorted(codes - known.keys())]
        return replace(results, candidates=kept), remarks

    def _follow_list(self, found, candidates):
        """The list is the authority for panels and nuances; those alike are written together."""
        nuances = self._nuances({candidate.nuance for candidate in candidates if candidate.nuance})
        changed = defaultdict(self.env["political.candidacy"].browse)
        for candidacy, candidate in zip(found, candidates, strict=True):
            number = candidate.number or candidacy.number
            nuance = nuances.get(candidate.nuance) or candidacy.nuance_id.id
            if (candidacy.number, candidacy.nuance_id.id) != (number, nuance):
                changed[number, nuance] |= candidacy
        for (number, nuance), candidacies in changed.items():
            candidacies.write({"number": number, "nuance_id": nuance})
