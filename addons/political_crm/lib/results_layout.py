"""Which columns of a results file say what, found by header and content, never by position alone.

Shapes:

- ``blocks``: one row a place, the same columns again for each candidate (the ministry). The header
  numbers them, or names the first candidate's only and the rows run on;
- ``columns``: one row a place, one column a candidate (towns, normalised wide files);
- ``long``: one row for each candidate in each place (normalised long files, the ministry's before
  2014, without header);
- ``candidates`` and ``nuances``: what is published before any vote is counted.
"""

import re
from dataclasses import dataclass, field

from .plain import plain
from .results_file import FileError

PLACE = {
    "round": ("tour", "numtour", "nodutour", "ntour", "notour"),
    "ballot": ("idelection", "scrutin"),
    "department": ("codedudepartement", "codedepartement", "departement", "dep", "coddpt"),
    "department_name": ("libelledudepartement", "libelledepartement"),
    "constituency": (
        "codedelacirconscription",
        "codecirconscription",
        "codecirco",
        "circonscription",
        "circo",
        "codcirelec",
        "numcirc",
        "codecirconscriptionlegislative",
    ),
    "canton": ("codeducanton", "codecanton", "canton"),
    "commune": (
        "codedelacommune",
        "codecommune",
        "commune",
        "codeinsee",
        "codeinseecommune",
        "insee",
        "depcom",
        "codecom",
    ),
    "commune_name": (
        "libelledelacommune",
        "libellecommune",
        "communelibelle",
        "nomdelacommune",
        "nomcommune",
        "lcommune",
    ),
    "arrondissement": ("numarrond", "arrondissement", "numarrondissement"),
    "station": (
        "codedubvote",
        "codebvote",
        "codebv",
        "bv",
        "codedubureaudevote",
        "codebureaudevote",
        "codebureauvote",
        "bureau",
        "numbureau",
        "numerobureau",
        "numerodubureau",
        "numerodubureaudevote",
        "bureaudevote",
        "numero",
        "nobureau",
        "bureauvote",
    ),
    "station_id": ("idbrutmiom", "idbvote", "idbureau", "idbv"),
    "station_name": ("libelledubureau", "nomdubureau", "nombureau", "libellebureau", "lieudevote"),
    "registered": ("inscrits", "nbinscr", "nbinscrits", "nombreinscrits", "electeursinscrits"),
    "voters": ("votants", "nbvotant", "nbvotants", "nombrevotants"),
    "valid": ("exprimes", "nbexprim", "nbexprimes", "nombreexprimes", "suffragesexprimes"),
    "blank": ("blancs", "nbblanc", "nbblancs", "bulletinsblancs", "votesblancs"),
    "spoiled": ("nuls", "nbnul", "nbnuls", "bulletinsnuls", "votesnuls"),
}
CANDIDATE = {
    "number": (
        "npanneau",
        "npan",
        "nliste",
        "numerodepanneau",
        "numeropanneau",
        "numpanneau",
        "numpanneaucand",
        "nopanneau",
        "ndepot",
        "nodepot",
        "numerodeliste",
        "numerodedepot",
        "ndepotcandidat",
    ),
    "nuance": (
        "nuance",
        "codenuance",
        "nuancecandidat",
        "nuanceliste",
        "nuancebinome",
        "codnuacand",
        "codenuanceducandidat",
        "codenuancedelaliste",
        "codenuancecandidat",
        "nuanceducandidat",
    ),
    "lastname": (
        "nom",
        "nomcandidat",
        "nompsn",
        "nomtetedeliste",
        "nomducandidat",
        "nomdelatetedeliste",
        "nomcandidatteteliste",
    ),
    "firstname": (
        "prenom",
        "prenomcandidat",
        "prenompsn",
        "prenomtetedeliste",
        "prenomducandidat",
        "prenomdelatetedeliste",
    ),
    "label": (
        "libelleetenduliste",
        "libelledeliste",
        "libelledelaliste",
        "libelleliste",
        "liste",
        "binome",
        "libelleabregeliste",
        "libelleabregedeliste",
        "candidat",
    ),
    "votes": ("voix", "nbvoix", "nombredevoix", "votes", "resultat"),
}
NUANCE = {
    "code": ("nuance", "codenuance"),
    "label": ("libelle", "libellenuance", "libelledelanuance"),
    "family": ("famille", "famillepolitique", "bloc", "blocdeclivage"),
}
_OF_PLACE = {alias: name for name, aliases in PLACE.items() for alias in aliases}
_OF_CANDIDATE = {alias: name for name, aliases in CANDIDATE.items() for alias in aliases}
_SHARE = re.compile(r"%|pourcent|taux|ratio|rapport|participation|abstention|procu|emarg", re.I)
_VOTES_OF = re.compile(r"^(?:nb[ _]?)?(?:voix[ _:-]+)?(.+?)(?:\s+-\s+(?:votes|voix))?$", re.I)
_CIVILITY = re.compile(r"^(M\.|MM\.|Mme|Mlle|M|Mr|Monsieur|Madame)\s+", re.I)
_SAMPLE = 60


