"""The real addresses of Bondy, as the demo data holds them."""

import csv
import math

from odoo.addons.political_canvass.lib import walk
from odoo.tools import file_open

FIELDS = (
    "code",
    "number",
    "suffix",
    "street",
    "zip",
    "city",
    "city_code",
    "latitude",
    "longitude",
)
NORTH, EAST = 0.04, 0.06  # degrees between two copies of the town: further than it is wide


def rows(copies=1):
    """Addresses as dicts, the town repeated side by side.

    :param int copies: how many towns
    """
    with file_open("political_crm/demo/bondy_addresses.csv", "r") as stream:
        town = list(csv.DictReader(stream))
    return [
        {
            "code": f"{row['id']}_{copy}",
            "number": int(row.get("numero") or row.get("number") or 0),
            "suffix": row.get("rep") or row.get("suffix") or None,
            "street": row.get("nom_voie") or row.get("street"),
            "zip": row.get("code_postal") or row.get("zip"),
            "city": row.get("nom_commune") or row.get("city"),
            "city_code": f"{93010 + copy}",
            "lat": float(row["lat"]) + NORTH * (copy % 3),
            "lon": float(row["lon"]) + EAST * (copy // 3),
        }
        for copy in range(copies)
        for row in town
    ]


def around(town, index, number):
    """The addresses nearest to one of them."""
    here = town[index]
    return sorted(
        town,
        key=lambda row: math.hypot(row["lat"] - here["lat"], 0.66 * (row["lon"] - here["lon"])),
    )[:number]


def nearest_neighbour(points):
    """The order that always goes to the nearest point not seen yet."""
    return walk.nearest_neighbour(walk.distances(points))


def address_file(town):
    """The addresses as a file of the BAN.

    :param town: what :func:`rows` gives
    :returns: bytes
    """
    return (
        "id;numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat\n"
        + "\n".join(
            f"{r['code']};{r['number']};{r['suffix'] or ''};{r['street']};{r['zip']};"
            f"{r['city_code']};{r['city']};{r['lon']:.6f};{r['lat']:.6f}"
            for r in town
        )
    ).encode()


def doors(env, branch, copies=1):
    """The addresses as buildings with a door each, for a branch.

    :returns: int, how many
    """
    town = rows(copies)
    env["canvass.address.import"]._load(address_file(town), branch)
    return len(town)


def branch(env):
    """A branch of the main company."""
    return env["political.branch"].create(
        {"name": "Bondy", "kind": "section", "company_id": env.ref("base.main_company").id}
    )
