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

    previewed, _none = timed(lambda: import_file.preview(record))
    applied, _none = timed(lambda: import_file.apply(record))
    seconds = previewed + applied
    assert record.created_count == number, record.created_count
    sample = max(int(SAMPLE * min(1, scale * 4)), 100)
    rows = [import_file.cells("load", place) for place in range(sample)]
    partners = env["res.partner"].with_context(tracking_disable=True)

    def load():
        answer = partners.load(import_file.COLUMNS, rows)
        env.cr.commit()
        return answer

    load_seconds, answer = timed(load)
    assert len(answer["ids"]) == sample, answer["messages"][:3]
    value, against = number / seconds, sample / load_seconds
    return {
        "value": value,
        "unit": "rows/s",
        "against": against,
        "ratio": value / against,
        "n": number,
        "details": [f"preview {previewed:.1f} s, applying {applied:.1f} s"],
    }
