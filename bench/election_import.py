"""Seconds to parse, check and store a national ballot by polling station: 69,242 stations and
their 761,662 results, on a base that has none of these places yet.

Against: ``load()`` of the same rows of results (place and candidacy known already), counted up from
a sample. Ratio: the ordinary way's seconds over ours. The second import of the same file, which
must change nothing, is in ``again``; it is to stay under a third of the first.
"""

import base64
import gzip
from pathlib import Path

from bench.timing import timed

NAME = "national/2017-presidentielle-1_par_bureau_large.csv.gz"
STATIONS = 69_242
SAMPLE = 400


def measure(env, scale):
    content, source = _file(scale)
    jobs = env["political.election.import"]

    def take():
        job = jobs.create(
            {
                "file": base64.b64encode(content),
                "filename": "2017-presidentielle-1_par_bureau_large.csv.gz",
            }
        )
        job.action_apply()
        env.flush_all()
        return job

    seconds, first = timed(take)
    again, second = timed(take)
    assert first.added_count == first.result_count, first.preview
    assert (second.added_count, second.changed_count) == (0, 0)
    rows = first.result_count
    single = _loaded(env, first.election_id) * rows
    assert again < seconds / 3, f"second import: {again:.1f} s of {seconds:.1f} s"
    return {
        "value": seconds,
        "unit": "s",
        "against": single,
        "ratio": single / seconds,
        "n": rows,
        "again": again,
        "source": source,
    }


def _loaded(env, election):
    """Seconds a row of ``load()`` for results of places that exist."""
    results = env["political.result"].search([("election_id", "=", election.id)], limit=SAMPLE)
    rows = [[str(r.zone_id.id), str(r.candidacy_id.id), str(r.votes)] for r in results]
    results.unlink()
    env.flush_all()
    names = ["zone_id/.id", "candidacy_id/.id", "votes"]
    seconds, answer = timed(lambda: (env["political.result"].load(names, rows), env.flush_all())[0])
    assert len(answer["ids"]) == len(rows), answer["messages"][:3]
    return seconds / len(rows)


def _file(scale):
    """The real file, cut to size, or an invented one of its shape."""
    wanted = max(int(STATIONS * scale), 200)
    for folder in Path(__file__).resolve().parents:
        path = folder / "shared" / "data" / "elections" / NAME
        if path.is_file():
            content = path.read_bytes()
            if wanted >= STATIONS:
                return content, "ministry"
            lines = gzip.decompress(content).splitlines(keepends=True)
            return gzip.compress(b"".join(lines[: wanted + 1])), "ministry"
    names = ",".join(f"CANDIDAT {chr(65 + n)}" for n in range(11))
    rows = [f"departement,commune,bureau,commune_libelle,inscrits,votants,exprimes,{names}"]
    for station in range(wanted):
        town, number = divmod(station, 20)
        votes = ",".join(str(20 + (station + n) % 60) for n in range(11))
        valid = sum(20 + (station + n) % 60 for n in range(11))
        place = f"{town // 900 + 1:02d},{town % 900 + 1:03d},{number + 1:04d},Commune {town}"
        rows.append(f"{place},{valid + 200},{valid + 10},{valid},{votes}")
    return gzip.compress("\n".join([*rows, ""]).encode()), "invented"
