import re
import secrets
import uuid
from datetime import datetime, timezone

from dateutil.relativedelta import relativedelta
from psycopg2.extras import execute_values

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import canonical
from .consent_purpose import BASES, CHANNELS

ACTIONS = [
    ("given", "Given"),
    ("refused", "Refused"),
    ("withdrawn", "Withdrawn"),
    ("expired", "Expired"),
]
MEANS = [
    ("web", "Web form"),
    ("portal", "Portal"),
    ("paper", "Paper form"),
    ("phone", "Telephone call"),
    ("letter", "Letter"),
    ("canvass", "At the door"),
    ("event", "Event registration"),
    ("membership", "Membership form"),
    ("import", "Import with evidence"),
    ("preferences", "Preference page"),
    ("unsubscribe", "Unsubscribe link"),
    ("one_click", "One-click header"),
    ("stop", "STOP message"),
    ("blacklist", "Blacklist"),
    ("staff", "Staff"),
    ("merge", "Merge of two contacts"),
    ("erasure", "Erasure"),
    ("job", "Scheduled job"),
]
ACTS = [
    ("tick", "Ticked by the person"),
    ("double_optin", "Confirmed by the link in a message"),
    ("signature", "Signature"),
    ("spoken", "Said, with a witness"),
    ("reply", "Reply"),
    ("button", "Button pressed by the person"),
    ("none", "None (written by the system)"),
]
IDENTIFIER_OF = {"email": "email", "sms": "phone", "call": "phone"}
INSERTED = (
    *canonical.FIELDS,
    "company_id",
    "purpose_id",
    "wording_id",
    "list_id",
    "content_sha256",
)
# What a reference may hold: a path, a form's number, a batch, never free text about a person.
SOURCE_REF = re.compile(r"^[\w./:#-]{1,128}$")


