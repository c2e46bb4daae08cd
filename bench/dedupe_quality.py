"""How well duplicates are told from relatives and strangers, beside splink 5 on the same rows.

Two labelled files: febrl4 (two lists of the same 5,000 people, as the Australian National
University's generator spoilt them) and the shared French one, with relatives of a household as
hard negatives. Value: F1 on the French file, ours; against: splink's. Ratio: ours over splink's.
The rest is in ``files``; ``relatives_merged`` counts pairs of two people above the mark from which
a merge may happen by itself.
"""

import contextlib
import csv
import io
import logging
import os
import sys
from itertools import combinations
from pathlib import Path

from bench.timing import timed

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "addons/political_crm/lib"))
FRENCH = (
    "prenom",
    "nom",
    "date_naissance",
    "email",
    "telephone",
    "adresse",
    "code_postal",
    "ville",
)
FEBRL = ("given_name", "surname", "date_of_birth", "", "", "street", "postcode", "suburb")
# What models/political_duplicate.py and res_company_duplicate.py say.
REVIEW, BY_ITSELF = 0.5, 0.999
# splink's own default for "probably one person".
SPLINK = 0.5
NAMES = ("firstname", "lastname", "birthdate", "email", "phone", "street", "zip", "city", "ref")


def measure(env, scale):
    """The French file counts; febrl4 is measured beside it. Both are small: no scale.

    :return: dict as docs/development.md says, and the figures of each file
    """
    folder = data_folder()
    files = {}
    for name, (rows, truth, sources) in {
        "french": french(folder),
        "febrl4": febrl4(folder),
    }.items():
        files[name] = {
            "ours": ours(rows, truth, sources),
            "splink": by_splink(rows, truth, sources),
        }
    value, against = (files["french"][way]["f1"] for way in ("ours", "splink"))
    return {
        "value": value,
        "unit": "F1",
        "against": against,
        "ratio": value / against,
        "n": len(rows_of_french(folder)),
        "relatives_merged": files["french"]["ours"]["wrong_by_itself"],
        "details": [
            f"{name}, {way}: precision {found['precision']:.4f}, recall {found['recall']:.4f}, "
            f"F1 {found['f1']:.4f}, {found['seconds']:.1f} s"
            for name, ways in files.items()
            for way, found in ways.items()
        ]
        + [
            f"merged by itself: {files['french']['ours']['by_itself']} pairs, of two people: "
            f"{files['french']['ours']['wrong_by_itself']}"
        ],
        "files": files,
    }


def data_folder():
    """Where the labelled files lie: ``POLITICAL_DATA``, or ``shared/data`` beside the project.

    :return: Path
    :raises FileNotFoundError: with what to do
    """
    places = [Path(os.environ["POLITICAL_DATA"])] if os.environ.get("POLITICAL_DATA") else []
    places += [parent / "shared" / "data" for parent in ROOT.parents]
    for place in places:
        if (place / "dedupe" / "contacts_fr_synth_dev.csv").is_file():
            return place / "dedupe"
    raise FileNotFoundError("The shared data is not there: name its folder in POLITICAL_DATA.")


