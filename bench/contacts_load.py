"""Rows per second of Odoo's own ``res.partner.load()``, the mark that our import has to beat.

Against: one ``create()`` a row. Ratio: load over create.
"""

from bench.timing import timed

COLUMNS = ["firstname", "lastname", "email", "phone", "street", "zip", "city"]
ROWS = 4000


def measure(env, scale):
    number = max(int(ROWS * scale), 50)
    contacts = env["res.partner"]
    seconds, answer = timed(lambda: contacts.load(COLUMNS, _rows("load", number)))
    assert len(answer["ids"]) == number, answer["messages"][:3]
    sample = _rows("create", max(number // 10, 20))
    single, _made = timed(
        lambda: [contacts.create(dict(zip(COLUMNS, row, strict=True))) for row in sample]
    )
    load, create = number / seconds, len(sample) / single
    return {"value": load, "unit": "rows/s", "against": create, "ratio": load / create, "n": number}


def _rows(name, number):
    return [
        [
            f"Prénom{n}",
            f"Nom{n}",
            f"{name}{n}@example.org",
            f"+331990{n:05d}",
            f"{n % 200} rue de l'Essai",
            "93140",
            "Bondy",
        ]
        for n in range(number)
    ]
