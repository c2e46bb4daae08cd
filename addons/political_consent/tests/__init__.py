from . import (
    test_core_doors,
    test_fold,
    test_gate,
    test_ledger,
    test_letters,
    test_mailing,
    test_merge,
    test_preferences,
    test_purpose,
    test_retention,
    test_rights,
    test_signup,
)
