"""Seconds to take an import back.

Against: seconds to apply it. Ratio: undo over apply (under 2).
"""

from bench import import_file
from bench.timing import timed

ROWS = 100_000


def measure(env, scale):
    number = max(int(ROWS * scale), 500)
    import_file.base(env, int(ROWS * scale))
    record = import_file.written(env, "import", number)
    import_file.preview(record)
    applied, _none = timed(lambda: import_file.apply(record))
    undone, _none = timed(lambda: import_file.undo(record))
    assert record.undone_count == number, (record.undone_count, record.kept_count)
    return {
        "value": undone,
        "unit": "s",
        "against": applied,
        "ratio": undone / applied,
        "n": number,
    }
