"""Make the demo files of political_crm from the public sources and from invented names.

    python tools/demo_extract.py CONTOURS.geojson ADDRESSES.csv

writes into ``addons/political_crm/demo/``. The same input and seed give the same files. See the
SOURCE.md beside them for where the two inputs come from.
"""

import csv
import json
import random
import sys
import unicodedata
from pathlib import Path

from shapely import STRtree
from shapely.geometry import Point, shape

TARGET = Path(__file__).resolve().parent.parent / "addons" / "political_crm" / "demo"
COMMUNE = "93010"
PEOPLE = 300
SEED = 93010

FIRST_NAMES = """
Aïcha Adèle Agnès Alban Alix Amadou Amine Anatole Anouk Antoine Apolline Assia Aurèle Awa Bachir
Basile Béatrice Bilal Blanche Boubacar Brice Camille Candice Céleste Charlie Clémence Colette Côme
Damien Daphné Diane Djibril Edgar Élina Élise Émile Enora Esther Fanta Farid Fatou Félix Fleur
Gaspard Ginette Gladys Hakim Hélène Henri Hortense Ibrahima Inès Irène Isidore Jade Jeanne Joachim
Joseph Karim Khadija Lamine Léonie Lila Lilian Loïc Louison Lucien Maël Maïa Malik Manon Marguerite
Mariama Marius Mathilde Maud Maxence Médine Mireille Moussa Nadia Naïm Nine Noé Nora Octave Odile
Olga Oumar Paloma Paule Pénélope Prosper Rachid Raphaëlle Rémi Rokia Rose Sabine Salif Samira
Simone Solène Sonia Tanguy Thaïs Théodore Thu Tom Ulysse Valère Victoire Viviane Wassim Yacine Yaël
Yasmine Yvonne Zélie Zoé
""".split()
# Surnames that nobody is known to bear, so that no real resident of these streets is named.
LAST_NAMES = """
Aubrelande Bellancre Boisgivre Brumelin Cardouvelle Chantebrise Clairvoisin Cormelune Courtesource
Doucelande Esperluette Fauvergris Fontecendre Givrelac Grandpluvier Hautebruyère Jolivent
Lanterneuve Largerive Lunesève Malvoisier Marécrin Merlefeuille Montargile Neigefond Noiremousse
Orgevive Passeramure Perchenoix Pierrebaie Plumecourt Pontdazur Quatrevigne Ramelin Rivetamise
Roncelure Rosemarne Sablonerive Sauvepré Sèvelune Souriceau-Blanc Tiercelame Tournebrise Troisormes
Valombrure Vergelis Verterive Vieillegerbe Villebuse Voltefeuille
""".split()
SKILLS = ["canvass", "leaflet", "phone", "drive", "host", "media", "polling", "languages"]


def main(contours, addresses):
    stations = read_stations(contours)
    places = read_addresses(addresses, stations)
    write("political.zone.csv", zone_rows(stations))
    write("bondy_addresses.csv", places)
    write("political.branch.csv", branch_rows())
    write("res.partner.csv", people_rows(places, stations))


def read_stations(path):
    """``{number: polygon}`` of the commune's polling stations."""
    features = json.loads(Path(path).read_text(encoding="utf-8"))["features"]
    return {
        int(code.partition("_")[2]): shape(feature["geometry"])
        for feature in features
        if (code := feature["properties"]["code_bv"]).startswith(f"{COMMUNE}_")
    }


def read_addresses(path, stations):
    """Addresses with the station whose contour holds them, or lies nearest."""
    numbers = sorted(stations)
    tree = STRtree([stations[number] for number in numbers])
    with Path(path).open(encoding="utf-8", newline="") as lines:
        rows = [
            {
                "id": row["id"],
                "number": row["numero"],
                "suffix": row["rep"],
                "street": row["nom_voie"],
                "zip": row["code_postal"],
                "city": row["nom_commune"],
                "lon": row["lon"],
                "lat": row["lat"],
                "station": station_code(
                    numbers[tree.nearest(Point(float(row["lon"]), float(row["lat"])))]
                ),
            }
            for row in csv.DictReader(lines, delimiter=";")
        ]
    return sorted(rows, key=lambda row: (row["street"], int(row["number"]), row["suffix"]))


def station_code(number):
    return f"{COMMUNE}_{number:04d}"


