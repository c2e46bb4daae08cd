import gzip

from odoo.tests import BaseCase, tagged

from ..lib import codes, results_read
from ..lib.ballots import guess
from ..lib.results_file import FileError
from . import results_files as files

NUANCES = {"LDVG", "LFN", "LUMP", "UG", "LR", "FI"}
# Fixture, kind of election, layout, level, places, candidates, results.
LAYOUTS = [
    ("ministry_2014", "presidential", "ministry_2014", "station", 2, 2, 4),
    ("ministry_2017", "presidential", "ministry_2017", "station", 2, 2, 4),
    ("ministry_2017_legislative", "legislative", "ministry_2017", "station", 2, 5, 5),
    ("ministry_2019", "european", "ministry_2019", "station", 1, 2, 2),
    ("ministry_2020", "municipal", "ministry_2020", "station", 3, 2, 6),
    ("ministry_2021", "departmental", "ministry_2020", "station", 1, 2, 2),
    ("ministry_2022", "presidential", "ministry_2017", "station", 2, 2, 4),
    ("ministry_2024_european", "european", "ministry_2024", "station", 3, 4, 6),
    ("ministry_2024", "legislative", "ministry_2024", "station", 3, 4, 6),
    ("ministry_2026", "municipal", "ministry_2026", "station", 1, 2, 2),
    ("paris", "municipal", "paris", "station", 2, 2, 4),
    ("brest", "legislative", "brest", "station", 1, 2, 2),
    ("toulouse", "municipal", "ministry", "station", 2, 2, 4),
    ("wide", "presidential", "wide", "station", 1, 2, 2),
    ("wide_nuances", "legislative", "wide", "station", 2, 3, 6),
    ("long", "presidential", "long", "station", 2, 2, 4),
    ("long_gzip", "presidential", "long", "station", 2, 2, 4),
    ("datagouv", "presidential", "datagouv", "station", 1, 2, 2),
    ("commune", "presidential", "ministry", "commune", 1, 2, 2),
    ("constituency", "legislative", "long", "constituency", 1, 2, 2),
    ("old_encoding", "legislative", "long", "constituency", 1, 2, 2),
]


