import base64
from pathlib import Path
from unittest.mock import patch

from psycopg2.errors import ForeignKeyViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..lib import copying, results_read
from . import results_files as files
from .common import PoliticalCase

SHARED = next(
    (
        folder / "shared" / "data"
        for folder in Path(__file__).resolve().parents
        if (folder / "shared" / "data").is_dir()
    ),
    None,
)
# File, kind, layout, places, candidates, results, lines left out: what their source states, or
# what counting their lines by hand gives.
SHARED_FILES = [
    ("ministere_pr2017_t1_dep69_bureau.csv", "presidential", 1287, 11, 14157, 0),
    ("ministere_pr2017_t2_dep69_commune.csv", "presidential", 280, 2, 560, 0),
    ("ministere_pr2022_t1_dep69_bureau.csv", "presidential", 1317, 12, 15804, 0),
    ("ministere_pr2022_t2_dep69_commune.csv", "presidential", 267, 2, 534, 0),
    ("ministere_leg2024_t1_dep29_circos2-3_bureau.csv", "legislative", 201, 18, 1798, 0),
    ("ministere_leg2024_t2_dep29_circos2-3_bureau.csv", "legislative", 201, 5, 497, 0),
    ("leg2024_circonscriptions_candidats.csv", "legislative", 577, 4009, 4009, 0),
    ("ville_brest_leg2022_t1_circo2.csv", "legislative", 78, 16, 1248, 0),
    ("ville_brest_leg2022_t1_circo3.csv", "legislative", 26, 9, 234, 0),
    ("ville_brest_leg2022_t2_circo2.csv", "legislative", 78, 2, 156, 0),
    ("ville_brest_leg2022_t2_circo3.csv", "legislative", 26, 2, 52, 0),
    ("paris_municipales2020_t1/ardt_01.csv", "municipal", 10, 11, 110, 0),
    ("paris_municipales2020_t1/ardt_02.csv", "municipal", 10, 11, 110, 0),
    ("paris_municipales2020_t1/ardt_03.csv", "municipal", 15, 11, 165, 0),
    ("paris_municipales2020_t1/ardt_04.csv", "municipal", 14, 11, 154, 0),
    ("paris_municipales2020_t1/ardt_05.csv", "municipal", 25, 13, 325, 0),
    ("paris_municipales2020_t1/ardt_06.csv", "municipal", 22, 10, 220, 0),
    ("paris_municipales2020_t1/ardt_07.csv", "municipal", 25, 10, 250, 0),
    ("paris_municipales2020_t1/ardt_08.csv", "municipal", 18, 10, 180, 0),
    ("paris_municipales2020_t1/ardt_09.csv", "municipal", 27, 11, 297, 0),
    ("paris_municipales2020_t1/ardt_10.csv", "municipal", 39, 10, 390, 0),
    (
        "national/2017-presidentielle-1_par_bureau_large.csv.gz",
        "presidential",
        69242,
        11,
        761662,
        0,
    ),
    ("national/2017-presidentielle-2_par_bureau_long.csv.gz", "presidential", 69242, 2, 138484, 0),
    (
        "national/2017-legislatives-1_par_circonscription_long.csv.gz",
        "legislative",
        577,
        7877,
        7877,
        0,
    ),
    ("national/2017-legislatives-1_par_bureau_large.csv.gz", "legislative", 69242, 17, 1177114, 0),
    ("national/2014-europeennes_par_bureau_large.csv.gz", "european", 68246, 11, 750706, 0),
]


