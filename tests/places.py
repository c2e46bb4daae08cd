"""A small invented department with results, made over RPC: four communes of twelve stations."""

import json

SIDE = 0.01


class Department:
    """The records' ids: .zone, .communes, .stations, .blocs, .ballots, .plan"""

    def __init__(self, server):
        call = server.call
        self.zone = call(
            "political.zone", "create", {"name": "Essai", "kind": "department", "code": "T7"}
        )
        self.communes = call(
            "political.zone",
            "create",
            [
                {
                    "name": f"Ville {n}",
                    "kind": "commune",
                    "code": f"T70{n}",
                    "parent_id": self.zone,
                }
                for n in range(4)
            ],
        )
        self.stations = call(
            "political.zone",
            "create",
            [
                {
                    "name": f"Bureau {m}",
                    "kind": "station",
                    "code": f"T70{n}_{m:04d}",
                    "parent_id": commune,
                    "contour": square(4 * (n % 2) + m % 4, 3 * (n // 2) + m // 4),
                }
                for n, commune in enumerate(self.communes)
                for m in range(12)
            ],
        )
        self.blocs = call(
            "political.bloc",
            "create",
            [
                {"name": "Bloc d'essai A", "color": "#1b9e77"},
                {"name": "Bloc d'essai B", "color": "#d95f02"},
            ],
        )
        self.ballots = [
            self._ballot(call, name, date, tilt)
            for name, date, tilt in (
                ("Scrutin d'essai 2019", "2019-05-26", 0),
                ("Scrutin d'essai 2024", "2024-06-30", 3),
            )
        ]
        call("political.election", "write", [self.ballots[1]], {"previous_id": self.ballots[0]})
        self.plan = call(
            "political.target.plan",
            "create",
            {
                "name": "Plan d'essai",
                "zone_id": self.zone,
                "election_id": self.ballots[1],
                "bloc_id": self.blocs[0],
                "hours_budget": 100,
            },
        )
        call("political.target.plan", "action_score", [self.plan])

    def _ballot(self, call, name, date, tilt):
        """Our bloc grows from the first station to the last; so does turnout, more slowly."""
        code = "t_" + date[:4]
        values = {"name": name, "code": code, "kind": "legislative", "date": date}
        election = call("political.election", "create", values)
        ours, theirs = call(
            "political.candidacy",
            "create",
            [
                {"name": f"Liste {n}", "election_id": election, "bloc_id": bloc}
                for n, bloc in enumerate(self.blocs)
            ],
        )
        counts = [(400 + 2 * n, 100 + (3 + tilt) * n) for n in range(len(self.stations))]
        call(
            "political.turnout",
            "create",
            [
                {
                    "election_id": election,
                    "zone_id": station,
                    "registered": 800,
                    "voters": valid + 10,
                    "valid": valid,
                }
                for station, (valid, _votes) in zip(self.stations, counts, strict=True)
            ],
        )
        call(
            "political.result",
            "create",
            [
                {"candidacy_id": candidacy, "zone_id": station, "votes": number}
                for station, (valid, votes) in zip(self.stations, counts, strict=True)
                for candidacy, number in ((ours, votes), (theirs, valid - votes))
            ],
        )
        return election


def square(column, row):
    """A square in a grid, as GeoJSON."""
    x, y = 4 + SIDE * column, 46 - SIDE * row
    corners = [[x, y], [x + SIDE, y], [x + SIDE, y + SIDE], [x, y + SIDE], [x, y]]
    return json.dumps({"type": "Polygon", "coordinates": [corners]})