def rows_of_french(folder):
    with (folder / "contacts_fr_synth_dev.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=";"))


def french(folder):
    read = rows_of_french(folder)
    rows = [(str(n), *(row[name] for name in FRENCH), "") for n, row in enumerate(read)]
    return rows, [row["entity_id"] for row in read], None


def febrl4(folder):
    read, sources = [], []
    for source, name in enumerate(("febrl_dataset4a.csv", "febrl_dataset4b.csv")):
        with (folder / name).open(encoding="utf-8") as file:
            more = list(csv.DictReader(file, skipinitialspace=True))
        read += more
        sources += [source] * len(more)
    rows = []
    for n, row in enumerate(read):
        row["street"] = f"{row['street_number']} {row['address_1']}".strip()
        rows.append((str(n), *(row.get(name, "") for name in FEBRL), row["soc_sec_id"]))
    return rows, [row["rec_id"].split("-")[1] for row in read], sources


def ours(rows, truth, sources):
    import numpy as np
    from duplicates import DOUBLES_PER_CONTACT, find

    linked = sources is not None
    seconds, (left, right, score, _levels) = timed(
        lambda: find(
            rows,
            threshold=REVIEW,
            sources=np.array(sources) if linked else None,
            # Known of febrl4 beforehand: each person of one list stands in the other.
            doubles=0.5 if linked else DOUBLES_PER_CONTACT,
        )
    )
    found = {tuple(sorted(pair)) for pair in zip(left.tolist(), right.tolist(), strict=True)}
    sure = zip(left.tolist(), right.tolist(), (score >= BY_ITSELF).tolist(), strict=True)
    wrong = sum(certain and truth[a] != truth[b] for a, b, certain in sure)
    return {
        **judged(found, truth, sources),
        "wrong_by_itself": wrong,
        "by_itself": int((score >= BY_ITSELF).sum()),
        "seconds": seconds,
    }


def judged(found, truth, sources):
    """Precision, recall and F1 of pairs of row numbers."""
    bearers = {}
    for row, person in enumerate(truth):
        bearers.setdefault(person, []).append(row)
    real = {
        pair
        for rows in bearers.values()
        for pair in combinations(rows, 2)
        if sources is None or sources[pair[0]] != sources[pair[1]]
    }
    hit = len(found & real)
    precision, recall = hit / max(len(found), 1), hit / len(real)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
    }


def by_splink(rows, truth, sources):
    """splink 5 as its tutorial for people says: its own comparisons, trained by itself."""
    import pyarrow as pa

    columns = {name: pa.array([row[n + 1] or None for row in rows]) for n, name in enumerate(NAMES)}
    columns["birthdate"] = pa.array([iso(row[3]) for row in rows])
    columns["unique_id"] = pa.array(range(len(rows)))
    # What is empty, or the same everywhere, it cannot be trained on.
    kept = [name for name in NAMES if len(columns[name].drop_null().unique()) > 1]
    table = pa.table({name: columns[name] for name in ("unique_id", *kept)})
    if sources is None:
        tables, names = [table], ["people"]
    else:
        tables = [table.filter(pa.array([s == n for s in sources])) for n in (0, 1)]
        names = ["a", "b"]
    with contextlib.redirect_stdout(io.StringIO()):
        logging.disable(logging.CRITICAL)
        try:
            seconds, found = timed(lambda: splink_pairs(tables, names, kept))
        finally:
            logging.disable(logging.NOTSET)
    return {**judged(found, truth, sources), "seconds": seconds}


def iso(text):
    if len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text or None


def splink_pairs(tables, names, kept):
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    comparisons = {
        "firstname": cl.NameComparison("firstname"),
        "lastname": cl.NameComparison("lastname"),
        "birthdate": cl.DateOfBirthComparison("birthdate", input_is_string=True),
        "email": cl.EmailComparison("email"),
        "phone": cl.LevenshteinAtThresholds("phone", 1),
        "street": cl.JaroWinklerAtThresholds("street", [0.9, 0.8]),
        "zip": cl.LevenshteinAtThresholds("zip", 1),
        "ref": cl.LevenshteinAtThresholds("ref", [1, 2]),
    }
    rules = [
        block_on(*columns)
        for columns in (
            ("firstname", "lastname"),
            ("birthdate",),
            ("email",),
            ("phone",),
            ("ref",),
            ("lastname", "street"),
            ("firstname", "street"),
        )
        if set(columns) <= set(kept)
    ]
    settings = SettingsCreator(
        link_type="dedupe_only" if len(tables) == 1 else "link_only",
        comparisons=[comparisons[name] for name in kept if name in comparisons],
        blocking_rules_to_generate_predictions=rules,
    )
    api = DuckDBAPI()
    frames = [api.register(t, table_name=n) for t, n in zip(tables, names, strict=True)]
    linker = Linker(frames, settings)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("firstname", "lastname", "birthdate")], recall=0.7
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("birthdate"))
    training.estimate_parameters_using_expectation_maximisation(block_on("firstname", "lastname"))
    predicted = linker.inference.predict(threshold_match_probability=SPLINK)
    pairs = predicted.as_record_list()
    return {tuple(sorted((row["unique_id_l"], row["unique_id_r"]))) for row in pairs}
