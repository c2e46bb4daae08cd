"""How likely two contacts are one person, and what says so, field by field.

After Fellegi and Sunter (1969), with a third class: two contacts may be one person, two strangers,
or two relatives of one household, who share name, address, number and often an e-mail address.
Each field's agreement has a probability under each of the three; what is common (a Martin, a
postcode) counts for less than what is rare.
"""

from collections import defaultdict

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from .nicknames import same_by_habit

# ---------------------------------------------------------------- what a field may say
NONE = 0
SAME = 1
FIRSTNAME = {"same": 1, "short": 2, "part": 3, "initial": 4, "typo": 5, "other": 6, "swapped": 7}
LASTNAME = {"same": 1, "part": 2, "typo": 3, "other": 4, "swapped": 5}
BIRTHDATE = {"same": 1, "turned": 2, "year": 3, "close": 4, "other": 5}
EMAIL = {"same": 1, "local": 2, "typo": 3, "other": 4, "name": 5, "alike": 6}
PHONE = {"same": 1, "typo": 2, "other": 3}
ADDRESS = {"same": 1, "typo": 2, "street": 3, "place": 4, "other": 5}
REF = {"same": 1, "typo": 2, "other": 3}
FIELDS = {
    "firstname": FIRSTNAME,
    "lastname": LASTNAME,
    "birthdate": BIRTHDATE,
    "email": EMAIL,
    "phone": PHONE,
    "address": ADDRESS,
    "ref": REF,
}

# ---------------------------------------------------------------- how probable that is
# Of one person, of two relatives of a household, of two strangers, in the order of the levels
# above. 0 for strangers: by how many bear that very value. Set by hand on made-up people
# (bench/people_fr.py), before any labelled file was looked at: docs/duplicates.md.
MATCH, RELATIVE, STRANGER = range(3)
_P = {
    "firstname": (
        (0.79, 0.05, 0.03, 0.02, 0.07, 0.008, 0.03),
        (0.008, 0.006, 0.03, 0.06, 0.002, 0.89, 0.0005),
        (0, 0, 0, 0.06, 0, 1, 0),
    ),
    "lastname": (
        (0.81, 0.08, 0.07, 0.04, 1),
        (0.75, 0.10, 0.03, 0.12, 1),
        (0, 0, 0, 1, 1),
    ),
    "birthdate": (
        (0.90, 0.015, 0.03, 0.045, 0.002),
        (0.02, 0.0003, 0.01, 0.012, 0.95),
        (0, 0.00005, 0.015, 0.004, 0.98),
    ),
    "email": (
        (0.66, 0.06, 0.05, 0.22, 0.66, 0.05),
        (0.25, 0.01, 0.01, 0.73, 0.10, 0.05),
        (2e-6, 1e-4, 5e-5, 1, 1e-3, 0.1),
    ),
    "phone": (
        (0.62, 0.03, 0.35),
        (0.45, 0.005, 0.55),
        (2e-6, 2e-5, 1),
    ),
    "address": (
        (0.70, 0.06, 0.06, 0.12, 0.06),
        (0.90, 0.03, 0.02, 0.03, 0.02),
        (0, 0, 0, 0, 1),
    ),
    "ref": (
        (0.90, 0.06, 0.04),
        (1e-5, 1e-4, 1),
        (1e-6, 1e-4, 1),
    ),
}
# Pairs of doubles and of relatives for each contact, as an ordinary file has them.
DOUBLES_PER_CONTACT = 0.1
RELATIVES_PER_CONTACT = 0.5
# In a small base a name's frequency is known from few: it starts from a country's.
_USUAL = {"firstname": 1 / 300, "lastname": 1 / 2000}
_WEIGHT_OF_USUAL = 500
_SMALLEST_BASE = 3000
# Rows with the first name in the box of the last name.
_MIXED_UP = 0.03


def compare(table, left, right, population=0, doubles=DOUBLES_PER_CONTACT):
    """Compare pairs of rows.

    :param Table table: contacts
    :param left: array of row numbers
    :param right: array of row numbers, as many
    :param int population: contacts of the whole base, when the table holds a part of it; else 0
    :param float doubles: pairs expected for each contact; 0.5 where each has its double, as of two
        lists of the same people
    :return: tuple of an array of float, the probability that the two are one person, and a dict
        of arrays of int by field, the levels of :data:`FIELDS`; 0 where one says nothing
    """
    left, right = np.asarray(left), np.asarray(right)
    levels, strangers = {}, {}
    for name, judge in (
        ("birthdate", _birthdate),
        ("email", _email),
        ("phone", _phone),
        ("address", _address),
        ("ref", _ref),
    ):
        levels[name], strangers[name] = judge(table, left, right)
    names = _names(table, left, right)
    for name in ("firstname", "lastname"):
        levels[name], strangers[name] = names[name]
    size = max(population, len(table), _SMALLEST_BASE)
    score = _probability(levels, strangers, size, doubles)
    return score, {name: levels[name] for name in FIELDS}


