"""Names and codes without what files spell differently."""

import re
import unicodedata

_MARKS = re.compile(r"[^a-z0-9]+")


def plain(text):
    """A name without accents, case, marks and doubled spaces.

    :param str text: any text, or None
    :return: str, for instance ``jean luc melenchon``
    """
    letters = unicodedata.normalize("NFKD", str(text or "").replace("œ", "oe").replace("Œ", "OE"))
    return _MARKS.sub(" ", letters.encode("ascii", "ignore").decode().lower()).strip()


def candidacy_key(lastname, firstname, label=""):
    """How a candidacy is known again in another file of the same ballot.

    :param str lastname: or None, as for a list
    :param str firstname: or None
    :param str label: what a list is called
    :return: str
    """
    return plain(f"{lastname or ''} {firstname or ''}") or plain(label)


def no_formula(text):
    """A text that no spreadsheet takes for a formula.

    :param str text: of somebody else
    :return: str
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
