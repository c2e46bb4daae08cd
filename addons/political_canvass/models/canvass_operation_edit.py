from odoo import api, models
from odoo.exceptions import UserError

from ..lib import area, cut

UNDO_STEPS = 10


class CanvassOperation(models.Model):
    """Changing drafts by hand, each change with its way back.

    A change is remembered as the doors of the turfs that it touches, before it; the last ten can
    be undone. Published turfs are never touched.
    """

    _inherit = "canvass.operation"

    # ---------------------------------------------------------------- the changes

    def action_draw(self, outline, name=False):
        """Make one turf of the free doors inside an outline, those of drafts included.

        :param str outline: GeoJSON area in longitude and latitude
        :param str name: the turf's; its main street without one
        :returns: int, id of the turf
        :raises UserError: for an outline without a free door
        """
        self._begin_change()
        try:
            shape = area.polygon(outline)
        except ValueError as error:
            raise UserError(self.env._("The outline is no area. Draw it again.")) from error
        rows = self._free_rows(outline=shape)
        if not rows:
            raise UserError(self.env._("There is no free door inside this outline."))
        touched = self._drafts_of([row["door"] for row in rows])
        self._remember("draw", touched)
        self._take_out(touched, {row["door"] for row in rows})
        made = self._store_turfs(rows, [self._planned(rows)], [name] if name else None)
        self._note_made(made)
        return made.id

    def action_split(self, turf_id, parts=2):
        """Split a draft into turfs of the same time.

        :param int turf_id: a draft of this operation
        :param int parts: how many, 2 to 20
        :returns: list of ids of the new turfs
        :raises UserError: for a turf that cannot be split so
        """
        self._begin_change()
        turf = self._draft(turf_id)
        rows = self._rows_of_turfs(turf)
        if not isinstance(parts, int) or not 2 <= parts <= min(20, len(rows)):
            raise UserError(
                self.env._(
                    "A turf is split into 2 to 20 parts, and no more than it has doors: "
                    "“%(turf)s” has %(doors)s.",
                    turf=turf.name,
                    doors=len(rows),
                )
            )
        target = max(1.0, self._planned(rows).minutes / parts)
        turfs = cut.cut(self._as_doors(rows), target, self._walk_pace(turf._start()), [])
        self._remember("split", turf, turf.name)
        name = turf.name
        turf.sudo().unlink()
        made = self._store_turfs(rows, turfs, [f"{name} {n}" for n in range(1, len(turfs) + 1)])
        self._note_made(made)
        return made.ids

    def action_join(self, turf_ids):
        """Join drafts into one.

        :param list turf_ids: two or more drafts of this operation; the first one's name stays
        :returns: int, id of the joined turf
        """
        self._begin_change()
        turfs = self.env["canvass.turf"].union(*[self._draft(turf_id) for turf_id in turf_ids])
        if len(turfs) < 2:
            raise UserError(self.env._("Choose two drafts or more to join."))
        rows = self._rows_of_turfs(turfs)
        self._remember("join", turfs)
        name = turfs[0].name
        turfs.sudo().unlink()
        made = self._store_turfs(rows, [self._planned(rows)], [name])
        self._note_made(made)
        return made.id

    def action_move_street(self, street, from_turf_id, to_turf_id):
        """Move a street's doors from one draft to another.

        :param str street: as the doors have it
        :returns: int, how many doors moved
        """
        self._begin_change()
        source, target = self._draft(from_turf_id), self._draft(to_turf_id)
        rows = self._rows_of_turfs(source)
        moving = [row["door"] for row in rows if row["street_name"] == street]
        if not moving or source == target:
            raise UserError(
                self.env._(
                    "“%(turf)s” has no door in “%(street)s”.", turf=source.name, street=street
                )
            )
        self._remember("move", source | target, street)
        kept = [row["door"] for row in rows if row["street_name"] != street]
        self._set_doors({target: target.line_ids.door_id.ids + moving, source: kept})
        return len(moving)

    def action_undo(self):
        """Take the last change back: cutting, drawing, splitting, joining, moving a street.

        :returns: str, what was taken back
        :raises UserError: when there is nothing to undo, or a turf of it was published since
        """
        self._begin_change()
        stack = list(self.sudo().undo_stack or [])
        if not stack:
            raise UserError(self.env._("There is nothing to undo."))
        step = stack.pop()
        made = self.env["canvass.turf"].browse(step["made"]).exists()
        changed = self.env["canvass.turf"].browse(one["id"] for one in step["before"]).exists()
        if any(turf.state != "draft" for turf in made | changed):
            raise UserError(
                self.env._("A turf of this change is published by now: close it and cut a new one.")
            )
        (made - changed).sudo().unlink()
        back = {}
        for one in step["before"]:
            turf = self.env["canvass.turf"].browse(one["id"]).exists()
            if not turf:
                turf = (
                    turf.sudo().create({"name": one["name"], "operation_id": self.id}).sudo(False)
                )
                self._rename(stack, one["id"], turf.id)
            back[turf] = one["doors"]
        self._set_doors(back)
        self.sudo().undo_stack = stack
        return self._step_label(step)

    # ---------------------------------------------------------------- how

    def _begin_change(self):
        self.ensure_one()
        self.check_access("write")
        self._check_open()

    def _draft(self, turf_id):
        turf = self.env["canvass.turf"].browse(int(turf_id)).exists()
        if not turf or turf.operation_id != self or turf.state != "draft":
            raise UserError(self.env._("Only drafts of this operation can be changed."))
        return turf

    def _rows_of_turfs(self, turfs):
        return self._rows_of([("turf_line_ids", "any", [("turf_id", "in", turfs.ids)])])

    def _drafts_of(self, door_ids):
        lines = self.env["canvass.turf.door"].search(
            [
                ("operation_id", "=", self.id),
                ("turf_id.state", "=", "draft"),
                ("door_id", "in", door_ids),
            ]
        )
        return lines.turf_id

    def _take_out(self, turfs, door_ids):
        self._set_doors(
            {turf: [d for d in turf.line_ids.door_id.ids if d not in door_ids] for turf in turfs}
        )

    def _planned(self, rows, start=None):
        """All these doors as one turf."""
        doors = self._as_doors(rows)
        return cut.one(doors, self._walk_pace(start))

    def _set_doors(self, doors_of):
        """Give drafts other doors and walk them anew; a draft without doors goes."""
        empty = self.env["canvass.turf"]
        for turf, door_ids in doors_of.items():
            if not door_ids:
                empty |= turf
                continue
            self.env["canvass.turf.door"]._place({turf.id: door_ids})
            turf.sudo()._plan_walk()
        empty.sudo().unlink()

    # ---------------------------------------------------------------- the way back

    def _remember(self, act, turfs, what=None):
        """Push what these drafts hold; :meth:`_note_made` adds what the change makes.

        :param str act: one of those that :meth:`_step_label` tells
        :param str what: the name of the turf or street that it is about
        """
        before = [
            {
                "id": turf.id,
                "name": turf.name,
                "doors": turf.line_ids.sorted("sequence").door_id.ids,
            }
            for turf in turfs
        ]
        step = {"act": act, "what": what, "before": before, "made": []}
        self.sudo().undo_stack = [*(self.sudo().undo_stack or []), step][-UNDO_STEPS:]

    def _step_label(self, step):
        """A change in the words of whoever reads."""
        what = step.get("what")
        labels = {
            "cut": self.env._("Cut the area"),
            "draw": self.env._("Draw a turf"),
            "split": self.env._("Split “%(turf)s”", turf=what),
            "join": self.env._("Join turfs"),
            "move": self.env._("Move “%(street)s”", street=what),
        }
        return labels.get(step.get("act")) or self.env._("Last change")

    def _note_made(self, turfs):
        stack = list(self.sudo().undo_stack)
        stack[-1] = {**stack[-1], "made": turfs.ids}
        self.sudo().undo_stack = stack

    @api.model
    def _rename(self, stack, old_id, new_id):
        """A turf that came back has another id: earlier steps mean the new one."""
        for step in stack:
            step["made"] = [new_id if made == old_id else made for made in step["made"]]
            for one in step["before"]:
                if one["id"] == old_id:
                    one["id"] = new_id
