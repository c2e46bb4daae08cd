import base64
import logging
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import PoliticalCase

OLD = (
    "TypeListe;InfoListe;CodeDepartement;CodeCommune;NomCommune;NoElecteurGeneral;Sexe;"
    "NomdeNaissance;NomDusage;Prenoms;DateDeNaissance;NomComNaissance;DeptNaissance;PaysNaissance;"
    "NomBureauDeVote;NoBureauDeVote;NumeroVoie;TypeVoie;LibelleVoie;CodePostal;VilleLocalite;Pays"
)
NEW = (
    '"code du l\'ugle";"libellé de l\'ugle";"libellé du type de liste";"nom de naissance";'
    '"nom d\'usage";"prénoms";"sexe";"date de naissance";"code commune de naissance";'
    '"libellé commune de naissance";"pays de naissance";"libellé nationalité";"numéro de voie";'
    '"libellé de voie";"complément 1";"code postal";"commune";"code du bureau de vote";'
    '"libellé du bureau de vote";numéro d\'ordre dans le bureau de vote'
)
NAMES = ("Inventé", "Fictive", "Imaginaire")


def old_roll(number):
    """Electors of the invented commune 99999, in the layout of 2013."""
    lines = [
        f"Liste principale;;99;99999;Ville-Fictive;{n};{'MF'[n % 2]};{NAMES[n % 3]}{n};;Camille;"
        f"{n % 28 + 1:02}/03/{1930 + n};Nullepart;99;France;École;{n % 3:04};{n};rue;de l'Essai;"
        "99999;Ville-Fictive;France"
        for n in range(number)
    ]
    return "\n".join([OLD, *lines])


def new_roll():
    """The REU's layout: every cell quoted but the last, odd dates, an EU citizen on both lists,
    an elector without address."""
    people = [
        ("Liste principale", "Fictive", "", "01/02/1970", "12", "rue de l'Essai", "0001"),
        ("Liste principale", "Sansjour", "", "00/00/1953", "14", "rue de l'Essai", "0001"),
        ("Liste principale", "Masquée", "", "1961", "", "", "0002"),
        ("Liste complémentaire municipale", "Euro", "Pea", "05/06/1980", "3", "quai", "0002"),
        ("Liste complémentaire européenne", "Euro", "Pea", "05/06/1980", "3", "quai", "0002"),
        ("Liste principale", "Homonyme", "", "01/01/1980", "1", "rue", "0002"),
        ("Liste principale", "Homonyme", "", "01/01/1980", "1", "rue", "0002"),
        ("Liste principale", "Mauvaise", "", "hier", "1", "rue", "0002"),
    ]
    lines = []
    for number, (kind, last, usage, birth, house, street, station) in enumerate(people):
        cells = [
            "99999", "Ville-Fictive", kind, last, usage, "Camille", "F", birth, "99998",
            "Naissance-sur-Rien", "Nullepays", "Fictive", house, street, "",
            "99999" if street else "", "Ville-Fictive" if street else "", station, "École",
        ]  # fmt: skip
        lines.append(";".join(f'"{cell}"' for cell in cells) + f";{number}")
    return "\n".join([NEW, *lines])


