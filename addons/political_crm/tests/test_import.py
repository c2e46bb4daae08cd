import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import mute_logger

from ..models import political_import_undo
from .common import PoliticalCase
from .import_files import encoded

HEADER = ["Nom", "Prénom", "Courriel", "Portable", "Adresse", "CP", "Ville"]
ZOE = [
    "LEFÈVRE",
    "zoé",
    "Zoe.Lefevre@Example.org",
    "01 99 00 55 01",
    "12, BD DE LA MER",
    "1000",
    "",
]
PAUL = ["Martin", "Paul", "paul@example.org", "06 39 98 12 34", "", "", "BONDY"]


class ImportCase(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.fr")
        cls.imports = cls._as(cls, cls.user_manager, "political.import")

    def _import(self, rows, header=HEADER, **values):
        return self.imports.create(
            {
                "file": encoded([header, *rows], values.pop("separator", ";")),
                "filename": "essai.csv",
                "default_origin": "paper_form",
                **values,
            }
        )

    def _found(self, email):
        return self.env["res.partner"].search([("email_normalized", "=", email)])

    def _stored(self, partners):
        """Every stored column of contacts and their tags."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT to_jsonb(p) || jsonb_build_object('tags', (SELECT jsonb_agg(r.category_id ORDER"
            " BY 1) FROM res_partner_res_partner_category_rel r WHERE r.partner_id = p.id)) "
            "FROM res_partner p WHERE id = ANY(%s) ORDER BY id",
            [partners.ids],
        )
        return [row for (row,) in self.env.cr.fetchall()]


class TestImport(ImportCase):
    def test_preview_touches_no_contact(self):
        """The preview tells what would happen and writes on nobody."""
        before = self.env["res.partner"].search_count([])
        record = self._import([ZOE, PAUL, ["", "", "", "", "", "", "Bondy"], [*ZOE]])
        record.action_preview()
        self.assertEqual(
            (
                record.state,
                record.created_count,
                record.updated_count,
                record.duplicate_count,
                record.rejected_count,
            ),
            ("preview", 2, 0, 1, 1),
        )
        self.assertEqual(record.reject_row_ids.reason_text, "Neither a name nor an e-mail address.")
        self.assertEqual(record.duplicate_row_ids.reason_text, "The same person as in row 2.")
        self.assertEqual(record.remark_row_ids.number, 3)
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_apply_cleans(self):
        """Names, numbers and addresses are written as French people write them."""
        record = self._import([ZOE, PAUL], branch_id=self.north.id, default_category="regular")
        record.action_preview()
        record.action_apply()
        zoe, paul = self._found("zoe.lefevre@example.org"), self._found("paul@example.org")
        self.assertEqual((record.state, record.created_count), ("done", 2))
        self.assertEqual((zoe.name, zoe.phone), ("Zoé Lefèvre", "+33199005501"))
        self.assertEqual((zoe.street, zoe.zip), ("12 boulevard de la Mer", "01000"))
        self.assertEqual((paul.phone, paul.phone_sanitized), ("06 39 98 12 34", False))
        self.assertEqual(paul.city, "Bondy")
        self.assertEqual(
            (zoe.political_category, zoe.political_basis, zoe.political_notice, zoe.branch_id),
            ("regular", "body", "collection", self.north),
        )
        self.assertEqual(zoe.company_id, self.company)
        self.assertFalse(record._has_file(), "the file has served")

    def test_again_is_known(self):
        """The same file again changes nothing."""
        for expected in ((2, 0), (0, 2)):
            record = self._import([ZOE, PAUL])
            record.action_preview()
            self.assertEqual((record.created_count, record.duplicate_count), expected)
            record.action_apply()

    def test_policies(self):
        """A column completes, replaces or leaves what a contact has, as its policy says."""
        self._person("Martin", firstname="Paul", email="paul@example.org", phone="+33199000001",
                     city="Pantin", function=False)  # fmt: skip
        header = [*HEADER, "Profession"]
        for policy, phone in (
            ("fill", "+33199000001"),
            ("never", "+33199000001"),
            ("newer", "+33199007777"),
        ):
            row = ["Martin", "Paul", "PAUL@example.org", "01 99 00 77 77", "", "", "", "Mineur"]
            record = self._import([row], header)
            record.column_ids.filtered(lambda c: c.target == "mobile").policy = policy
            record.action_preview()
            record.action_apply()
            paul = self._found("paul@example.org")
            self.assertEqual(paul.phone, phone, policy)
            self.assertEqual(paul.phone_sanitized, phone, policy)
            self.assertEqual((paul.function, paul.city), ("Mineur", "Pantin"))

    def test_older_file_does_not_win(self):
        """“The newer wins” compares the date of the row with the contact's last change."""
        self._person("Martin", firstname="Paul", email="paul@example.org")
        header = [*HEADER, "Dernière maj"]
        row = ["Martin", "Paul", "paul@example.org", "01 99 00 77 77", "", "", "", "01/02/2019"]
        record = self._import([row], header)
        record.column_ids[-1].target = "updated_at"
        record.column_ids.filtered(lambda c: c.target == "mobile").policy = "newer"
        record.action_preview()
        self.assertEqual((record.updated_count, record.duplicate_count), (0, 1))

    def test_relatives_stay_apart(self):
        """An address or a number shared in a household is nobody's name."""
        self._person("Martin", firstname="Paul", email="famille@example.org", phone="+33199000001")
        record = self._import(
            [["Martin", "Louise", "famille@example.org", "01 99 00 00 01", "", "", ""]]
        )
        record.action_preview()
        self.assertEqual((record.created_count, record.updated_count), (1, 0))

    def test_swapped_names_and_accents_match(self):
        """Names that only differ by accents, hyphens or their order are one, with the number."""
        self._person("Lefèvre-Petit", firstname="Zoé", email="", phone="+33199000001")
        record = self._import([["ZOE", "LEFEVRE PETIT", "", "01 99 00 00 01", "", "", "Bondy"]])
        record.action_preview()
        self.assertEqual((record.created_count, record.updated_count), (0, 1))
        self.assertEqual(record.update_row_ids.change_text, "Address")

    def test_many_at_one_address(self):
        """Each of them is found by their own name, whichever part of it comes first."""
        names = ("Ana", "Bea", "Cleo", "Bea Cleo")
        for name in names:
            self._person("Vergelis", firstname=name, street="1 rue de l'Essai", zip="01000")
        rows = [["Vergelis", name, "", "", "1, RUE DE L'ESSAI", "1000", ""] for name in names]
        rows += [
            ["ana", "Vergelis", "", "", "1 rue de l'essai", "1000", ""],
            ["Vergelis", "Dora", "", "", "1 rue de l'Essai", "1000", ""],
        ]
        record = self._import(rows)
        record.action_preview()
        found = self.env["political.import.row"].search(
            [("import_id", "=", record.id)], order="number"
        )
        known = self.env["res.partner"].browse(found.mapped("matched_id"))
        self.assertEqual([person.firstname for person in known], [*names, "Ana", False])
        self.assertEqual(record.created_count, 1)

    def test_not_matched(self):
        """Archived contacts, colleagues' cards and homonyms are left to people."""
        self._person("Martin", firstname="Paul", email="paul@example.org", active=False)
        for _time in range(2):
            self._person("Double", firstname="Jo", email="jo@example.org")
        colleague = self.user_staff.partner_id
        colleague.email = "collegue@example.org"
        record = self._import(
            [
                PAUL,
                ["Double", "Jo", "jo@example.org", "", "", "", ""],
                [colleague.name, "", "collegue@example.org", "", "", "", ""],
            ]
        )
        record.action_preview()
        rows = self.env["political.import.row"].search([("import_id", "=", record.id)])
        self.assertEqual(rows.mapped("reason"), ["archived", "several", "user"])

    def test_other_controller_is_not_matched(self):
        """R-41: nobody learns from a match that another controller knows the person."""
        record = self._import([["Voisine", "Camille", "voisine@example.org", "", "", "", ""]])
        record.action_preview()
        self.assertEqual((record.created_count, record.updated_count), (1, 0))

    def test_erased_stay_out(self):
        """R-30: who asked to be erased does not come back by a file."""
        digest = self.env["consent.key"]._digest("email", "paul@example.org")
        self.env["consent.suppression"]._add(self.company, [digest], "erased")
        record = self._import([ZOE, PAUL])
        record.action_preview()
        self.assertEqual(record.reject_row_ids.reason, "erased")
        record.action_apply()
        self.assertFalse(self._found("paul@example.org"))
        self.assertTrue(self._found("zoe.lefevre@example.org"))

    def test_origins(self):
        """R-11, R-15, R-16, R-38: what an origin allows."""
        with self.assertRaisesRegex(ValidationError, "supplier"):
            self._import([PAUL], default_origin="purchased", default_category="prospect")
        with self.assertRaisesRegex(ValidationError, "occasional"):
            self._import([PAUL], default_origin="social", default_category="member")
        with self.assertRaisesRegex(ValidationError, "vault"):
            self._import([PAUL], default_origin="roll")

    def test_rented_file(self):
        """R-38: used with proof while the contract runs; then its prospects are erased."""
        rental = self.env["political.rental"].create(
            {
                "name": "Abonnés d'une revue",
                "company_id": self.company.id,
                "supplier_id": self.contact.id,
                "contract": base64.b64encode(b"contrat"),
                "end_date": fields.Date.today() + timedelta(days=30),
            }
        )
        record = self._import(
            [PAUL], default_origin="purchased", default_category="prospect", rental_id=rental.id
        )
        record.action_preview()
        with self.assertRaisesRegex(UserError, "proof"):
            record.action_apply()
        gate = self.env["consent.gate"]
        rental.proof = base64.b64encode(b"preuve")
        record.action_apply()
        paul = self._found("paul@example.org")
        self.assertEqual(paul.rental_id, rental)
        newsletter = self.env["consent.purpose"]._get("newsletter", self.company)
        self.env["consent.event"]._record(
            [
                {
                    "partner": paul,
                    "purpose": newsletter,
                    "channel": "email",
                    "action": "given",
                    "means": "paper",
                    "act": "signature",
                    "wording": self.env["consent.wording"]._published(newsletter, "email", "fr_FR"),
                }
            ]
        )

        def refused():
            self.env.flush_all()
            return gate.check(paul.ids, "newsletter", "email")[0]["reason"]

        self.assertFalse(refused(), "with the proof, in the term, and with a consent")
        rental.proof = False
        self.assertEqual(refused(), "rented")
        rental.proof = base64.b64encode(b"preuve")
        self.assertFalse(refused())
        rental.write({"start_date": "2020-01-01", "end_date": "2020-02-01"})
        self.assertEqual(refused(), "rented")
        self.env["political.rental"]._cron_end()
        self.assertFalse(paul.exists())

    def test_rejects_come_back(self):
        """Rejects are the original rows with a reason."""
        record = self._import([["X;Y", 'dit "Jo"', "", "", "", "", "", "trop"], PAUL])
        record.action_preview()
        text = "".join(record._rejects())
        self.assertEqual(
            text,
            "\ufeff" + ";".join([*HEADER, "Reason"]) + "\r\n"
            '"X;Y";"dit ""Jo""";;;;;;trop;The row has more cells than the file has columns.\r\n',
        )

    def test_double_encoded_accents(self):
        """“Ã©” is detected, and repaired on request."""
        text = ";".join(HEADER) + "\r\nLefèvre;Zoé;;;;;Évreux\r\nNoël;Inès;;;;;Béthune\r\n"
        doubled = text.encode().decode("cp1252").encode()
        for repair, name in ((True, "Zoé Lefèvre"), (False, "ZoÃ© LefÃ¨vre")):
            record = self.imports.create({"file": base64.b64encode(doubled), "filename": "a.csv"})
            self.assertTrue(record.is_doubled and record.repair)
            record.repair = repair
            record.action_preview()
            self.assertEqual(record.create_row_ids[0].name, name)

    def test_settings_make_the_preview_stale(self):
        record = self._import([PAUL])
        record.action_preview()
        record.default_category = "member"
        self.assertEqual(record.state, "draft")
        with self.assertRaises(UserError):
            record.action_apply()

    def test_party_columns(self):
        """Category, branch and polling station by what people call them; unknown ones are said."""
        station = self.env["political.zone"].create(
            {"name": "Bureau 12", "kind": "station", "code": "99999_0012"}
        )
        header = ["Nom", "Prénom", "Courriel", "Catégorie", "Section", "Bureau de vote"]
        record = self._import(
            [
                ["Un", "A", "a@example.org", "Adhérent", "section nord", "99999_0012"],
                ["Deux", "B", "b@example.org", "roi", "", ""],
                ["Trois", "C", "c@example.org", "", "Section ouest", ""],
            ],
            header,
        )
        record.action_preview()
        self.assertEqual(
            record.reject_row_ids.mapped("reason"), ["category:roi", "branch:Section ouest"]
        )
        record.action_apply()
        one = self._found("a@example.org")
        self.assertEqual(
            (one.political_category, one.branch_id, one.polling_station_id),
            ("member", self.north, station),
        )

    def test_by_the_job(self):
        """A large file is read and applied by the job, and says how far it is."""
        rows = [
            ["Nom", f"P{place}", f"p{place}@example.org", "", "", "", ""] for place in range(30)
        ]
        record = self._import(rows)
        job = patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 9)
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("political_crm.import_inline_rows", "1")
        parameters.set_param("political_crm.import_batch_rows", "7")
        with job:
            record.action_preview()
            self.assertEqual(record.state, "reading")
            self.env["political.import"]._cron_work()
            self.assertEqual((record.state, record.created_count), ("preview", 30))
            record.action_apply()
            self.assertEqual(record.state, "applying")
            self.env["political.import"]._cron_work()
            self.assertEqual((record.state, record.progress), ("done", 100))
            record.action_undo()
            self.env["political.import"]._cron_work()
            self.assertEqual((record.state, record.undone_count), ("undone", 30))

    def test_ahead_takes_the_place_once(self):
        """A batch written ahead counts only where the place has come to its beginning."""
        rows = [
            ["Nom", f"P{place}", f"p{place}@example.org", "", "", "", ""] for place in range(20)
        ]
        record = self._import(rows)
        record.action_preview()
        self.env["ir.config_parameter"].set_param("political_crm.import_batch_rows", "8")
        worker = record._worker()
        record.write({"state": "applying"})
        worker._begin_applying()
        begin = record.applied_number
        self.assertTrue(worker._may_go_ahead(begin))
        self.assertFalse(worker._take_place(begin + 8, begin + 16, 8), "the first is not written")
        worker._apply_batch()
        self.assertTrue(worker._take_place(begin + 8, begin + 16, 8))
        self.assertFalse(worker._take_place(begin + 8, begin + 16, 8), "it was taken")
        record.invalidate_recordset()
        self.assertEqual((record.applied_number, record.done_count), (begin + 16, 16))
        self.assertFalse(worker._may_go_ahead(begin + 20), "none is left")

    def test_ahead_only_where_nothing_waits(self):
        """Known contacts, relatives and consents are written in their turn."""
        self._person("Martin", firstname="Paul", email="paul@example.org")
        record = self._import([PAUL, ZOE])
        record.action_preview()
        self.assertEqual(record.updated_count, 1)
        self.assertFalse(record._worker()._may_go_ahead(0))
        family = self._import([["Société", *PAUL], ["", *ZOE]], ["Société mère", *HEADER])
        family.column_ids[0].target = "parent"
        family.action_preview()
        self.assertFalse(family._worker()._may_go_ahead(0))

    def test_rights(self):
        """A lead neither imports nor reaches staged rows; nor does staff; an administrator does."""
        record = self._import([PAUL])
        record.action_preview()
        for user in (self.user_lead, self.user_staff, self.user_finance, self.user_plain):
            for model in (
                "political.import",
                "political.import.row",
                "political.import.change",
                "political.import.column",
                "political.import.mapping",
            ):
                with self.assertRaises(AccessError):
                    self._as(user, model).search([])
            with self.assertRaises(AccessError):
                self._as(user, "political.import").browse(record.id).action_apply()
        self.assertTrue(record.create_row_ids)
        self.assertFalse(self._as(self.user_neighbour, "political.import").env.su)
        with self.assertRaises(AccessError):
            record.create_row_ids.write({"email": "x@example.org"})

    def test_neighbouring_controller(self):
        """R-41: an administrator of another controller sees nothing of it."""
        record = self._import([PAUL])
        record.action_preview()
        other = self.user_neighbour
        other.group_ids |= self.env.ref("political_crm.group_import")
        for model in ("political.import", "political.import.row", "political.import.column"):
            self.assertFalse(self._as(other, model).search([]))
        self.assertTrue(self._as(self.user_manager, "political.import.row").search([]))
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self._as(other, "political.import").browse(record.id).action_apply()


