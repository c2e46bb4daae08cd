"""The process that imports is killed while it reads, applies and takes back a file.

At least 20 times, by SIGKILL, at random moments; mostly the worker of scheduled jobs, which the
server replaces at once, and now and then the whole server. Whatever the moments, the rows are
exactly those of an undisturbed run. IMPORT_KILLS and IMPORT_ROWS set other numbers.
"""

import base64
import os
import random
import signal
import time

import psutil
import psycopg2

from tools import ports

KILLS = int(os.environ.get("IMPORT_KILLS", "20"))
ROWS = int(os.environ.get("IMPORT_ROWS", "1200"))
# Contacts who exist, and enter the party by this file: the platform writes each of them. They are
# in its first half: where all are new, two batches are written at once.
KNOWN = 60
LIMIT = 240 + 30 * KILLS
# Every so many kills the whole server goes.
POWER_CUT = 10
# So that each step has its part: reading, applying, taking back.
EACH_STEP = 4
COLUMNS = """to_jsonb(p) - '{id,create_date,write_date,commercial_partner_id,parent_id,
             calendar_last_notif_ack}'::text[]"""
TABLES = ("res_partner", "mail_message", "consent_event", "political_import_change")


def test_killed_while_importing(new_odoo_server):
    """Promise 7: resumable to the exact row."""
    server = new_odoo_server("--workers=1", "--max-cron-threads=1", f"--gevent-port={ports.free()}")
    chance = random.Random(20261124)  # noqa: S311 - moments, no secrets
    server.expect_in_log(r"Job .* timed out")
    _only_imports(server)
    for name, value in (("inline_rows", "100"), ("batch_rows", "150")):
        server.call("ir.config_parameter", "set_param", f"political_crm.import_{name}", value)
    _known_people(server)
    before = _contacts(server)
    undisturbed = _whole(server, None)
    expected = _contacts(server)
    assert len(expected) > len(before) + ROWS // 4
    assert "were written ahead" in server.log_text(), "no two batches were written at once"
    _undo(server, undisturbed, None)
    assert _contacts(server) == before
    killer = Killer(server, chance)
    figures = ("created_count", "updated_count", "duplicate_count", "rejected_count")
    while killer.kills < KILLS:
        struck = killer.kills
        disturbed = _whole(server, killer)
        assert _contacts(server) == expected
        assert _read(server, disturbed, figures) == _read(server, undisturbed, figures)
        _undo(server, disturbed, killer)
        assert _contacts(server) == before
        assert killer.kills > struck, "it was over before it could be killed"
    assert killer.within >= KILLS // 2, killer.within
    print(f"{killer.kills} kills, {killer.within} of them between two commits of one import")


class Killer:
    """Kills who imports, until it has done so often enough."""

    def __init__(self, server, chance):
        self.server = server
        self.chance = chance
        self.kills = 0
        self.within = 0

    def strike(self, record, state):
        """Let it work for a moment, then kill it."""
        worker = self._at_work(record, state)
        if not worker:
            return
        time.sleep(self.chance.uniform(0.0, 0.25))
        self.kills += 1
        if self.kills % POWER_CUT:
            worker.send_signal(signal.SIGKILL)
            worker.wait(10)
        else:
            self.server.kill()
        self.within += _state(self.server, record) == state
        if not self.kills % POWER_CUT:
            self.server.start()

    def _at_work(self, record, state):
        """The worker of scheduled jobs, once it is in a transaction; ``None`` when all is done."""
        limit = time.monotonic() + LIMIT
        while _state(self.server, record) == state:
            busy = {
                name
                for (name,) in self.server.sql(
                    "SELECT application_name FROM pg_stat_activity "
                    "WHERE datname = current_database() AND state <> 'idle'"
                )
            }
            for process in psutil.Process(self.server.pid).children():
                if f"odoo-{process.pid}" in busy:
                    return process
            assert time.monotonic() < limit, f"nobody goes on with {state}"
            _wake(self.server)
            time.sleep(0.02)
        return None


def _state(server, record):
    [(state,)] = server.sql("SELECT state FROM political_import WHERE id = %s", record)
    return state


