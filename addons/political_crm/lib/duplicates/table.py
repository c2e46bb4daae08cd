"""People as columns of numbers: every distinct text is worked on once, however often it stands."""

import re
from array import array
from functools import cache
from itertools import islice

import numpy as np

from . import text
from .beside import run
from .nicknames import KNOWN, full_names

COLUMNS = (
    "id",
    "firstname",
    "lastname",
    "birthdate",
    "email",
    "phone",
    "street",
    "zip",
    "city",
    "ref",
)
_AT_ONCE = 10_000
_MARKS = re.compile(r"[._-]")


class Numbers(dict):
    """Texts and their numbers, in the order in which they come."""

    def __missing__(self, text_):
        number = self[text_] = len(self)
        return number


class Table:
    """Contacts to compare, filled by :meth:`fill` and frozen by :meth:`done`.

    A number of 0 says that there is nothing; equal numbers, that two contacts say the same.
    """

    def __init__(self):
        self.ids = array("q")
        self._codes = {name: array("i") for name in COLUMNS[1:]}
        self._texts = {name: Numbers({"": 0}) for name in COLUMNS[1:]}

    def fill(self, rows):
        """Take contacts, a column of some thousands of them at a time.

        :param rows: iterable of texts in the order of :data:`COLUMNS`; empty for nothing
        :return: the table itself
        """
        rows = iter(rows)
        while some := list(islice(rows, _AT_ONCE)):
            ids, *columns = zip(*some, strict=True)
            self.ids.extend(map(int, ids))
            for name, column in zip(COLUMNS[1:], columns, strict=True):
                self._codes[name].extend(map(self._texts[name].__getitem__, column))
        return self

    def done(self, beside=run):
        """Bring all into one spelling.

        :param beside: see :mod:`.beside`
        :return: the table itself
        """
        self.ids = np.frombuffer(self.ids, dtype=np.int64) if self.ids else np.zeros(0, np.int64)
        rest = beside(self._without_names)
        self._names()
        self._emails()
        self.__dict__.update(rest())
        del self._texts, self._codes
        return self

    def _without_names(self):
        """What does not hang on names, as attributes by name."""
        before = set(self.__dict__)
        self._birth()
        self._numbers()
        self._address()
        return {name: value for name, value in self.__dict__.items() if name not in before}

    def __len__(self):
        return len(self.ids)

    def _raw(self, name):
        return np.array(self._codes[name], dtype=np.int32), list(self._texts[name])

    def _names(self):
        """First and last names share one vocabulary, since people fill in the wrong box."""
        words = {(): 0}
        self.firstname = self._spelt("firstname", words, first=True)
        self.lastname = self._spelt("lastname", words, first=False)
        self.parts = list(words)
        self.full = ["".join(parts) for parts in self.parts]
        size = len(self.parts)
        self.count_first = np.bincount(self.firstname, minlength=size)
        self.count_last = np.bincount(self.lastname, minlength=size)
        sounds, heard = {"": 0}, cache(text.sound)
        self.sound = np.zeros(size, np.int32)
        self.meaning = np.zeros(size, np.int32)
        self.known = np.zeros(size, bool)
        self.ends_in_e = np.array([full.endswith("e") for full in self.full])
        self.plain = np.ones(size, bool)
        self.last_parts = []
        for code, parts in enumerate(self.parts):
            if not parts:
                self.last_parts.append(())
                continue
            full = self.full[code]
            self.sound[code] = _number(sounds, heard(full))
            self.known[code] = full in KNOWN
            stands_for = full_names(full)
            meant = min(stands_for - {full}) if len(stands_for) == 2 and full not in KNOWN else full
            self.meaning[code] = _number(sounds, heard(meant))
            self.plain[code] = len(parts) == 1 and len(full) > 2 and len(stands_for) == 1
            self.last_parts.append(tuple(_number(sounds, heard(part)) for part in parts))
        # The first part of a compound first name is what many are called by.
        self.first_part = np.array(
            [_number(sounds, heard(p[0])) if p else 0 for p in self.parts], np.int32
        )

    def _spelt(self, name, words, first):
        codes, texts = self._raw(name)
        spelt = [words.setdefault(text.name_parts(t, first), len(words)) for t in texts]
        return np.array(spelt, np.int32)[codes]

    def _birth(self):
        codes, texts = self._raw("birthdate")
        self.birth = np.array([text.born(t) for t in texts], np.int32)[codes]

    def _emails(self):
        codes, texts = self._raw("email")
        emails, locals_ = {("", ""): 0}, {"": 0}
        known = [text.email(t) for t in texts]
        self.email = np.array([emails.setdefault(e, len(emails)) for e in known], np.int32)[codes]
        self.local = np.array([locals_.setdefault(e[0], len(locals_)) for e in known], np.int32)[
            codes
        ]
        self.email_texts = ["@".join(e) for e in emails]
        self.says_name = self._says_name(list(locals_))[self.local]
        digits = {"": 0}
        self.email_digits = np.array(
            [_number(digits, text.digits_of(e[0])) for e in emails], np.int32
        )

    def _numbers(self):
        codes, texts = self._raw("phone")
        phones = {"": 0}
        self.phone = np.array(
            [phones.setdefault(text.phone(t), len(phones)) for t in texts], np.int32
        )[codes]
        self.phone_texts = list(phones)
        codes, texts = self._raw("ref")
        refs = {"": 0}
        spelt = [text.fold(t).replace(" ", "") for t in texts]
        self.ref = np.array([refs.setdefault(t, len(refs)) for t in spelt], np.int32)[codes]
        self.ref_texts = list(refs)

    def _address(self):
        codes, texts = self._raw("street")
        numbers, streets = {"": 0}, {"": 0}
        known = [text.street(t) for t in texts]
        self.house = np.array([numbers.setdefault(k[0], len(numbers)) for k in known], np.int32)[
            codes
        ]
        self.street = np.array([streets.setdefault(k[1], len(streets)) for k in known], np.int32)[
            codes
        ]
        self.street_texts = list(streets)
        for name, take in (("zip", text.fold), ("city", text.fold)):
            codes, texts = self._raw(name)
            places = {"": 0}
            spelt = [places.setdefault(take(t).replace(" ", ""), len(places)) for t in texts]
            setattr(self, name, np.array(spelt, np.int32)[codes])

    def _says_name(self, locals_):
        """Which local parts of addresses are made of a last name, as most are: two bearers of the
        name may have the same at two providers."""
        names = set()
        for code in np.flatnonzero(self.count_last):
            names.add(self.full[code])
            names.update(part for part in self.parts[code] if len(part) > 2)
        return np.array(
            [
                not any(map(str.isdigit, local)) and not names.isdisjoint(_MARKS.split(local))
                for local in locals_
            ],
            bool,
        )


def _number(known, key):
    return known.setdefault(key, len(known))