class TestImportUndo(ImportCase):
    def setUp(self):
        super().setUp()
        self.paul = self._person("Martin", firstname="Paul", email="paul@example.org", phone=False)
        self.env.flush_all()

    def _applied(self):
        header = [*HEADER, "Étiquettes"]
        record = self._import(
            [[*ZOE, "Ami"], [*PAUL[:3], "01 99 00 77 77", "", "", "BONDY", "Ami"]], header
        )
        record.action_preview()
        record.action_apply()
        self.assertEqual((record.created_count, record.updated_count), (1, 1))
        return record

    def test_exact(self):
        """Taken back, every stored column is what it was."""
        before = self._stored(self.paul)
        count = self.env["res.partner"].search_count([])
        record = self._applied()
        self.assertNotEqual(self._stored(self.paul), before)
        record.action_undo()
        self.assertEqual(self._stored(self.paul), before)
        self.assertEqual(self.env["res.partner"].search_count([]), count)
        self.assertEqual((record.state, record.undone_count, record.kept_count), ("undone", 2, 0))

    def test_many_at_once(self):
        """Many go at once, with the foreign keys lifted and set again as they were."""
        keys = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
                   WHERE contype = 'f' AND confrelid = 'res_partner'::regclass ORDER BY 1"""
        self.env.cr.execute(keys)
        before = self.env.cr.fetchall()
        record = self._applied()
        with patch.multiple(political_import_undo, AT_ONCE=0):
            record.action_undo()
        self.env.cr.execute(keys)
        self.assertEqual(self.env.cr.fetchall(), before)
        self.assertFalse(self._found("zoe.lefevre@example.org"))
        self.assertEqual(record.undone_count, 2)

    def test_changed_since_stays(self):
        """What somebody changed since is listed and not overwritten."""
        record = self._applied()
        zoe = self._found("zoe.lefevre@example.org")
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = write_date + interval '1 second', city = 'Lyon' "
            "WHERE id = ANY(%s)",
            [(zoe + self.paul).ids],
        )
        self.env.invalidate_all()
        record.action_undo()
        self.assertEqual((record.undone_count, record.kept_count), (0, 2))
        self.assertEqual(zoe.city, "Lyon")
        self.assertEqual(self.paul.phone, "+33199007777")
        self.assertEqual(
            set(record.kept_change_ids.mapped("partner_id")), set((zoe + self.paul).ids)
        )

    def test_other_columns_may_change(self):
        """A change elsewhere on the contact stands, and does not keep ours."""
        record = self._applied()
        self.paul.function = "Boulanger"
        record.action_undo()
        self.assertEqual((self.paul.phone, self.paul.function), (False, "Boulanger"))

    def test_used_stays(self):
        """A new contact on whom something hangs stays."""
        record = self._applied()
        zoe = self._found("zoe.lefevre@example.org")
        self.env["crm.lead"].create({"name": "Rencontre", "partner_id": zoe.id})
        record.action_undo()
        self.assertTrue(zoe.exists())
        self.assertEqual((record.undone_count, record.kept_count), (1, 1))

    def test_term(self):
        """Earlier values have a term; then nothing can be taken back, and says so."""
        record = self._applied()
        record.undo_until = fields.Date.today() - timedelta(days=1)
        record._gc_imports()
        changes = self.env["political.import.change"].search([("import_id", "=", record.id)])
        self.assertFalse(changes)
        with self.assertRaisesRegex(UserError, "term"):
            record.action_undo()
        self.assertEqual(record.created_count, 1, "figures stay")

    def test_erasure_clears_the_journal(self):
        """R-31: erasing a person clears what imports remember of them."""
        record = self._applied()
        self.env["consent.eraser"]._erase(self.paul)
        self.env.cr.execute(
            "SELECT count(*) FROM political_import_row WHERE raw ILIKE '%%paul@example.org%%' "
            "UNION ALL SELECT count(*) FROM political_import_change WHERE before::text ILIKE "
            "'%%paul%%' OR after::text ILIKE '%%paul%%'"
        )
        self.assertEqual([count for (count,) in self.env.cr.fetchall()], [0, 0])
        self.assertTrue(self._found("zoe.lefevre@example.org"))
        self.assertEqual(record.state, "done")

    def test_family_follows(self):
        """What the platform carried on to others is in the journal too."""
        house = self.env["res.partner"].create(
            {"name": "Maison", "is_company": True, "email": "maison@example.org",
             "company_id": self.company.id}
        )  # fmt: skip
        child = self.env["res.partner"].create({"name": "Jo", "parent_id": house.id})
        before = self._stored(house + child)
        record = self._import(
            [["Maison", "maison@example.org", "1 rue Neuve", "93140", "Bondy", "oui"]],
            ["Nom", "Courriel", "Adresse", "CP", "Ville", "Is company"],
        )
        record.action_preview()
        record.action_apply()
        self.assertEqual((record.updated_count, child.street), (1, "1 rue Neuve"))
        record.action_undo()
        self.assertEqual(self._stored(house + child), before)
