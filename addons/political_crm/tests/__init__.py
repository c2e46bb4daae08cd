from . import (
    test_branch,
    test_election,
    test_enrichment,
    test_gate,
    test_people,
    test_visibility,
    test_zone,
)
