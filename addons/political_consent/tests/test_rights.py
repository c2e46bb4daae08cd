import base64
import io
import json
import zipfile
from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged
from odoo.tools import SQL

from ..lib import identity as identities
from .common import ConsentCase

EMAIL = "zelie.quidam-vide@example.org"
PHONE = "+33261915577"
NAME = "Zélie Quidam-Vide"
SPELLINGS = (
    EMAIL,
    EMAIL.replace("@", "%40"),
    PHONE,
    "02 61 91 55 77",
    "02.61.91.55.77",
    "+33 (0)2 61 91 55 77",
    NAME,
    "QUIDAM-VIDE Zélie",
    "zelie quidam-vide",
)


@tagged("post_install", "-at_install")
class TestRightRequest(ConsentCase):
    """Requests: term, identity, rights, effects (R-32)."""

    @classmethod
    def _request(cls, kind="access", user=None, **values):
        return (
            cls.env["consent.right.request"]
            .with_user(user or cls.officer)
            .create(
                {
                    "kind": kind,
                    "requester_name": cls.anne.name,
                    "requester_email": cls.anne.email,
                    "partner_ids": [(6, 0, cls.anne.ids)],
                    **values,
                }
            )
        )

    def _answerable(self, kind):
        request = self._request(kind).with_user(self.dpo)
        request.identity_means = "known"
        request.action_confirm_identity()
        return request

    def test_due_in_one_calendar_month(self):
        """R-32: one month by the calendar, and by the day of France (R-72)."""
        cases = {
            datetime(2026, 1, 31, 12): date(2026, 2, 28),
            datetime(2026, 3, 10, 23, 30): date(2026, 4, 11),  # already the 11th in Paris
            datetime(2026, 10, 24, 22, 30): date(2026, 11, 25),  # the night the clocks change
        }
        for received, due in cases.items():
            self.assertEqual(self._request(received_at=received).due_date, due)

    def test_extension_adds_two_months(self):
        request = self._request(received_at=datetime(2026, 1, 15, 12)).with_user(self.dpo)
        request.extended_because = "Dossier volumineux"
        self.assertEqual(request.due_date, date(2026, 4, 15))

    def test_nothing_before_identity(self):
        """R-32: nothing is told before the identity is checked."""
        request = self._request().with_user(self.dpo)
        with self.assertRaises(UserError):
            request.action_answer()
        with self.assertRaises(UserError):
            request.action_confirm_identity()
        request.identity_means = "document"
        request.action_confirm_identity()
        request.action_answer()
        self.assertEqual(request.state, "answered")

    def test_only_the_officer_answers(self):
        request = self._answerable("access")
        with self.assertRaises(AccessError):
            request.with_user(self.officer).action_answer()
        with self.assertRaises(AccessError):
            request.with_user(self.outsider).read(["name"])
        with self.assertRaises(AccessError):
            request.with_user(self.internal).read(["name"])
        with self.assertRaises(AccessError):
            request.write({"state": "answered"})
        with self.assertRaises(AccessError):
            self._request(identity_means="link")

    def test_reminder(self):
        """R-32: activities a week before, and when it is due."""
        with freeze_time("2026-05-02 10:00:00"):
            request = self._request()
            self.assertEqual(request.sudo().activity_ids.date_deadline, date(2026, 5, 26))
        with freeze_time("2026-06-02 10:00:00"):
            self.env["consent.right.request"]._cron_remind()
            self.assertIn(date(2026, 6, 2), request.sudo().activity_ids.mapped("date_deadline"))
            self.assertFalse(request.is_late)
        with freeze_time("2026-06-03 10:00:00"):
            request.invalidate_recordset(["is_late"])
            self.assertTrue(request.is_late)
            self.assertIn(request, request.search([("is_late", "=", True)]))

    def test_access_has_every_model(self):
        """R-32: origin, consents with their words, recipients, and rows of every model."""
        event = self.give(self.anne)
        self.env["mailing.contact"].create({"name": "Anne", "email": self.anne.email})
        note = self.anne.message_post(body="Souhaite tenir un bureau de vote")
        request = self._answerable("access")
        data = json.loads(request.sudo()._access_json())
        models = {section["model"] for section in data["data"]}
        self.assertLessEqual({"res.partner", "mailing.contact", "mail.message"}, models)
        self.assertIn(event.receipt, json.dumps(data["consents"]))
        self.assertEqual(data["consents"][0]["wording"], event.wording_id.text)
        self.assertTrue(data["origin"] and data["recipients"] and data["purposes"])
        self.assertIn("Souhaite tenir", json.dumps(data, ensure_ascii=False))
        self.assertTrue(note)
        self.assertNotIn(self.basile.email, json.dumps(data))

    def test_access_page_prints(self):
        request = self._answerable("copy")
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "political_consent.report_access", request.ids
        )
        self.assertIn(self.anne.email, html.decode())

    def test_objection_closes_everything(self):
        """R-29: withdrawn for every purpose that is no statutory one, and remembered."""
        self.give(self.anne)
        self.assertFalse(self.reason(self.anne))
        self._answerable("objection").action_answer()
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertEqual(
            self.env["consent.suppression"]._reason_of(self.company, self.anne.email, False),
            "opposed",
        )
        self.assertEqual(self.reason(self.basile), "no_basis")

    def test_restricted_person_passes_no_gate(self):
        """Article 18: for no purpose, the statutory one included; the neighbour passes."""
        membership = self.env["consent.purpose"]._get("membership", self.company)
        self.assertTrue(membership.statutory)
        self.join(self.anne | self.basile)
        self.assertFalse(self.reason(self.anne, "membership"))
        request = self._answerable("restriction")
        request.action_answer()
        self.assertEqual(self.reason(self.anne, "membership"), "restricted")
        self.assertFalse(self.reason(self.basile, "membership"))
        audience = (
            self.env["consent.gate"]
            .with_user(self.officer)
            .audience("membership", "email", [("id", "in", (self.anne + self.basile).ids)])
        )
        self.assertEqual(audience, self.basile.ids)
        request.action_lift_restriction()
        self.assertFalse(self.reason(self.anne, "membership"))

    def test_link_expires_and_is_hashed(self):
        request = self._answerable("access")
        token = request.sudo()._draw_token(timedelta(days=30))
        request.sudo().state = "answered"
        Request = self.env["consent.right.request"]
        self.assertEqual(Request._by_token(token, ("answered",)), request.sudo())
        self.assertNotIn(token, request.sudo().token_sha256)
        with freeze_time(datetime.now() + timedelta(days=31)):
            self.assertFalse(Request._by_token(token, ("answered",)))


