"""A published turf of as many doors as a figure needs, made by RPC on a real server."""

import itertools

LATITUDE, LONGITUDE = -41.0, -121.0  # in the Pacific: nobody's addresses
_numbers = itertools.count(1)


def published(server, doors, phones=1):
    """Publish one turf, or several beside each other.

    :param LiveServer server: the real server
    :param int doors: of each turf
    :param int phones: how many turfs
    :return: list of dict: ``id`` and ``code`` of each turf
    """
    company = server.call("res.company", "search", [], limit=1, order="id")[0]
    values = {"name": "Bench", "code": f"BENCH{next(_numbers)}", "kind": "section"}
    branch = server.call("political.branch", "create", {**values, "company_id": company})
    wordings = server.call(
        "consent.wording",
        "search",
        [
            ("purpose_id.company_id", "=", company),
            ("channel", "in", ["email", "call"]),
            ("state", "=", "published"),
        ],
    )
    operation = server.call(
        "canvass.operation",
        "create",
        {
            "name": "Bench",
            "company_id": company,
            "branch_id": branch,
            "wording_ids": [(6, 0, wordings)],
        },
    )
    return [_turf(server, branch, operation, place, doors) for place in range(phones)]


def _turf(server, branch, operation, place, doors):
    latitude = LATITUDE + place * 0.05
    floors = [
        (0, 0, {"floor": floor, "has_floor": True, "name": side})
        for floor in range(3)
        for side in ("gauche", "droite")
    ]
    server.call(
        "canvass.building",
        "create",
        [
            {
                "number": 2 * number,
                "street": "Avenue du Président Inventé" if number < 30 else "Rue de l'Essai",
                "zip": "99999",
                "city": "Essai-sur-Test",
                "access_note": "code 24A7" if number % 3 == 0 else False,
                "latitude": latitude + 0.0002 * number,
                "longitude": LONGITUDE,
                "branch_id": branch,
                "door_ids": floors,
            }
            for number in range(1, -(-doors // len(floors)) + 1)
        ],
    )
    wizard = server.call(
        "canvass.turf.around",
        "create",
        {
            "operation_id": operation,
            "name": f"Bench {place}",
            "latitude": latitude,
            "longitude": LONGITUDE,
            "door_number": doors,
        },
    )
    turf = server.call("canvass.turf.around", "action_cut", [wizard])["res_id"]
    server.call("canvass.turf", "action_publish", [turf])
    [read] = server.call("canvass.turf", "read", [turf], ["code"])
    return {"id": turf, "code": read["code"]}