@tagged("post_install", "-at_install")
class TestResultsFile(BaseCase):
    def told(self, name, kind="presidential", **options):
        options.setdefault("ballot_round", 1)
        options.setdefault("ballot", "2022_pres_t1")
        options.setdefault("commune", "29019" if name == "brest" else "")
        return results_read.read(getattr(files, name)(), kind=kind, nuances=NUANCES, **options)

    def test_every_layout(self):
        """R-74: one invented file of each layout; all of them tell the same."""
        for name, kind, layout, level, places, candidates, votes in LAYOUTS:
            with self.subTest(layout=name):
                results = self.told(name, kind)
                self.assertEqual(results.layout.name, layout)
                self.assertEqual(results.layout.level, level)
                self.assertEqual(len(results.places), places)
                self.assertEqual(len(results.candidates), candidates)
                self.assertEqual(len(results.votes), votes)
                self.assertEqual(results.problems, [])
                self.assertEqual(results.counts[0][:3], (100, 80, 75))
                self.assertIn(results.votes[0], (45, 40))
                self.assertFalse(
                    any("%" in str(part) for one in results.candidates for part in one)
                )

    def test_variants_of_one_layout(self):
        """R-74: what the same publisher leaves out, adds or writes otherwise from file to file."""
        towns = b";Essaiville;"
        old, tabs, several = files.ministry_2014(), files.ministry_2020(), files.datagouv()
        renamed = (
            (b"code_departement", "Code du département"),
            (b"code_commune", "Code de la commune"),
            (b"code_bv", "Code du b.vote"),
        )
        for name, title in renamed:
            several = several.replace(name, title.encode())
        for content, kind, layout, votes in (
            # Until 2014 some files name the constituency and the canton, some not even the town.
            (old.replace(towns, b";Essaiville;02;07;"), "presidential", "ministry_2014", 4),
            (old.replace(towns, b";"), "presidential", "ministry_2014", 4),
            # The second round of 2020 has semicolons, and data.gouv.fr changed its headers.
            (tabs.replace(b"\t", b";"), "municipal", "ministry_2020", 6),
            (several, "presidential", "datagouv", 2),
        ):
            with self.subTest(header=content[:80]):
                found = results_read.read(
                    content, kind=kind, ballot_round=1, ballot="2022_pres_t1", nuances=NUANCES
                )
                self.assertEqual((found.layout.name, len(found.votes)), (layout, votes))
                self.assertEqual((found.places[0].code, found.problems), ("99999_0001", []))
        # Where blank votes are not told apart, nothing is invented.
        self.assertEqual(self.told("ministry_2014").counts[0][3:], (None, None))
        self.assertEqual(self.told("ministry_2017").counts[0][3:], (3, 2))

    def test_names_in_every_encoding(self):
        for name in (
            "ministry_2014",
            "ministry_2017",
            "brest",
            "paris",
            "toulouse",
            "old_encoding",
        ):
            with self.subTest(layout=name):
                first = self.told(name).candidates[0]
                self.assertEqual((first.lastname, first.firstname), ("ÉCHANTILLON", "Anaïs"))
        self.assertEqual(self.told("paris").candidates[1].lastname, "LE MODÈLE")

    def test_codes_are_one_form(self):
        """R-73: `1` and `0001` are one station; old overseas letters; Paris's own numbers."""
        places = {name: [p.code for p in self.told(name).places] for name, *_rest in LAYOUTS}
        self.assertEqual(places["ministry_2014"], ["99999_0001", "99999_0002"])
        self.assertEqual(places["ministry_2024"][0], "99999_0001")
        self.assertEqual(places["ministry_2022"][1], "97101_0001")
        self.assertEqual(places["wide_nuances"][1], "97801_0001")
        self.assertEqual(places["paris"], ["75056_0101", "75056_1203"])
        self.assertEqual(places["brest"], ["29019_0104"])
        # A date where Paris's file should have a constituency is no constituency.
        self.assertEqual([p.constituency for p in self.told("paris").places], ["", "7508"])

    def test_both_families_of_codes(self):
        """R-73: results files and the electoral register number stations differently."""
        for results_code, register_code in (
            ("75056_0101", "75101_1"),
            ("75056_2012", "75120_12"),
            ("69123_0115", "69381_115"),
            ("13055_1604", "13216_1604"),
            ("93010_0012", "93010_12"),
            ("75056_JU01", "75056_JU01"),
        ):
            with self.subTest(code=results_code):
                self.assertEqual(codes.register_station(results_code), register_code)
                self.assertEqual(codes.station_from(register_code), results_code)
        self.assertEqual(codes.station_from("75101_0001"), "75056_0101")
        self.assertEqual(codes.station_from("ZA101_0001"), "97101_0001")
        self.assertEqual(codes.arrondissement_of("75056_1203"), "75112")

    def test_letters_of_overseas_departments(self):
        """R-73: the ministry's letters before 2024; ZX and ZZ have no number of their own."""
        for letters, code in zip(
            ("ZA", "ZB", "ZC", "ZD", "ZM", "ZN", "ZP", "ZS", "ZW", "ZX", "ZZ"),
            ("971", "972", "973", "974", "976", "988", "987", "975", "986", "ZX", "ZZ"),
            strict=True,
        ):
            with self.subTest(letters=letters):
                self.assertEqual(codes.department(letters), code)
                self.assertEqual(codes.constituency("01", letters), f"{code}01")

    def test_communes_and_constituencies(self):
        for told, code in (
            (("1", "1"), "01001"),
            (("1001", ""), "01001"),
            (("004", "2a"), "2A004"),
            (("101", "ZA"), "97101"),
            (("701", "ZX"), "97701"),
            (("801", "977"), "97801"),
            (("517", "976"), "97617"),
            (("818", "ZN"), "98818"),
            (("001", "ZZ"), "ZZ001"),
            (("05001.0", ""), "05001"),
        ):
            with self.subTest(told=told):
                self.assertEqual(codes.commune(*told), code)
        for told, code in (
            (("04", "1"), "0104"),
            (("104", "1"), "0104"),
            (("97101", "97"), "97101"),
            (("01", "ZA"), "97101"),
            (("1-févr", "75"), ""),
            (("01", "ZX"), "ZX01"),
            (("ZX01", ""), "ZX01"),
            (("0104", ""), "0104"),
            (("97101", ""), "97101"),
        ):
            with self.subTest(told=told):
                self.assertEqual(codes.constituency(*told), code)

    def test_candidates_stand_somewhere(self):
        """The same name in two constituencies is two people."""
        pairs = {c.scope for c in self.told("ministry_2021", "departmental").candidates}
        self.assertEqual(pairs, {"canton:99:07"})
        scopes = {c.scope for c in self.told("ministry_2017_legislative", "legislative").candidates}
        self.assertEqual(scopes, {"constituency:9901", "constituency:9902"})
        # Without a column for it, stations with the same candidates belong together.
        clusters = [c.scope for c in self.told("ministry_2024", "legislative").candidates]
        self.assertEqual(clusters, ["cluster:99:1"] * 2 + ["cluster:99:2"] * 2)

    def test_rounds_and_ballots_of_one_file(self):
        second = self.told("ministry_2014", ballot_round=2)
        self.assertEqual(list(second.votes)[:2], [50, 25])
        with self.assertRaises(FileError) as raised:
            self.told("datagouv", ballot="2017_pres_t1")
        self.assertEqual(raised.exception.code, "several_ballots")
        self.assertIn("2022_pres_t2", raised.exception.detail["ballots"])

    def test_sums_are_told_and_kept(self):
        """R-74: votes that do not make the votes cast are told, not dropped."""
        content = files.long().replace(b"45", b"44", 1)
        results = results_read.read(content, kind="presidential")
        self.assertEqual([p.code for p in results.problems], ["sum"])
        self.assertEqual(results.problems[0].detail, "74 / 75")
        self.assertEqual(len(results.votes), 4)
        content = files.wide().replace(b",100,80,3,", b",70,80,3,")
        problems = results_read.read(content, kind="presidential").problems
        self.assertEqual([(p.code, p.rejected) for p in problems], [("voters", False)])

    def test_a_line_that_cannot_be_read_is_left_out(self):
        rows = files.ministry_2017().split(b"\r\n")
        rows.insert(2, rows[1].replace(b";0001;100;", b";0009;cent;"))
        results = results_read.read(b"\r\n".join(rows), kind="presidential")
        self.assertEqual(len(results.places), 2)
        self.assertEqual([(p.line, p.rejected) for p in results.problems], [(3, True)])

    def test_twice_the_same_place(self):
        row = "\n99,999,1,1,Essaiville,100,80,3,75,45,30\n"
        results = results_read.read(files.wide() + row.encode(), kind="presidential")
        self.assertEqual([p.code for p in results.problems], ["twice"])

    def test_files_refused_whole(self):
        """R-74: an error page, an empty, a cut or a foreign file is refused with a reason."""
        long = files.long()
        wide = files.wide() + b"99,999,0002,1,Essaiville,100,80,3,75,45,30\n"
        cases = {
            "empty": [b"", b"\n \n"],
            "html": [b"<!DOCTYPE html><html><body>503</body></html>", b"\xef\xbb\xbf<html>"],
            "cut": [
                gzip.compress(long)[:-20],
                long[:-12],
                long[: long.rindex(b"99,01")],
                files.ministry_2017()[:-60],
                files.ministry_2024()[:-80],
                wide[:-2],
                wide[:-6],
            ],
            "no_header": [b"nom;prenom;email\nA;B;c@example.org\n", b"a,b\n1,2\n"],
            "no_column": [b"commune,inscrits,votants,X\n01001,100,80,75\n"],
            "no_candidates": [b"commune,inscrits,votants,exprimes,% Voix\n01001,100,80,75,12.5\n"],
            "no_commune": [files.brest()],
            "unreadable": [b"\x00\x01\x02\x03 binary", b"PK\x03\x04not a workbook"],
        }
        for code, contents in cases.items():
            for content in contents:
                with self.subTest(code=code, content=content[-40:]):
                    with self.assertRaises(FileError) as raised:
                        results_read.read(content, kind="presidential", nuances=NUANCES)
                    self.assertEqual(raised.exception.code, code)

    def test_names_tell_the_ballot(self):
        for name, code in (
            ("2017-presidentielle-1_par_bureau_large.csv.gz", "2017_pres_t1"),
            ("PR17_BVot_T1_FE.txt", "2017_pres_t1"),
            ("ville_brest_leg2022_t2_circo3.csv", "2022_legi_t2"),
            ("ddct_berp_municipales_2020_tour1_ardt_01_20200315.csv", "2020_muni_t1"),
            ("2014-europeennes_par_bureau_large.csv.gz", "2014_euro_t1"),
            ("resultats-definitifs-par-bureau-de-vote.csv", ""),
        ):
            with self.subTest(name=name):
                self.assertEqual(guess(name).code, code)