class ConsentEvent(models.Model):
    """The ledger: one act of one person, for one purpose, on one channel (R-05, R-06).

    No row is ever changed. It holds no name and no address in clear and points at no contact and
    no user: ``subject`` and ``collector`` are random codes, ``identifier_key`` a keyed hash.
    """

    _name = "consent.event"
    _inherit = ["consent.append.only"]
    _log_access = False
    _description = "Consent event"
    _order = "id desc"
    _rec_name = "uid"

    uid = fields.Char("Identifier", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    controller = fields.Char(required=True, readonly=True)
    subject = fields.Char(readonly=True, help="Random code of the person.")
    identifier_key = fields.Char("Hashed address", readonly=True)
    purpose_id = fields.Many2one(
        "consent.purpose", required=True, readonly=True, ondelete="restrict"
    )
    purpose_code = fields.Char(required=True, readonly=True)
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    list_id = fields.Many2one("consent.list", readonly=True, ondelete="restrict")
    list_code = fields.Char(readonly=True)
    action = fields.Selection(ACTIONS, required=True, readonly=True)
    collected_at = fields.Datetime(required=True, readonly=True)
    recorded_at = fields.Datetime(required=True, readonly=True)
    timezone = fields.Char(readonly=True)
    lang = fields.Char("Language", readonly=True)
    basis = fields.Selection(BASES, required=True, readonly=True)
    explicit = fields.Boolean(readonly=True)
    targeting = fields.Boolean(readonly=True)
    wording_id = fields.Many2one("consent.wording", readonly=True, ondelete="restrict")
    wording_code = fields.Char(readonly=True)
    wording_sha256 = fields.Char(readonly=True)
    notice_sha256 = fields.Char(readonly=True)
    means = fields.Selection(MEANS, required=True, readonly=True)
    act = fields.Selection(ACTS, required=True, readonly=True)
    source_ref = fields.Char("Reference", readonly=True)
    collector = fields.Char(readonly=True, help="Random code of the user who recorded it.")
    age_check = fields.Selection(
        [("adult", "18 or over"), ("15", "15 or over"), ("joint", "Under 15, with a parent")],
        readonly=True,
    )
    co_consent_uid = fields.Char("Parent's consent", readonly=True)
    balancing_sha256 = fields.Char("Balancing test", readonly=True)
    confirm_token_sha256 = fields.Char("Confirmation", readonly=True)
    evidence_sha256 = fields.Char("Evidence", readonly=True)
    expires_at = fields.Datetime(readonly=True)
    replaces_uid = fields.Char("Replaces", readonly=True)
    receipt = fields.Char(required=True, readonly=True)
    content_sha256 = fields.Char("Fingerprint", required=True, readonly=True)

    _uid_unique = models.Constraint("UNIQUE (uid)", "An event is recorded once.")
    _receipt_unique = models.Constraint("UNIQUE (receipt)", "A receipt's code is drawn once.")
    _who = models.Constraint(
        "CHECK (subject IS NOT NULL OR identifier_key IS NOT NULL)",
        "An event is about a person or an address.",
    )
    _subject_index = models.Index("(subject, purpose_id, channel)")
    _identifier_index = models.Index("(identifier_key, purpose_id, channel) WHERE subject IS NULL")
    _purpose_index = models.Index("(purpose_id, id)")

    def init(self):  # pylint: disable=missing-return
        """Queue each new event for the sealer, in the transaction that inserts it."""
        super().init()
        self.env.cr.execute(
            """
            CREATE TABLE IF NOT EXISTS consent_seal_pending (
                event_id integer PRIMARY KEY, company_id integer NOT NULL);
            CREATE OR REPLACE FUNCTION consent_event_queue() RETURNS trigger AS $$
            BEGIN
                INSERT INTO consent_seal_pending SELECT id, company_id FROM inserted;
                RETURN NULL;
            END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER queue_for_seal
                AFTER INSERT ON consent_event REFERENCING NEW TABLE AS inserted
                FOR EACH STATEMENT EXECUTE FUNCTION consent_event_queue();
            """
        )

    # ---------------------------------------------------------------- recording

    @api.model
    def _record(self, vals_list):
        """Append events, bring the current answers up to date, and start the sealing.

        No rights are checked here: callers are the server's own code.

        :param list vals_list: dicts with ``purpose`` (record), ``channel``, ``action``, ``means``
            and ``partner`` (record) or ``subject`` (record) or ``identifier`` (address in clear,
            for an act that names an address and nobody); optionally ``identifier`` beside a
            partner (the address this very consent is for), ``list`` (record), ``wording``
            (record), ``act``, ``collected_at`` (naive UTC), ``timezone``, ``lang``,
            ``source_ref``, ``age_check``, ``co_consent_uid``, ``confirm_token_sha256``,
            ``replaces_uid``, ``collector`` (user), ``evidence`` (list of dicts for
            ``consent.evidence``)
        :returns: the events, in the order given
        :raises UserError: when a given consent has no published wording or channel (R-05, R-24)
        """
        if not vals_list:
            return self.browse()
        self._commit_to_disk()
        self._resolve_subjects(vals_list)
        rows = self._rows(vals_list)
        subject_ids = {vals["subject"].id for vals in vals_list if vals.get("subject")}
        loose = {row["identifier_key"] for row in rows if not row["subject"]}
        self._lock_addresses(rows)
        self.env["consent.subject"]._lock(subject_ids, loose)
        events = self._insert(rows)
        self.env["consent.evidence"]._attach(events, vals_list)
        self.env["consent.state"]._refold({row["subject"] for row in rows if row["subject"]}, loose)
        closing = events.browse(
            event_id
            for event_id, row in zip(events._ids, rows, strict=True)
            if row["action"] != "given"
        )
        if closing:
            closing._after_closing()
        self.env["consent.seal"]._schedule()
        return events

    def _lock_addresses(self, rows):
        """Make recordings about one address follow each other, whoever they name: a STOP that
        names a number alone cannot know of the person whom another transaction is just entering
        with it."""
        keys = {row["identifier_key"] for row in rows} - {None}
        if keys:
            self.env["consent.rate"].sudo()._in_turn_by_key(keys)

    def _resolve_subjects(self, vals_list):
        """Replace partners by their subjects, one query per controller."""
        by_company = {}
        for vals in vals_list:
            if vals.get("partner") and not vals.get("subject"):
                by_company.setdefault(vals["purpose"].company_id, []).append(vals)
        Subject = self.env["consent.subject"].sudo()
        for company, some in by_company.items():
            partners = self.env["res.partner"].browse({vals["partner"].id for vals in some})
            subject_of = Subject._ensure(partners, company)
            for vals in some:
                vals["subject"] = Subject.browse(subject_of[vals["partner"].id])

    def _rows(self, vals_list):
        """Values of the events' columns. What a batch shares is computed once."""
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        subjects = self._subject_columns(vals_list)
        shared = {}
        rows = []
        for vals in vals_list:
            key = self._shared_key(vals)
            if key not in shared:
                shared[key] = self._shared_columns(vals)
            subject = subjects.get(vals["subject"].id) if vals.get("subject") else None
            row = {
                **shared[key],
                "uid": str(uuid.uuid4()),
                "subject": subject and subject["code"],
                "identifier_key": self._identifier_key(vals, subject),
                "recorded_at": now,
                "collected_at": vals.get("collected_at") or now,
                "co_consent_uid": vals.get("co_consent_uid") or None,
                "confirm_token_sha256": vals.get("confirm_token_sha256") or None,
                "replaces_uid": vals.get("replaces_uid") or None,
                "receipt": secrets.token_hex(16),
            }
            if row["action"] == "given":
                row["expires_at"] = self._expiry(vals["purpose"].sudo(), row["collected_at"])
            row["content_sha256"] = canonical.content_hash(row)
            rows.append(row)
        return rows

    def _subject_columns(self, vals_list):
        """``{subject id: {"code", "email_key", "phone_key"}}``, in one query."""
        ids = [vals["subject"].id for vals in vals_list if vals.get("subject")]
        self.env["consent.subject"].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT id, code, email_key, phone_key FROM consent_subject WHERE id = ANY(%s)",
                ids,
            )
        )
        return {row["id"]: row for row in self.env.cr.dictfetchall()}

    @api.model
    def _shared_key(self, vals):
        """What tells one event's shared columns from another's."""
        names = ("channel", "action", "means", "act", "timezone", "lang", "source_ref", "age_check")
        records = ("purpose", "wording", "list", "collector")
        return (
            *(vals.get(name) for name in names),
            *(vals[name].id if vals.get(name) else None for name in records),
            *(id(piece) for piece in vals.get("evidence") or ()),
        )

    def _shared_columns(self, vals):
        """Columns that depend on the purpose, the wording and the way of collecting.

        :raises UserError: when they do not fit each other
        """
        purpose = vals["purpose"].sudo()
        wording = (vals.get("wording") or self.env["consent.wording"]).sudo()
        audience = (vals.get("list") or self.env["consent.list"]).sudo()
        if vals["channel"] not in dict(CHANNELS):
            raise UserError(self.env._("“%(channel)s” is no channel.", channel=vals["channel"]))
        if vals["action"] == "given":
            self._check_given(purpose, vals["channel"], wording)
        if audience and audience.purpose_id != purpose:
            raise UserError(self.env._("This list belongs to another purpose."))
        columns = {
            "company_id": purpose.company_id.id,
            "controller": purpose.company_id._consent_controller_code(),
            "purpose_id": purpose.id,
            "purpose_code": purpose.code,
            "channel": vals["channel"],
            "list_id": audience.id,
            "list_code": audience.code,
            "action": vals["action"],
            "timezone": vals.get("timezone") or "UTC",
            "lang": vals.get("lang") or wording.lang,
            "basis": purpose.legal_basis,
            "explicit": purpose.explicit,
            "targeting": purpose.targeting,
            "wording_id": wording.id,
            "wording_code": wording.code,
            "wording_sha256": wording.sha256,
            "notice_sha256": wording.notice_sha256,
            "means": vals["means"],
            "act": vals.get("act") or "none",
            "source_ref": self._checked_source(vals.get("source_ref")),
            "collector": self._collector_code(vals.get("collector"), purpose.company_id),
            "age_check": vals.get("age_check"),
            "balancing_sha256": purpose._balancing_sha256(),
            "evidence_sha256": self.env["consent.evidence"]._fingerprint(vals.get("evidence")),
        }
        flags = {"explicit", "targeting"}
        return dict.fromkeys(INSERTED) | {
            name: value if name in flags else value or None for name, value in columns.items()
        }

    def _check_given(self, purpose, channel, wording):
        if channel not in purpose._channels():
            raise UserError(
                self.env._(
                    "“%(purpose)s” is not collected for the channel “%(channel)s”.",
                    purpose=purpose.name,
                    channel=channel,
                )
            )
        if not wording or wording.state == "draft":
            raise UserError(
                self.env._(
                    "A consent is recorded with the published wording that the person saw; none "
                    "was named for “%(purpose)s”.",
                    purpose=purpose.name,
                )
            )
        if wording.purpose_id != purpose or wording.channel != channel:
            raise UserError(
                self.env._("The wording %(code)s is for something else.", code=wording.code)
            )

    def _identifier_key(self, vals, subject):
        """Hash of the address the event is about: the one named, else the person's own."""
        kind = IDENTIFIER_OF.get(vals["channel"])
        if not kind:
            return None
        if vals.get("identifier"):
            return self.env["consent.key"]._digest(kind, vals["identifier"])
        key = vals.get("identifier_key") or (subject and subject[f"{kind}_key"])
        if not key and vals["action"] == "given":
            raise UserError(
                self.env._("There is no valid e-mail address.")
                if kind == "email"
                else self.env._("There is no valid telephone number.")
            )
        return key or None

    def _checked_source(self, source_ref):
        if source_ref and not SOURCE_REF.match(source_ref):
            raise UserError(
                self.env._(
                    "A reference is a form's number, a path or a batch: letters, digits and "
                    "./:#-_ only, 128 at most."
                )
            )
        return source_ref or None

    def _collector_code(self, user, company):
        if not user or user._is_public() or user._is_superuser():
            return None
        Subject = self.env["consent.subject"].sudo()
        subject_of = Subject._ensure(user.partner_id, company)
        return Subject.browse(subject_of[user.partner_id.id]).code

    def _expiry(self, purpose, collected_at):
        if not purpose.review_months:
            return None
        return collected_at + relativedelta(months=purpose.review_months)

    def _insert(self, rows):
        columns = SQL(", ").join(SQL.identifier(name) for name in INSERTED)
        query = SQL("INSERT INTO consent_event (%s) VALUES %%s RETURNING id", columns)
        found = execute_values(
            self.env.cr._obj,
            query.code.replace("%%s", "%s"),
            [[row[name] for name in INSERTED] for row in rows],
            page_size=1000,
            fetch=True,
        )
        return self.browse(event_id for (event_id,) in found)

    def _after_closing(self):
        """What must happen in the transaction that closes a consent (R-02): other models and
        addons stop here what is waiting to be sent."""

    # ---------------------------------------------------------------- receipts

    @api.model
    def _by_receipt(self, code):
        """The event of a receipt's code; empty for an unknown and for a malformed code alike."""
        return self.search([("receipt", "=", (code or "")[:64])], limit=1)

    def _is_intact(self):
        """Whether the event's content still gives the hash that was computed when it came in."""
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                "SELECT %s = e.content_sha256 FROM consent_event e WHERE e.id = %s",
                self._sql_content(),
                self.id,
            )
        )
        return self.env.cr.fetchone()[0]

    def _seal(self):
        """The event's link in the chain; empty until it is sealed."""
        self.ensure_one()
        return self.env["consent.seal"].search([("event_id", "=", self.id)], limit=1)

    # ---------------------------------------------------------------- verifying

    @api.model
    def verify_chain(self, company_id=False):
        """Verify the ledger of a controller: contents, links, and that nothing is missing.

        :param int company_id: controller; by default the user's current company
        :returns: ``{"ok": bool, "checked": number of events, "first_broken": event id or False}``
        :rtype: dict
        :raises AccessError: without the right to read that ledger
        """
        self.check_access("read")
        company = self.env["res.company"].browse(company_id) if company_id else self.env.company
        if company not in self.env.companies and not self.env.su:
            company.check_access("read")
            company = company & self.env.user.company_ids
            if not company:
                raise UserError(self.env._("This is not one of your companies."))
        return self.sudo()._verify(company)

    @api.model
    def _verify(self, company):
        self.env.cr.execute(
            SQL(
                """
                WITH link AS (
                    SELECT e.id AS event_id, l.id AS seal_id, l.position, l.sha256,
                           l.previous_sha256, e.content_sha256,
                           lag(l.sha256, 1, %(genesis)s) OVER w AS before,
                           row_number() OVER w AS rank,
                           %(content)s AS content
                      FROM consent_event e
                      LEFT JOIN consent_seal l ON l.event_id = e.id
                     WHERE e.company_id = %(company)s
                    WINDOW w AS (ORDER BY l.position NULLS LAST, e.id)
                )
                SELECT count(*),
                       (array_agg(event_id ORDER BY rank) FILTER (WHERE NOT (
                            content = content_sha256
                            AND CASE WHEN seal_id IS NULL
                                THEN EXISTS (SELECT FROM consent_seal_pending q
                                              WHERE q.event_id = link.event_id)
                                ELSE position = rank AND previous_sha256 = before
                                     AND sha256 = %(link)s END)))[1]
                  FROM link
                """,
                genesis=canonical.GENESIS,
                company=company.id,
                content=self._sql_content(),
                link=SQL(
                    "encode(sha256(convert_to(concat(position, '|', previous_sha256, '|', "
                    "content_sha256), 'UTF8')), 'hex')"
                ),
            )
        )
        checked, broken = self.env.cr.fetchone()
        broken = broken or self._first_orphan_seal(company)
        return {"ok": not broken, "checked": checked, "first_broken": broken or False}

    def _first_orphan_seal(self, company):
        """A link whose event is gone: deleted behind the trigger's back."""
        self.env.cr.execute(
            SQL(
                "SELECT l.event_id FROM consent_seal l WHERE l.company_id = %s AND NOT EXISTS "
                "(SELECT FROM consent_event e WHERE e.id = l.event_id) ORDER BY position LIMIT 1",
                company.id,
            )
        )
        return (self.env.cr.fetchone() or [False])[0]

    @api.model
    def _sql_content(self):
        """:func:`~..lib.canonical.content_hash` as an SQL expression over ``consent_event e``."""
        items = [SQL("%s", canonical.FORM)]
        for name in canonical.FIELDS:
            column = SQL("e.%s", SQL.identifier(name))
            if name in canonical.TIMES:
                column = SQL("to_char(%s, %s)", column, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            elif name in ("explicit", "targeting"):
                column = SQL("coalesce(%s, false)", column)
            items.append(column)
        return SQL(
            "encode(sha256(convert_to(json_build_array(%s)::text, 'UTF8')), 'hex')",
            SQL(", ").join(items),
        )
