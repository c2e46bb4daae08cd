import json

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..lib import payload

OUTCOMES = [
    ("not_home", "Not home"),
    ("spoke", "Spoke"),
    ("refused", "Refused"),
    ("come_back", "Come back"),
    ("moved", "Nobody lives here"),
    ("inaccessible", "No way in"),
    ("leaflet", "Leaflet left"),
    ("do_not_knock", "Do not knock again"),
]
KINDS = [
    ("outcome", "Report"),
    ("undo", "Taken back"),
    ("consent", "Agreement"),
    ("answers", "Answers, added up"),
    ("door", "Door added"),
    ("note", "Building note"),
]


class OfTheLease(fields.Many2one):
    """A reference that the model's own trigger holds to the lease's, for a whole shift at once.

    Foreign keys would look at the same few rows again for each of its reports.
    """

    def update_db_foreign_key(self, model, column):
        """None: see :meth:`CanvassEvent.init`."""


class CanvassEvent(models.Model):
    """What a phone reported, once and for good.

    Append-only, by the ORM and in the database. No person, no user, no contact and no free text:
    a closed list of outcomes at an address (R-09), and for a consent only what was agreed to; who
    agreed is in the ledger of consents. Where the volunteer was is not asked and not kept (R-49).

    Users read sums: which door, and what a phone said beside, is for the server only.
    """

    _name = "canvass.event"
    _inherit = ["consent.append.only"]
    _description = "Field report"
    _log_access = False
    _order = "id desc"
    _rec_name = "kind"

    uid = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    undoes = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    data = fields.Json(readonly=True, groups=fields.NO_ACCESS)
    turf_id = OfTheLease("canvass.turf", required=True, readonly=True, ondelete="restrict")
    door_id = OfTheLease(
        "canvass.door",
        required=True,
        readonly=True,
        ondelete="restrict",
        groups=fields.NO_ACCESS,
    )
    lease_id = OfTheLease("canvass.lease", required=True, readonly=True, ondelete="restrict")
    company_id = OfTheLease(
        "res.company", "Controller", required=True, readonly=True, ondelete="restrict"
    )
    operation_id = OfTheLease(
        "canvass.operation", required=True, readonly=True, ondelete="restrict"
    )
    counter = fields.Integer(required=True, readonly=True, aggregator=None)
    client_at = fields.Datetime("Time on the phone", required=True, readonly=True)
    at = fields.Datetime("Time", required=True, readonly=True, help="Corrected by the skew.")
    skew = fields.Integer("Clock ahead (s)", required=True, readonly=True, aggregator="avg")
    received_at = fields.Datetime("Received", required=True, readonly=True)

    _uid_unique = models.Constraint("UNIQUE (uid)", "A report is stored once.")
    _kind_fields = models.Constraint(
        "CHECK ((kind = 'outcome') = (outcome IS NOT NULL) "
        "AND (kind = 'undo') = (undoes IS NOT NULL))",
        "A report has an outcome, an undo has what it undoes, a consent has neither.",
    )
    _turf_index = models.Index("(turf_id, door_id, at)")
    _operation_index = models.Index("(operation_id, kind, at)")
    _lease_index = models.Index("(lease_id)")
    _undoes_index = models.Index("(undoes) WHERE undoes IS NOT NULL")
    # Asked with every request of a phone, and rare
    _door_index = models.Index("(turf_id) WHERE kind = 'door'")
    _do_not_knock_index = models.Index("(turf_id) WHERE outcome = 'do_not_knock'")

    def init(self):
        """A report is about a door of its lease's turf, and under that turf's operation.

        This is more than foreign keys would hold, and keeps what they would: nothing deletes a
        lease or a line of a published walk, and these keep what they refer to.
        """
        result = super().init()
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION canvass_event_of_lease() RETURNS trigger AS $$
            BEGIN
                IF EXISTS (
                    SELECT FROM sent
                      LEFT JOIN canvass_lease lease
                        ON (lease.id, lease.turf_id, lease.operation_id, lease.company_id)
                         = (sent.lease_id, sent.turf_id, sent.operation_id, sent.company_id)
                      LEFT JOIN canvass_turf_door line
                        ON (line.turf_id, line.door_id) = (sent.turf_id, sent.door_id)
                     WHERE lease.id IS NULL OR line.id IS NULL)
                THEN
                    RAISE EXCEPTION 'a report is about a door of its lease''s turf'
                        USING ERRCODE = 'foreign_key_violation';
                END IF;
                RETURN NULL;
            END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER of_lease
                AFTER INSERT ON canvass_event REFERENCING NEW TABLE AS sent
                FOR EACH STATEMENT EXECUTE FUNCTION canvass_event_of_lease();
            """
        )
        return result

    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Reports come from phones, not from the office."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("A report is never changed. A correction is a new report."))

    def unlink(self):  # pylint: disable=method-required-super
        refusal = self.env._("A report is never deleted. A correction is a new report.")
        raise AccessError(refusal)  # pylint: disable=no-raise-unlink

    # ---------------------------------------------------------------- storing

    @api.model
    def _known(self, lease, uids):
        """Answers for the events that are here already: ``{uid: (status, reason)}``."""
        if not uids:
            return {}
        self.env.cr.execute(
            SQL("SELECT uid, turf_id FROM canvass_event WHERE uid = ANY(%s)", list(uids))
        )
        return {
            uid: ("known", None) if turf_id == lease.turf_id.id else ("refused", "uid")
            for uid, turf_id in self.env.cr.fetchall()
        }

    @api.model
    def _store(self, lease, rows):
        """Append checked events, record their consents, bring the turf up to date.

        One transaction: a consent is in the ledger if and only if its event is stored.

        :param lease: the lease that reports, as superuser
        :param list rows: dicts of :func:`~..lib.payload.read_event`
        :returns: ``{uid: (status, reason)}``
        """
        # The others are known when they are inserted; these would make their door before.
        results = self._known(lease, [row["uid"] for row in rows if row["kind"] == "door"])
        rows = [row for row in rows if row["uid"] not in results]
        results.update(self._refuse_targets(lease, rows))
        results.update(self._refuse_addresses(lease, rows))
        results.update(self.env["canvass.turf.door"]._place_added(lease, rows))
        fresh = [row for row in rows if row["uid"] not in results]
        if not fresh:
            return results
        inserted = self._insert(lease, fresh)
        results.update(dict.fromkeys(inserted, ("stored", None)))
        results.update(
            self._known(lease, [row["uid"] for row in fresh if row["uid"] not in inserted])
        )
        stored = [row for row in fresh if row["uid"] in inserted]
        if stored:
            self._bring_up_to_date(lease, stored)
        return results

    @api.model
    def _bring_up_to_date(self, lease, stored):
        """All that follows from rows that were just stored."""
        for row in stored:
            if row["consent"]:
                self._record_consent(lease, row)
        self.env["canvass.receipt"]._make(lease, [row for row in stored if row["consent"]])
        self.env["canvass.building"]._note_access([row for row in stored if row["kind"] == "note"])
        answers = [row for row in stored if row["kind"] == "answers"]
        if answers:
            self.env["canvass.tally"]._add(lease, answers)
        doors = [row["door_id"] for row in stored]
        self.env["canvass.turf.door"]._refresh(lease.turf_id, doors)
        self.env["canvass.correction"]._propose_from_reports(lease.turf_id, stored)
        self._mark_do_not_knock(lease, doors)

    @api.model
    def _refuse_targets(self, lease, rows):
        """An undo takes back an outcome of its own lease and door, and nothing else.

        One that is not here yet may come later, since requests overtake each other: the fold looks
        at lease and door again.
        """
        wanted = {row["undoes"] for row in rows if row["kind"] == "undo"}
        if not wanted:
            return {}
        self.env.cr.execute(
            SQL(
                "SELECT uid, door_id, lease_id, kind FROM canvass_event WHERE uid = ANY(%s)",
                list(wanted),
            )
        )
        found = {uid: place for uid, *place in self.env.cr.fetchall()}
        found.update({r["uid"]: [r["door_id"], lease.id, r["kind"]] for r in rows})
        return {
            row["uid"]: ("refused", "target")
            for row in rows
            if row["kind"] == "undo"
            and found.get(row["undoes"], [row["door_id"], lease.id, "outcome"])
            != [row["door_id"], lease.id, "outcome"]
        }

    @api.model
    def _insert(self, lease, rows):
        """Insert what is not there yet, in one statement; returns the uids inserted."""
        # One JSON parameter: a shift's thousands of values are not worth being quoted one by one.
        sent = json.dumps(
            [
                (
                    row["uid"],
                    row["kind"],
                    row["outcome"],
                    row["undoes"],
                    row["data"],
                    row["door_id"],
                    row["counter"],
                    row["client_at"].isoformat(),
                    row["at"].isoformat(),
                    row["skew"],
                )
                for row in rows
            ]
        )
        self.env["canvass.lease"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO canvass_event (uid, kind, outcome, undoes, data, door_id, counter,
                                           client_at, at, skew, turf_id, lease_id, company_id,
                                           operation_id, received_at)
                SELECT sent ->> 0, sent ->> 1, sent ->> 2, sent ->> 3, sent -> 4,
                       (sent -> 5)::int, (sent -> 6)::int, (sent ->> 7)::timestamp,
                       (sent ->> 8)::timestamp, (sent -> 9)::int,
                       %(turf)s, %(lease)s, %(company)s, %(operation)s, %(now)s
                  FROM jsonb_array_elements(%(sent)s::jsonb) WITH ORDINALITY told (sent, place)
                 WHERE NOT EXISTS (  -- a conflict alone would use up an id each time it is sent
                       SELECT FROM canvass_event known WHERE known.uid = sent ->> 0)
                 ORDER BY place
                ON CONFLICT (uid) DO NOTHING
                RETURNING uid
                """,
                turf=lease.turf_id.id,
                lease=lease.id,
                company=lease.company_id.id,
                operation=lease.operation_id.id,
                now=payload.now(),
                sent=sent,
            )
        )
        inserted = {uid for (uid,) in self.env.cr.fetchall()}
        self.invalidate_model()
        return inserted

    @api.model
    def _mark_do_not_knock(self, lease, door_ids):
        """The last wish at these doors of this turf, on the door itself (R-48)."""
        if not self._has_do_not_knock(lease.turf_id):
            return
        self.env["canvass.door"].flush_model()
        until = lease.operation_id.date_end or self.env["canvass.door"]._default_until()
        self.env.cr.execute(
            SQL(
                """
                UPDATE canvass_door door
                   SET do_not_knock = (line.outcome = 'do_not_knock'),
                       do_not_knock_until =
                           CASE WHEN line.outcome = 'do_not_knock' THEN %(until)s::date END
                  FROM canvass_turf_door line
                 WHERE line.turf_id = %(turf)s AND line.door_id = ANY(%(doors)s)
                   AND door.id = line.door_id
                   AND EXISTS (SELECT FROM canvass_event e
                                WHERE e.turf_id = line.turf_id AND e.door_id = line.door_id
                                  AND e.outcome = 'do_not_knock')
                   AND (line.outcome = 'do_not_knock') IS DISTINCT FROM door.do_not_knock
                """,
                until=until,
                turf=lease.turf_id.id,
                doors=sorted(set(door_ids)),
            )
        )
        self.env["canvass.door"].invalidate_model(["do_not_knock", "do_not_knock_until"])

    @api.model
    def _has_do_not_knock(self, turf):
        """Whether anybody in this turf ever wished so: in most turfs nobody does."""
        self.env.cr.execute(
            SQL(
                "SELECT FROM canvass_event WHERE turf_id = %s AND outcome = 'do_not_knock' LIMIT 1",
                turf.id,
            )
        )
        return bool(self.env.cr.rowcount)
