"""Names of towns as people type them, compared with those of the official code."""

import re
import unicodedata

ARTICLES = re.compile(r"^(?:les?|la|l) ")
PARTS = re.compile(r" (?:cedex|cdx)(?: \d+)?$| \d+(?:e|er|eme)?(?: arrondissement)?$")
SAINTS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur"}


def plain(name):
    """A town's name without case, accents, hyphens, CEDEX, abbreviations.

    :param str name: as typed: ``ST-DENIS CEDEX 1``, ``Saint-Denis``, ``L'Haÿ les Roses``
    :return: str, the same for spellings of one town
    """
    text = unicodedata.normalize("NFKD", (name or "").replace("œ", "oe").replace("Œ", "oe"))
    text = "".join(c for c in text if not unicodedata.combining(c)).lower()
    text = re.sub(r"[^a-z0-9]+", " ", text).strip()
    text = PARTS.sub("", text)
    words = [SAINTS.get(word, word) for word in text.split()]
    return ARTICLES.sub("", " ".join(words))


def department(postcode):
    """Beginnings of the official codes in which a postcode's towns lie.

    :param str postcode: five digits
    :return: tuple of str; Corsica has two, most have one, an odd postcode none
    """
    code = re.sub(r"\s", "", postcode or "")
    if not re.fullmatch(r"\d{5}", code):
        return ()
    if code.startswith("20"):
        return ("2A", "2B")
    return (code[:3],) if code[:2] in ("97", "98") else (code[:2],)


def arrondissement(postcode):
    """Official code of the arrondissement that a postcode of Paris, Lyon or Marseille names.

    :param str postcode: five digits: 75011, 69003, 13008, 75116
    :return: str or None: 75111, 69383, 13208, 75116
    """
    code = re.sub(r"\s", "", postcode or "")
    if code == "75116":
        return code
    if not re.fullmatch(r"(750(0[1-9]|1\d|20)|6900[1-9]|130(0[1-9]|1[0-6]))", code):
        return None
    number = int(code[-2:])
    return {"75": f"751{number:02d}", "69": f"6938{number}", "13": f"132{number:02d}"}[code[:2]]