def _whole(server, killer):
    """Import the file; returns the import's id."""
    record = server.call(
        "political.import",
        "create",
        {
            "file": base64.b64encode(_file()).decode(),
            "filename": "essai.csv",
            "default_origin": "paper_form",
        },
    )
    server.call("political.import", "action_preview", [record])
    _work(server, record, "reading", "preview", killer)
    server.call("political.import", "action_apply", [record])
    _work(server, record, "applying", "done", killer)
    return record


def _undo(server, record, killer):
    server.call("political.import", "action_undo", [record])
    _work(server, record, "undoing", "undone", killer)
    [[kept]] = _read(server, record, ("kept_count",))
    assert kept == 0


def _work(server, record, state, end, killer):
    """Wait until a step has ended, killing meanwhile."""
    limit = time.monotonic() + LIMIT
    most = killer and min(killer.kills + EACH_STEP, KILLS)
    while True:
        [(now, error)] = server.sql(
            "SELECT state, error FROM political_import WHERE id = %s", record
        )
        assert not error, error
        if now == end:
            return
        assert now == state
        assert time.monotonic() < limit, f"{state} does not come to its end"
        _wake(server)
        if killer and killer.kills < most:
            killer.strike(record, state)
        else:
            time.sleep(0.05)


def _file():
    """New and known people, relatives, tags, rows that are refused."""
    lines = ["Référence;Nom;Prénom;Courriel;Portable;Adresse;CP;Ville;Étiquettes;Né le"]
    for place in range(ROWS):
        name = f"Connue{place}" if place in _known_places() else f"Nom{place}"
        birth = "99/99/1990" if place % 97 == 5 else ""
        lines.append(
            f"K{place};{name};Camille;{name.lower()}@example.org;01 99 00 {place // 100 % 100:02} "
            f"{place % 100:02};{place} rue de l'Essai;93140;BONDY;{'Ami' if place % 3 else ''};"
            f"{birth}"
        )
    return "\r\n".join(lines).encode()


def _known_places():
    return range(0, ROWS // 2, ROWS // 2 // KNOWN)


def _known_people(server):
    company = server.call("res.company", "search", [], limit=1)[0]
    server.call(
        "res.partner",
        "create",
        [
            {
                "lastname": f"Connue{place}",
                "firstname": "Camille",
                "email": f"connue{place}@example.org",
                "company_id": company,
            }
            for place in _known_places()
        ],
    )


def _contacts(server):
    """What every contact holds, ids and times apart, and its tags."""
    return {
        key: (values, tags)
        for key, values, tags in server.sql(
            f"""SELECT COALESCE(p.email, p.id::text), {COLUMNS},
                       (SELECT array_agg(r.category_id ORDER BY 1)
                          FROM res_partner_res_partner_category_rel r WHERE r.partner_id = p.id)
                  FROM res_partner p"""  # noqa: S608 - constants of this file
        )
    }


def _read(server, record, names):
    rows = server.call("political.import", "read", [record], list(names))
    return [[row[name] for name in names] for row in rows]


def _only_imports(server):
    """The other jobs of a new database would take the time in which to kill."""
    server.sql(
        "UPDATE ir_cron SET active = FALSE WHERE id NOT IN (SELECT res_id FROM ir_model_data "
        "WHERE model = 'ir.cron' AND name = 'ir_cron_import')"
    )


def _wake(server):
    """Let the job run now rather than within the minute.

    A worker keeps the job's line locked while it works: waiting for that would be waiting until
    there is nobody left to kill.
    """
    server.sql(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute', "
        "failure_count = 0 WHERE id IN (SELECT id FROM ir_cron WHERE id IN (SELECT res_id "
        "FROM ir_model_data WHERE model = 'ir.cron' AND name = 'ir_cron_import') "
        "AND nextcall > now() AT TIME ZONE 'UTC' FOR NO KEY UPDATE SKIP LOCKED)"
    )
    place = server.platform.server
    connection = psycopg2.connect(
        dbname="postgres",
        host=place.host,
        port=place.port or None,
        user=place.user or None,
        password=place.password or None,
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('cron_trigger', %s)", [server.database])
    finally:
        connection.close()
