import json
import logging
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

from odoo import api, models
from odoo.tools import SQL

from ..lib import identity as identities

_logger = logging.getLogger(__name__)

# Never touched by a sweep: append-only, or the tombstones themselves; they hold no clear text.
UNSWEPT = {"consent_event", "consent_seal", "consent_erasure", "consent_key"}
# Rows that are worth nothing without what is taken out of them.
THROWN_AWAY = {"bus_bus", "privacy_log", "base_import_import"}
# Columns in which a full name is a place's, not a person's.
PLACE_COLUMN = ("street", "city", "zip", "address_line")
TEXTS = ("text", "character varying", "character", "json", "jsonb")
ZIP = b"PK\x03\x04"


class ConsentEraser(models.AbstractModel):
    """The sweep over every column and every file for what still names a person."""

    _inherit = "consent.eraser"

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
