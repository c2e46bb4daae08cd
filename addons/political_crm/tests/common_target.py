import json

import numpy as np

from .common import PoliticalCase


class TargetCase(PoliticalCase):
    """A department of four communes with ten stations each, three blocs and three ballots."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        zones = cls.env["political.zone"]
        cls.department = zones.create({"name": "Essai", "kind": "department", "code": "T9"})
        cls.communes = zones.create(
            [
                {
                    "name": f"Ville {n}",
                    "kind": "commune",
                    "code": f"T90{n}",
                    "parent_id": cls.department.id,
                }
                for n in range(4)
            ]
        )
        cls.stations = zones.create(
            [
                {
                    "name": f"Bureau {m}",
                    "kind": "station",
                    "code": f"{commune.code}_{m:04d}",
                    "parent_id": commune.id,
                    "contour": cls._square(n, m),
                }
                for n, commune in enumerate(cls.communes)
                for m in range(10)
            ]
        )
        cls.blocs = cls.env["political.bloc"].create(
            [{"name": name} for name in ("Bloc essai A", "Bloc essai B", "Bloc essai C")]
        )
        cls.ours, cls.rival, cls.third = cls.blocs
        cls.before = cls._ballot("t_before", "2014-05-25", seed=1)
        cls.last = cls._ballot("t_last", "2017-06-11", seed=2, previous_id=cls.before.id)
        cls.later = cls._ballot("t_later", "2024-06-30", seed=3)

    @classmethod
    def _square(cls, column, row):
        x, y = 4 + column / 100, 45 + row / 100
        corners = [[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y + 0.01], [x, y]]
        return json.dumps({"type": "Polygon", "coordinates": [corners]})

    @classmethod
    def _ballot(cls, code, date, seed, **values):
        """A ballot in which each station leans as it always does, with some chance on top."""
        election = cls.env["political.election"].create(
            {"name": f"Scrutin {code}", "code": code, "kind": "legislative", "date": date, **values}
        )
        candidacies = cls.env["political.candidacy"].create(
            [
                {"name": f"Liste {bloc.name}", "election_id": election.id, "bloc_id": bloc.id}
                for bloc in cls.blocs
            ]
        )
        chance = np.random.default_rng(seed)
        turnouts, results = [], []
        for n, station in enumerate(cls.stations):
            lean = np.array([0.2 + 0.01 * n, 0.5 - 0.01 * n, 0.3])
            voters = 400 + 5 * n
            votes = chance.multinomial(voters - 10, lean / lean.sum())
            turnouts.append(
                {
                    "election_id": election.id,
                    "zone_id": station.id,
                    "registered": 800,
                    "voters": voters,
                    "valid": voters - 10,
                }
            )
            results += [
                {"candidacy_id": one.id, "zone_id": station.id, "votes": int(count)}
                for one, count in zip(candidacies, votes, strict=True)
            ]
        cls.env["political.turnout"].create(turnouts)
        cls.env["political.result"].create(results)
        return election

    @classmethod
    def _plan(cls, user=None, **values):
        plans = cls.env["political.target.plan"]
        if user:
            plans = plans.with_user(user).with_context(allowed_company_ids=user.company_id.ids)
        return plans.create(
            {
                "name": "Plan d'essai",
                "zone_id": cls.department.id,
                "election_id": cls.last.id,
                "bloc_id": cls.ours.id,
                "rival_id": cls.rival.id,
                "preset": "mobilise",
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def _shrink(cls, stations, valid):
        """Make stations of the last ballot so small that their figures may not be shown."""
        turnouts = cls.env["political.turnout"].search(
            [("election_id", "=", cls.last.id), ("zone_id", "in", stations.ids)]
        )
        turnouts.write({"registered": valid + 2, "voters": valid, "valid": valid})
