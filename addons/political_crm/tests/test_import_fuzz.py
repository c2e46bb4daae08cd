import base64
import csv
import io
import random
import time
from itertools import islice

from openpyxl import Workbook

from odoo.exceptions import UserError
from odoo.tests import BaseCase

from ..lib import contact_cleaning, contact_headers, table_file
from ..lib.contact_row import RowCleaner, Settings
from .import_files import contacts
from .test_import import ImportCase

SEED = 20_261_124
TEXTS = 9_700
WORKBOOKS = 300
THROUGH_THE_MODEL = 100
APPLIED_EACH = 5
SPICE = (
    b'"',
    b";",
    b"\n",
    b"\r",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"=1+1",
    b"<html>",
    b"\xc3\xa9",
    b"\xc3\x83\xc2\xa9",
    b"\t",
    b",",
    b"\\.",
    b"99/99/9999",
    b"\xed\xa0\x80",
    b'""',
)


def texts():
    """Valid CSV files of several makes."""
    header, rows = contacts(8)
    table = [header, *rows]
    for separator in ";,\t":
        for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
            out = io.StringIO()
            csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(table)
            yield out.getvalue().replace("Œ", "Oe").encode(encoding)


def workbook():
    """A valid XLSX file."""
    header, rows = contacts(4)
    book = Workbook()
    for row in (header, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def mutated(raw, chance):
    """A file with a few bytes changed, cut, doubled, moved or spiced."""
    raw = bytearray(raw)
    for _time in range(chance.randint(1, 4)):
        place = chance.randrange(len(raw) + 1)
        length = chance.randint(1, 40)
        act = chance.randrange(6)
        if act == 0:
            raw[place : place + length] = b""
        elif act == 1:
            raw[place:place] = chance.choice(SPICE) * chance.randint(1, 3)
        elif act == 2:
            raw[place : place + 1] = bytes([chance.randrange(256)])
        elif act == 3:
            raw[place:place] = raw[place : place + length]
        elif act == 4:
            del raw[place:]
        else:
            other = chance.randrange(len(raw) + 1)
            piece = raw[place : place + length]
            raw[other : other + length] = piece
        if not raw:
            raw = bytearray(b";")
    return bytes(raw)


class TestImportFuzz(BaseCase):
    """Whatever the file, a sentence; nothing else."""

    def _read(self, raw):
        """Read and clean a file; whether it is a table."""
        stream = io.BytesIO(raw)
        try:
            table = table_file.look(stream)
            targets = contact_headers.guess(table.header)
            cleaner = RowCleaner(targets, self.settings)
            for row in table_file.rows(stream, table, repair=table.doubled):
                self.assertEqual(len(row.cells) < len(table.header), False)
                if not row.fault:
                    try:
                        cleaner.staged(row.cells)
                    except contact_cleaning.CellError as error:
                        self.assertTrue(error.code)
        except table_file.FileError as error:
            self.assertTrue(error.code)
            return False
        return True

    def setUp(self):
        super().setUp()
        self.settings = Settings(
            today=contact_cleaning.date("2026-11-24"),
            name_of=lambda last, first: f"{first} {last}",
            normalize_email=lambda text: "",
            format_phone=lambda text, country: "",
            clean_website=lambda text: text,
            comment_of=lambda text: text,
            category="occasional",
            origin="import",
        )

    def test_texts(self):
        """9,700 mutations of valid CSV files, with fixed seeds."""
        valid = list(texts())
        self.assertTrue(all(self._read(raw) for raw in valid))
        chance = random.Random(SEED)
        tables = sum(self._read(mutated(chance.choice(valid), chance)) for _time in range(TEXTS))
        self.assertTrue(TEXTS // 10 < tables < TEXTS, tables)

    def test_workbooks(self):
        """300 mutations of a valid workbook."""
        valid = workbook()
        self.assertTrue(self._read(valid))
        chance = random.Random(SEED)
        tables = sum(self._read(mutated(valid, chance)) for _time in range(WORKBOOKS))
        self.assertLess(tables, WORKBOOKS)

    def test_what_people_send(self):
        """A web page, an archive, a picture, an old workbook, a cut-off file … by their names."""
        page = b"<!DOCTYPE html><html><body>Connectez-vous</body></html>"
        for raw, code in (
            (b"", "empty"),
            (b"\xef\xbb\xbf\r\n", "empty"),
            (page, "page"),
            (b"%PDF-1.4", "pdf"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "xls"),
            (b"\x89PNG\r\n", "image"),
            (b"PK\x03\x04cut", "damaged"),
            (workbook()[:-200], "damaged"),
            (bytes(range(256)) * 8, "binary"),
            (b"a@example.org;0199001234\nb@example.org;0199001235\n", "no_header"),
            (b'Nom;Ville\n"Martin;Bondy\nDurand;Pantin\n', "quote"),
        ):
            with self.assertRaises(table_file.FileError) as caught:
                list(table_file.rows(stream := io.BytesIO(raw), table_file.look(stream)))
            self.assertEqual(caught.exception.code, code)

    def test_rows_with_faults(self):
        """A column too many, a formula, an end within a row: the row says so."""
        raw = b"Nom;Ville;CP\nA;B;C;D\n=1+1;B;C\nA;B;C;\nA;\x00;C\n;;\nA;B"
        stream = io.BytesIO(raw)
        rows = list(table_file.rows(stream, table_file.look(stream)))
        self.assertEqual(
            [(row.number, row.fault) for row in rows],
            [(2, "wide"), (3, "formula"), (4, None), (5, "unreadable"), (7, "cut")],
        )
        book = Workbook()
        for row in (["Nom", "Tél", "Né le"], ["A", 199001234, None], ["=1+1", 2, 3]):
            book.active.append(row)
        out = io.BytesIO()
        book.save(out)
        rows = list(table_file.rows(out, table_file.look(out)))
        self.assertEqual([row.fault for row in rows], [None, "formula"])
        self.assertEqual(rows[0].cells, ["A", "199001234", ""])

    def test_goes_on_at_the_very_next_row(self):
        """In every encoding and with cells of several lines, reading in pieces gives the same
        rows as reading at once."""
        lines = [f'"É{n}\r\nx";Œ{n}' + ("\r\n" if n % 7 == 0 else "") for n in range(200)]
        text = "\r\n".join(["sep=;", "Nom;Ville", *lines, ""])
        for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
            raw = text.encode(encoding)
            table = table_file.look(io.BytesIO(raw))
            self.assertEqual(table.encoding, encoding)
            whole = list(table_file.rows(io.BytesIO(raw), table))
            self.assertEqual(len(whole), 200)
            pieces, number, mark = [], 0, ""
            while True:
                place = table_file.Place(number, mark)
                found = table_file.rows(io.BytesIO(raw), table, place=place)
                piece = list(islice(found, 7))
                pieces += piece
                if len(piece) < 7:
                    break
                number, mark = piece[-1].number, place.mark()
                self.assertTrue(mark)
            self.assertEqual(pieces, whole)

    def test_quick_numbers(self):
        """The quick way for French numbers says what the library says."""
        from odoo.addons.phone_validation.tools.phone_validation import phone_format

        chance = random.Random(SEED)
        for _time in range(1500):
            digits = "".join(chance.choice("0123456789") for _place in range(9))
            text = chance.choice(("0", "+33", "0033", "+33 ", "0 ")) + digits
            quick = contact_cleaning.french_phone(text)
            if quick is not None:
                slow = phone_format(text, "FR", 33, "E164", raise_exception=False)
                self.assertEqual(quick or text, slow, text)

    def test_memory_is_a_line(self):
        """A line without end is refused before it fills the memory."""
        start = time.monotonic()
        stream = io.BytesIO(b"Nom;Ville\n" + b"x" * (table_file.LINE * 2))
        with self.assertRaises(table_file.FileError) as caught:
            list(table_file.rows(stream, table_file.look(stream)))
        self.assertEqual(caught.exception.code, "line")
        self.assertLess(time.monotonic() - start, 5)


class TestImportFuzzModel(ImportCase):
    def test_through_the_model(self):
        """Through the whole import: a sentence and nothing half written, or all its rows."""
        valid = [*texts()][:6]
        chance = random.Random(SEED + 1)
        refused = 0
        for turn in range(THROUGH_THE_MODEL):
            raw = mutated(chance.choice(valid), chance)
            before = self._figures()
            try:
                with self.env.cr.savepoint():
                    record = self.imports.create(
                        {"file": base64.b64encode(raw), "filename": "essai.csv"}
                    )
                    record.action_preview()
                    if record.created_count and not turn % APPLIED_EACH:
                        record.action_apply()
                        made = before[0] + record.created_count
                        self.assertEqual(self._figures()[0], made, raw[:200])
                        record.action_undo()
                        self.assertEqual(record.kept_count, 0)
                self.assertEqual(self._figures()[0], before[0])
                record.unlink()
            except UserError as error:
                self.env.invalidate_all()
                refused += 1
                self.assertTrue(str(error))
            self.assertEqual(self._figures(), before)
        self.assertTrue(0 < refused < THROUGH_THE_MODEL, refused)

    def _figures(self):
        self.env.cr.execute(
            "SELECT (SELECT count(*) FROM res_partner), (SELECT count(*) FROM political_import),"
            " (SELECT count(*) FROM political_import_row)"
        )
        return self.env.cr.fetchone()
