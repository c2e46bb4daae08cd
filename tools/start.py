"""What make calls: check the Python, then run the command of that name.

Written in words that any Python since 2.7 reads, so that a wrong one is told so.
"""

import os
import sys

OLDEST, NEWEST = (3, 10), (3, 13)


def main():
    """Run tools/<command>.py and exit with its status."""
    found = sys.version_info[:2]
    if not OLDEST <= found <= NEWEST:
        sys.exit(
            "Python 3.10 to 3.13 is needed, and %s is %d.%d: "
            "name another one, as in `make PYTHON=python3.11 %s`."
            % (sys.executable, found[0], found[1], sys.argv[1])
        )
    # The project's folder, not tools/: a module named like one of Python's own must not win
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    import importlib

    from tools import faults

    command = importlib.import_module("tools." + sys.argv[1])
    sys.exit(faults.told_in_a_sentence(command.main))


if __name__ == "__main__":
    main()
