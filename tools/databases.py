"""Databases and their filestores: made whole, renamed, cloned, dropped, as pairs."""

import shutil
import subprocess

from tools.faults import SetupError, sentence_for
from tools.places import DATA

FILESTORES = DATA / "filestore"


def query(server, database, statement, **values):
    """Run one statement and return its rows.

    :param postgres.Server server: where
    :param str database: in which database
    :param str statement: SQL; values stand in it as :'name'
    :return: list of lists of str
    :raises SetupError: PostgreSQL refused
    """
    variables = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
    answer = subprocess.run(
        ["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", database, *variables],
        env=server.environment,
        input=statement,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        said = " ".join(answer.stderr.split())
        raise SetupError(sentence_for(said, f"The database server refused: {said}"))
    return [line.split("\t") for line in answer.stdout.splitlines()]


def key(server, database):
    """What a database was made from, or None when it does not exist.

    :return: str or None
    """
    rows = query(
        server,
        "postgres",
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '')"
        " FROM pg_database WHERE datname = :'name'",
        name=database,
    )
    return rows[0][0] if rows else None


def names(server, prefix):
    """Names of the databases that begin so.

    :return: list of str
    """
    rows = query(
        server,
        "postgres",
        "SELECT datname FROM pg_database WHERE starts_with(datname, :'prefix')",
        prefix=prefix,
    )
    return [row[0] for row in rows]


def set_key(server, database, made_from):
    """Note in the database itself what it was made from."""
    query(
        server, "postgres", "COMMENT ON DATABASE :\"name\" IS :'key'", name=database, key=made_from
    )


def drop(server, database):
    """Drop a database and its filestore, if they are there."""
    # Not WITH (FORCE): that is refused while autovacuum, which is not ours, works there; a plain
    # DROP stops it and waits
    query(
        server,
        "postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = :'name' AND usename = current_user",
        name=database,
    )
    query(server, "postgres", 'DROP DATABASE IF EXISTS :"name"', name=database)
    shutil.rmtree(FILESTORES / database, ignore_errors=True)


def create(server, database):
    """Make an empty database."""
    query(
        server,
        "postgres",
        "CREATE DATABASE :\"name\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'",
        name=database,
    )


def clone(server, template, database):
    """Make a database and filestore like another's; replaces what has that name.

    Nobody may be connected to the template meanwhile.
    """
    drop(server, database)
    query(
        server,
        "postgres",
        'CREATE DATABASE :"name" TEMPLATE :"template" STRATEGY FILE_COPY',
        name=database,
        template=template,
    )
    source = FILESTORES / template
    if source.is_dir():
        shutil.copytree(source, FILESTORES / database, dirs_exist_ok=True)


def rename(server, old, new):
    """Give a database and its filestore another name; replaces what has that name."""
    drop(server, new)
    if (FILESTORES / old).is_dir():
        (FILESTORES / old).replace(FILESTORES / new)
    query(server, "postgres", 'ALTER DATABASE :"old" RENAME TO :"new"', old=old, new=new)