def _probability(levels, strangers, size, doubles):
    match = np.full(len(levels["email"]), np.log(doubles))
    relative = np.full(len(match), np.log(RELATIVES_PER_CONTACT))
    stranger = np.full(len(match), np.log(size / 2))
    for name, level in levels.items():
        table = [
            np.log(np.array((1.0, *column))) if c != STRANGER else None
            for c, column in enumerate(_P[name])
        ]
        match += table[MATCH][level]
        relative += table[RELATIVE][level]
        stranger += np.log(strangers[name])
    highest = np.maximum(np.maximum(match, relative), stranger)
    match, relative, stranger = (np.exp(part - highest) for part in (match, relative, stranger))
    return match / (match + relative + stranger)


def _by_level(name, level):
    return np.array((1.0, *_P[name][STRANGER]))[level]


def _frequency(codes, left, right, floor=0.0):
    """How many bear the value, of the two the commoner one, as a part of all."""
    counts = np.bincount(codes)
    size = max(len(codes), 1)
    return np.maximum(np.maximum(counts[codes[left]], counts[codes[right]]) / size, floor)


# ---------------------------------------------------------------- field by field


def _birthdate(t, left, right):
    a, b = t.birth[left], t.birth[right]
    there = (a != 0) & (b != 0)
    year = a // 10000 == b // 10000
    month = a // 100 % 100 == b // 100 % 100
    day = a % 100 == b % 100
    turned = year & (a // 100 % 100 == b % 100) & (b // 100 % 100 == a % 100)
    vague = year & ((a % 10000 == 101) | (b % 10000 == 101))
    close = (year.astype(int) + month + day) == 2
    level = np.select(
        [~there, a == b, turned, vague, close],
        [NONE, SAME, BIRTHDATE["turned"], BIRTHDATE["year"], BIRTHDATE["close"]],
        BIRTHDATE["other"],
    )
    stranger = _by_level("birthdate", level)
    same = level == SAME
    if same.any():
        _values, codes = np.unique(t.birth, return_inverse=True)
        stranger[same] = _frequency(codes, left[same], right[same], 1 / 36500)
    return level, stranger


def _email(t, left, right):
    a, b = t.email[left], t.email[right]
    there = (a != 0) & (b != 0)
    local = t.local[left] == t.local[right]
    # Two bearers of a name have like addresses at two providers: that says little.
    named = t.says_name[left]
    typo = np.zeros(len(left), bool)
    # Another number is another address, not a slip.
    maybe = np.flatnonzero(there & ~local & (t.email_digits[a] == t.email_digits[b]))
    typo[maybe] = _distance(t.email_texts, a[maybe], b[maybe], 2) <= 2
    level = np.select(
        [~there, (a == b) & named, a == b, local & named, local, typo],
        [NONE, EMAIL["name"], SAME, EMAIL["alike"], EMAIL["local"], EMAIL["typo"]],
        EMAIL["other"],
    )
    return level, _by_level("email", level)


def _phone(t, left, right):
    return _number(t.phone, t.phone_texts, "phone", PHONE, left, right)


def _ref(t, left, right):
    return _number(t.ref, t.ref_texts, "ref", REF, left, right)


def _number(codes, texts, name, levels, left, right):
    a, b = codes[left], codes[right]
    there = (a != 0) & (b != 0)
    typo = np.zeros(len(left), bool)
    maybe = np.flatnonzero(there & (a != b))
    typo[maybe] = _distance(texts, a[maybe], b[maybe], 1) <= 1
    level = np.select([~there, a == b, typo], [NONE, SAME, levels["typo"]], levels["other"])
    return level, _by_level(name, level)


def _address(t, left, right):
    street_a, street_b = t.street[left], t.street[right]
    there = (street_a != 0) & (street_b != 0)
    placed = ((t.zip[left] != 0) & (t.zip[right] != 0)) | (
        (t.city[left] != 0) & (t.city[right] != 0)
    )
    zip_ = (t.zip[left] == t.zip[right]) & (t.zip[left] != 0)
    city = (t.city[left] == t.city[right]) & (t.city[left] != 0)
    place = zip_ | city | ~placed
    street = there & (street_a == street_b)
    house = t.house[left] == t.house[right]
    nearly = np.zeros(len(left), bool)
    maybe = np.flatnonzero(there & ~street & house)
    nearly[maybe] = _near(t.street_texts, street_a[maybe], street_b[maybe])
    known = there | (placed & ((street_a == 0) | (street_b == 0)))
    level = np.select(
        [
            ~known,
            street & house & place,
            there & house & (nearly | street) & (place | street),
            street & place,
            zip_ | city,
        ],
        [NONE, SAME, ADDRESS["typo"], ADDRESS["street"], ADDRESS["place"]],
        ADDRESS["other"],
    )
    # A shared town alone is no news beside a missing street.
    level[(level == ADDRESS["place"]) & ~there] = NONE
    stranger = _by_level("address", level)
    homes = _homes(t)
    same = level == SAME
    stranger[same] = _frequency(homes, left[same], right[same], 1e-6)
    typo = level == ADDRESS["typo"]
    stranger[typo] = 2 * _frequency(homes, left[typo], right[typo], 1e-6)
    on_street = level == ADDRESS["street"]
    stranger[on_street] = _frequency(t.street, left[on_street], right[on_street], 1e-6)
    in_place = level == ADDRESS["place"]
    stranger[in_place] = np.minimum(
        _frequency(t.zip, left[in_place], right[in_place], 1e-4),
        _frequency(t.city, left[in_place], right[in_place], 1e-4),
    )
    return level, stranger


def _homes(t):
    """Numbers of the places where people live."""
    coded = (t.house.astype(np.int64) << 32) | t.street
    _values, homes = np.unique(coded, return_inverse=True)
    return homes


# ---------------------------------------------------------------- names


def _names(t, left, right):
    """Levels of both names, read crosswise where the boxes were mixed up."""
    first_a, first_b = t.firstname[left], t.firstname[right]
    last_a, last_b = t.lastname[left], t.lastname[right]
    first = _first_level(t, first_a, first_b)
    last = _last_level(t, last_a, last_b)
    crossed = np.flatnonzero((first == FIRSTNAME["other"]) & (last >= LASTNAME["other"]))
    if len(crossed):
        one = _first_level(t, first_a[crossed], last_b[crossed])
        other = _last_level(t, last_a[crossed], first_b[crossed])
        # Whose boxes are wrong is not known: the other reading may be the better one.
        back = _first_level(t, last_a[crossed], first_b[crossed])
        forth = _last_level(t, first_a[crossed], last_b[crossed])
        swapped = _alike(one, other) | _alike(back, forth)
        rows = crossed[swapped]
        first[rows], last[rows] = FIRSTNAME["swapped"], LASTNAME["swapped"]
    usual_first = _share(t.count_first + t.count_last, len(t), "firstname")
    usual_last = _share(t.count_last + t.count_first, len(t), "lastname")
    return {
        "firstname": (first, _stranger_first(first, usual_first, first_a, first_b, last_a)),
        "lastname": (last, _stranger_last(t, last, usual_last, last_a, last_b)),
    }


def _alike(first, last):
    return np.isin(first, (SAME, FIRSTNAME["short"], FIRSTNAME["typo"])) & np.isin(
        last, (SAME, LASTNAME["typo"], LASTNAME["part"])
    )


def _share(counts, size, name):
    return (counts + _WEIGHT_OF_USUAL * _USUAL[name]) / (size + _WEIGHT_OF_USUAL)


def _stranger_first(level, usual, a, b, last):
    common = np.maximum(usual[a], usual[b])
    stranger = np.where(level == NONE, 1.0, common)
    stranger[level == FIRSTNAME["part"]] = np.maximum(0.01, common[level == FIRSTNAME["part"]])
    stranger[level == FIRSTNAME["initial"]] = _P["firstname"][STRANGER][FIRSTNAME["initial"] - 1]
    stranger[level == FIRSTNAME["other"]] = 1
    # Both names at once, and the boxes mixed up.
    swapped = level == FIRSTNAME["swapped"]
    stranger[swapped] = usual[a[swapped]] * usual[last[swapped]] * _MIXED_UP
    return stranger


def _stranger_last(t, level, usual, a, b):
    common = np.maximum(usual[a], usual[b])
    stranger = np.where(level == NONE, 1.0, common)
    part = np.flatnonzero(level == LASTNAME["part"])
    if len(part):
        bearers = _bearers_of_parts(t, usual)
        stranger[part] = [
            max(
                (bearers[sound] for sound in set(t.last_parts[x]) & set(t.last_parts[y])),
                default=_USUAL["lastname"],
            )
            for x, y in zip(a[part].tolist(), b[part].tolist(), strict=True)
        ]
    stranger[level >= LASTNAME["other"]] = 1
    return stranger


def _bearers_of_parts(t, usual):
    """How usual each part of a last name is, by its sound."""
    bearers = defaultdict(float)
    for code, sounds in enumerate(t.last_parts):
        for sound in sounds:
            bearers[sound] += usual[code]
    return bearers


def _first_level(t, a, b):
    return _of_distinct(t, a, b, _first_level_of, FIRSTNAME)


def _last_level(t, a, b):
    return _of_distinct(t, a, b, _last_level_of, LASTNAME)


def _of_distinct(t, a, b, judge, levels):
    """Levels of pairs of names, each distinct pair judged once."""
    level = np.full(len(a), levels["other"])
    level[(a == 0) | (b == 0)] = NONE
    level[(a == b) & (a != 0)] = SAME
    open_ = np.flatnonzero((a != b) & (a != 0) & (b != 0))
    if not len(open_):
        return level
    low, high = np.minimum(a[open_], b[open_]), np.maximum(a[open_], b[open_])
    size = np.int64(len(t.full))
    coded, where = np.unique(low * size + high, return_inverse=True)
    level[open_] = judge(t, coded // size, coded % size)[where]
    return level


def _first_level_of(t, a, b):
    level = np.full(len(a), FIRSTNAME["other"])
    # Michèle is Michelle, but Michel is not.
    heard = (t.sound[a] == t.sound[b]) & (t.ends_in_e[a] == t.ends_in_e[b])
    known = t.known[a] & t.known[b]
    level[(_slip(t, a, b, t.count_first) & ~known) | (heard & known)] = FIRSTNAME["typo"]
    # A joined spelling is the same name.
    full = np.array(t.full, dtype=object)
    level[full[a] == full[b]] = SAME
    for at in np.flatnonzero(~(t.plain[a] & t.plain[b]) & (level != SAME)).tolist():
        level[at] = _habit(t.parts[a[at]], t.parts[b[at]], level[at])
    return level


def _habit(one, other, level):
    """What French habits make of two different first names."""
    full_one, full_other = "".join(one), "".join(other)
    if same_by_habit(full_one, full_other):
        return FIRSTNAME["short"]
    initials_one, initials_other = "".join(p[0] for p in one), "".join(p[0] for p in other)
    if full_one == full_other[:1] or full_other == full_one[:1]:
        return FIRSTNAME["initial"]
    if (len(one) > 1 and initials_one == full_other) or (
        len(other) > 1 and initials_other == full_one
    ):
        return FIRSTNAME["short"]
    if len(one) != len(other) and (one[0] == other[0] or one[0] in other or other[0] in one):
        return FIRSTNAME["part"]
    return level


def _last_level_of(t, a, b):
    level = np.full(len(a), LASTNAME["other"])
    level[_slip(t, a, b, t.count_last)] = LASTNAME["typo"]
    full = np.array(t.full, dtype=object)
    level[full[a] == full[b]] = SAME
    several = np.array([len(parts) > 1 for parts in t.parts])
    for at in np.flatnonzero((several[a] | several[b]) & (level == LASTNAME["other"])).tolist():
        one, other = t.parts[a[at]], t.parts[b[at]]
        if set(one) & set(other) or any(
            len(p) > 3 and len(q) > 3 and OSA.distance(p, q, score_cutoff=1) <= 1
            for p in one
            for q in other
        ):
            level[at] = LASTNAME["part"]
    return level


def _slip(t, a, b, counts):
    """Whether two different names are one, mistyped: near to each other, and not both in use."""
    lengths = np.array([len(full) for full in t.full])
    shorter = np.minimum(lengths[a], lengths[b])
    distance = _distance(t.full, a, b, 2)
    rare = ~t.known[a] & ~t.known[b] & (np.maximum(counts[a], counts[b]) <= 2)
    once = ~(t.known[a] & t.known[b]) & (np.minimum(counts[a], counts[b]) <= 2)
    allowed = np.select(
        [(shorter >= 7) | (rare & (shorter >= 5)), (shorter >= 4) | (once & (shorter >= 3))],
        [2, 1],
        0,
    )
    alike = (distance <= allowed) | ((t.sound[a] == t.sound[b]) & (shorter >= 3))
    fewer, more = np.minimum(counts[a], counts[b]), np.maximum(counts[a], counts[b])
    both_in_use = (fewer >= 3) & (fewer * 12 >= more)
    return alike & ~both_in_use


# ---------------------------------------------------------------- distances


def _distance(texts, a, b, most):
    """Slips of the pen between texts, counted up to ``most``."""
    if not len(a):
        return np.zeros(0, np.int32)
    return cpdist(
        [texts[code] for code in a.tolist()],
        [texts[code] for code in b.tolist()],
        scorer=OSA.distance,
        score_cutoff=most,
        dtype=np.int32,
        workers=-1,
    )


def _near(texts, a, b):
    if not len(a):
        return np.zeros(0, bool)
    return (
        cpdist(
            [texts[code] for code in a.tolist()],
            [texts[code] for code in b.tolist()],
            scorer=OSA.normalized_distance,
            score_cutoff=0.25,
            dtype=np.float32,
            workers=-1,
        )
        <= 0.25
    )
