from . import (
    test_branch,
    test_election,
    test_enrichment,
    test_gate,
    test_notice,
    test_people,
    test_place,
    test_recruitment,
    test_relations,
    test_single_message,
    test_visibility,
    test_zone,
)
