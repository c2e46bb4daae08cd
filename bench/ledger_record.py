"""Events per second recorded in one call for many people.

Against: one call a person, each committed. Ratio: in bulk over single (at least 20).
"""

from bench import seed
from bench.timing import timed

EVENTS = 100_000
SINGLE = 300


def measure(env, scale):
    number = int(EVENTS * scale)
    company = env.ref(seed.MAIN)
    purpose = env["consent.purpose"]._get("newsletter", company)
    code = env["consent.wording"]._published(purpose, "email", "fr_FR").code
    proof = {"means": "import", "wording_code": code}
    people = env["res.partner"].browse(seed.people(env, number + SINGLE))
    env.cr.commit()
    one_by_one, many = people[:SINGLE], people[SINGLE:]

    def single():
        for person in one_by_one:
            person.consent_record("newsletter", "email", "given", proof)
            env.cr.commit()

    def bulk():
        ids = many.consent_record("newsletter", "email", "given", proof)
        env.cr.commit()
        return ids

    single_seconds, _none = timed(single)
    bulk_seconds, ids = timed(bulk)
    assert len(set(ids)) == number
    value, against = number / bulk_seconds, SINGLE / single_seconds
    return {
        "value": value,
        "unit": "events/s",
        "against": against,
        "ratio": value / against,
        "n": number,
    }
