import json

from .common import PoliticalCase
from .import_files import contacts, encoded

ROWS = 5_000
WITH_NOTES = 200
# Numbers that the database gives, and moments.
VOLATILE = {"id", "create_date", "write_date", "calendar_last_notif_ack"}
TARGETS = {
    "ref": "ref",
    "company_type": "is_company",
    "firstname": "firstname",
    "lastname": "lastname",
    "email": "email",
    "phone": "phone",
    "street": "street",
    "street2": "street2",
    "zip": "zip",
    "city": "city",
    "country_id": "country",
    "birthdate": "birthdate",
    "function": "function",
    "website": "website",
    "comment": "comment",
    "company_name": "company_name",
    "category_id": "tags",
    "parent_id": "parent",
    "political_category": "category",
    "political_origin": "origin",
}


class TestImportEqual(PoliticalCase):
    """Promise 7: a row that came by SQL is the very row that the platform would have written."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.fr")
        cls.env["res.partner.category"].create([{"name": "Ami"}, {"name": "Voisin"}])

    def _by_load(self, header, rows, note):
        env = self.env(user=self.user_manager, su=False)
        contacts_ = env["res.partner"].with_context(lang="en_US", tracking_disable=not note)
        answer = contacts_.load(
            [*header, "company_id"], [[*row, self.company.name] for row in rows]
        )
        self.assertEqual(answer["messages"][:3], [])

    def _by_import(self, header, rows, note):
        imports = self._as(self.user_manager, "political.import").with_context(lang="en_US")
        # An organisation's name lies in the column of last names.
        name, last = header.index("name"), header.index("lastname")
        for row in rows:
            row[last] = row[last] or row[name]
        record = imports.create(
            {
                "file": encoded([header, *rows]),
                "filename": "contacts.csv",
                "clean": False,
                "default_category": False,
                "creation_note": note,
            }
        )
        for column in record.column_ids:
            column.target = TARGETS.get(column.name)
        record.action_preview()
        rejected = record.reject_row_ids.mapped("reason_text")
        self.assertEqual(rejected[:3], [])
        self.assertEqual(record.created_count, len(rows))
        record.action_apply()
        self.assertEqual((record.state, record.created_count), ("done", len(rows)))

    def _written(self, write, header, rows, note):
        """What a way of writing leaves in every table, and the rows of contacts and what hangs on
        them; all is rolled back."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        before = self._counts()
        # As in a request: what is computed late is so as its user and in their company.
        transaction = self.env.transaction
        usual, transaction.default_env = transaction.default_env, self._as(self.user_manager).env
        write(header, rows, note)
        transaction.flush()
        transaction.default_env = usual
        after = self._counts()
        found = (
            {name: after[name] - before[name] for name in after if after[name] != before[name]},
            self._partners(),
            self._tags(),
            self._notes(),
        )
        self.env.invalidate_all()
        savepoint.close(rollback=True)
        return found

    def _counts(self):
        self.env.cr.execute(
            "SELECT c.relname FROM pg_class c WHERE relkind = 'r' "
            "AND relnamespace = current_schema()::regnamespace"
        )
        counts = {}
        for (table,) in self.env.cr.fetchall():
            if not table.startswith(("political_import", "ir_attachment", "bus_", "ir_cron")):
                self.env.cr.execute(f'SELECT count(*) FROM "{table}"')
                counts[table] = self.env.cr.fetchone()[0]
        return counts

    def _partners(self):
        self.env.cr.execute(
            """
            SELECT p.ref, to_jsonb(p)::text, parent.ref, commercial.ref
              FROM res_partner p
              LEFT JOIN res_partner parent ON parent.id = p.parent_id
              LEFT JOIN res_partner commercial ON commercial.id = p.commercial_partner_id
             WHERE p.ref LIKE 'R%%'
            """
        )
        found = {}
        for ref, row, parent, commercial in self.env.cr.fetchall():
            values = {k: v for k, v in json.loads(row).items() if k not in VOLATILE}
            found[ref] = {**values, "parent_id": parent, "commercial_partner_id": commercial}
        return found

    def _tags(self):
        self.env.cr.execute(
            """
            SELECT p.ref, array_agg(r.category_id ORDER BY r.category_id) FROM res_partner p
              JOIN res_partner_res_partner_category_rel r ON r.partner_id = p.id
             WHERE p.ref LIKE 'R%%' GROUP BY p.ref
            """
        )
        return dict(self.env.cr.fetchall())

    def _notes(self):
        self.env.cr.execute(
            """
            SELECT p.ref, to_jsonb(m)::text FROM res_partner p
              JOIN mail_message m ON m.model = 'res.partner' AND m.res_id = p.id
             WHERE p.ref LIKE 'R%%' ORDER BY p.ref, m.body
            """
        )
        volatile = VOLATILE | {"date", "message_id", "res_id"}
        return [
            (ref, {k: v for k, v in json.loads(row).items() if k not in volatile})
            for ref, row in self.env.cr.fetchall()
        ]

    def _compare(self, number, note):
        header, rows = contacts(number)
        loaded = self._written(self._by_load, header, rows, note)
        imported = self._written(self._by_import, header, rows, note)
        self.assertEqual(len(loaded[1]), number)
        for ref, row in loaded[1].items():
            self.assertEqual(row, imported[1][ref], ref)
        for by_load, by_import in zip(loaded, imported, strict=True):
            self.assertEqual(by_load, by_import)

    def test_equal_to_load(self):
        """The same 5,000 rows by load() and by the import: every stored column, every table."""
        self._compare(ROWS, note=False)

    def test_equal_to_load_with_notes(self):
        """Whether a creation note is written is one setting; then they are equal too."""
        self._compare(WITH_NOTES, note=True)
