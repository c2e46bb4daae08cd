"""How the time of an import with its preview grows, and the memory it takes.

Value: seconds for 1,000,000 rows. Against: seconds for 100,000. Ratio: value over against (at
most 12). The process may not have held 512 MiB at any moment.
"""

from bench import import_file
from bench.timing import timed

ROWS = 1_000_000
MEMORY = 512  # MiB


def measure(env, scale):
    large = max(int(ROWS * scale), 1000)
    seconds = {}
    for name, number in (("warm", 500), ("small", large // 10), ("large", large)):
        record = import_file.written(env, name, number)

        def whole(record=record):
            import_file.preview(record)
            import_file.apply(record)

        seconds[name], _none = timed(whole)
        assert record.created_count == number
    peak = import_file.peak()
    assert peak < MEMORY, f"{peak:.0f} MiB"
    return {
        "value": seconds["large"],
        "unit": "s",
        "against": seconds["small"],
        "ratio": seconds["large"] / seconds["small"],
        "n": large,
        "details": [f"at most {peak:.0f} MiB"],
    }
