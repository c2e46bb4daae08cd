from odoo import api, fields, models
from odoo.tools import SQL

from .canvass_building import check_note

MOST_ADDED = 100  # doors under one lease: beyond, somebody should cut another turf


class CanvassTurfDoor(models.Model):
    _inherit = "canvass.turf.door"

    added = fields.Boolean(
        "Added on the way",
        readonly=True,
        default=False,
        help="A phone added this door after the turf was published.",
    )

    @api.model
    def _place_added(self, lease, rows):
        """Give each row of the kind ``door`` its door, making what is not there.

        :param lease: the lease that reports, as superuser
        :param list rows: dicts of ``read_event``; ``door_id`` becomes the added door's
        :returns: ``{uid: (status, reason)}`` of those that are refused
        """
        rows = [row for row in rows if row["kind"] == "door"]
        if not rows:
            return {}
        room = MOST_ADDED - self.env["canvass.event"].search_count(
            [("lease_id", "=", lease.id), ("kind", "=", "door")]
        )
        refused = {row["uid"]: ("refused", "limit") for row in rows[max(room, 0) :]}
        for row in rows[: max(room, 0)]:
            door = self._door_at(row)
            if door.do_not_knock or door.building_id.do_not_knock:
                # not a door to knock at, and no word about why.
                refused[row["uid"]] = ("refused", "door")
                continue
            self._append(lease.turf_id, door, row["door_id"])
            row["door_id"] = door.id
        return refused

    @api.model
    def _door_at(self, row):
        place = row["place"]
        doors = self.env["canvass.door"].sudo().with_context(active_test=False)
        building = doors.browse(row["door_id"]).building_id
        found = doors.search(
            [
                ("building_id", "=", building.id),
                ("entrance", "in", [place["entrance"]] if place["entrance"] else [False, ""]),
                ("floor", "=", place["floor"] or 0),
                ("name", "in", [place["name"]] if place["name"] else [False, ""]),
            ],
            limit=1,
        )
        if not found:
            found = doors.create(
                {
                    "building_id": building.id,
                    "entrance": place["entrance"] or False,
                    "floor": place["floor"] or 0,
                    "has_floor": place["floor"] is not None,
                    "name": place["name"] or False,
                    "to_review": True,
                }
            )
            self.env["canvass.correction"]._propose("door", found)
        return found

    @api.model
    def _append(self, turf, door, after):
        """Behind the door where it was added; the published walk itself stays as it is."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO canvass_turf_door (turf_id, door_id, sequence, operation_id, company_id,
                                               branch_id, added, visits, conflict)
                SELECT line.turf_id, %(door)s, line.sequence, line.operation_id, line.company_id,
                       line.branch_id, true, 0, false
                  FROM canvass_turf_door line
                 WHERE line.turf_id = %(turf)s AND line.door_id = %(after)s
                ON CONFLICT (turf_id, door_id) DO NOTHING
                """,
                door=door.id,
                turf=turf.id,
                after=after,
            )
        )
        self.invalidate_model()
        turf.invalidate_recordset(["line_ids"])


class CanvassTurf(models.Model):
    _inherit = "canvass.turf"

    def _added_ids(self):
        """``{uid: door id}`` of the doors that phones added."""
        return {uid: door for uid, door, _data in self._added_rows()}

    def _added_rows(self):
        self.env.cr.execute(
            SQL(
                "SELECT uid, door_id, data FROM canvass_event "
                "WHERE turf_id = %s AND kind = 'door' ORDER BY id",
                self.id,
            )
        )
        return self.env.cr.fetchall()

    def _field_state(self):
        """What phones reported, added and noted so far."""
        return {
            "state": self._door_state(),
            "added": [
                {
                    **self.env["canvass.door"].browse(door)._snapshot(),
                    "uid": uid,
                    "after": data.get("after"),
                }
                for uid, door, data in self._added_rows()
            ],
            "notes": self._phone_notes(),
        }

    def _phone_notes(self):
        """``{"<building id>": note}`` of what phones noted about getting in."""
        self.env["canvass.correction"].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT told.building_id, told.vals ->> 'access_note' "
                "FROM canvass_correction told "
                "JOIN canvass_door d ON d.building_id = told.building_id "
                "JOIN canvass_turf_door line ON line.door_id = d.id "
                "WHERE line.turf_id = %s AND told.kind = 'note' AND told.state = 'proposed' "
                "AND told.vals ->> 'access_note' IS NOT NULL",
                self.id,
            )
        )
        return {str(building): note for building, note in self.env.cr.fetchall()}


class CanvassBuilding(models.Model):
    _inherit = "canvass.building"

    @api.model
    def _note_access(self, rows):
        """Propose the latest note of each building, in whatever order they come."""
        for row in rows:
            building = self.env["canvass.door"].sudo().browse(row["door_id"]).building_id
            check_note(self.env, row["note"])
            note = {"access_note": row["note"] or None}
            self.env["canvass.correction"]._propose("note", building, note, row["at"])


class CanvassLease(models.Model):
    _inherit = "canvass.lease"

    pair_alias = fields.Char("With", readonly=True, help="The other one of the pair.")
    refusal_count = fields.Integer("Refused", compute="_compute_refusal_count")

    def _compute_refusal_count(self):
        counts = dict(
            self.env["canvass.refusal"]._read_group(
                [("lease_id", "in", self.ids)], ["lease_id"], ["__count"]
            )
        )
        for lease in self:
            lease.refusal_count = counts.get(lease._origin, 0)

    def _safety_answer(self):
        operation = self.operation_id
        return {
            "pair": self.pair_alias or "",
            "checkin_minutes": operation.checkin_minutes,
            "safety_phone": operation.safety_phone or "",
        }

    def _name_pair(self, alias, pair):
        """Write what changed only: two requests of one phone shall not wait for each other."""
        said = {"alias": alias, "pair_alias": pair}
        changed = {
            name: value or False
            for name, value in said.items()
            if value is not None and (value or False) != self[name]
        }
        if changed:
            self.write(changed)
