#!/usr/bin/env python3
"""Verify a consent ledger that was exported, without the software that wrote it.

    python3 verify_chain.py ledger.jsonl [--head SHA256]...

Needs nothing but Python's standard library, and can be read in five minutes. The file has one
JSON object a line. The first one names the fields of an event in the order in which they are
hashed; each other one holds an event and its link of the chain:

    content  = SHA-256 of the JSON array [form, field, field, ...]
    sha256   = SHA-256 of "position|previous|content"
    previous = the sha256 of the link before, sixty-four zeros for the first

``--head`` takes a fingerprint that was mailed or printed on some day: it must be among the links,
or what came before it was rewritten since.

Exit status: 0 whole, 1 broken, 2 not a ledger.
"""

import argparse
import hashlib
import json
import sys

FLAGS = ("explicit", "targeting")


def content_hash(form, fields, event):
    """SHA-256 (hex) of an event's canonical text."""
    values = [form]
    for name in fields:
        value = event.get(name)
        values.append(bool(value) if name in FLAGS else (value or None))
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def link_hash(position, previous, content):
    """SHA-256 (hex) of a link of the chain."""
    return hashlib.sha256(f"{position}|{previous}|{content}".encode()).hexdigest()


def broken(line, header, position, previous):
    """What is wrong with a line, or None."""
    content = content_hash(header["form"], header["fields"], line["event"])
    if content != line["content"]:
        return "its content is not what was recorded"
    if line["event"].get("controller") != header["controller"]:
        return "it belongs to another controller"
    if line["position"] is None:
        return None  # recorded, not sealed yet
    if line["position"] != position + 1:
        return f"position {position + 1} is missing"
    if line["previous"] != previous:
        return "it does not follow the one before"
    if line["sha256"] != link_hash(line["position"], previous, content):
        return "its seal is wrong"
    return None


def verify(lines, heads=()):
    """Verify the lines of an export.

    :param lines: iterable of text lines
    :param heads: fingerprints that must be in the chain
    :returns: (number of events, fingerprint of the last link, sentence or None)
    """
    lines = iter(lines)
    header = json.loads(next(lines))
    position, previous, count = 0, header["genesis"], 0
    waiting, seen, missing = False, set(), set(heads)
    for text in lines:
        if not text.strip():
            continue
        line = json.loads(text)
        uid = line["event"].get("uid")
        problem = broken(line, header, position, previous)
        if uid in seen:
            problem = "it is there twice"
        if waiting and line["position"] is not None:
            problem = "a sealed event stands after those that wait"
        if problem:
            return count, previous, f"event {uid} at position {line['position']}: {problem}"
        seen.add(uid)
        count += 1
        waiting = line["position"] is None
        if not waiting:
            position, previous = line["position"], line["sha256"]
            missing.discard(previous)
    if missing:
        return count, previous, f"the fingerprint {sorted(missing)[0]} is not in this chain"
    return count, previous, None


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="the export, one JSON object a line")
    parser.add_argument("--head", action="append", default=[], help="a fingerprint kept from a day")
    options = parser.parse_args(arguments)
    try:
        with open(options.file, encoding="utf-8") as source:  # noqa: PTH123 - plain to read
            count, head, problem = verify(source, options.head)
    except (OSError, ValueError, KeyError, StopIteration) as error:
        print(f"Not a ledger: {error!r}", file=sys.stderr)  # noqa: T201
        return 2
    if problem:
        print(f"BROKEN: {problem}")  # noqa: T201
        return 1
    print(f"Whole: {count} events, last fingerprint {head}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
