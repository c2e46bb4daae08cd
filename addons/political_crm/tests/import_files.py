"""Files for the tests of imports: invented people, addresses at example.org, numbers kept for
fiction (R-77)."""

import base64
import csv
import io

FIRST = ("Camille", "Zoé", "Jean-Pierre", "Aïcha", "Hervé", "Noémie", "Louis", "Œuvrard")
LAST = ("Martin", "Lefèvre", "de Gaulle", "N'Diaye", "Ben Salah", "Durand-Petit", "Le Gall")


def encoded(rows, separator=";", encoding="utf-8"):
    """Rows of cells as a base64 CSV file.

    :rtype: bytes
    """
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return base64.b64encode(text.getvalue().encode(encoding))


def contacts(number):
    """Rows as both ``load()`` and the import take them: organisations, people below them, invalid
    numbers, tags, empty cells.

    :returns: (names of columns for load, rows)
    """
    header = [
        "ref",
        "company_type",
        "name",
        "firstname",
        "lastname",
        "email",
        "phone",
        "street",
        "street2",
        "zip",
        "city",
        "country_id",
        "birthdate",
        "function",
        "website",
        "comment",
        "company_name",
        "category_id",
        "parent_id",
        "political_category",
        "political_origin",
    ]
    rows = [header]
    for place in range(number):
        rows.append([_cell(place, name) for name in header])
    return header, rows[1:]


def _cell(place, name):
    is_company = place % 20 == 0
    has_parent = not is_company and place % 20 == 7
    if name == "ref":
        return f"R{place}"
    if name == "company_type":
        return "company" if is_company else "person"
    if name == "name":
        return f"Association {place}" if is_company else ""
    if name == "firstname":
        return "" if is_company or place % 11 == 3 else FIRST[place % len(FIRST)]
    if name == "lastname":
        return "" if is_company else f"{LAST[place % len(LAST)]} {place}"
    if name == "email":
        return _email(place)
    if name == "phone":
        return _phone(place)
    if name == "parent_id":
        return f"Association {place - place % 20}" if has_parent else ""
    if name in ("political_category", "political_origin") and not is_company and place % 3:
        return {"political_category": "regular", "political_origin": "paper_form"}[name]
    return _detail(place, name)


def _email(place):
    if place % 10 == 4:
        return ""
    if place % 10 == 5:
        return f"Personne.{place}@Example.org"
    return "pas une adresse" if place % 50 == 6 else f"p{place}@example.org"


def _phone(place):
    kinds = (
        f"01 99 00 {place // 100 % 100:02} {place % 100:02}",
        f"+33 2 61 91 {place // 100 % 100:02} {place % 100:02}",
        f"06 39 98 {place // 100 % 100:02} {place % 100:02}",
        "",
        "12",
        f"+3226620{place:04}",
        f"00331990{place:05}",
    )
    return kinds[place % len(kinds)]


def _detail(place, name):
    values = {
        "street": f"{place % 300} bis rue de l'Essai" if place % 4 else "Lieu-dit Le Bourg - 3",
        "street2": "Bâtiment B" if place % 9 == 0 else "",
        "zip": f"{93000 + place % 900}",
        "city": "Bondy" if place % 2 else "",
        "country_id": "Belgium" if place % 17 == 2 else "",
        "birthdate": f"{1930 + place % 75}-0{1 + place % 9}-15" if place % 5 == 1 else "",
        "function": "Enseignante" if place % 13 == 0 else "",
        "website": "https://example.org/page" if place % 29 == 0 else "",
        "comment": "Dit « oui »; à rappeler" if place % 31 == 0 else "",
        "company_name": "Atelier" if place % 20 == 9 else "",
        "category_id": ("Ami,Voisin", "Ami", "")[place % 3],
    }
    return values.get(name, "")