def zone_rows(stations):
    def zone(xml_id, name, kind, code, parent="", code_alt="", contour=""):
        return {
            "id": xml_id,
            "name": name,
            "kind": kind,
            "code": code,
            "code_alt": code_alt,
            "parent_id:id": parent,
            "contour": contour,
        }

    yield zone("zone_fr", "France", "country", "FR")
    yield zone("zone_r11", "Île-de-France", "region", "11", "zone_fr")
    yield zone("zone_d93", "Seine-Saint-Denis", "department", "93", "zone_r11")
    yield zone("zone_bondy", "Bondy", "commune", COMMUNE, "zone_d93")
    for number, polygon in sorted(stations.items()):
        yield zone(
            f"zone_bondy_{number:04d}",
            f"Bureau {number}",
            "station",
            station_code(number),
            "zone_bondy",
            f"{COMMUNE}_{number}",
            json.dumps(polygon.__geo_interface__, separators=(",", ":")),
        )


def branch_rows():
    def branch(xml_id, name, kind, code, parent="", zone=""):
        return {
            "id": xml_id,
            "name": name,
            "kind": kind,
            "code": code,
            "company_id:id": "base.main_company",
            "parent_id:id": parent,
            "zone_ids:id": zone,
        }

    yield branch("branch_national", "Siège national", "national", "NAT", zone="zone_fr")
    yield branch(
        "branch_fed_93",
        "Fédération de Seine-Saint-Denis",
        "federation",
        "F93",
        "branch_national",
        "zone_d93",
    )
    yield branch("branch_fed_youth", "Fédération des jeunes", "federation", "FJ", "branch_national")
    yield branch(
        "branch_bondy_north", "Section Bondy Nord", "section", "BN", "branch_fed_93", "zone_bondy"
    )
    yield branch(
        "branch_bondy_south", "Section Bondy Sud", "section", "BS", "branch_fed_93", "zone_bondy"
    )
    yield branch(
        "branch_bondy_youth",
        "Jeunes de Bondy",
        "section",
        "JB",
        "branch_fed_youth",
        "zone_bondy",
    )


def people_rows(places, stations):
    draw = random.Random(SEED)  # noqa: S311 - invented people, not a secret
    middle = sorted(p.centroid.y for p in stations.values())[len(stations) // 2]
    homes = draw.sample(places, PEOPLE)
    categories = (
        ["member"] * 120
        + ["regular"] * 105
        + ["occasional"] * 30
        + ["prospect"] * 20
        + ["former"] * 25
    )
    draw.shuffle(categories)
    for index, (home, category) in enumerate(zip(homes, categories, strict=True), 1):
        yield person(draw, index, home, category, float(home["lat"]) > middle)


def person(draw, index, home, category, north):
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    origin = draw_origin(draw, category)
    volunteer = category in ("member", "regular") and draw.random() < 0.3
    branch = "branch_bondy_north" if north else "branch_bondy_south"
    if draw.random() < 0.15:
        branch = "branch_bondy_youth"
    if category in ("occasional", "prospect") and draw.random() < 0.2:
        branch = ""
    area = "+33 1 99 00" if index % 2 else "+33 2 61 91"
    return {
        "id": f"person_{index:03d}",
        "firstname": first,
        "lastname": last,
        "lang": "fr_FR",
        "street": f"{home['number']}{home['suffix'] and ' ' + home['suffix']} {home['street']}",
        "zip": home["zip"],
        "city": home["city"],
        "country_id:id": "base.fr",
        "email": f"{plain(first)}.{plain(last)}.{index}@example.org" if index % 10 else "",
        "phone": f"{area} {index // 100:02d} {index % 100:02d}" if index % 7 else "",
        "company_id:id": "base.main_company",
        "political_category": category,
        "political_origin": origin,
        "branch_id:id": branch,
        "polling_station_id:id": f"zone_bondy_{home['station'].partition('_')[2]}",
        "is_volunteer": volunteer or "",
        "volunteer_skill_ids:id": ",".join(
            f"skill_{skill}" for skill in sorted(draw.sample(SKILLS, 2))
        )
        if volunteer
        else "",
        "support_level": draw.choice("112") if category in ("member", "regular") else "",
    }


def draw_origin(draw, category):
    if category in ("member", "former"):
        return draw.choice(["web_form", "paper_form", "paper_form", "event"])
    if category == "regular":
        return draw.choice(["web_form", "event", "meeting", "canvass", "petition"])
    return draw.choice(["social", "referral", "petition", "canvass"][category == "prospect" :])


def plain(name):
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return letters.lower().replace(" ", "-")


def write(name, rows):
    rows = list(rows)
    with (TARGET / name).open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