@dataclass
class Layout:
    """What was understood of a file's columns."""

    shape: str
    first: int
    """Index of the first row of data."""
    place: dict = field(default_factory=dict)
    """Column of each thing told of a place."""
    blocks: list = field(default_factory=list)
    """``blocks`` and ``long``: columns of a candidate, by name; the tail repeats the last one."""
    width: int = 0
    """``blocks``: cells of one candidate when the header names the first one only, else 0."""
    columns: dict = field(default_factory=dict)
    """``columns``: header of each candidate by column."""
    name: str = ""
    """Which publisher's layout it looks like."""

    def __post_init__(self):
        self.level = self._level()

    def _level(self):
        """``station``, ``commune`` or ``constituency``: what one row tells of."""
        if {"station", "station_id"} & self.place.keys():
            return "station"
        return "commune" if "commune" in self.place else "constituency"


def compact(header):
    """A header without accents, marks, case and spaces.

    :param str header: ``N°Panneau``
    :return: str, ``npanneau``
    """
    mark = "pct" if "%" in header else ""
    return mark + plain(header.replace("°", " ").replace("º", " ")).replace(" ", "")


def find_layout(table):
    """
    :param table: :class:`~.results_file.Table`
    :return: Layout
    :raises FileError: ``no_header`` when no row looks like a header of results
    """
    for index, row in enumerate(table.rows[:12]):
        names = [compact(cell) for cell in row]
        known = {_OF_PLACE[name] for name in names if name in _OF_PLACE}
        if "registered" in known and {"voters", "valid"} & known:
            return _with_header(table, index, row, names)
        layout = _before_results(index, names)
        if layout:
            return layout
    return _without_header(table)


def _before_results(index, names):
    """Layout of a list of candidates by constituency, or of a dictionary of nuances; ``None`` for
    a row that is no header of these."""
    place = {}
    for column, name in enumerate(names):
        if name in _OF_PLACE:
            place.setdefault(_OF_PLACE[name], column)
    block = _single_block(names, place)
    if "votes" in block:
        return None
    if {"constituency"} <= place.keys() and {"lastname", "nuance"} <= block.keys():
        return Layout("candidates", index + 1, place, [block], name="candidates")
    found = {}
    for column, name in enumerate(names):
        thing = next((thing for thing, aliases in NUANCE.items() if name in aliases), None)
        if thing:
            found.setdefault(thing, column)
    if {"code", "label"} <= found.keys() and "lastname" not in block:
        return Layout("nuances", index + 1, found, name="nuances")
    return None


def _with_header(table, index, header, names):
    place = {}
    for column, name in enumerate(names):
        thing = _OF_PLACE.get(name)
        if thing and thing not in place:
            place[thing] = column
    _tell_names_from_codes(table, index, place)
    missing = {"registered", "voters", "valid"} - place.keys()
    if missing:
        raise FileError("no_column", columns=", ".join(sorted(missing)))
    layout = Layout("", index + 1, place)
    blocks = _numbered_blocks(names)
    single = _single_block(names, place)
    if blocks:
        layout.shape, layout.blocks = "blocks", blocks
    elif "votes" in single:
        widest = max(len(row) for row in table.rows[index + 1 :] or [[]])
        layout.blocks = [single]
        layout.shape = "blocks" if widest > len(header) else "long"
        if layout.shape == "blocks":
            layout.width = _width_of_block(header, single)
    else:
        layout.shape = "columns"
        layout.columns = _candidate_columns(table, index, header, names, place)
        if not layout.columns:
            raise FileError("no_candidates")
    layout.name = _name_of(layout, names)
    return layout


def _tell_names_from_codes(table, index, place):
    """``commune`` and ``bureau`` are a code in some files, a name in others."""
    rows = table.rows[index + 1 : index + 1 + _SAMPLE]
    column = place.get("commune")
    if column is not None and any(re.search(r"[a-zà-ÿ]{3}", _cell(row, column)) for row in rows):
        place.setdefault("commune_name", column)
        del place["commune"]
    column = place.get("station")
    if column is None:
        return
    if any(re.search(r"[A-Za-zÀ-ÿ]{3} ?[A-Za-zÀ-ÿ]*", _cell(row, column)) for row in rows):
        place.setdefault("station_name", column)
        names = [compact(cell) for cell in table.rows[index]]
        others = [c for c, n in enumerate(names) if _OF_PLACE.get(n) == "station" and c != column]
        if others:
            place["station"] = others[0]
        else:
            del place["station"]
    elif "station_name" not in place:
        names = [compact(cell) for cell in table.rows[index]]
        for other, name in enumerate(names):
            if _OF_PLACE.get(name) == "station" and other != column:
                place["station_name"] = other


