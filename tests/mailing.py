"""A mailing to people who agreed, on a real server: what the tests of sending share."""

JOBS = ("ir_cron_mass_mailing_queue", "ir_cron_mail_scheduler_action")


def people_who_agreed(server, number):
    """Contacts who joined the list "kill" of the newsletter: ``{address: id}``."""
    purpose = _purpose(server)
    server.call(
        "consent.list", "create", {"name": "Kill", "code": "kill", "purpose_id": purpose["id"]}
    )
    emails = [f"personne.{place:04}@example.org" for place in range(number)]
    company = purpose["company_id"][0]
    people = {}
    for start in range(0, number, 500):
        some = emails[start : start + 500]
        values = [{"name": email, "email": email, "company_id": company} for email in some]
        people.update(zip(some, server.call("res.partner", "create", values), strict=True))
    proof = {"means": "paper", "list_code": "kill", "wording_code": _wording(server, purpose)}
    ids = list(people.values())
    server.call("res.partner", "consent_record", ids, "newsletter", "email", "given", proof)
    return people


def _purpose(server):
    domain = [["code", "=", "newsletter"]]
    return server.call("consent.purpose", "search_read", domain, ["company_id"], limit=1)[0]


def _wording(server, purpose):
    domain = [
        ["purpose_id", "=", purpose["id"]],
        ["channel", "=", "email"],
        ["state", "=", "published"],
    ]
    return server.call("consent.wording", "search_read", domain, ["code"], limit=1)[0]["code"]


def launch(server):
    """Put a mailing to the whole list in the queue; returns its id."""
    purpose = _purpose(server)
    audience = server.call("consent.list", "search", [["code", "=", "kill"]])[0]
    model = server.call("ir.model", "search", [["model", "=", "res.partner"]])[0]
    mailing = server.call(
        "mailing.mailing",
        "create",
        {
            "subject": "La lettre",
            "body_html": "<p>Bonjour</p>",
            "email_from": "lettre@example.org",
            "reply_to": "lettre@example.org",
            "mailing_model_id": model,
            "mailing_domain": "[]",
            "consent_purpose_id": purpose["id"],
            "consent_list_id": audience,
        },
    )
    server.call("mailing.mailing", "action_launch", [mailing])
    return mailing


def only_the_queues(server):
    """The other jobs of a new database would take the time in which to kill."""
    server.sql(
        "UPDATE ir_cron SET active = FALSE WHERE id NOT IN (SELECT res_id FROM ir_model_data "
        "WHERE model = 'ir.cron' AND name = ANY(%s))",
        list(JOBS),
    )


def wake(server):
    """Let the jobs that fill and send the queue run now rather than within the minute."""
    # A job that runs is locked, and needs no waking
    server.sql(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute' "
        "WHERE id IN (SELECT id FROM ir_cron WHERE id IN (SELECT res_id FROM ir_model_data "
        "WHERE model = 'ir.cron' AND name = ANY(%s)) FOR UPDATE SKIP LOCKED)",
        list(JOBS),
    )
    server.sql("SELECT pg_notify('cron_trigger', %s)", server.database, on="postgres")


def withdraw(server, partner_ids):
    """Staff notes by phone that these people want no newsletter any more."""
    server.call(
        "res.partner",
        "consent_record",
        partner_ids,
        "newsletter",
        "email",
        "withdrawn",
        {"means": "phone"},
    )
