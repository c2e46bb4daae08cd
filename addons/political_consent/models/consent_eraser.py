import json
import logging
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

from psycopg2 import Error as PostgresError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import identity as identities
from .consent_data_registry import PERSONAL_COLUMN

_logger = logging.getLogger(__name__)

# Never touched by a sweep: append-only, or the tombstones themselves; they hold no clear text.
UNSWEPT = {"consent_event", "consent_seal", "consent_erasure", "consent_key"}
# Rows that are worth nothing without what is taken out of them.
THROWN_AWAY = {"bus_bus", "privacy_log", "base_import_import"}
# Columns in which a full name is a place's, not a person's.
PLACE_COLUMN = ("street", "city", "zip", "address_line")
# Deleting a person must never take these along.
PROTECTED = {"res_company", "res_groups", "consent_event", "consent_seal", "ir_model"}
TEXTS = ("text", "character varying", "character", "json", "jsonb")
PURGE_BATCH = 200
ZIP = b"PK\x03\x04"


class ConsentEraser(models.AbstractModel):
    """Takes a person out of the whole database and of the filestore (article 17, R-31).

    First the rows that are about the person, as :mod:`consent.data.registry` finds and values
    them; then a sweep over every column and file for what still names them. Rows go by SQL: no
    tracking, no chatter and no other addon's hook writes the erased name down again.
    """

    _name = "consent.eraser"
    _description = "Erasure of persons"

    # ---------------------------------------------------------------- what would happen

    @api.model
    def _preview(self, partners):
        """What an erasure of contacts would do, changing nothing.

        :returns: list of dicts ``model``, ``label``, ``policy``, ``count``, ``because``
        """
        registry = self.env["consent.data.registry"]
        counts = Counter()
        because = {}
        for name, rows in registry._find(registry._person(partners)).items():
            for how in rows.values():
                known = registry._policy(name, how)
                counts[name, known.policy] += 1
                because[name, known.policy] = known.because
        labels = {m.model: m.name for m in self.env["ir.model"].sudo().search([])}
        return [
            {
                "model": name,
                "label": labels.get(name, name),
                "policy": policy,
                "count": count,
                "because": because[name, policy],
            }
            for (name, policy), count in sorted(counts.items())
        ]

    @api.model
    def _check_erasable(self, partners):
        """Refuse what would break the house: colleagues at work, companies, legal holds.

        :raises UserError: with what to do first
        """
        _ = self.env._
        partners = partners.sudo().with_context(active_test=False)
        if partners.user_ids.filtered(lambda u: u.active and not u.share):
            raise UserError(
                _("This person is a user of this system. Archive the user first, then erase.")
            )
        if self.env["res.company"].sudo().search_count([("partner_id", "in", partners.ids)]):
            raise UserError(_("This contact is one of your companies, it cannot be erased."))
        hold = self.env["consent.legal.hold"].sudo()._holding(partners)[:1]
        if hold:
            raise UserError(
                _(
                    "A legal hold keeps this person's data until %(end)s: %(reason)s",
                    end=hold.end or _("it is lifted"),
                    reason=hold.reason,
                )
            )
        controllers = partners.consent_subject_ids.company_id | partners.company_id
        if controllers - self.env.user.company_ids and not self.env.su:
            raise UserError(_("Another controller holds this person too: it erases on its side."))

    # ---------------------------------------------------------------- erasing

    @api.model
    def _erase(self, partners, reason="request", *, blank=False, suppress=True, request=None):
        """Erase contacts for good; rights are the caller's business.

        :param str reason: ``request``, ``retention``, ``replay``, ``controller``
        :param bool blank: keep an empty row for statistics (*anonymise*)
        :param bool suppress: remember the keyed hash, so that the address does not come back
        :returns: the tombstone, a ``consent.erasure`` record
        :raises UserError: from :meth:`_check_erasable`
        """
        self = self.sudo().with_context(active_test=False, tracking_disable=True)
        partners = partners.with_env(self.env)
        files = set()
        person, tombstone, counts = self._erase_rows(
            partners, reason, files, blank=blank, suppress=suppress, request=request
        )
        counts.update(self._sweep([person]))
        tombstone._finish(counts)
        self._forget_files(files)
        return tombstone

    @api.model
    def _erase_each(self, partners, reason, *, blank=False, suppress=False):
        """Erase many people, each with a tombstone of their own, and sweep the database once.

        Somebody whom a rule keeps (:meth:`_check_erasable`) stays and does not stop the others.

        :returns: the tombstones
        """
        self = self.sudo().with_context(active_test=False, tracking_disable=True)
        files, persons = set(), []
        tombstones = self.env["consent.erasure"]
        for partner in partners.with_env(self.env):
            try:
                person, tombstone, counts = self._erase_rows(
                    partner, reason, files, blank=blank, suppress=suppress
                )
            except UserError as error:
                _logger.info("Contact %s stays: %s", partner.id, error)
                continue
            persons.append(person)
            tombstones |= tombstone
            tombstone._finish(counts)
        self._sweep(persons)
        self._forget_files(files)
        return tombstones

    @api.model
    def _erase_rows(self, partners, reason, files, *, blank, suppress, request=None):
        """The rows that are about a person. Returns (person, tombstone, counts)."""
        self._check_erasable(partners)
        registry = self.env["consent.data.registry"]
        person = registry._person(partners)
        partners = partners.browse(person.partner_ids)
        tombstone = self.env["consent.erasure"]._bury(partners, reason, request)
        self._close_consents(partners, person, suppress)
        found = registry._find(person)
        self._end_sessions(person)
        counts = self._treat(found, person, files, blank)
        self._cut_ledger(partners)
        self._remove_partners(person, files, counts, blank)
        self.env.invalidate_all()
        return person, tombstone, counts

    # ---------------------------------------------------------------- a whole controller

    @api.model
    def _controller_partners(self, company):
        """A controller's people: its users and its own card are no data of its people."""
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        found = partners.search([("company_id", "=", company.id)])
        staff = found.user_ids.filtered(lambda u: u.active and not u.share).partner_id
        return found - staff - company.partner_id

    @api.model
    def _controller_people(self, company):
        """All that is held of a controller's people (R-79): a generator of dicts, one a person."""
        access = self.env["consent.access"].sudo()
        for partner in self._controller_partners(company):
            yield access._collect(partner, company)

    @api.model
    def _purge_controller(self, company):
        """Erase every person of a controller that leaves; others' rows are not touched (R-79).

        Its ledger stays, whole and without anybody's name.

        :returns: number of people erased, each with a tombstone
        """
        done = 0
        while batch := self._controller_partners(company).filtered("active")[:PURGE_BATCH]:
            buried = self._erase_each(batch, "controller")
            done += len(buried)
            if len(buried) < len(batch):
                break
        archived = self._controller_partners(company).filtered(
            lambda p: not (p.name or "").startswith(identities.MASK)
        )
        done += len(self._erase_each(archived, "controller"))
        self.env["consent.suppression"].sudo().search([("company_id", "=", company.id)]).unlink()
        return done

    @api.model
    def _close_consents(self, partners, person, suppress):
        """Say in the ledger that all has ended, while there is still somebody to say it of."""
        states = self.env["consent.state"].search(
            [("subject_id.partner_id", "in", partners.ids), ("action", "=", "given")]
        )
        self.env["consent.event"]._record(
            [
                {
                    "subject": state.subject_id,
                    "identifier_key": state.identifier_key,
                    "purpose": state.purpose_id,
                    "channel": state.channel,
                    "list": state.list_id,
                    "action": "withdrawn",
                    "means": "erasure",
                }
                for state in states
            ]
        )
        digests = self.env["consent.key"]._digests
        keys = [key for email in person.identity.emails for key in digests("email", email)]
        keys += [key for phone in person.identity.phones for key in digests("phone", phone)]
        self.env["consent.conversation"].search([("identifier_key", "in", keys)]).unlink()
        if not suppress:
            return
        current = f"{self.env['consent.key']._current()[0]}:"
        keys = [key for key in keys if key.startswith(current)]
        companies = partners.consent_subject_ids.company_id | partners.company_id
        for company in companies or self.env.company:
            self.env["consent.suppression"]._add(company, keys, "erased")

    @api.model
    def _cut_ledger(self, partners):
        """Delete the only links between the ledger and these people; answers go with them."""
        events = self.env["consent.data.registry"]._ledger_events(partners.ids)
        self.env.cr.execute(
            SQL("DELETE FROM consent_evidence_event WHERE event_id = ANY(%s)", events.ids)
        )
        self.env.cr.execute(
            SQL("DELETE FROM consent_subject WHERE partner_id = ANY(%s)", list(partners.ids))
        )

    @api.model
    def _end_sessions(self, person):
        if not person.user_ids:
            return
        logs = self.env["res.device.log"].search([("user_id", "in", list(person.user_ids))])
        identifiers = list(set(filter(None, logs.mapped("session_identifier"))))
        if identifiers:
            from odoo.http import root

            self.env.cr.postcommit.add(
                lambda: root.session_store.delete_from_identifiers(identifiers)
            )

    @api.model
    def _treat(self, found, person, files, blank):
        """Apply each row's policy. Returns ``{(model, policy): count}`` as a Counter."""
        registry = self.env["consent.data.registry"]
        counts = Counter()
        for name, rows in found.items():
            if name in ("res.partner", "res.users", "consent.subject", "consent.state"):
                continue
            by_policy = {}
            for row_id, how in rows.items():
                known = registry._policy(name, how)
                by_policy.setdefault(known, {})[row_id] = how
            for known, some in by_policy.items():
                counts[f"{name}:{known.policy}"] += len(some)
                if known.policy == "delete":
                    self._delete_rows(self.env[name]._table, list(some), files)
                elif known.policy in ("anonymise", "keep"):
                    self._blank_rows(name, list(some), known, person, files)
                else:
                    self._detach_rows(name, some, person, files)
        return counts

    @api.model
    def _detach_rows(self, name, rows, person, files):
        model = self.env[name]
        for row_id, how in rows.items():
            for fname in how:
                f = model._fields.get(fname)
                if f is None:
                    continue
                if f.type == "many2many" and f.comodel_name == "res.partner":
                    self._unrelate(f, row_id, person)
                elif f.type == "many2one" and not self._not_null(model._table, fname):
                    self._set_null(model._table, fname, [row_id])

    @api.model
    def _unrelate(self, f, row_id, person):
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE %s = %s AND %s = ANY(%s)",
                SQL.identifier(f.relation),
                SQL.identifier(f.column1),
                row_id,
                SQL.identifier(f.column2),
                list(person.partner_ids),
            )
        )

    @api.model
    def _set_null(self, table, column, row_ids):
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = NULL WHERE id = ANY(%s)",
                SQL.identifier(table),
                SQL.identifier(column),
                row_ids,
            )
        )

    @api.model
    def _blank_rows(self, name, row_ids, known, person, files):
        """Leave rows without their person: personal columns emptied, links cut where they can
        be, and what hangs on them (chatter, files) deleted."""
        model = self.env[name]
        assignments = []
        for fname, f in self.env["consent.data.registry"]._column_fields(model).items():
            link = f.type == "many2one" and f.comodel_name in ("res.partner", "res.users")
            text = f.type in ("char", "text", "html", "date", "float")
            personal = fname in known.blank or (
                known.policy == "anonymise"
                and text
                and PERSONAL_COLUMN.match(fname)
                and fname not in known.stays
            )
            if link and fname not in ("create_uid", "write_uid"):
                if not self._not_null(model._table, fname):
                    assignments.append(self._sql_unlinked(fname, f, person))
            elif personal:
                assignments.append(
                    SQL("%s = %s", SQL.identifier(fname), self._empty(model._table, fname, f))
                )
        if assignments:
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s WHERE id = ANY(%s)",
                    SQL.identifier(model._table),
                    SQL(", ").join(assignments),
                    row_ids,
                )
            )
        self._delete_attached(name, row_ids, files)

    @api.model
    def _sql_unlinked(self, fname, f, person):
        ids = person.partner_ids if f.comodel_name == "res.partner" else person.user_ids
        column = SQL.identifier(fname)
        return SQL(
            "%s = CASE WHEN %s = ANY(%s) THEN NULL ELSE %s END", column, column, list(ids), column
        )

    @api.model
    def _empty(self, table, fname, f):
        if not self._not_null(table, fname):
            return SQL("NULL")
        if f.type == "float":
            return SQL("0")
        if f.translate:
            return SQL("jsonb_build_object('en_US', %s || id)", f"{identities.MASK} ")
        return SQL("%s || id", f"{identities.MASK} ")

    # ---------------------------------------------------------------- rows and their followers

    @api.model
    def _not_null(self, table, column):
        return (table, column) in self._catalogue()["not_null"]

    @api.model
    def _catalogue(self):
        """What the database says of its own tables, read once a transaction."""
        data = self.env.cr.cache.setdefault("consent_eraser", {})
        if data:
            return data
        cr = self.env.cr
        cr.execute(
            """
            SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
               AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            """
        )
        columns = cr.fetchall()
        cr.execute(
            """
            SELECT confrelid::regclass::text, conrelid::regclass::text, a.attname, confdeltype
              FROM pg_constraint k
              JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
             WHERE contype = 'f' AND array_length(conkey, 1) = 1
               AND k.connamespace = current_schema()::regnamespace
            """
        )
        links = {}
        for target, table, column, kind in cr.fetchall():
            links.setdefault(target, []).append((table, column, kind))
        data["not_null"] = {(t, c) for t, c, _type, strict in columns if strict}
        data["columns"] = columns
        data["has_id"] = {t for t, c, _type, _strict in columns if c == "id"}
        data["links"] = links
        data["model_of"] = {model._table: name for name, model in self.env.items() if model._auto}
        return data

    @api.model
    def _delete_rows(self, table, row_ids, files, trail=()):
        """Delete rows and, before them, what cannot be without them, whatever its depth.

        :param set files: filled with the names of the filestore's files that lost their row
        :raises UserError: when that would take along what must stay
        """
        if not row_ids:
            return
        if table in PROTECTED or (table == "res_users" and not self._only_guests(row_ids)):
            raise UserError(
                self.env._(
                    "This person cannot be erased: “%(table)s” depends on them. Cut that link "
                    "first.",
                    table=" > ".join((*trail, table)),
                )
            )
        catalogue = self._catalogue()
        name = catalogue["model_of"].get(table)
        if name:
            self._delete_attached(name, row_ids, files, (*trail, table))
        if table == "ir_attachment":
            files |= self._files_of(row_ids)
        for child, column, kind in catalogue["links"].get(table, ()):
            self._release(child, column, kind, row_ids, files, (*trail, table))
        self.env.cr.execute(
            SQL("DELETE FROM %s WHERE id = ANY(%s)", SQL.identifier(table), list(row_ids))
        )

    @api.model
    def _release(self, child, column, kind, row_ids, files, trail):
        """What becomes of the rows of one foreign key, before its target is deleted."""
        cr = self.env.cr
        table, link = SQL.identifier(child), SQL.identifier(column)
        if child not in self._catalogue()["has_id"]:
            cr.execute(SQL("DELETE FROM %s WHERE %s = ANY(%s)", table, link, list(row_ids)))
            return
        strict = self._not_null(child, column)
        if kind == "c" or strict:
            if len(trail) > 8:
                return
            cr.execute(SQL("SELECT id FROM %s WHERE %s = ANY(%s)", table, link, list(row_ids)))
            children = [row_id for (row_id,) in cr.fetchall()]
            if child == trail[-1]:
                children = [row_id for row_id in children if row_id not in set(row_ids)]
            self._delete_rows(child, children, files, trail)
        elif kind != "n":
            cr.execute(
                SQL("UPDATE %s SET %s = NULL WHERE %s = ANY(%s)", table, link, link, list(row_ids))
            )

    @api.model
    def _only_guests(self, user_ids):
        users = self.env["res.users"].browse(user_ids)
        return not any(user.active and not user.share for user in users)

    @api.model
    def _delete_attached(self, name, row_ids, files, trail=()):
        """Delete what points at rows by the name of their model and their id."""
        for other, model_field, id_field in self.env["consent.data.registry"]._pairs():
            table = self.env[other]._table
            if table in UNSWEPT:
                continue
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM %s WHERE %s = %s AND %s = ANY(%s)",
                    SQL.identifier(table),
                    SQL.identifier(model_field),
                    name,
                    SQL.identifier(id_field),
                    list(row_ids),
                )
            )
            found = [row_id for (row_id,) in self.env.cr.fetchall()]
            if len(trail) <= 8:
                self._delete_rows(table, found, files, trail)
        if name == "mail.message":
            self._delete_message_files(row_ids, files)

    @api.model
    def _delete_message_files(self, message_ids, files):
        """Files sent with a message hang on its document, not on it."""
        self.env.cr.execute(
            SQL(
                """SELECT attachment_id FROM message_attachment_rel r
                    WHERE message_id = ANY(%(ids)s)
                      AND NOT EXISTS (SELECT FROM message_attachment_rel o
                                       WHERE o.attachment_id = r.attachment_id
                                         AND NOT o.message_id = ANY(%(ids)s))""",
                ids=list(message_ids),
            )
        )
        self._delete_rows("ir_attachment", [a for (a,) in self.env.cr.fetchall()], files)

    @api.model
    def _files_of(self, attachment_ids):
        self.env.cr.execute(
            SQL(
                "SELECT store_fname FROM ir_attachment WHERE id = ANY(%s) "
                "AND store_fname IS NOT NULL",
                list(attachment_ids),
            )
        )
        return {fname for (fname,) in self.env.cr.fetchall()}

    # ---------------------------------------------------------------- the contact itself

    @api.model
    def _remove_partners(self, person, files, counts, blank):
        """Delete the contact, or leave an empty row where something the law keeps needs one."""
        cr = self.env.cr
        ids = list(person.partner_ids)
        cr.execute(
            SQL(
                "UPDATE res_partner SET parent_id = NULL, commercial_partner_id = id "
                "WHERE parent_id = ANY(%s) AND NOT id = ANY(%s)",
                ids,
                ids,
            )
        )
        if person.user_ids:
            self._remove_users(person, files)
        still_held = blank or self._held_by(ids) or self._users_left(person)
        if still_held:
            self._blank_partners(ids, files)
            counts["res.partner:anonymise"] += len(ids)
        else:
            self._delete_rows("res_partner", ids, files)
            counts["res.partner:delete"] += len(ids)

    @api.model
    def _held_by(self, partner_ids):
        """Whether a row that stays (anonymised or kept) cannot be without its contact."""
        registry = self.env["consent.data.registry"]
        model_of = self._catalogue()["model_of"]
        for table, column, _kind in self._catalogue()["links"].get("res_partner", ()):
            known = registry._descriptor(model_of.get(table))
            if not (known and known.policy in ("anonymise", "keep")):
                continue
            self.env.cr.execute(
                SQL(
                    "SELECT FROM %s WHERE %s = ANY(%s) LIMIT 1",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    partner_ids,
                )
            )
            if self.env.cr.rowcount:
                return True
        return False

    @api.model
    def _remove_users(self, person, files):
        """Delete the log-ins; one that much hangs on stays as an empty, archived one."""
        try:
            with self.env.cr.savepoint():
                self._delete_rows("res_users", list(person.user_ids), files)
        except (PostgresError, UserError):
            self.env.cr.execute(
                SQL(
                    "UPDATE res_users SET active = FALSE, login = 'erased-' || id, "
                    "password = NULL, signature = NULL WHERE id = ANY(%s)",
                    list(person.user_ids),
                )
            )

    @api.model
    def _users_left(self, person):
        self.env.cr.execute(
            SQL("SELECT FROM res_users WHERE partner_id = ANY(%s)", list(person.partner_ids))
        )
        return bool(self.env.cr.rowcount)

    @api.model
    def _blank_partners(self, ids, files):
        """Empty every column of a contact that is not structure."""
        structure = {
            "id",
            "create_date",
            "create_uid",
            "write_date",
            "write_uid",
            "company_id",
            "type",
            "active",
            "commercial_partner_id",
            "lang",
            "tz",
            "color",
            "partner_share",
            "is_company",
            "name",
            "complete_name",
            *self._kept_partner_columns(),
        }
        table = self.env["res.partner"]._table
        fields_ = self.env["consent.data.registry"]._column_fields(self.env["res.partner"])
        emptied = [
            SQL("%s = NULL", SQL.identifier(fname))
            for fname, f in fields_.items()
            if fname not in structure and not self._not_null(table, fname)
        ]
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner SET active = FALSE, name = %s || id, "
                "complete_name = %s || id, %s WHERE id = ANY(%s)",
                f"{identities.MASK} ",
                f"{identities.MASK} ",
                SQL(", ").join(emptied),
                ids,
            )
        )
        for f in self.env["res.partner"]._fields.values():
            if f.type == "many2many" and f.store and f.relation:
                self.env.cr.execute(
                    SQL(
                        "DELETE FROM %s WHERE %s = ANY(%s)",
                        SQL.identifier(f.relation),
                        SQL.identifier(f.column1),
                        ids,
                    )
                )
        self._delete_attached("res.partner", ids, files)
        for child, column, kind in self._catalogue()["links"].get("res_partner", ()):
            if kind == "c" and child != "res_partner":
                self._release(child, column, kind, ids, files, ("res_partner",))

    @api.model
    def _kept_partner_columns(self):
        """Columns that say nothing of whose row it was, kept for statistics. Addons extend it."""
        return set()

    # ---------------------------------------------------------------- the sweep

    @api.model
    def _sweep(self, persons):
        """Mask what still names erased people, in every column of every table and in every file.

        One reading of the database whatever the number of people: a job gives many at once.

        :param list persons: ``Person`` objects of the registry
        :returns: ``{"table:masked" or "table:thrown": count}``
        """
        identity = identities.Identity()
        for person in persons:
            identity.emails |= person.identity.emails
            identity.phones |= person.identity.phones
            identity.names |= person.identity.names
        if not identity:
            return Counter()
        registry = self.env["consent.data.registry"]
        model_of = self._catalogue()["model_of"]
        public = registry._public_name_models()
        full = (identities.coarse(identity), registry._pattern(identity))
        addresses = identity.without_names()
        lean = (identities.coarse(addresses), registry._pattern(addresses))
        counts = Counter()
        for table, columns in self._swept_columns().items():
            coarse, scrubber = lean if model_of.get(table) in public else full
            if scrubber:
                counts.update(self._sweep_table(table, columns, coarse, scrubber, lean[1]))
        if full[1]:
            counts.update(self._sweep_files(full[1]))
        return counts

    @api.model
    def _swept_columns(self):
        tables = {}
        for table, column, kind, _strict in self._catalogue()["columns"]:
            if table in UNSWEPT or not (kind in TEXTS or kind == "bytea"):
                continue
            tables.setdefault(table, []).append((column, kind))
        return tables

    @api.model
    def _sweep_table(self, table, columns, coarse, scrubber, lean):
        cr = self.env.cr
        texts = [
            SQL("%s::text ~* %s", SQL.identifier(c), coarse) for c, k in columns if k != "bytea"
        ]
        blobs = [
            SQL("encode(%s, 'escape') ~* %s", SQL.identifier(c), coarse)
            for c, k in columns
            if k == "bytea"
        ]
        selected = SQL(", ").join(SQL.identifier(c) for c, _k in columns)
        cr.execute(
            SQL(
                "SELECT ctid::text, %s FROM %s WHERE %s",
                selected,
                SQL.identifier(table),
                SQL(" OR ").join(texts + blobs),
            )
        )
        counts = Counter()
        for ctid, *values in cr.fetchall():
            changed = {}
            for (column, kind), value in zip(columns, values, strict=True):
                place = column.startswith(PLACE_COLUMN)
                cleaned = self._cleaned(value, kind, lean if place else scrubber)
                if cleaned != value:
                    changed[column, kind] = cleaned
            if changed:
                counts[self._mask_row(table, ctid, changed)] += 1
        return counts

    @api.model
    def _cleaned(self, value, kind, scrubber):
        if value is None or scrubber is None:
            return value
        if kind == "bytea":
            raw = bytes(value)
            return scrubbed if (scrubbed := scrub_bytes(raw, scrubber)) != raw else value
        return identities.scrub(value, scrubber)

    @api.model
    def _mask_row(self, table, ctid, changed):
        cr = self.env.cr
        model = self.env.get(self._catalogue()["model_of"].get(table, ""))
        if table in THROWN_AWAY or (model is not None and model._transient):
            cr.execute(SQL("DELETE FROM %s WHERE ctid = %s::tid", SQL.identifier(table), ctid))
            return f"{table}:thrown"
        assignments = [
            SQL("%s = %s", SQL.identifier(column), self._masked(table, column, kind, value))
            for (column, kind), value in changed.items()
        ]
        cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE ctid = %s::tid",
                SQL.identifier(table),
                SQL(", ").join(assignments),
                ctid,
            )
        )
        return f"{table}:masked"

    @api.model
    def _masked(self, table, column, kind, value):
        if value == identities.MASK and not self._not_null(table, column):
            return SQL("NULL")
        if kind in ("json", "jsonb"):
            return SQL("%s::%s", json.dumps(value), SQL(kind))
        return SQL("%s", value)

    # ---------------------------------------------------------------- files

    @api.model
    def _sweep_files(self, scrubber):
        """Mask what stored files say, once each: texts, and the parts of office documents."""
        counts = Counter()
        Attachment = self.env["ir.attachment"]
        self.env.cr.execute(
            "SELECT store_fname, array_agg(id) FROM ir_attachment "
            "WHERE store_fname IS NOT NULL "
            # The pages' own bundles are made from the code, by the megabyte.
            "AND COALESCE(url, '') NOT LIKE '/web/assets/%' GROUP BY store_fname"
        )
        for fname, ids in self.env.cr.fetchall():
            path = Path(Attachment._full_path(fname))
            if not path.is_file():
                continue
            raw = path.read_bytes()
            cleaned = scrub_file(raw, scrubber)
            if cleaned is None:
                counts["ir_attachment:unreadable"] += 1
            elif cleaned != raw:
                self._replace_file(ids, cleaned)
                self._forget_files({fname})
                counts["ir_attachment:masked"] += 1
        return counts

    @api.model
    def _replace_file(self, attachment_ids, raw):
        attachments = self.env["ir.attachment"].browse(attachment_ids)
        values = attachments[0]._get_datas_related_values(raw, attachments[0].mimetype)
        self.env.cr.execute(
            SQL(
                "UPDATE ir_attachment SET store_fname = %s, checksum = %s, file_size = %s, "
                "db_datas = %s, index_content = %s WHERE id = ANY(%s)",
                values.get("store_fname") or None,
                values["checksum"],
                values["file_size"],
                values.get("db_datas") or None,
                values.get("index_content") or None,
                attachment_ids,
            )
        )

    @api.model
    def _forget_files(self, fnames):
        """Remove files whose rows are gone, once that is committed: a rollback keeps them."""
        fnames = set(fnames)
        if not fnames:
            return
        registry, dbname = self.env.registry, self.env.cr.dbname

        def remove():
            with registry.cursor() as cr:
                eraser = api.Environment(cr, api.SUPERUSER_ID, {})["consent.eraser"]
                eraser._remove_files(fnames)

        self.env.cr.postcommit.add(remove)
        _logger.info("%s: %d files to remove from the filestore", dbname, len(fnames))

    @api.model
    def _remove_files(self, fnames):
        """Delete files of the filestore that no attachment uses any more."""
        Attachment = self.env["ir.attachment"]
        self.env.cr.execute(
            SQL("SELECT store_fname FROM ir_attachment WHERE store_fname = ANY(%s)", list(fnames))
        )
        used = {fname for (fname,) in self.env.cr.fetchall()}
        for fname in set(fnames) - used:
            Path(Attachment._full_path(fname)).unlink(missing_ok=True)
            Path(Attachment._full_path("checklist"), fname).unlink(missing_ok=True)


def scrub_bytes(raw, scrubber):
    """Bytes of a text, of whatever encoding, with every mention masked."""
    for encoding in ("utf-8", "latin-1"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        cleaned = scrubber.sub(text)
        return cleaned.encode(encoding) if cleaned != text else raw
    return raw


def scrub_file(raw, scrubber):
    """A file's bytes with every mention masked; ``None`` where it names the person in a form
    that cannot be rewritten (a PDF): somebody has to look at it."""
    if raw[:4] == ZIP:
        try:
            return _scrub_zip(raw, scrubber)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
            return raw
    cleaned = scrub_bytes(raw, scrubber)
    if cleaned != raw and raw[:5] == b"%PDF-":
        return None
    return cleaned


def _scrub_zip(raw, scrubber):
    out = BytesIO()
    changed = False
    with (
        zipfile.ZipFile(BytesIO(raw)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            part = source.read(info)
            cleaned = scrub_bytes(part, scrubber)
            changed |= cleaned != part
            target.writestr(info, cleaned)
    return out.getvalue() if changed else raw
