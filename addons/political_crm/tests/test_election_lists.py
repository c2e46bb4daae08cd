from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_election_import import SHARED, ImportCase

CANDIDATES = (
    "Code département;Département;Code circonscription;Libellé circonscription;"
    "Numéro de panneau;N° dépôt;Sexe du candidat;Nom du candidat;Prénom du candidat;"
    "Date de naissance du candidat;Code nuance;Profession;Sortant\r\n"
    "99;Essai;9901;1ère circonscription;2;4;F;ESSAI;Alix;01/01/1970;UG;(1) - Essai;\r\n"
    "99;Essai;9901;1ère circonscription;3;7;M;EXEMPLE;Lou;02/01/1970;LR;(1) - Essai;OUI\r\n"
    "99;Essai;9902;2ème circonscription;1;5;F;MODÈLE;Sacha;03/01/1970;UG;(1) - Essai;\r\n"
    "99;Essai;9902;2ème circonscription;1;5;F;MODÈLE;Sacha;03/01/1970;UG;(1) - Essai;\r\n"
)
NUANCES = "Nuance;Libellé;Famille\nESA;Essai d'avenir ;Gauche\nUG;Union essayée;Nulle part\n"
LEGISLATIVE = {"kind": "legislative", "round": 2, "date": "2024-07-07"}


@tagged("post_install", "-at_install")
class TestElectionLists(ImportCase):
    def lists(self, text, user=None, **values):
        return self.apply(text.encode(), user, **{**LEGISLATIVE, **values})

    def test_candidates(self):
        """Who stands where, before any vote is counted; nobody's birthday is kept."""
        job = self.job(CANDIDATES.encode(), **LEGISLATIVE)
        job.action_preview()
        self.assertEqual((job.state, job.station_count, job.candidate_count), ("ready", 2, 3))
        self.assertIn("UG 2, LR 1", job.preview)
        self.assertFalse(job.election_id)
        job.action_apply()
        self.assertEqual((job.added_count, job.rejected_count, job.result_count), (3, 1, 0))
        found = job.election_id.candidacy_ids.sorted(lambda one: (one.zone_id.code, one.number))
        self.assertEqual(
            [(c.zone_id.code, c.number, c.name, c.nuance_id.code) for c in found],
            [
                ("9901", 2, "Alix ESSAI", "UG"),
                ("9901", 3, "Lou EXEMPLE", "LR"),
                ("9902", 1, "Sacha MODÈLE", "UG"),
            ],
        )
        again = self.lists(CANDIDATES, election_id=job.election_id.id)
        self.assertEqual((again.added_count, again.changed_count), (0, 0))
        # A corrected list: another nuance, somebody who withdrew.
        lines = CANDIDATES.replace(";LR;", ";DVD;").splitlines(keepends=True)
        corrected = self.lists("".join(lines[:1] + lines[2:]), election_id=job.election_id.id)
        self.assertEqual((corrected.added_count, corrected.changed_count), (0, 1))
        self.assertEqual(found[1].nuance_id.code, "DVD")
        self.assertEqual(found[1].bloc_id, found[1].nuance_id.bloc_id)
        self.assertEqual(corrected.warning_count, 1)
        self.assertIn("Alix ESSAI", corrected.preview)

    def test_night_begins_with_them(self):
        """Election night: a station shows its constituency's candidates, and counts are typed."""
        election = self.lists(CANDIDATES).election_id
        place = self.env["political.zone"].search([("code", "=", "9901")])
        station = self.env["political.zone"].create(
            {
                "kind": "station",
                "code": "99999_0001",
                "name": "Bureau 1",
                "parent_id": self.town.id,
                "constituency_id": place.id,
            }
        )
        user = new_test_user(
            self.env, "nuit2", "base.group_user,political_crm.group_election_night"
        )
        night = self.env["political.election.night"].with_user(user)
        night = night.create({"election_id": election.id, "zone_id": place.id})
        night.station_id = station
        night._fill_station()
        self.assertEqual(night.line_ids.candidacy_id.mapped("lastname"), ["ESSAI", "EXEMPLE"])

    def test_unknown_constituencies(self):
        job = self.lists(CANDIDATES, create_missing=False)
        self.assertEqual((job.added_count, job.rejected_count), (0, 3))
        self.assertIn("9902", job.preview)

    def test_nuances(self):
        """Names are the ministry's; a bloc that somebody chose stays."""
        known = self.env["political.nuance"].search([("code", "=", "UG")])
        bloc = known.bloc_id
        job = self.lists(NUANCES)
        self.assertEqual((job.added_count, job.changed_count), (1, 1))
        self.assertEqual((known.name, known.bloc_id), ("Union essayée", bloc))
        added = self.env["political.nuance"].search([("code", "=", "ESA")])
        self.assertEqual((added.name, added.bloc_id.name), ("Essai d'avenir", "Gauche"))
        self.assertEqual((job.warning_count, job.election_id.id), (1, False))
        again = self.lists(NUANCES)
        self.assertEqual((again.added_count, again.changed_count), (0, 0))

    def test_refused(self):
        """The lowest rights that do it, and the neighbour who may not."""
        with self.assertRaisesRegex(UserError, "no legislative election"):
            self.lists(CANDIDATES, kind="european", round=1, date="2024-06-09")
        with self.assertRaisesRegex(UserError, "cut"):
            self.lists(CANDIDATES[:-30])
        night = new_test_user(
            self.env, "nuit3", "base.group_user,political_crm.group_election_night"
        )
        election = self.lists(CANDIDATES).election_id
        with self.assertRaisesRegex(UserError, "administrator adds candidacies"):
            self.lists(
                CANDIDATES.replace("MODÈLE", "AUTRE"), night, election_id=election.id, kind=False
            )
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.lists(NUANCES, night)

    def test_shared_lists(self):
        """The real files: 1,094 candidates in 501 constituencies, 86 nuances; then the results of
        two constituencies, which bring no candidacy of their own."""
        if not SHARED:
            self.skipTest("the folder shared/data with the real files is not beside this clone")
        folder = SHARED / "elections"
        nuances = self.lists((folder / "nuances_dictionnaire.csv").read_text())
        # One that is not shipped; the others are called as shipped.
        self.assertEqual((nuances.added_count, nuances.changed_count), (1, 0))
        self.assertIn("<td>86</td>", nuances.preview)
        content = (folder / "leg2024_t2_candidatures_france.csv").read_bytes()
        ministry = "legislatives-2024-candidatures-france-entiere-tour-2-2024-07-03-15h37.csv"
        job = self.job(content, filename=ministry, kind=False, round=0, date=False)
        job.action_apply()
        self.assertEqual(job.election_id.code, "2024_legi_t2")
        self.assertEqual((job.station_count, job.candidate_count), (501, 1094))
        self.assertEqual((job.added_count, job.rejected_count), (1094, 0))
        results = self.apply(
            (folder / "ministere_leg2024_t2_dep29_circos2-3_bureau.csv").read_bytes(),
            election_id=job.election_id.id,
        )
        self.assertEqual(results.added_count, 497)
        self.assertEqual(len(job.election_id.candidacy_ids), 1094)
        places = results.election_id.candidacy_ids.filtered("total_votes").zone_id
        self.assertEqual(sorted(places.mapped("code")), ["2902", "2903"])
