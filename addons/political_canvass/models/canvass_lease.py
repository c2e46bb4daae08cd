import hashlib
import hmac
import json
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..lib import payload

LATE_DAYS = 30  # how long after its end a lease may still deliver what was made before
MAX_HOURS = 24
SERVER_ONLY = {"turf_id", "token_sha256", "opened_at", "expires_at", "revoked_at", "device"}


class CanvassLease(models.Model):
    """The right of one phone to hold one turf for some hours (R-45).

    The phone has a random token, the server its hash only. There is no user behind it and no
    session: the token opens this turf, until the end, and nothing else.
    """

    _name = "canvass.lease"
    _description = "Turf on a phone"
    _order = "opened_at desc, id desc"
    _rec_name = "alias"

    turf_id = fields.Many2one(
        "canvass.turf", required=True, readonly=True, index=True, ondelete="restrict"
    )
    operation_id = fields.Many2one(related="turf_id.operation_id", store=True, index=True)
    company_id = fields.Many2one(related="turf_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="turf_id.branch_id", store=True, index=True)
    alias = fields.Char(
        "Volunteer", readonly=True, help="What the volunteer typed; empty if they did not."
    )
    device = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    token_sha256 = fields.Char(required=True, readonly=True, copy=False, groups=fields.NO_ACCESS)
    opened_at = fields.Datetime("Opened", required=True, readonly=True)
    expires_at = fields.Datetime("Until", required=True, readonly=True, index=True)
    revoked_at = fields.Datetime("Taken back", readonly=True)
    state = fields.Selection(
        [("active", "Out now"), ("expired", "Over"), ("revoked", "Taken back")],
        compute="_compute_state",
        search="_search_state",
    )
    report_count = fields.Integer("Reports", compute="_compute_reports")
    last_report_at = fields.Datetime("Last report", compute="_compute_reports")

    _token_unique = models.Constraint("UNIQUE (token_sha256)", "A token is drawn once.")

    def init(self):
        """Reports refer to a lease for ever: nothing deletes one, SQL neither."""
        result = super().init()
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION canvass_lease_kept() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION 'a lease is never deleted' USING ERRCODE = 'restrict_violation';
            END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER kept_lease BEFORE DELETE OR TRUNCATE ON canvass_lease
                FOR EACH STATEMENT EXECUTE FUNCTION canvass_lease_kept();
            """
        )
        return result

    @api.depends("expires_at", "revoked_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for lease in self:
            if lease.revoked_at:
                lease.state = "revoked"
            else:
                lease.state = "active" if lease.expires_at > now else "expired"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        live = Domain("revoked_at", "=", False)
        domains = {
            "active": live & Domain("expires_at", ">", now),
            "expired": live & Domain("expires_at", "<=", now),
            "revoked": Domain("revoked_at", "!=", False),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.model
    def _active_domain(self):
        return self._search_state("in", ["active"])

    @api.depends_context("uid")
    def _compute_reports(self):
        groups = self.env["canvass.event"]._read_group(
            [("lease_id", "in", self.ids)], ["lease_id"], ["__count", "received_at:max"]
        )
        found = {lease: (count, last) for lease, count, last in groups}
        for lease in self:
            count, lease.last_report_at = found.get(lease._origin, (0, False))
            lease.report_count = count if lease._is_mine() else 0

    def _is_mine(self):
        """A canvasser's figures are for the lead of their branch or operation alone."""
        operation, user = self.sudo().operation_id, self.env.user
        return (
            self.env.su
            or operation.user_id == user
            or operation.branch_id in user.sudo().branch_scope_ids
        )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A lease is opened on a phone, with the turf's code."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and not SERVER_ONLY.isdisjoint(vals):
            raise AccessError(self.env._("A lease is extended or taken back by its buttons."))
        return super().write(vals)

    # ---------------------------------------------------------------- the lead's buttons

    def action_extend(self):
        """Give the phones the operation's hours again, counted from now.

        :raises UserError: for a lease that is over: its phone has erased everything
        """
        self.check_access("write")
        now = fields.Datetime.now()
        for lease in self.sudo():
            if lease.state != "active":
                raise UserError(
                    self.env._("This lease is over. The volunteer opens the turf's code again.")
                )
            lease.expires_at = self._end_of(lease.turf_id, now)

    def action_revoke(self):
        """Take the turf back from the phones, at once: they read nothing more, and erase it.

        Reports made before are still taken.
        """
        self.check_access("write")
        active = self.sudo().filtered(lambda lease: lease.state == "active")
        active.write({"revoked_at": fields.Datetime.now()})

    # ---------------------------------------------------------------- the phone
    # What follows runs as superuser for whoever holds a code or a token, and for nothing else.

    @api.model
    def _open(self, code, device, alias):
        """Open a lease.

        :param str code: the turf's code as typed
        :param str device: the phone's UUID
        :param str alias: the volunteer's, may be empty
        :returns: the answer (dict), or nothing for a code that opens no turf
        """
        turf = self._turf_of(code)
        if not turf:
            return None
        token = secrets.token_urlsafe(32)
        now = fields.Datetime.now()
        lease = self.sudo().create(
            {
                "turf_id": turf.id,
                "alias": alias,
                "device": device,
                "token_sha256": self._token_hash(token),
                "opened_at": now,
                "expires_at": self._end_of(turf, now),
            }
        )
        return {**lease._read_answer(), "token": token}

    @api.model
    def _end_of(self, turf, now):
        """Until when a phone may hold a turf that it takes now."""
        return now + timedelta(hours=turf.operation_id.lease_hours)

    @api.model
    def _turf_of(self, code):
        wanted = code.upper().replace(" ", "").replace("-", "")
        return (
            self.env["canvass.turf"]
            .sudo()
            .search(
                [
                    ("code", "=", wanted),
                    ("state", "=", "published"),
                    ("operation_id.state", "=", "running"),
                    ("operation_id.active", "=", True),
                ],
                limit=1,
            )
        )

    @api.model
    def _token_hash(self, token):
        # The token has 256 random bits: there is nothing to slow a guesser down for.
        return hashlib.sha256(token.encode()).hexdigest()

    @api.model
    def _of_token(self, token):
        """The lease of a token, over or not, as superuser; empty for an unknown token and for a
        lease that may not even deliver any more."""
        if not isinstance(token, str) or not 20 <= len(token) <= 100 or not token.isascii():
            return self.sudo().browse()
        lease = self.sudo().search([("token_sha256", "=", self._token_hash(token))], limit=1)
        late = fields.Datetime.now() - timedelta(days=LATE_DAYS)
        return lease if lease and lease._ends_at() > late else self.sudo().browse()

    def _ends_at(self):
        if not self.revoked_at:
            return self.expires_at
        # Kept in whole seconds: what was reported within the second of the revocation counts.
        return min(self.revoked_at + timedelta(seconds=1), self.expires_at)

    def _is_active(self):
        return self.state == "active" and self.turf_id.state == "published"

    def _read_answer(self):
        """What an active lease may read: its turf, and what was reported there."""
        turf = self.turf_id
        return {
            "ok": True,
            "server_time": payload.stamp(fields.Datetime.now()),
            "lease": {
                "id": self.id,
                "expires_at": payload.stamp(self.expires_at),
                "name": self.alias or "",
                **self._safety_answer(),
            },
            "turf": {**json.loads(turf.snapshot), "hash": turf.snapshot_sha256},
            **turf._field_state(),
        }

    def _ended_answer(self, token):
        return {
            "ok": False,
            "reason": "ended",
            "lease": "ended",
            "server_time": payload.stamp(fields.Datetime.now()),
            "lease_sig": self._sign(token, "lease", "ended", str(self.id)),
        }

    @api.model
    def _sign(self, token, *parts):
        text = "\n".join(("canvass/1", *parts))
        return hmac.digest(token.encode(), text.encode(), "sha256").hex()

    def _refresh(self, token, alias=None, pair=None):
        """Answer for a phone that has a token: the turf again, or that it is over.

        :param alias: the volunteer's, ``None`` leaves what is there, "" takes it away
        :param pair: the other one's, likewise
        """
        if self._is_active():
            self._name_pair(alias, pair)
        return self._read_answer() if self._is_active() else self._ended_answer(token)

    def _sync(self, token, events, client_now):
        """Take a phone's reports; every one gets an answer of its own.

        :param str token: the lease's, signs the answers
        :param list events: as sent
        :param client_now: the phone's clock, as sent
        :returns: the answer (dict)
        """
        # The phone forgets what it is told is stored.
        self.env["canvass.event"]._commit_to_disk()
        results, unreadable = self._take(events, client_now)
        answer = {
            "ok": True,
            "server_time": payload.stamp(fields.Datetime.now()),
            "lease": "active",
            "unreadable": unreadable,
            "results": self._signed(token, results, events),
        }
        if self._is_active():
            return {**answer, **self.turf_id._field_state()}
        return {
            **answer,
            "lease": "ended",
            "lease_sig": self._sign(token, "lease", "ended", str(self.id)),
            "state": {},
        }

    def _signed(self, token, results, events):
        """An answer for each event that no proxy can give, with what belongs to it."""
        agreed = {
            payload.uid_of(event)
            for event in events
            if isinstance(event, dict) and event.get("kind") == "consent"
        }
        receipts = self.env["canvass.receipt"]._links(
            [uid for uid in agreed if results.get(uid, ("refused",))[0] != "refused"]
        )
        kinds = [event.get("kind") for event in events if isinstance(event, dict)]
        added = self.turf_id._added_ids() if "door" in kinds else {}
        signed = {
            uid: {
                "status": status,
                "reason": reason,
                "sig": self._sign(token, uid, status, reason or ""),
            }
            for uid, (status, reason) in results.items()
        }
        for uid, link in receipts.items():
            signed[uid]["receipt"] = link
        for uid in added.keys() & signed.keys():
            signed[uid]["door"] = added[uid]
        return signed

    def _take(self, events, client_now):
        """``({uid: (status, reason)}, number without a usable uid)``."""
        usable, unreadable = {}, 0
        for event in events:
            uid = payload.uid_of(event)
            if uid:
                usable.setdefault(uid, event)
            else:
                unreadable += 1
        results = {}
        # Doors first: the rest may be about them.
        for wanted in (True, False):
            part = [event for event in usable.values() if (event.get("kind") == "door") == wanted]
            if part:
                results.update(self._take_part(part, client_now))
        return results, unreadable

    def _take_part(self, events, client_now):
        rows, results, pending = self._read_part(events, client_now)
        gone = self.env["canvass.refusal"]._refused(self, pending.values()) if pending else ()
        results.update({uid: ("refused", "door") for uid, at in pending.items() if at in gone})
        signs = [row for row in rows if row["kind"] == "safety"]
        results.update(self.env["canvass.safety"]._store(self, signs))
        others = [row for row in rows if row["kind"] != "safety"]
        results.update(self.env["canvass.event"]._store(self, others))
        refused = {uid: why for uid, (status, why) in results.items() if status == "refused"}
        # What is known was judged when it came: a lease that ended since does not undo that.
        judged = [*refused, *pending]
        known = {
            **self.env["canvass.event"]._known(self, judged),
            **self.env["canvass.safety"]._known(self, judged),
        }
        results.update(known)
        kinds = {event["uid"]: event.get("kind") for event in events}
        self.env["canvass.refusal"]._note(
            self, [(uid, kinds[uid], why) for uid, why in refused.items() if uid not in known]
        )
        return results

    def _read_part(self, events, client_now):
        """``(rows, {uid: refusal}, {uid: uid of the door it waits for})``."""
        scope = self._scope()
        rows, results, pending = [], {}, {}
        for event in events:
            try:
                rows.append(payload.read_event(event, client_now, scope))
            except payload.RefusalError as refusal:
                results[event["uid"]] = ("refused", str(refusal))
            except payload.PendingError as error:
                pending[event["uid"]] = str(error)
        return rows, results, pending

    def _scope(self):
        turf = self.turf_id
        turf.fetch(["snapshot", "state"])  # all that a request needs of it
        held = json.loads(turf.snapshot)
        return payload.Scope(
            doors=frozenset(door["id"] for door in held["doors"]),
            outcomes=frozenset(outcome["code"] for outcome in held["outcomes"]),
            wordings=frozenset(
                (w["purpose"], w["channel"], w["wording_code"], w["lang"]) for w in held["consents"]
            ),
            opened_at=self.opened_at,
            ends_at=self._ends_at(),
            received_at=payload.now(),
            script=held["script"],
            added=turf._added_ids(),
        )

    @api.autovacuum
    def _gc_aliases(self):
        """The name a volunteer typed is of use during the shift and its late deliveries."""
        self.env.cr.execute(
            SQL(
                "UPDATE canvass_lease SET alias = NULL, pair_alias = NULL, device = NULL "
                "WHERE coalesce(alias, pair_alias, device) IS NOT NULL AND expires_at < %s",
                fields.Datetime.now() - timedelta(days=LATE_DAYS),
            )
        )
        self.invalidate_model(["alias", "pair_alias", "device"])