class ImportCase(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Zone = cls.env["political.zone"]
        cls.department = Zone.create({"name": "Essai", "kind": "department", "code": "99"})
        cls.town = Zone.create(
            {
                "name": "Essaiville",
                "kind": "commune",
                "code": "99999",
                "parent_id": cls.department.id,
            }
        )

    def job(self, content, user=None, **values):
        values = {"kind": "presidential", "round": 1, "date": "2022-04-10", **values}
        return self._as(user or self.user_manager, "political.election.import").create(
            {"file": base64.b64encode(content), "filename": "essai.csv", **values}
        )

    def apply(self, content, user=None, **values):
        job = self.job(content, user, **values)
        job.action_apply()
        return job

    def rows(self, election):
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT z.code, c.key, r.votes FROM political_result r
              JOIN political_zone z ON z.id = r.zone_id
              JOIN political_candidacy c ON c.id = r.candidacy_id
             WHERE r.election_id = %s ORDER BY 1, 2
            """,
            [election.id],
        )
        return self.env.cr.fetchall()


@tagged("post_install", "-at_install")
class TestElectionImport(ImportCase):
    def test_preview_stores_nothing(self):
        job = self.job(files.ministry_2017())
        job.action_preview()
        self.assertEqual((job.state, job.station_count, job.result_count), ("ready", 2, 4))
        for text in ("Anaïs ÉCHANTILLON", "2015", "60.0 %"):
            self.assertIn(text, job.preview)
        self.assertFalse(job.election_id)
        self.assertFalse(self.env["political.election"].search([("code", "=", "2022_pres_t1")]))

    def test_apply(self):
        job = self.apply(files.ministry_2017())
        election = job.election_id
        self.assertEqual((election.code, election.kind), ("2022_pres_t1", "presidential"))
        self.assertEqual((job.added_count, job.warning_count, job.rejected_count), (4, 0, 0))
        self.assertEqual(
            self.rows(election)[:2],
            [("99999_0001", "echantillon anais", 45), ("99999_0001", "modele jean", 30)],
        )
        station = self.env["political.zone"].search([("code", "=", "99999_0001")])
        self.assertEqual(station.parent_id, self.town)
        self.assertEqual(station.parent_path, f"{self.town.parent_path}{station.id}/")
        self.assertEqual(station.code_alt, "99999_1")
        self.assertEqual(station.constituency_id.code, "9901")
        turnout = self.env["political.turnout"].search([("zone_id", "=", station.id)])
        self.assertEqual((turnout.registered, turnout.blank, turnout.spoiled), (100, 3, 2))
        self.assertEqual(election.candidacy_ids.mapped("total_votes"), [90, 60])

    def test_twice_then_corrected(self):
        """R-74: the same file twice adds nothing; a corrected one changes what differs."""
        first = self.apply(files.ministry_2022())
        before = self.rows(first.election_id)
        again = self.apply(files.ministry_2022())
        self.assertEqual((again.added_count, again.changed_count), (0, 0))
        self.assertEqual(self.rows(first.election_id), before)
        corrected = files.ministry_2022().replace(b"45;45.00", b"46;46.00", 1)
        third = self.apply(corrected)
        self.assertEqual((third.added_count, third.changed_count), (0, 1))
        self.assertEqual(third.warning_count, 1)
        self.assertEqual(
            [row for row in self.rows(first.election_id) if row not in before],
            [("99999_0001", "echantillon anais", 46)],
        )

    def test_again_after_a_change(self):
        """R-74: the same file once more is read again as soon as the election holds something
        else: what was changed or lost meanwhile comes back."""
        content = files.ministry_2017()
        first = self.apply(content)
        before = self.rows(first.election_id)
        with patch.object(results_read, "read", side_effect=AssertionError("read again")):
            again = self.apply(content)
        self.assertEqual((again.state, again.added_count, again.changed_count), ("done", 0, 0))
        self.assertEqual((again.station_count, again.result_count), (2, 4))
        self.assertEqual((again.election_id, again.preview), (first.election_id, first.preview))
        results = self.env["political.result"].search(
            [("election_id", "=", first.election_id.id)], order="id"
        )
        turnout = self.env["political.turnout"].search(
            [("election_id", "=", first.election_id.id)], limit=1
        )
        for change, counts in (
            (lambda: results[0].write({"votes": 1}), (0, 1)),
            (lambda: results[1].unlink(), (1, 0)),
            (lambda: turnout.write({"voters": 1}), (0, 0)),
        ):
            change()
            again = self.apply(content)
            self.assertEqual((again.added_count, again.changed_count), counts)
            self.assertEqual(self.rows(first.election_id), before)
        self.assertEqual(turnout.voters, 80)
        # Another round of the same bytes is another election's.
        other = self.apply(content, round=2, date="2022-04-24")
        self.assertEqual(other.added_count, 4)

    def test_references_looked_up_at_once(self):
        """Many results at a time leave the table with the keys and indexes that it had, and a
        reference to nothing is refused as always."""
        cr = self.env.cr
        before = copying._foreign_keys(cr, "political_result"), self.indexes()
        with patch.object(copying, "MANY", 1):
            job = self.apply(files.ministry_2017())
            self.assertEqual((job.added_count, len(self.rows(job.election_id))), (4, 4))
            self.assertEqual(
                (copying._foreign_keys(cr, "political_result"), self.indexes()), before
            )
            columns = ("candidacy_id", "zone_id", "votes")
            candidacy = job.election_id.candidacy_ids[0].id
            with (
                self.assertRaises(ForeignKeyViolation),
                mute_logger("odoo.sql_db"),
                cr.savepoint(),
                copying.references_at_once(cr, "political_result", 9),
            ):
                copying.copy_rows(cr, "political_result", columns, [(candidacy, 0, 1)])
        self.assertEqual((copying._foreign_keys(cr, "political_result"), self.indexes()), before)

    def indexes(self):
        return sorted(copying._indexes(self.env.cr, "political_result"))

    def test_another_layout_of_the_same_ballot(self):
        """A file that names candidates less fully meets the same candidacies."""
        first = self.apply(files.wide())
        self.assertFalse(first.election_id.candidacy_ids.filtered("firstname"))
        second = self.apply(files.ministry_2022().replace(b"LE MOD\xc8LE", b"LE MOD\xc8LE"))
        self.assertEqual(second.election_id, first.election_id)
        self.assertEqual(len(first.election_id.candidacy_ids), 2)
        self.assertEqual(first.election_id.candidacy_ids.mapped("number"), [1, 2])
        self.assertIn("Anaïs ÉCHANTILLON", first.election_id.candidacy_ids.mapped("name"))

    def test_refused_whole(self):
        """R-74: a cut file, an error page or one without an election leaves nothing behind."""
        cut = self.job(files.ministry_2017()[:-60])
        page = self.job(b"<html><body>502 Bad Gateway</body></html>")
        unknown = self.job(files.wide(), kind=False, round=0, date=False)
        for job, words in ((cut, "cut"), (page, "web page"), (unknown, "Which election")):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                job.action_apply()
        self.assertFalse(self.env["political.zone"].search([("code", "=like", "99999_%")]))
        self.assertFalse(self.env["political.result"].search([]))

    def test_unmatched_stations_are_reported(self):
        job = self.apply(files.ministry_2017(), create_missing=False)
        self.assertEqual((job.added_count, job.rejected_count), (0, 2))
        self.assertIn("99999_1001", base64.b64decode(job.problem_file).decode("utf-8-sig"))
        self.assertIn("99999_1001", job.preview)

    def test_a_town_that_does_not_say_its_name(self):
        job = self.job(files.brest(), kind="legislative")
        with self.assertRaisesRegex(UserError, "which commune"):
            job.action_apply()
        job.commune_id = self.town
        job.action_apply()
        self.assertEqual({row[0] for row in self.rows(job.election_id)}, {"99999_0104"})

    def test_constituency_by_the_candidates(self):
        """The ministry's file of 2024 tells no constituency: another round's candidates do."""
        Zone = self.env["political.zone"]
        place = Zone.create(
            {"name": "2e", "kind": "constituency", "code": "9902", "parent_id": self.department.id}
        )
        second = self.env["political.election"].create(
            {"name": "T2", "code": "2024_legi_t2", "kind": "legislative", "date": "2024-07-07"}
        )
        self.env["political.candidacy"].create(
            [
                {
                    "election_id": second.id,
                    "zone_id": place.id,
                    "name": f"{first} {last}",
                    "firstname": first,
                    "lastname": last,
                }
                for first, last in (("Zoé", "AUTRE"), ("Luc", "DIFFÉRENT"))
            ]
        )
        job = self.apply(files.ministry_2024(), kind="legislative", date="2024-06-30")
        zones = job.election_id.candidacy_ids.mapped("zone_id.code")
        self.assertEqual(sorted(zones), ["99", "9902"])
        station = Zone.search([("code", "=", "99999_0003")])
        self.assertEqual(station.constituency_id, place)

    def test_a_town_in_two_constituencies(self):
        """R-73: constituency and canton hang on the station, never on its commune; what a station
        knows already stays."""
        job = self.apply(files.ministry_2017_legislative(), kind="legislative", date="2017-06-11")
        stations = self.env["political.zone"].search([("code", "=like", "99999_%")], order="code")
        self.assertEqual(stations.mapped("constituency_id.code"), ["9901", "9902"])
        self.assertFalse(self.town.constituency_id)
        self.assertEqual(len(job.election_id.candidacy_ids), 5)
        pairs = self.apply(files.ministry_2021(), kind="departmental", date="2021-06-20")
        self.assertEqual(stations.mapped("canton_id.code"), ["9907"])
        self.assertEqual(set(pairs.election_id.candidacy_ids.mapped("zone_id.code")), {"9907"})
        moved = files.ministry_2021().replace(b";07;Essai-Nord", b";08;Essai-Sud")
        self.apply(moved, kind="departmental", date="2021-06-27", round=2)
        self.assertEqual(stations[0].canton_id.code, "9907")

    def test_overseas_and_merged_communes(self):
        """R-73: old letters reach today's codes; a commune that the list no longer has is added
        archived, and told."""
        job = self.apply(files.ministry_2022())
        town = self.env["political.zone"].with_context(active_test=False)
        town = town.search([("code", "=", "97101"), ("kind", "=", "commune")])
        self.assertEqual(town.name, "Les Essais")
        self.assertFalse(town.active)
        self.assertEqual(job.warning_count, 1)

    def test_shares_are_never_averaged(self):
        content = files.long().replace(b"0002,100,80,3,75,1,F", b"0002,1000,800,0,750,1,F")
        content = content.replace(b"0002,100,80,3,75,2,M", b"0002,1000,800,0,750,2,M")
        content = content.replace(
            b"0,750,1,F,\xc3\x89CHANTILLON,Ana\xc3\xafs,45",
            b"0,750,1,F,\xc3\x89CHANTILLON,Ana\xc3\xafs,720",
        )
        job = self.apply(content)
        self.env.flush_all()
        Report = self._as(self.user_lead, "political.result.report")
        domain = [("election_id", "=", job.election_id.id)]
        [(share, votes)] = Report._read_group(
            [*domain, ("candidacy_id.number", "=", 1)], [], ["share:avg", "votes:sum"]
        )
        self.assertEqual(votes, 765)
        self.assertAlmostEqual(float(share), 100 * 765 / 825)
        [(both,)] = Report._read_group(domain, [], ["share:avg"])
        self.assertAlmostEqual(float(both), 100 * 825 / 825)

    def test_who_may_import(self):
        """Election night: counts of known stations and candidates, nothing else."""
        night = new_test_user(
            self.env, "test_night", "political_crm.group_election_night", company_id=self.company.id
        )
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.job(files.wide(), self.user_staff)
        with self.assertRaisesRegex(UserError, "administrator|create"):
            self.apply(files.wide(), night)
        election = self.apply(files.wide()).election_id
        corrected = files.wide().replace(b",45,30", b",44,31")
        job = self.apply(corrected, night, election_id=election.id)
        self.assertEqual((job.added_count, job.changed_count), (0, 2))


@tagged("post_install", "-at_install")
class TestSharedResults(ImportCase):
    def setUp(self):
        super().setUp()
        if not SHARED:
            self.skipTest("the folder shared/data with the real files is not beside this clone")

    def content(self, name):
        return (SHARED / "elections" / name).read_bytes()

    def test_every_shared_file(self):
        """R-74: the real files, with the counts of their own lines."""
        nuances = self.env["political.nuance"].search([]).mapped("code")
        for name, kind, places, candidates, votes, left_out in SHARED_FILES:
            with self.subTest(file=name):
                results = results_read.read(
                    self.content(name),
                    kind=kind,
                    nuances=nuances,
                    commune="29019" if "brest" in name else "",
                )
                self.assertEqual(len(results.places), places)
                self.assertEqual(len(results.candidates), candidates)
                self.assertEqual(len(results.votes), votes)
                self.assertEqual(sum(p.rejected for p in results.problems), left_out)

    def test_a_department_stored(self):
        """Two layouts of real files in one base, each station once."""
        job = self.apply(self.content("ministere_pr2017_t1_dep69_bureau.csv"), date="2017-04-23")
        self.assertEqual((job.station_count, job.added_count), (1287, 14157))
        self.assertEqual(job.rejected_count, 0)
        stations = self.env["political.zone"].search_count([("code", "=like", "69123_%")])
        town = self.apply(
            self.content("ville_brest_leg2022_t1_circo2.csv"),
            kind="legislative",
            date="2022-06-12",
            filename="ville_brest_leg2022_t1_circo2.csv",
            commune_id=self.env["political.zone"]
            .create({"name": "Brest", "kind": "commune", "code": "29019"})
            .id,
        )
        self.assertEqual((town.station_count, town.added_count), (78, 1248))
        self.assertEqual(town.election_id.candidacy_ids.zone_id.code, "2902")
        self.assertEqual(stations, 294)