@tagged("post_install", "-at_install")
class TestErasure(ConsentCase):
    """Erasure leaves no trace but the keyed hash (R-30, R-31)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.zelie = cls.env["res.partner"].create(
            {
                "name": NAME,
                "email": EMAIL,
                "phone": PHONE,
                "street": "3 impasse du Néant",
                "comment": f"<p>{NAME} préfère le matin</p>",
                "company_id": cls.company.id,
            }
        )
        cls.env.flush_all()

    def _seed(self):
        """The person in every room that a party's base has."""
        partner, env = self.zelie, self.env
        self.give(partner, evidence=base64.b64encode(f"signé {NAME}".encode()).decode())
        partner.message_post(body=f"Appelé {NAME} au 02 61 91 55 77", author_id=partner.id)
        partner.message_post(
            body="Voir pièce", attachments=[("scan.txt", f"formulaire de {EMAIL}".encode())]
        )
        self.basile.message_post(body=f"Vu avec {NAME} ({EMAIL}) au marché")
        partner.write({"email": f"ancien.{EMAIL}"})
        partner.write({"email": EMAIL})
        partner.activity_schedule(
            "mail.mail_activity_data_todo", summary=f"Rappeler {NAME}", user_id=self.officer.id
        )
        mailing_list = env["mailing.list"].create({"name": "Lettre"})
        env["mailing.contact"].create(
            {"name": NAME, "email": EMAIL, "list_ids": [(4, mailing_list.id)]}
        )
        mailing = env["mailing.mailing"].create({"name": "Essai", "subject": "Essai"})
        env["mailing.trace"].create(
            {
                "mass_mailing_id": mailing.id,
                "model": "res.partner",
                "res_id": partner.id,
                "email": EMAIL,
            }
        )
        env["mail.mail"].create(
            {"email_to": f"{NAME} <{EMAIL}>", "body_html": f"<p>Bonjour {NAME}</p>"}
        )
        env["sms.sms"].create({"number": PHONE, "body": f"Bonjour {NAME}"})
        env["mail.blacklist"].sudo()._add(EMAIL)
        env["phone.blacklist"].sudo()._add([PHONE])
        env["ir.attachment"].create(
            [
                {
                    "name": "import.csv",
                    "raw": f"nom,courriel\n{NAME},{EMAIL}\nAutre,b@example.org".encode(),
                    "mimetype": "text/csv",
                },
                {"name": f"liste {NAME}.xlsx", "raw": self._xlsx()},
            ]
        )
        env["base_import.import"].create(
            {"res_model": "res.partner", "file": f"{NAME};{EMAIL}".encode(), "file_name": "x.csv"}
        )
        env["bus.bus"]._sendone("essai", "essai", {"email": EMAIL, "name": NAME})
        env.cr.precommit.run()
        env["ir.logging"].create(
            {
                "name": "x",
                "type": "server",
                "path": "x",
                "func": "x",
                "line": "1",
                "message": f"Refused for {NAME} <{EMAIL}>",
            }
        )
        wizard = env["privacy.lookup.wizard"].create({"name": NAME, "email": EMAIL})
        wizard.action_lookup()
        env["utm.campaign"].create({"name": "c", "title": f"Relance {EMAIL}"})
        env["res.users"].with_context(no_reset_password=True).create(
            {
                "login": EMAIL,
                "partner_id": partner.id,
                "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
            }
        )
        env["res.partner"].create(
            {"name": NAME, "type": "delivery", "parent_id": partner.id, "street": "ailleurs"}
        )
        self._seed_where_installed(partner)

    @staticmethod
    def _xlsx():
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as book:
            book.writestr("xl/sharedStrings.xml", f"<sst><si><t>{NAME}</t></si></sst>")
            book.writestr("xl/other.xml", "<a/>")
        return out.getvalue()

    def _seed_where_installed(self, partner):
        env = self.env
        who = {"partner_id": partner.id}
        if "crm.lead" in env:
            env["crm.lead"].create(
                {**who, "name": f"Adhésion de {NAME}", "email_from": EMAIL, "phone": PHONE}
            )
        if "event.registration" in env:
            event = env["event.event"].create(
                {"name": "Réunion", "date_begin": "2026-12-01", "date_end": "2026-12-02"}
            )
            self.registration = env["event.registration"].create(
                {**who, "event_id": event.id, "name": NAME, "email": EMAIL, "phone": PHONE}
            )
        if "survey.user_input" in env:
            survey = env["survey.survey"].create({"title": "Avis"})
            env["survey.user_input"].create(
                {**who, "survey_id": survey.id, "email": EMAIL, "nickname": NAME}
            )
        if "calendar.event" in env:
            env["calendar.event"].create(
                {
                    "name": f"Café avec {NAME}",
                    "start": "2026-12-01 10:00:00",
                    "stop": "2026-12-01 11:00:00",
                    "partner_ids": [(4, partner.id), (4, self.basile.id)],
                }
            )
        if "payment.transaction" in env:
            provider = env["payment.provider"].create({"name": "Essai", "code": "none"})
            # None is active before a provider is set up
            methods = env["payment.method"].with_context(active_test=False)
            self.transaction = env["payment.transaction"].create(
                {
                    **who,
                    "provider_id": provider.id,
                    "payment_method_id": methods.search([], limit=1).id,
                    "amount": 20,
                    "currency_id": self.company.currency_id.id,
                    "reference": "T-essai-1",
                    "partner_email": EMAIL,
                }
            )

    def _sow_every_column(self):
        """One mention in every text column of every table that has a row."""
        env, cr = self.env, self.env.cr
        eraser = env["consent.eraser"]
        registry = env["consent.data.registry"]
        public = registry._public_name_models()
        model_of = eraser._catalogue()["model_of"]
        sown = 0
        for table, columns in eraser._swept_columns().items():
            name = model_of.get(table)
            if table.startswith(("ir_", "res_", "consent_", "bus_", "orm_", "mail_template")):
                continue
            if name in public:
                continue
            for column, kind in columns:
                value = {"bytea": None, "json": None, "jsonb": None}.get(kind, f"a {EMAIL} z")
                if value is None and kind != "bytea":
                    value = json.dumps({"en_US": f"a {EMAIL} b {NAME}"})
                if value is None:
                    continue
                try:
                    with cr.savepoint(flush=False):
                        cr.execute(
                            SQL(
                                "UPDATE %s SET %s = %s WHERE ctid = (SELECT ctid FROM %s LIMIT 1)",
                                SQL.identifier(table),
                                SQL.identifier(column),
                                value,
                                SQL.identifier(table),
                            ),
                            log_exceptions=False,
                        )
                        sown += cr.rowcount
                except Exception:  # noqa: S112 - a constraint keeps text out: so be it
                    continue
        return sown

    def _traces(self):
        """(table, column) that still name the person, over the whole database."""
        env, cr = self.env, self.env.cr
        pattern = env["consent.data.registry"]._pattern(
            identities.Identity({EMAIL, f"ancien.{EMAIL}"}, {PHONE}, {NAME})
        )
        found = []
        cr.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND data_type IN ('text', "
            "'character varying', 'json', 'jsonb', 'bytea')"
        )
        for table, column, kind in cr.fetchall():
            text = SQL(
                "encode(%s, 'escape')" if kind == "bytea" else "%s::text", SQL.identifier(column)
            )
            cr.execute(
                SQL(
                    "SELECT %s FROM %s WHERE %s ~* %s",
                    text,
                    SQL.identifier(table),
                    text,
                    "quidam|elie|261915577|61.{0,3}91.{0,3}55.{0,3}77",
                )
            )
            for (value,) in cr.fetchall():
                if pattern.search(value) or "quidam" in value.lower():
                    found.append((table, column, value[:900]))
        return found

    def _file_traces(self):
        cr = self.env.cr
        Attachment = self.env["ir.attachment"]
        found = []
        cr.execute("SELECT id, store_fname FROM ir_attachment WHERE store_fname IS NOT NULL")
        for attachment_id, fname in cr.fetchall():
            raw = Attachment._file_read(fname)
            if raw[:2] == b"PK":
                with zipfile.ZipFile(io.BytesIO(raw)) as book:
                    raw = b"".join(book.read(part) for part in book.namelist())
            if any(spelling.encode() in raw for spelling in SPELLINGS):
                found.append(attachment_id)
        return found

    def test_names_are_found_across_broken_lines(self):
        """R-31: calendars and mails break lines in the middle of words, and of people."""
        person = identities.Identity(
            emails={"anne.essai@example.org"}, names={"Anne Essai"}, phones={"+33199001234"}
        )
        exact = identities.pattern(person, {"+33199001234": "33"})
        coarse = identities.coarse(person)
        for text in ("anne.essai@example.org", "Anne Essai", "+33199001234"):
            for place in range(1, len(text)):
                for fold in ("\r\n ", "\n ", "=\r\n", "=\n"):
                    if text.startswith("+") and "=" in fold:
                        continue
                    broken = f"x:{text[:place]}{fold}{text[place:]};"
                    masked = exact.sub(broken)
                    self.assertEqual(masked.count(identities.MASK), 1, repr(broken))
                    if not text.startswith("+"):
                        self.env.cr.execute("SELECT %s ~* %s", [broken, coarse])
                        self.assertTrue(self.env.cr.fetchone()[0], repr(broken))

    def test_names_are_found_after_an_escaped_line_end(self):
        """R-31: a calendar's description writes its lines' ends as a backslash and an n."""
        person = identities.Identity(emails={"anne.essai@example.org"}, names={"Anne Essai"})
        exact = identities.pattern(person, {})
        for end in ("\\n", "\\r\\n", "\\t"):
            text = f"Contact{end}Anne Essai{end}anne.essai@example.org{end}"
            self.assertEqual(exact.sub(text), f"Contact{end}***{end}***{end}")
        self.assertEqual(exact.sub("Jeanne Essai"), "Jeanne Essai", "another name's end")

    def test_scan_finds_what_is_seeded(self):
        """The scan itself works: it sees the person before they are erased."""
        self._seed()
        self.env.flush_all()
        tables = {table for table, _column, _value in self._traces()}
        self.assertLessEqual(
            {
                "res_partner",
                "mail_message",
                "mail_mail",
                "sms_sms",
                "mailing_contact",
                "mail_blacklist",
                "phone_blacklist",
                "bus_bus",
                "ir_logging",
                "res_users",
                "base_import_import",
                "mailing_trace",
                "ir_attachment",
            },
            tables,
        )
        self.assertGreaterEqual(len(self._file_traces()), 3)

    def test_erasure_leaves_no_trace(self):
        """R-31: no table, no file, save the keyed hash; the ledger stays whole."""
        self._seed()
        self.assertGreater(self._sow_every_column(), 100)
        self.env.flush_all()
        self.env.invalidate_all()
        stored = (
            self.env["ir.attachment"]
            .sudo()
            .search([("store_fname", "!=", False), ("res_field", "in", (False, "file", "raw"))])
        )
        fnames = set(stored.mapped("store_fname"))
        before = self.env["consent.event"]._verify(self.company)
        tombstone = self.env["consent.eraser"].with_user(self.dpo)._erase(self.zelie)
        self.env["consent.eraser"].sudo()._remove_files(fnames)
        self.assertEqual(self._traces(), [])
        self.assertEqual(self._file_traces(), [])
        after = self.env["consent.event"]._verify(self.company)
        self.assertTrue(after["ok"], after)
        self.assertGreaterEqual(after["checked"], before["checked"])
        self.assertGreater(tombstone.row_count, 20)
        self.assertEqual(tombstone.user_id, self.dpo)
        self.assertTrue(
            self.env["consent.suppression"]._is_suppressed(self.company, "email", EMAIL)
        )

    def test_what_the_law_keeps_has_no_person(self):
        self._seed()
        self.env["consent.eraser"].sudo()._erase(self.zelie)
        if "event.registration" in self.env:
            self.assertTrue(self.registration.exists())
            self.assertFalse(self.registration.partner_id or self.registration.email)
        if "payment.transaction" in self.env:
            self.assertEqual(self.transaction.exists().amount, 20)
            self.assertTrue(self.transaction.partner_id.name.startswith("***"))
            self.assertFalse(self.transaction.partner_email)
            self.assertFalse(self.transaction.partner_id.active)

    def test_without_kept_rows_the_contact_goes(self):
        """And that it ended is in the ledger, under a code that leads to nobody."""
        event = self.give(self.zelie)
        self.env["consent.eraser"].sudo()._erase(self.zelie)
        last = self.env["consent.event"].search([("subject", "=", event.subject)], limit=1)
        self.assertEqual((last.action, last.means), ("withdrawn", "erasure"))
        self.assertFalse(self.env["consent.subject"].search([("code", "=", event.subject)]))
        self.assertFalse(self.zelie.exists())
        self.assertTrue(self.anne.exists())

    def test_neighbours_keep_theirs(self):
        """A homonym and a household sharing the number lose nothing."""
        namesake = self.env["res.partner"].create(
            {"name": NAME, "email": "autre.zelie@example.org", "phone": PHONE}
        )
        other = self.env["res.partner"].create(
            {"name": "Azelie", "email": f"a{EMAIL}", "street": f"rue {NAME}"}
        )
        lead = self.basile.message_post(body=f"Vu avec {NAME} et {EMAIL}")
        self.env["consent.eraser"].sudo()._erase(self.zelie)
        self.assertEqual(namesake.name, NAME)
        self.assertEqual(namesake.phone, PHONE)
        self.assertEqual(other.email, f"a{EMAIL}")
        self.assertNotIn(EMAIL, lead.body)
        self.assertFalse(
            self.env["consent.suppression"]._is_suppressed(self.company, "phone", PHONE)
        )

    def test_not_entered_again(self):
        """R-30: refused by hand and by import; the person alone comes back, confirmed."""
        self.env["consent.eraser"].sudo()._erase(self.zelie)
        Partner = self.env["res.partner"].with_user(self.officer)
        self.env.ref("base.group_partner_manager").sudo().user_ids |= self.officer
        with self.assertRaises(UserError):
            Partner.create({"name": "Z", "email": EMAIL.upper()})
        result = Partner.load(["name", "email"], [["Z", EMAIL], ["Ok", "ok@example.org"]])
        self.assertFalse(result["ids"])
        Partner.create({"name": "Neighbour", "email": f"x{EMAIL}"})
        back = (
            self.env["res.partner"]
            .sudo()
            .create({"name": "Z", "email": EMAIL, "company_id": self.company.id})
        )
        self.assertEqual(self.reason(back), "suppressed")
        self.assertIn("erased", back.with_user(self.officer).consent_banner)
        self.give(back)
        self.assertFalse(self.reason(back), "who signs up again is reached again")
        self.env.cr.execute("SELECT count(*) FROM consent_suppression WHERE identifier_key ~ '@'")
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_refused_erasures(self):
        eraser = self.env["consent.eraser"]
        with self.assertRaises(UserError):
            eraser._erase(self.officer.partner_id)
        with self.assertRaises(UserError):
            eraser._erase(self.company.partner_id)
        hold = self.env["consent.legal.hold"].create(
            {"partner_id": self.zelie.id, "reason": "Contentieux", "end": "2099-01-01"}
        )
        with self.assertRaises(UserError):
            eraser._erase(self.zelie)
        hold.end = "2020-01-01"
        eraser.sudo()._erase(self.zelie)

    def test_two_steps_and_rights(self):
        Wizard = self.env["consent.erasure.wizard"]
        with self.assertRaises(AccessError):
            Wizard.with_user(self.officer).create({"partner_ids": [(6, 0, self.zelie.ids)]})
        wizard = Wizard.with_user(self.dpo).create({"partner_ids": [(6, 0, self.zelie.ids)]})
        self.assertIn("<table", wizard.preview)
        with self.assertRaises(UserError):
            wizard.action_erase()
        wizard.action_next()
        wizard.understood = True
        with self.assertRaises(UserError):
            wizard.action_erase()
        wizard.count_typed = 1
        wizard.action_erase()
        self.assertFalse(self.zelie.exists())
        log = self.env["consent.erasure"].search([], limit=1)
        with self.assertRaises(AccessError):
            log.with_user(self.dpo).write({"reason": "retention"})
        with self.assertRaises(AccessError):
            log.with_user(self.officer).read(["uid"])

    def test_request_of_an_erased_person_forgets_them(self):
        request = (
            self.env["consent.right.request"]
            .with_user(self.officer)
            .create(
                {
                    "kind": "erasure",
                    "requester_name": NAME,
                    "requester_email": EMAIL,
                    "message": f"Effacez {NAME}",
                    "partner_ids": [(6, 0, self.zelie.ids)],
                }
            )
            .with_user(self.dpo)
        )
        request.identity_means = "known"
        request.action_confirm_identity()
        request.sudo()._answer_erasure(self.zelie)
        self.assertEqual(self._traces(), [])
        self.assertEqual(request.sudo().state, "answered")
        self.assertEqual(request.sudo().erasure_ids.request_ref, request.name)

    def test_restored_backup_replays(self):
        """The tombstones' file erases again whom a backup brings back."""
        lines = []
        self.env["consent.key"]._current()
        with self.env.cr.savepoint() as savepoint:
            tombstone = self.env["consent.eraser"].sudo()._erase(self.zelie)
            lines.append(json.loads(json.dumps(tombstone._line())))
            self.assertNotIn("quidam", json.dumps(lines).lower())
            self.env.flush_all()
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertTrue(self.zelie.exists(), "the backup has them")
        Erasure = self.env["consent.erasure"]
        self.assertEqual(len(Erasure._to_replay(lines)), 1)
        self.assertEqual(Erasure._replay(lines), 1)
        self.assertFalse(self.zelie.exists())
        self.assertEqual(Erasure._to_replay(lines), [])
        self.assertTrue(
            self.env["consent.suppression"]._is_suppressed(self.company, "email", EMAIL)
        )
        self.assertTrue(self.anne.exists())
        with self.assertRaises(AccessError):
            Erasure.with_user(self.officer).action_replay()

    def test_core_lookup_is_completed(self):
        """Core's privacy look-up lists what it used to miss, once each, and deletes nothing."""
        if "calendar.event" not in self.env:
            self.skipTest("the calendar is not installed")
        channel = self.env["calendar.event"].create(
            {
                "name": "Café",
                "start": "2026-12-01 10:00:00",
                "stop": "2026-12-01 11:00:00",
                "partner_ids": [(6, 0, self.zelie.ids)],
            }
        )
        wizard = self.env["privacy.lookup.wizard"].create({"name": NAME, "email": EMAIL})
        wizard.action_lookup()
        found = wizard.line_ids.mapped(lambda line: (line.res_model, line.res_id))
        self.assertIn(("res.partner", self.zelie.id), found)
        self.assertIn(("calendar.event", channel.id), found)
        self.assertEqual(len(found), len(set(found)))

    def test_controller_leaves(self):
        """R-79: all people of one controller exported and erased, the other's untouched."""
        other = self.env["res.partner"].create(
            {
                "name": "Ailleurs",
                "email": "ailleurs@example.org",
                "company_id": self.other_company.id,
            }
        )
        mine = self.env["res.partner"].create(
            {"name": "Ici Même", "email": "ici@example.org", "company_id": self.company.id}
        )
        self.give(mine)
        eraser = self.env["consent.eraser"].sudo()
        self.env["res.partner"].with_context(active_test=False).search(
            [("company_id", "=", self.company.id), ("id", "not in", (mine + self.zelie).ids)]
        ).company_id = False
        exported = json.dumps(list(eraser._controller_people(self.company)), default=str)
        self.assertIn("ici@example.org", exported)
        self.assertNotIn("ailleurs@example.org", exported)
        self.assertEqual(eraser._purge_controller(self.company), 2)
        self.assertFalse((mine + self.zelie).exists())
        self.assertEqual(other.email, "ailleurs@example.org")
        self.assertTrue(self.env["consent.event"]._verify(self.company)["ok"])
        logged = self.env["consent.erasure"].search_count([("reason", "=", "controller")])
        self.assertEqual(logged, 2)
