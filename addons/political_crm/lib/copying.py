"""Rows into a table by PostgreSQL's COPY: what a million rows need."""

import io
from contextlib import contextmanager

import numpy as np
from psycopg2.errors import DeadlockDetected, LockNotAvailable

from odoo.tools import SQL

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": " ", "\n": " ", "\r": " ", "\x00": " "})
# Others read these tables too: nobody waits longer than this for us to begin.
LONGEST_WAIT = "2s"
# Fewer rows than this are not worth a lock.
MANY = 50_000


def copy_rows(cr, table, columns, rows):
    """
    :param cr: a cursor
    :param str table: name of a table of ours
    :param columns: names of its columns
    :param rows: iterable of sequences; ``None`` is NULL
    """
    lines = (
        "\t".join("\\N" if cell is None else str(cell).translate(_ESCAPES) for cell in row)
        for row in rows
    )
    copy_lines(cr, table, columns, "\n".join(lines))


def copy_lines(cr, table, columns, text):
    """As :func:`copy_rows`, for rows that are COPY's text already.

    :param str text: tabs between cells, line ends between rows
    """
    if text:
        names = ", ".join(f'"{name}"' for name in columns)
        cr.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', io.StringIO(text))


def read_numbers(cr, query, columns):
    """Rows of numbers as one array, in PostgreSQL's binary layout: reading 70,000 rows of a dozen
    columns as Python's numbers takes longer than adding them up.

    :param cr: a cursor
    :param query: :class:`SQL` of a SELECT; every column a ``double precision`` and never NULL
    :param int columns: how many
    :returns: array (rows, columns) of float
    """
    stream = io.BytesIO()
    command = cr.mogrify(SQL("COPY (%s) TO STDOUT (FORMAT binary)", query))
    cr.copy_expert(command.decode(), stream)
    row = [("columns", ">i2"), ("cells", [("bytes", ">i4"), ("number", ">f8")], (columns,))]
    # Nineteen bytes open the stream, two close it.
    rows = np.frombuffer(stream.getbuffer()[19:-2], dtype=row)
    return rows["cells"]["number"].astype(float)


@contextmanager
def references_at_once(cr, table, number):
    """Rows that come into a table meanwhile have their references looked up by one join at the
    end, and its indexes are built over all of them.

    PostgreSQL looks up each foreign key of each row by itself, which takes three quarters of the
    time of a national ballot. Keys and indexes are taken away and made anew within the transaction,
    under a lock: nobody sees the table without them, and a row that refers to nothing fails as
    always. Where others are busy with the tables, or hold far more than what comes, everything
    goes the ordinary way.

    The value is whether the table is ours alone: nobody else can then write the same row meanwhile.

    :param cr: a cursor
    :param str table: name of a table of ours
    :param int number: how many rows come
    """
    keys, indexes = _foreign_keys(cr, table), _indexes(cr, table)
    there = _number_of_rows(cr, table)
    worth = number >= MANY and there <= 20 * number
    if not worth or not _lock(cr, [table, *(referred for _name, referred, _definition in keys)]):
        yield False
        return
    if there > 2 * number:
        indexes = []
    own = SQL.identifier(table)
    with cr.savepoint(flush=False):
        for name, _referred, _definition in keys:
            cr.execute(SQL("ALTER TABLE %s DROP CONSTRAINT %s", own, SQL.identifier(name)))
        for name, _definition in indexes:
            cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
        yield True
        for _name, definition in indexes:
            cr.execute(_verbatim(definition))
        for name, _referred, definition in keys:
            key = SQL.identifier(name)
            cr.execute(SQL("ALTER TABLE %s ADD CONSTRAINT %s %s", own, key, _verbatim(definition)))


def _verbatim(definition):
    """What PostgreSQL itself wrote down of a key or an index, as SQL."""
    return SQL(definition.replace("%", "%%"))


def _number_of_rows(cr, table):
    """About how many rows a table has, as the planner knows it."""
    cr.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [f'"{table}"'])
    return cr.fetchone()[0]


def _foreign_keys(cr, table):
    """``[(name, table referred to, definition)]``"""
    cr.execute(
        """
        SELECT k.conname, c.relname, pg_get_constraintdef(k.oid)
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid
         WHERE k.conrelid = %s::regclass AND k.contype = 'f' ORDER BY k.conname
        """,
        [f'"{table}"'],
    )
    return cr.fetchall()


def _indexes(cr, table):
    """``[(name, definition)]`` of the indexes that no constraint needs."""
    cr.execute(
        """
        SELECT c.relname, pg_get_indexdef(i.indexrelid)
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = %s::regclass
           AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
         ORDER BY c.relname
        """,
        [f'"{table}"'],
    )
    return cr.fetchall()


def _lock(cr, tables):
    """Whether the tables are ours alone until the transaction ends."""
    try:
        with cr.savepoint(flush=False):
            cr.execute("SELECT set_config('lock_timeout', %s, TRUE)", [LONGEST_WAIT])
            for table in dict.fromkeys(tables):
                cr.execute(
                    SQL("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", SQL.identifier(table)),
                    log_exceptions=False,
                )
            cr.execute("SET LOCAL lock_timeout TO DEFAULT")
    except (DeadlockDetected, LockNotAvailable):
        return False
    return True
