"""Official lists of places and address tables, recognised by their header.

- communes: INSEE's geographic code (COG), or Etalab's ``decoupage-administratif``;
- movements of communes (INSEE): which commune merged into which, and when;
- polling stations and the addresses of their voters (INSEE, from the electoral register, REU);
- addresses of the Base Adresse Nationale (BAN);
- what stations are called elsewhere, where one votes, in which IRIS addresses lie
  (:mod:`.station_files`);
- any list with a column of codes, of a kind that the user names.
"""

from . import codes, station_files
from .place_table import PlaceFile
from .place_table import column as _column
from .plain import plain
from .results_file import FileError, read_table
from .station_files import iris_row
from .station_row import station_row
from .streets import split_address, split_street, street_key

# Etalab's types and INSEE's; delegated communes no longer have voters of their own.
_COMMUNES = ("commune-actuelle", "COM")
_DISTRICTS = ("arrondissement-municipal", "ARM")
_FORMER = ("commune-deleguee", "commune-associee", "COMD", "COMA")
_TOWN_OF_DISTRICT = {"75": "75056", "69": "69123", "13": "13055"}


def read_places(content, kind="", commune=""):
    """
    :param bytes content: csv, gzip or not, or an Excel workbook
    :param str kind: kind of the places of a list without a header of its own
    :param str commune: code of the commune, for a town's file that does not say it
    :return: PlaceFile
    :raises FileError: ``empty``, ``html``, ``cut``, ``unreadable``, ``no_header``, ``no_rows``,
        ``no_commune``
    """
    table = read_table(content)
    header = [plain(cell).replace(" ", "") for cell in table.rows[0]]
    rows = table.rows[1:]
    if not table.ended and rows and len(rows[-1]) < len(header):
        raise FileError("cut")
    known = set(header)
    readers = (
        ({"comav", "comap", "dateeff"}, "movements", _movements),
        ({"code", "nom", "type", "departement"}, "communes", _communes),
        ({"typecom", "com", "libelle", "dep"}, "communes", _communes),
        ({"idbrutbvreu", "longitude", "latitude"}, "register_addresses", _register_addresses),
        ({"idbrutmiom", "codecommune", "code"}, "register", _register),
        ({"id", "numero", "nomvoie", "lon", "lat"}, "addresses", _ban),
        ({"id", "number", "street", "lon", "lat"}, "addresses", _ban),
        ({"insee", "bureau", "bvreconciliation"}, "station_codes", station_files.codes_of),
        (
            {"identifiantdubureaudevote", "adresse", "geopoint2d"},
            "polling_places",
            station_files.polling_places,
        ),
        ({"iris", "numero", "nomvoie"}, "address_iris", station_files.iris_of_addresses),
        ({"code"}, "list", _list),
    )
    name, reader = next(
        ((name, reader) for marks, name, reader in readers if marks <= known), ("", None)
    )
    if not reader or (name == "list" and not kind):
        raise FileError("no_header")
    found = PlaceFile(name, lines=table.lines[1:], ended=table.ended)
    reader(found, header, rows, commune if name in station_files.OF_A_TOWN else kind)
    if not (found.places or found.links or found.addresses or found.iris_of):
        raise FileError("no_rows")
    return found


def _communes(found, header, rows, _kind):
    code = _column(header, "code", "com")
    name = _column(header, "nom", "libelle")
    type_of = _column(header, "type", "typecom")
    region, parent = _column(header, "region", "reg"), _column(header, "comparent")
    actual = {code(row) for row in rows if type_of(row) in _COMMUNES}
    regions = {}
    for n, row in enumerate(rows):
        kind, own = type_of(row), code(row)
        if kind not in (*_COMMUNES, *_DISTRICTS, *_FORMER) or not own:
            found.reject(n, "unreadable_line", own, kind)
            continue
        department = codes.department_of(own)
        if kind in _COMMUNES and region(row):
            regions.setdefault(department, region(row))
        if kind in _FORMER and own in actual:
            # The new commune took the code of its largest part.
            continue
        district = kind in _DISTRICTS
        found.places.append(
            {
                "kind": "arrondissement" if district else "commune",
                "code": own,
                "name": name(row),
                "parent_kind": "commune" if district else "department",
                "parent_code": _TOWN_OF_DISTRICT.get(own[:2]) if district else department,
                "active": kind not in _FORMER,
            }
        )
        if kind in _FORMER and parent(row):
            found.links.append((own, parent(row), None))
    found.places += _above(regions)


