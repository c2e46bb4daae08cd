import csv
import io
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import file_open

from ..lib import payload

DEMO_SPACE = uuid.UUID("5f0f6c34-6f0c-4f0e-9a55-2f8d7d1b6f10")
DEMO_OUTCOMES = (
    "not_home",
    "spoke",
    "not_home",
    "spoke",
    "refused",
    "leaflet",
    "not_home",
    "come_back",
    "spoke",
    "not_home",
    "inaccessible",
    "spoke",
    "moved",
    "do_not_knock",
    "spoke",
    "not_home",
    "refused",
    "spoke",
)


class CanvassDemo(models.AbstractModel):
    """What demo data cannot say in XML: it goes the way that users and phones go."""

    _name = "canvass.demo"
    _description = "Demo data of the field"

    @api.model
    def _load_addresses(self, path, branch_id, south=-90.0, north=90.0):
        """Load the addresses of a file between two latitudes for a branch.

        :param str path: address file of an addon, as for ``file_open``
        """
        with file_open(path, "r") as stream:
            rows = list(csv.DictReader(stream))
        kept = io.StringIO()
        writer = csv.DictWriter(kept, rows[0])
        writer.writeheader()
        writer.writerows(row for row in rows if south <= float(row["lat"]) < north)
        branch = self.env["political.branch"].browse(branch_id)
        self.env["canvass.address.import"]._load(kept.getvalue().encode(), branch)

    @api.model
    def _report(self, turf_ids):
        """A shift on the published turf: a phone opens it and reports its first doors."""
        for turf in self.env["canvass.turf"].browse(turf_ids):
            device = str(uuid.uuid5(DEMO_SPACE, turf.name))
            answer = self.env["canvass.lease"].sudo()._open(turf.code, device, "Ali")
            lease = self.env["canvass.lease"].sudo()._of_token(answer["token"])
            now = fields.Datetime.now()
            lease.opened_at = now - timedelta(hours=1)
            lease._sync(answer["token"], self._events(turf, now), payload.stamp(now))

    @api.model
    def _events(self, turf, now):
        minutes = range(3 * len(DEMO_OUTCOMES), 0, -3)
        doors = turf.line_ids.sorted("sequence").door_id
        return [
            {
                "uid": str(uuid.uuid5(DEMO_SPACE, f"{turf.id} {counter}")),
                "counter": counter,
                "at": payload.stamp(now - timedelta(minutes=ago)),
                "door": door.id,
                "kind": "outcome",
                "outcome": outcome,
                "data": {},
            }
            for counter, (door, outcome, ago) in enumerate(
                zip(doors, DEMO_OUTCOMES, minutes, strict=False), 1
            )
        ]
