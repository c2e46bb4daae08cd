import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

KINDS = [
    ("note", "How to get in"),
    ("door", "Door added"),
    ("gone", "Nobody lives there"),
    ("closed", "No way into the building"),
    ("name", "Name of a contact"),
    ("number", "Wrong number of a contact"),
]
# What accepting writes on the target where the report itself says nothing more.
ACCEPTED = {"door": {"to_review": False}, "gone": {"active": False}, "closed": {"access": "closed"}}
REJECTED = {"door": {"active": False, "to_review": False}}
KEPT_DAYS = 90


class CanvassCorrection(models.Model):
    """What the field says about an address, a building or a contact, before it touches anything.

    Phones and callers propose; whoever may write the place or the person accepts or rejects. An
    accepted correction is written by that user's own rights. Which phone said it is not kept.
    """

    _name = "canvass.correction"
    _description = "Correction from the field"
    _log_access = False
    _order = "proposed_at desc, id desc"
    _rec_name = "kind"

    kind = fields.Selection(KINDS, required=True, readonly=True)
    building_id = fields.Many2one(
        "canvass.building", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    door_id = fields.Many2one(
        "canvass.door", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", "Controller", readonly=True, index=True)
    branch_id = fields.Many2one("political.branch", readonly=True, index=True)
    vals = fields.Json(readonly=True, groups=fields.NO_ACCESS)
    proposal = fields.Char(compute="_compute_proposal")
    state = fields.Selection(
        [("proposed", "To review"), ("accepted", "Accepted"), ("rejected", "Rejected")],
        default="proposed",
        required=True,
        readonly=True,
        index=True,
    )
    proposed_at = fields.Datetime("Told at", required=True, readonly=True)
    decided_at = fields.Datetime(readonly=True)
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True)

    _once = models.UniqueIndex(
        "(kind, coalesce(building_id, 0), coalesce(door_id, 0), coalesce(partner_id, 0)) "
        "WHERE state = 'proposed'"
    )
    _target = models.Constraint(
        "CHECK ((kind IN ('name', 'number')) = (partner_id IS NOT NULL) "
        "AND num_nonnulls(building_id, partner_id) = 1)",
        "A correction is about a place or about a contact.",
    )

    @api.depends("kind", "vals")
    def _compute_proposal(self):
        plain = {
            "door": self.env._("A door that was not known"),
            "gone": self.env._("Leave this door out from now on"),
            "closed": self.env._("Leave this building out: nobody got in"),
            "number": self.env._("Take the number off"),
        }
        for one in self:
            vals = one.sudo().vals or {}
            if one.kind == "note":
                one.proposal = vals["access_note"] or self.env._("Take the note away")
            elif one.kind == "name":
                one.proposal = " ".join(filter(None, map(vals.get, ("firstname", "lastname"))))
            else:
                one.proposal = plain[one.kind]

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Corrections come from the field."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Accept a correction, or reject it."))
        return super().write(vals)

    # ---------------------------------------------------------------- the decision

    def action_accept(self):
        """Write what was proposed, by the right of whoever accepts it.

        :raises AccessError: for who may not write the place or the contact
        """
        self._decide("accepted", ACCEPTED)

    def action_reject(self):
        """Leave everything as it is; a door that was added goes into no further turf."""
        self._decide("rejected", REJECTED)

    def _decide(self, state, vals_of):
        self.check_access("read")
        for one in self.filtered(lambda one: one.state == "proposed"):
            target = one._target_record()
            target.check_access("write")
            vals = vals_of.get(one.kind) or (one.sudo().vals if state == "accepted" else None)
            if vals:
                target.write(vals)
            one.sudo().write(
                {
                    "state": state,
                    "decided_at": fields.Datetime.now(),
                    "decided_by_id": self.env.uid,
                }
            )

    def _target_record(self):
        return self.partner_id or self.door_id or self.building_id

    # ---------------------------------------------------------------- proposing

    @api.model
    def _propose(self, kind, target, vals=None, at=None):
        """Put a correction into the queue; a later word about the same thing replaces it.

        :param target: the building, door or contact that it is about
        :param dict vals: what accepting would write
        :param at: naive UTC time when it was said
        """
        at = at or fields.Datetime.now()
        mine = {
            "building_id": (target.building_id if target._name == "canvass.door" else target).id
            if target._name != "res.partner"
            else False,
            "door_id": target.id if target._name == "canvass.door" else False,
            "partner_id": target.id if target._name == "res.partner" else False,
        }
        queue = self.sudo()
        known = queue.search(
            [("kind", "=", kind), ("state", "=", "proposed")]
            + [(name, "=", value) for name, value in mine.items()]
        )
        if known and known.proposed_at > at:
            return
        told = {"vals": vals or {}, "proposed_at": at}
        if known:
            known.write(told)
            return
        ground = {"company_id": target.company_id.id, "branch_id": target.branch_id.id}
        queue.create({"kind": kind, **mine, **ground, **told})

    @api.model
    def _propose_from_reports(self, turf, rows):
        """What outcomes say about places: nobody lives at a door, nobody got into a building.

        :param turf: the turf that was reported on, folded already
        :param list rows: stored rows of ``read_event``
        """
        told = {row["outcome"] for row in rows}
        if told.isdisjoint(("moved", "inaccessible")):
            return
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH said AS (
                    SELECT d.id AS door, d.building_id AS building, line.outcome
                      FROM canvass_turf_door line JOIN canvass_door d ON d.id = line.door_id
                     WHERE line.turf_id = %(turf)s AND line.door_id = ANY(%(doors)s)
                ), proposed AS (
                    SELECT 'gone' AS kind, building, door FROM said WHERE outcome = 'moved'
                    UNION ALL
                    SELECT DISTINCT 'closed', said.building, NULL::int
                      FROM said WHERE outcome = 'inaccessible'
                       AND NOT EXISTS (
                        SELECT FROM canvass_turf_door other
                          JOIN canvass_door d ON d.id = other.door_id
                         WHERE other.turf_id = %(turf)s AND d.building_id = said.building
                           AND other.outcome IS DISTINCT FROM 'inaccessible')
                )
                INSERT INTO canvass_correction
                       (kind, building_id, door_id, company_id, branch_id, state, proposed_at, vals)
                SELECT p.kind, p.building, p.door, b.company_id, b.branch_id, 'proposed',
                       %(now)s, %(nothing)s::jsonb
                  FROM proposed p JOIN canvass_building b ON b.id = p.building
                ON CONFLICT DO NOTHING
                """,
                turf=turf.id,
                doors=sorted({row["door_id"] for row in rows}),
                now=fields.Datetime.now(),
                nothing=json.dumps({}),
            )
        )
        self.invalidate_model()

    @api.autovacuum
    def _gc_decided(self):
        """Decisions are of use for a while; what was said of a person is not kept undecided."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM canvass_correction WHERE proposed_at < %s "
                "AND (state <> 'proposed' OR partner_id IS NOT NULL)",
                fields.Datetime.now() - timedelta(days=KEPT_DAYS),
            )
        )
        self.invalidate_model()