def _above(regions):
    """The country, its regions and departments: what communes lie in."""
    yield {"kind": "country", "code": "FR", "name": "France"}
    for code in sorted(set(regions.values())):
        yield {
            "kind": "region",
            "code": code,
            "name": REGIONS.get(code),
            "parent_kind": "country",
            "parent_code": "FR",
        }
    for department, region in sorted(regions.items()):
        yield {
            "kind": "department",
            "code": department,
            "name": DEPARTMENTS.get(department),
            "parent_kind": "region",
            "parent_code": region,
        }


def _movements(found, header, rows, _kind):
    before, after = _column(header, "comav"), _column(header, "comap")
    day, type_before = _column(header, "dateeff"), _column(header, "typecomav")
    type_after = _column(header, "typecomap")
    for row in rows:
        if {type_before(row), type_after(row)} <= {"COM", ""} and before(row) != after(row):
            found.links.append((before(row), after(row), day(row) or None))


def _register(found, header, rows, _kind):
    whole, town = _column(header, "idbrutmiom"), _column(header, "codecommune")
    number, name = _column(header, "code"), _column(header, "libellereu")
    own = _column(header, "idbrutreu", "idbrutbvreu")
    at, street = _column(header, "numvoiereu"), _column(header, "voiereu")
    postcode = _column(header, "cpreu")
    for n, row in enumerate(rows):
        code = codes.station_from(whole(row)) or (
            codes.station(town(row), number(row)) if town(row) and number(row) else ""
        )
        if not code:
            found.reject(n, "unreadable_line", whole(row) or town(row))
            continue
        found.places.append(
            {
                **station_row(code, name(row), own(row)),
                "street": f"{at(row)} {street(row)}".strip() or None,
                "zip": postcode(row) or None,
            }
        )


def _register_addresses(found, header, rows, _kind):
    station = _column(header, "idbrutbvreu")
    longitude, latitude = _column(header, "longitude"), _column(header, "latitude")
    ban, text = _column(header, "id"), _column(header, "geoadresse")
    known = {}
    for n, row in enumerate(rows):
        code = codes.station_from(station(row))
        try:
            place = float(longitude(row)), float(latitude(row))
        except ValueError:
            found.reject(n, "unreadable_line", station(row), text(row))
            continue
        if not code:
            found.reject(n, "unreadable_line", station(row), text(row))
            continue
        if code not in known:
            known[code] = station_row(code, "", station(row))
        split = split_address(text(row)) or (0, "", "", "", "")
        found.addresses.append((ban(row) or None, code.partition("_")[0], *split[:4], *place, code))
    found.places += known.values()


def _ban(found, header, rows, _kind):
    ban, number = _column(header, "id"), _column(header, "numero", "number")
    suffix, street = _column(header, "rep", "suffix"), _column(header, "nomvoie", "street")
    postcode, town = _column(header, "codepostal", "zip"), _column(header, "codeinsee")
    longitude, latitude = _column(header, "lon"), _column(header, "lat")
    for n, row in enumerate(rows):
        try:
            place = float(longitude(row)), float(latitude(row))
            count = int(float(number(row) or 0))
        except ValueError:
            found.reject(n, "unreadable_line", ban(row), street(row))
            continue
        commune = codes.commune(town(row)) or ban(row).partition("_")[0]
        found.addresses.append(
            (
                ban(row) or None,
                commune,
                count,
                plain(suffix(row)),
                street_key(street(row)),
                postcode(row),
                *place,
                None,
            )
        )


def _list(found, header, rows, kind):
    code, name = _column(header, "code"), _column(header, "nom", "libelle", "name")
    parent = _column(header, "parent", "codeparent", "parentcode", "commune", "departement")
    above = {"station": "commune", "iris": "commune", "arrondissement": "commune"}
    for n, row in enumerate(rows):
        own = code(row)
        if kind == "station":
            own = codes.station_from(own)
        if not own:
            found.reject(n, "unreadable_line", code(row), name(row))
            continue
        place = {"kind": kind, "code": own, "name": name(row) or None}
        if kind == "station":
            place = station_row(own, name(row))
        elif kind == "iris":
            place |= {"parent_kind": "commune", "parent_code": parent(row) or own[:5]}
        elif parent(row):
            place |= {"parent_kind": above.get(kind, "department"), "parent_code": parent(row)}
        found.places.append(place)


def constituency_row(code, department):
    """Values of a constituency to store, from its code.

    :param str code: ``6908``
    :param str department: ``69``
    :return: dict
    """
    number = int(code[-2:])
    return {
        "kind": "constituency",
        "code": code,
        "name": f"{number}{'re' if number == 1 else 'e'} circonscription ({department})",
        "parent_kind": "department",
        "parent_code": department,
    }