class TestRoll(PoliticalCase):
    """The electoral roll in its vault: R-16 to R-19, R-76."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = new_test_user(
            cls.env,
            login="test_roll",
            groups="political_crm.group_roll",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.election = cls.env["political.election"].create(
            {
                "name": "Municipales",
                "code": "test_muni_t1",
                "kind": "municipal",
                "date": fields.Date.today() + timedelta(days=20),
            }
        )

    def _roll(self, text, filename="ListesArretees-com99999.csv", **values):
        return self._as(self.keeper, "political.roll").create(
            {
                "election_id": self.election.id,
                "file": base64.b64encode(text.encode()),
                "filename": filename,
                "is_undertaken": True,
                "undertaken_by": "La mandataire",
                "undertaken_on": fields.Date.today(),
                "authority": "Préfecture",
                **values,
            }
        )

    def _entries(self, roll):
        return self._as(self.keeper, "political.roll.entry").search([("roll_id", "=", roll.id)])

    def test_layout_of_2013(self):
        """R-76: sixty rows of the older layout."""
        roll = self._roll(old_roll(60))
        roll.action_read()
        self.assertEqual((roll.state, roll.entry_count, roll.rejected_count), ("done", 60, 0))
        first = self._entries(roll).filtered(lambda e: e.birth_year == 1935)
        self.assertEqual(
            (first.lastname, first.street, first.station_code, first.sex),
            ("Imaginaire5", "5 rue de l'Essai", "0002", "F"),
        )

    def test_layout_of_the_register(self):
        """R-76: odd dates, both lists, no address, one bad row; R-19: blank stays blank."""
        roll = self._roll(new_roll())
        roll.action_read()
        self.assertEqual((roll.entry_count, roll.collapsed_count, roll.rejected_count), (6, 1, 1))
        by_name = self._entries(roll).grouped("lastname")
        self.assertEqual(by_name["Sansjour"].birth_year, 1953)
        self.assertFalse(by_name["Sansjour"].birthdate)
        self.assertEqual(len(by_name["Homonyme"]), 2)
        self.assertEqual(len(by_name["Euro"]), 1)
        masked = by_name["Masquée"]
        self.assertFalse(masked.street or masked.street2 or masked.zip)

    def test_other_separator(self):
        """R-76: commas too."""
        roll = self._roll(old_roll(5).replace(";", ","))
        roll.action_read()
        self.assertEqual(roll.entry_count, 5)

    def test_nothing_forbidden_is_stored(self):
        """R-18: no place of birth, nationality, order number, in any column."""
        roll = self._roll(new_roll())
        roll.action_read()
        self.env.cr.execute(
            "SELECT string_agg(e::text, ' ') FROM political_roll_entry e WHERE roll_id = %s",
            [roll.id],
        )
        text = self.env.cr.fetchone()[0]
        for forbidden in ("Naissance-sur-Rien", "Nullepays", "99998"):
            self.assertNotIn(forbidden, text)
        names = set(self.env["political.roll.entry"]._fields)
        self.assertFalse(
            {n for n in names if "birth_place" in n or "national" in n or "order" in n}
        )

    def test_no_link_to_contacts(self):
        """R-16: no field to a contact, and a namesake stays as they are."""
        for model in ("political.roll", "political.roll.entry"):
            self.assertFalse(
                [f for f in self.env[model]._fields.values() if f.comodel_name == "res.partner"]
            )
        before = self.person_north.read(["name", "write_date", "street", "polling_station_id"])
        count = self.env["res.partner"].search_count([])
        self._roll(old_roll(10).replace("Inventé0", "Nord")).action_read()
        self.assertEqual(
            self.person_north.read(["name", "write_date", "street", "polling_station_id"]), before
        )
        self.assertEqual(self.env["res.partner"].search_count([]), count)

    def test_undertaking(self):
        """R-19: without the signed undertaking nothing is read."""
        roll = self._roll(old_roll(3), is_undertaken=False)
        with self.assertRaisesRegex(UserError, "undertaking"):
            roll.action_read()
        self.assertFalse(self._entries(roll))

    def test_other_files(self):
        """R-76: a file that is no roll: a sentence, nothing written, no row in the log."""
        roll = self._roll("Nom;Courriel\nSecrète;secrete@example.org\n")
        with self.assertLogs("odoo", logging.DEBUG) as logs:
            logging.getLogger("odoo").info("begun")
            with self.assertRaisesRegex(UserError, "no electoral roll"):
                roll.action_read()
        self.assertNotIn("Secrète", "".join(logs.output))
        self.assertFalse(self._entries(roll))
        page = self._roll("<html><body>Erreur</body></html>")
        with self.assertRaisesRegex(UserError, "web page"):
            page.action_read()

    def test_deleted_after_the_ballot(self):
        """R-17: after the last round and the days for appeals: rows, files; the count stays."""
        roll = self._roll(old_roll(10))
        waiting = self._roll(old_roll(3))
        roll.action_read()
        files = [("res_model", "=", "political.roll"), ("res_field", "=", "file")]
        self.assertEqual(self.env["ir.attachment"].search_count(files), 1, "read: file deleted")
        self.env["political.roll"]._cron_delete()
        self.assertEqual(roll.entry_count, 10, "not yet")
        self.env.cr.execute(
            "UPDATE political_roll SET delete_on = %s WHERE id = ANY(%s)",
            [fields.Date.today(), (roll + waiting).ids],
        )
        self.env.invalidate_all()
        self.env["political.roll"]._cron_delete()
        self.assertFalse(self._entries(roll))
        self.assertEqual((roll.state, roll.deleted_count, roll.entry_count), ("deleted", 10, 0))
        self.assertFalse(self.env["ir.attachment"].search_count(files))

    def _read_by_the_job(self, roll, batches=None):
        """Let the job read, as many batches as are said, then to the end."""
        left = iter(range(batches or 10**6))
        with patch.object(
            type(self.env["ir.cron"]),
            "_commit_progress",
            lambda *args, **kwargs: 0 if next(left, None) is None else 9,
        ):
            self.env["political.roll"]._cron_work()
        roll.invalidate_recordset()

    def _in_batches(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("political_crm.import_inline_rows", "1")
        parameters.set_param("political_crm.import_batch_rows", "16")

    def test_large_roll(self):
        """R-76: a whole department's roll is read by the job, in batches that say how far they
        are; whoever goes on begins at the very next elector."""
        self._in_batches()
        self.env["ir.cron.trigger"].search([]).unlink()
        roll = self._roll(f"{old_roll(60)}\nListe principale;;99;99999;V;1;F;;;;hier")
        roll.action_read()
        self.assertEqual((roll.state, roll.entry_count), ("reading", 0))
        woken = self.env["ir.cron.trigger"].search([]).cron_id
        self.assertEqual(woken.mapped("code"), ["model._cron_work()"])
        self.assertEqual(woken.model_id.model, "political.roll")
        self._read_by_the_job(roll, batches=1)
        self.assertEqual((roll.state, roll.entry_count), ("reading", 32))
        self.assertTrue(45 < roll.progress < 60, roll.progress)
        self._read_by_the_job(roll)
        self.assertEqual((roll.state, roll.entry_count, roll.rejected_count), ("done", 60, 1))
        years = self._entries(roll).mapped("birth_year")
        self.assertEqual(sorted(years), list(range(1930, 1990)))
        self.assertFalse(roll._has_file(), "read: file deleted")

    def test_large_roll_cut_off(self):
        """R-76: what cannot be read to its end leaves nothing in the vault, and says why."""
        self._in_batches()
        roll = self._roll(old_roll(40).replace("Inventé30", '"Inventé30'))
        roll.action_read()
        self._read_by_the_job(roll)
        self.assertEqual((roll.state, roll.entry_count), ("draft", 0))
        self.assertIn("quotation mark", roll.error)
        self.assertFalse(self._entries(roll))

    def test_term(self):
        """R-17: the day after the last round and the appeals; a ballot that is over is refused."""
        roll = self._roll(old_roll(3))
        self.assertEqual(roll.delete_on, self.election.date + timedelta(days=11))
        late = self._roll(old_roll(3), last_round="2020-03-15")
        with self.assertRaisesRegex(UserError, "over"):
            late.action_read()

    def test_no_sorting_by_names(self):
        """R-18: no filter or grouping by names; address and polling station may."""
        roll = self._roll(old_roll(9))
        roll.action_read()
        entries = self._as(self.keeper, "political.roll.entry")
        for domain in ([("lastname", "=like", "Inv%")], [("firstnames", "ilike", "cam")]):
            with self.assertRaises(UserError):
                entries.search(domain)
        with self.assertRaises(UserError):
            entries._read_group([], ["lastname"])
        with self.assertRaises(UserError):
            entries.search([], order="lastname")
        self.assertEqual(entries.search_count([("station_code", "=", "0001")]), 3)
        self.assertEqual(len(entries._read_group([], ["station_code"], ["__count"])), 3)

    def test_rights(self):
        """R-16: the vault has a group of its own; no role of the party opens it."""
        roll = self._roll(old_roll(3))
        roll.action_read()
        for user in (self.user_manager, self.user_staff, self.user_lead, self.user_dpo):
            for model in ("political.roll", "political.roll.entry"):
                with self.assertRaises(AccessError):
                    self._as(user, model).search([])
        self.assertEqual(len(self._entries(roll)), 3)
