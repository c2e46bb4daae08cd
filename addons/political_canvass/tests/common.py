import json
import uuid
from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, new_test_user

from ..lib.payload import stamp

# A signature's beginning is all the server looks at: one transparent pixel.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


def address_file(rows, header=None, delimiter=";"):
    """Bytes of an address file in the BAN's layout; rows are dicts of what is out of the common."""
    columns = header or [
        "id",
        "numero",
        "rep",
        "nom_voie",
        "code_postal",
        "code_insee",
        "nom_commune",
        "lon",
        "lat",
    ]
    common = {
        "numero": "1",
        "rep": "",
        "nom_voie": "Rue de l'Essai",
        "code_postal": "99999",
        "code_insee": "99999",
        "nom_commune": "Essai-sur-Test",
        "lon": "2.48",
        "lat": "48.9",
    }
    lines = [delimiter.join(columns)]
    for row in rows:
        lines.append(delimiter.join(str({**common, **row}.get(name, "")) for name in columns))
    return ("\n".join(lines) + "\n").encode()


def grid(side, lat=48.9, lon=2.48):
    """Rows of a square town: ``side`` streets of ``side`` numbers, some 22 m apart."""
    return [
        {
            "id": f"99999_{street:04}_{number:05}",
            "numero": number,
            "nom_voie": f"Rue {street}",
            "lat": round(lat + street * 0.0002, 6),
            "lon": round(lon + number * 0.0003, 6),
        }
        for street in range(1, side + 1)
        for number in range(1, side + 1)
    ]


class CanvassMixin:
    """A party with two sections, a neighbour controller, and one user of each role."""

    @classmethod
    def _set_up_field(cls):
        cls.company = cls.env["res.company"].create({"name": "Parti des tests"})
        cls.other_company = cls.env["res.company"].create({"name": "Candidature voisine"})
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.federation = cls._branch("Fédération", kind="federation")
        cls.north = cls._branch("Section nord", parent_id=cls.federation.id)
        cls.south = cls._branch("Section sud", parent_id=cls.federation.id)
        cls.foreign = cls._branch("Comité", company_id=cls.other_company.id)
        cls.lead = cls._user("lead", "political_canvass.group_canvass_lead", branch=cls.north)
        cls.south_lead = cls._user(
            "south_lead", "political_canvass.group_canvass_lead", branch=cls.south
        )
        cls.homeless = cls._user("homeless", "political_canvass.group_canvass_lead")
        cls.organiser = cls._user("organiser", "political_canvass.group_canvass_organiser")
        cls.neighbour = cls._user(
            "neighbour",
            "political_canvass.group_canvass_organiser",
            company=cls.other_company,
        )
        cls.plain = cls._user("plain", "base.group_user")
        cls.buildings = cls._load(grid(6), cls.north)

    @classmethod
    def _branch(cls, name, **values):
        return cls.env["political.branch"].create(
            {"name": name, "kind": "section", "company_id": cls.company.id, **values}
        )

    @classmethod
    def _user(cls, login, groups, company=None, branch=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=f"canvass_{login}",
            groups=groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
            branch_ids=[(6, 0, branch.ids if branch else [])],
        )

    @classmethod
    def _load(cls, rows, branch):
        wizards = cls.env["canvass.address.import"]
        wizards = wizards.with_context(allowed_company_ids=branch.company_id.ids)
        wizards._load(address_file(rows), branch)
        codes = [row["id"] for row in rows]
        return cls.env["canvass.building"].search(
            [("code", "in", codes), ("company_id", "=", branch.company_id.id)]
        )

    @classmethod
    def _operation(cls, branch=None, **values):
        branch = branch or cls.north
        return cls.env["canvass.operation"].create(
            {
                "name": "Essai",
                "branch_id": branch.id,
                "company_id": branch.company_id.id,
                "user_id": False,
                **values,
            }
        )

    @classmethod
    def _cut(cls, operation, number=10, user=None, **values):
        wizard = cls.env["canvass.turf.around"].with_user(user or cls.env.user)
        action = wizard.create(
            {
                "operation_id": operation.id,
                "latitude": 48.9,
                "longitude": 2.48,
                "door_number": number,
                "name": "Secteur",
                **values,
            }
        ).action_cut()
        return cls.env["canvass.turf"].browse(action["res_id"])

    @classmethod
    def _published(cls, operation=None, number=10, **values):
        turf = cls._cut(operation or cls._operation(), number, **values)
        turf.action_publish()
        return turf

    @classmethod
    def _newsletter(cls, lang="en_US", channel="email"):
        purpose = cls.env["consent.purpose"]._get("newsletter", cls.company)
        return cls.env["consent.wording"]._published(purpose, channel, lang)

    @classmethod
    def _open(cls, turf, alias="Ali"):
        """Open a lease; returns ``(lease as superuser, token)``."""
        answer = cls.env["canvass.lease"]._open(turf.code, str(uuid.uuid4()), alias)
        lease = cls.env["canvass.lease"]._of_token(answer["token"])
        lease.opened_at -= timedelta(hours=1)
        return lease, answer["token"]

    @classmethod
    def _event(cls, door, outcome="not_home", ago=1, **values):
        event = {
            "uid": str(uuid.uuid4()),
            "counter": 1,
            "at": stamp(fields.Datetime.now() - timedelta(seconds=ago)),
            "door": door.id,
            "kind": "outcome",
            "outcome": outcome,
            "data": {},
            **values,
        }
        return {key: value for key, value in event.items() if value is not None}

    @classmethod
    def _consent(cls, door, wording, ago=1, **data):
        shown = fields.Datetime.now() - timedelta(seconds=ago + 20)
        return cls._event(
            door,
            outcome=None,
            kind="consent",
            ago=ago,
            data={
                "purpose": wording.purpose_id.code,
                "channel": wording.channel,
                "wording_code": wording.code,
                "lang": wording.lang,
                "act": "tick",
                "notice_shown_at": stamp(shown),
                "email": "noe.essai@example.org",
                "firstname": "Noé",
                "lastname": "Essai",
                **data,
            },
        )

    @classmethod
    def _sync(cls, lease, token, *events, client_now=None):
        return lease._sync(token, list(events), client_now or stamp(fields.Datetime.now()))

    @classmethod
    def _statuses(cls, answer):
        return [(result["status"], result["reason"]) for result in answer["results"].values()]

    @classmethod
    def _stored(cls, turf):
        """The turf's events in the database, oldest first."""
        cls.env.cr.execute(
            "SELECT uid, kind, outcome, door_id, lease_id, data, client_at, at, skew "
            "FROM canvass_event WHERE turf_id = %s ORDER BY id",
            [turf.id],
        )
        return cls.env.cr.dictfetchall()


class CanvassCase(CanvassMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_field()

    def _as(self, user, model):
        """The model as that user in that user's own company, the way RPC sees it."""
        return self.env[model].with_user(user).with_context(allowed_company_ids=user.company_id.ids)


def decode(response):
    """Body of an answer as data; fails for what is no JSON."""
    return json.loads(response.content.decode())