def _numbered_blocks(names):
    """Columns of each candidate when the header numbers them: ``Voix 1``, ``Voix_1``."""
    found = {}
    for column, name in enumerate(names):
        base = name.rstrip("0123456789")
        thing = _OF_CANDIDATE.get(base)
        if thing and base != name:
            found.setdefault(int(name[len(base) :]), {}).setdefault(thing, column)
    return [block for _number, block in sorted(found.items()) if "votes" in block]


def _single_block(names, place):
    taken = set(place.values())
    block = {}
    for column, name in enumerate(names):
        thing = _OF_CANDIDATE.get(name)
        if thing and thing not in block and column not in taken:
            block[thing] = column
    return block


def _width_of_block(header, single):
    return len(header) - min(single.values())


def _candidate_columns(table, index, header, names, place):
    """Columns after the cast votes that hold whole numbers and are no known thing."""
    start = max(place[thing] for thing in ("registered", "voters", "valid"))
    known = set(place.values())
    rows = table.rows[index + 1 : index + 1 + _SAMPLE]
    found = {}
    for column in range(start + 1, len(header)):
        title = header[column].strip()
        if column in known or not title or _SHARE.search(title):
            continue
        if names[column] in _OF_PLACE or names[column] in _OF_CANDIDATE:
            continue
        cells = [_cell(row, column).strip() for row in rows]
        if any(cells) and all(re.fullmatch(r"\d*(\.0)?", cell) for cell in cells):
            found[column] = _VOTES_OF.match(title).group(1).strip()
    return found


def _without_header(table):
    """The ministry before 2014: comment lines name the fields, the last seven never change."""
    row = table.rows[0]
    last = len(row) - 1
    while last > 8 and not row[last].strip():
        last -= 1
    if last < 10 or not (row[last].strip().isdigit() and row[0].strip() in ("1", "2")):
        raise FileError("no_header")
    tail = ("votes", "nuance", "firstname", "lastname", "number", "valid", "voters", "registered")
    columns = {thing: last - offset for offset, thing in enumerate(tail)}
    station = last - len(tail)
    place = {"round": 0, "department": 1, "commune": 2, "station": station}
    place |= {thing: columns.pop(thing) for thing in ("registered", "voters", "valid")}
    if station >= 4:
        place["commune_name"] = 3
    if station >= 6:
        place["constituency"], place["canton"] = 4, 5
    numbers = (place["registered"], place["voters"], place["valid"])
    if not all(row[column].strip().isdigit() for column in numbers):
        raise FileError("no_header")
    return Layout("long", 0, place, [columns], name="ministry_2014")


def _name_of(layout, names):
    known = set(names)
    for name, marks in (
        ("paris", {"idbvote", "numarrond"}),
        ("brest", {"numero", "circo", "scrutin"}),
        ("datagouv", {"idelection"}),
    ):
        if marks <= known:
            return name
    if layout.shape == "blocks" and not layout.width:
        if "codesecteur" in known or any(n.startswith("siegesaucm") for n in known):
            return "ministry_2026"
        return "ministry_2024" if "codebv" in known else "ministry"
    if layout.shape == "blocks":
        if any(n.startswith("nliste") for n in names):
            return "ministry_2019"
        return "ministry_2020" if "npan" in known else "ministry_2017"
    return "long" if layout.shape == "long" else "wide"


def candidate_of(title, nuances):
    """What a column's header says of a candidate.

    :param str title: ``Mme RÉMY-LELEU Raphaëlle``, ``LE PEN``, ``LUMP``, ``Liste Avenir``
    :param nuances: codes of nuances
    :return: tuple of str: last name, first name, label, nuance
    """
    title = " ".join(title.split())
    if title.upper() in nuances:
        return "", "", title.upper(), title.upper()
    words = _CIVILITY.sub("", title).split(" ")
    capitals = [word for word in words if word.upper() == word and word.lower() != word]
    if capitals and words[: len(capitals)] == capitals:
        return " ".join(capitals), " ".join(words[len(capitals) :]), "", ""
    if capitals and words[-len(capitals) :] == capitals:
        return " ".join(capitals), " ".join(words[: -len(capitals)]), "", ""
    return "", "", title, ""


def _cell(row, column):
    return row[column] if column < len(row) else ""
