from . import test_fold, test_gate, test_ledger, test_purpose, test_signup
