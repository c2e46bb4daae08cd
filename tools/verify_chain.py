#!/usr/bin/env python3
"""Verify an exported consent ledger: the addon's own verifier, where one looks for tools.

python3 tools/verify_chain.py ledger.jsonl [--head SHA256]...
"""

import runpy
from pathlib import Path

ADDON = Path(__file__).resolve().parents[1] / "addons" / "political_consent"

if __name__ == "__main__":
    runpy.run_path(str(ADDON / "static" / "tools" / "verify_chain.py"), run_name="__main__")
