"""Addresses a second that the address file's import reads and writes, with their doors.

Against: `load()` of the same rows, read already, into the same model, a hundredth of them. Ratio:
ours over that (at least 30).
"""

from bench import bondy
from bench.timing import timed

COPIES = 12  # some 100,000 addresses
COLUMNS = ("code", "number", "suffix", "street", "zip", "city", "city_code")


def measure(env, scale):
    copies = max(1, round(COPIES * scale))
    town = bondy.rows(copies)
    ground = bondy.branch(env)
    sample = bondy.rows(1)[: max(200, len(town) // 100)]
    columns = [*COLUMNS, "latitude", "longitude", "branch_id/.id", "door_ids/name"]
    rows = [
        [*(str(row[name] or "") for name in COLUMNS), row["lat"], row["lon"], ground.id, "A"]
        for row in sample
    ]
    plain, answer = timed(lambda: env["canvass.building"].load(columns, rows))
    assert len(answer["ids"]) == len(sample), answer["messages"][:3]
    env.cr.rollback()
    ground = bondy.branch(env)
    content, number = bondy.address_file(town), len(town)
    seconds, _wizard = timed(lambda: env["canvass.address.import"]._load(content, ground))
    env.cr.execute("SELECT count(*) FROM canvass_door WHERE branch_id = %s", [ground.id])
    assert env.cr.fetchone() == (number,)
    value, against = number / seconds, len(sample) / plain
    return {
        "value": value,
        "unit": "rows/s",
        "against": against,
        "ratio": value / against,
        "n": number,
    }
