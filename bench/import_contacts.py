"""Rows per second of an import with its preview, among a million contacts with consent rows.

Against: Odoo's own ``res.partner.load()`` on the same columns, a sample of it in the same base,
neither writing creation notes. Ratio: import over load (at least 40).
"""

from bench import import_file
from bench.timing import timed

ROWS = 100_000
BASE = 1_000_000
SAMPLE = 2_000


def measure(env, scale):
    number = max(int(ROWS * scale), 500)
    import_file.base(env, int(BASE * scale))
    record = import_file.written(env, "import", number)

    partners = env["res.partner"].with_context(tracking_disable=True)
    sample = max(int(SAMPLE * min(1, scale * 4)), 100)

    def load(first, last):
        rows = [import_file.cells("load", place) for place in range(first, last)]
        answer = partners.load(import_file.COLUMNS, rows)
        env.cr.commit()
        assert len(answer["ids"]) == len(rows), answer["messages"][:3]

    # Half of it before and half after, so that both ways meet the same machine.
    before, _none = timed(lambda: load(0, sample // 2))
    previewed, _none = timed(lambda: import_file.preview(record))
    applied, _none = timed(lambda: import_file.apply(record))
    seconds = previewed + applied
    assert record.created_count == number, record.created_count
    after, _none = timed(lambda: load(sample // 2, sample))
    value, against = number / seconds, sample / (before + after)
    return {
        "value": value,
        "unit": "rows/s",
        "against": against,
        "ratio": value / against,
        "n": number,
        "details": [
            f"preview {previewed:.1f} s, applying {applied:.1f} s; load() of {sample // 2} rows: "
            f"{before:.1f} s before, {after:.1f} s after"
        ],
    }