def place_row(kind, code):
    """Values of a place that only a file of contours names.

    :param str kind: station, constituency or iris
    :param str code: its official code
    :return: dict, or ``None`` for kinds that come with a list of their own
    """
    if kind == "station":
        return station_row(code)
    if kind == "constituency":
        return constituency_row(code, code[:-2])
    if kind == "iris":
        return iris_row(code)
    return None


def typed_address(street, postcode):
    """What a typed address is looked up by.

    :param str street: ``12 bis, rue de l'Essai``
    :param str postcode: ``93140``
    :return: tuple: postcode, street's key, number, suffix
    """
    number, suffix, key = split_street(street)
    return (postcode or "").replace(" ", ""), key, number, suffix


REGIONS = {
    "01": "Guadeloupe",
    "02": "Martinique",
    "03": "Guyane",
    "04": "La Réunion",
    "06": "Mayotte",
    "11": "Île-de-France",
    "24": "Centre-Val de Loire",
    "27": "Bourgogne-Franche-Comté",
    "28": "Normandie",
    "32": "Hauts-de-France",
    "44": "Grand Est",
    "52": "Pays de la Loire",
    "53": "Bretagne",
    "75": "Nouvelle-Aquitaine",
    "76": "Occitanie",
    "84": "Auvergne-Rhône-Alpes",
    "93": "Provence-Alpes-Côte d'Azur",
    "94": "Corse",
    "975": "Saint-Pierre-et-Miquelon",
    "977": "Saint-Barthélemy",
    "978": "Saint-Martin",
    "984": "Terres australes et antarctiques françaises",
    "986": "Wallis-et-Futuna",
    "987": "Polynésie française",
    "988": "Nouvelle-Calédonie",
    "989": "Île de Clipperton",
}
_NAMES = """01 Ain;02 Aisne;03 Allier;04 Alpes-de-Haute-Provence;05 Hautes-Alpes;
06 Alpes-Maritimes;07 Ardèche;08 Ardennes;09 Ariège;10 Aube;11 Aude;12 Aveyron;
13 Bouches-du-Rhône;14 Calvados;15 Cantal;16 Charente;17 Charente-Maritime;18 Cher;19 Corrèze;
21 Côte-d'Or;22 Côtes-d'Armor;23 Creuse;24 Dordogne;25 Doubs;26 Drôme;27 Eure;28 Eure-et-Loir;
29 Finistère;2A Corse-du-Sud;2B Haute-Corse;30 Gard;31 Haute-Garonne;32 Gers;33 Gironde;
34 Hérault;35 Ille-et-Vilaine;36 Indre;37 Indre-et-Loire;38 Isère;39 Jura;40 Landes;
41 Loir-et-Cher;42 Loire;43 Haute-Loire;44 Loire-Atlantique;45 Loiret;46 Lot;47 Lot-et-Garonne;
48 Lozère;49 Maine-et-Loire;50 Manche;51 Marne;52 Haute-Marne;53 Mayenne;54 Meurthe-et-Moselle;
55 Meuse;56 Morbihan;57 Moselle;58 Nièvre;59 Nord;60 Oise;61 Orne;62 Pas-de-Calais;
63 Puy-de-Dôme;64 Pyrénées-Atlantiques;65 Hautes-Pyrénées;66 Pyrénées-Orientales;67 Bas-Rhin;
68 Haut-Rhin;69 Rhône;70 Haute-Saône;71 Saône-et-Loire;72 Sarthe;73 Savoie;74 Haute-Savoie;
75 Paris;76 Seine-Maritime;77 Seine-et-Marne;78 Yvelines;79 Deux-Sèvres;80 Somme;81 Tarn;
82 Tarn-et-Garonne;83 Var;84 Vaucluse;85 Vendée;86 Vienne;87 Haute-Vienne;88 Vosges;89 Yonne;
90 Territoire de Belfort;91 Essonne;92 Hauts-de-Seine;93 Seine-Saint-Denis;94 Val-de-Marne;
95 Val-d'Oise;971 Guadeloupe;972 Martinique;973 Guyane;974 La Réunion;
975 Saint-Pierre-et-Miquelon;976 Mayotte;977 Saint-Barthélemy;978 Saint-Martin;
984 Terres australes et antarctiques françaises;986 Wallis-et-Futuna;987 Polynésie française;
988 Nouvelle-Calédonie;989 Île de Clipperton"""
DEPARTMENTS = dict(entry.strip().split(" ", 1) for entry in _NAMES.split(";"))
