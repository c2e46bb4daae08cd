"""Files of contacts to measure imports with; the import in batches, as the job runs it."""

import resource
import tempfile

from bench import seed

COLUMNS = ["firstname", "lastname", "email", "phone", "street", "zip", "city"]
HEADER = "Prénom;Nom;Courriel;Téléphone;Adresse;CP;Ville\r\n"


def cells(name, place):
    """A row: invented, its number in a range kept for fiction.

    :return: list of str in the order of COLUMNS
    """
    return [
        f"Prénom{place % 997}",
        f"Nom{name}{place}",
        f"{name}{place}@example.net",
        f"+332619{place % 100_000:05}",
        f"{place % 200} rue de l'Essai",
        f"{93_000 + place % 900}",
        "Bondy",
    ]


def written(env, name, number):
    """An import whose file lies in the filestore, as an upload leaves it.

    :return: ``political.import``
    """
    record = env["political.import"].create({"default_origin": "paper_form"})
    with tempfile.TemporaryFile() as file:
        file.write(HEADER.encode())
        for place in range(number):
            file.write((";".join(cells(name, place)) + "\r\n").encode())
        file.seek(0)
        record._store(file)
    record.filename = f"{name}.csv"
    record._look()
    env.cr.commit()
    return record


def preview(record):
    """Read and match, a batch a transaction."""
    record.write({"state": "reading"})
    _go_on(record)
    assert record.state == "preview", record.error


def apply(record):
    """Write what the preview shows, a batch a transaction."""
    record.write({"state": "applying"})
    record._begin_applying()
    _go_on(record)
    assert record.state == "done", record.error


def undo(record):
    """Take it back, a batch a transaction."""
    record.write({"state": "undoing", "done_count": 0})
    _go_on(record)
    assert record.state == "undone", record.error


def _go_on(record):
    """As the scheduled job does, after the request that asked for it."""
    record.env.cr.commit()
    record._cron_work()
    record.env.cr.commit()


def base(env, number):
    """Contacts and consents that were there before.

    :param int number: of contacts; a quarter of them agreed to the newsletter
    """
    people = seed.people(env, number)
    seed.subjects(env, people)
    purpose = env["consent.purpose"]._get("newsletter", env.ref(seed.MAIN))
    seed.answers(env, purpose, "email")
    env.cr.commit()
    seed.settle(env, "res_partner", "consent_subject", "consent_event", "consent_state")


def peak():
    """Most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
