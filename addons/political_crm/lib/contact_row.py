"""From the cells of a row to what the base will hold: one object for a whole import."""

import json
import re
from dataclasses import dataclass, field

from . import contact_cleaning as clean

# Columns of the staging table that a row fills, in the order of :meth:`RowCleaner.staged`.
TEXTS = (
    "firstname", "lastname", "name", "name_key", "name_swapped", "email", "email_normalized",
    "phone", "phone_sanitized", "street", "street2", "zip", "city", "street_name", "street_number",
    "street_number2", "function", "website", "comment", "ref", "lang", "company_name",
    "parent_name", "tags", "category", "origin", "consents",
)  # fmt: skip
OTHERS = ("country_id", "birthdate", "is_company", "branch_id", "station_id", "is_volunteer",
          "updated_at")  # fmt: skip
COLUMNS = TEXTS + OTHERS
ADDRESS = re.compile(r"^(.*?)(\s[0-9][0-9\S]*)?(?: - (.+))?$", re.DOTALL)
PLAIN = ("function", "ref", "company_name", "street2")
ORGANISATIONS = {"company", "organisation", "organization", "societe", "association", "entreprise"}
PERSONS = {"person", "individual", "personne", "particulier", "contact"}
# What a column of the file fills in beside what every row has.
EVERY = ("name", "lastname", "name_key", "name_swapped", "is_company", "category", "origin",
         "branch_id")  # fmt: skip
FILLED = {
    "firstname": ("firstname",),
    "fullname": ("firstname",),
    "email": ("email", "email_normalized"),
    "mobile": ("phone", "phone_sanitized"),
    "phone": ("phone", "phone_sanitized"),
    "street": ("street", "street_name", "street_number", "street_number2"),
    "zip_city": ("zip", "city"),
    "country": ("country_id",),
    "parent": ("parent_name",),
    "branch": ("branch_id",),
    "station": ("station_id",),
    "consent": ("consents",),
}
CONSENT_PARTS = ("consent_date", "consent_wording", "consent_means", "consent_ref")


@dataclass
class Settings:
    """What the cleaning of a whole import depends on."""

    today: object
    """datetime.date"""
    clean: bool = True
    """Clean names, numbers and addresses; else they stay as written."""
    country: str = "FR"
    """Two letters: where numbers without a prefix are from."""
    name_of: object = None
    """(last name, first name) -> whole name, as the base writes it"""
    first_last: bool = True
    category: str = ""
    origin: str = ""
    branch_id: int | None = None
    countries: dict = field(default_factory=dict)
    """Squashed name or code -> (id, two letters)"""
    categories: dict = field(default_factory=dict)
    """Squashed label or code -> code"""
    origins: dict = field(default_factory=dict)
    branches: dict = field(default_factory=dict)
    stations: dict = field(default_factory=dict)
    languages: dict = field(default_factory=dict)
    normalize_email: object = None
    format_phone: object = None
    """(number, country) -> E.164 or ``""``; for numbers that are not French"""
    clean_website: object = None
    comment_of: object = None
    """text -> note as the base keeps it"""
    consent_of: object = None
    """(answers by column number, parts of the proof, staged values) -> list of dicts"""


def is_organisation(text):
    """Whether a row says to be an organisation, in a word or by yes or no.

    :raises clean.CellError: ``answer``
    """
    key = clean.name_key(text)
    return key in ORGANISATIONS or (key not in PERSONS and clean.answer(text))


def filled_columns(targets):
    """Those of :data:`COLUMNS` that rows of a file may fill.

    :param targets: what its columns hold, empty for those left out
    :rtype: list[str]
    """
    filled = {*EVERY}
    for target in filter(None, targets):
        filled.update(FILLED.get(target, (target,)))
    return [name for name in COLUMNS if name in filled]


def _street_parts(street):
    """Name, number and door as core takes a street apart: the number at its end."""
    last = street[street.rfind(" ") + 1 :]
    if " - " not in street and not last[:1].isdigit():
        return street, "", ""
    return ADDRESS.match(street).groups("")


class RowCleaner:
    """Turns rows of cells into staged values.

    :param list targets: target of each column, ``""`` for those left out
    :param Settings settings: of the import
    """

    def __init__(self, targets, settings):
        self.settings = settings
        self.single = {}
        self.phones = []
        self.consents = []
        for place, target in enumerate(targets):
            if target == "consent":
                self.consents.append(place)
            elif target in ("phone", "mobile"):
                self.phones.append((target != "mobile", place))
            elif target:
                self.single.setdefault(target, place)
        # A mobile takes texts: it comes before a land line.
        self.phones = [place for _rank, place in sorted(self.phones)]
        self.places = list(self.single.items())
        self.columns = filled_columns(targets)
        self.has_address = bool({"street", "zip", "city", "zip_city"} & set(self.single))

    def staged(self, cells, is_tidy=False):
        """The values of a row, by the names of :attr:`columns`, and remarks.

        :param list cells: text, as wide as the header
        :param bool is_tidy: see ``contact_cleaning.is_tidy``
        :returns: (dict, list of remark codes)
        :raises clean.CellError: when the row cannot be taken
        """
        if is_tidy:
            got = {target: cells[place] for target, place in self.places if cells[place]}
        else:
            got = self._squeezed(cells)
        out, remarks = {}, []
        settings = self.settings
        self._sort(got, out)
        self._names(got, out)
        if "email" in got:
            self._email(got["email"], out, remarks)
        country = settings.country
        if "country" in got:
            country = self._country(got["country"], out, remarks) or country
        if self.phones:
            self._phone(cells, country, out, remarks)
        if self.has_address:
            self._address(got, country, out)
        self._rest(got, out)
        if self.consents:
            self._consents(cells, got, out)
        if not (out.get("name") or out.get("email_normalized")):
            raise clean.CellError("nobody", "")
        if not out.get("name"):
            # As core does for a contact made from an address: the address is its name.
            self._named_by_email(out)
        return out, remarks

    def _squeezed(self, cells):
        got = {}
        for target, place in self.places:
            cell = cells[place]
            if cell:
                cell = clean.squeezed(cell) if target != "comment" else cell.strip()
                if cell:
                    got[target] = cell
        return got

    def _sort(self, got, out):
        settings = self.settings
        out["is_company"] = "is_company" in got and is_organisation(got["is_company"])
        if out["is_company"]:
            return
        out["category"] = settings.category or None
        out["origin"] = settings.origin or None
        for name, known in (("category", settings.categories), ("origin", settings.origins)):
            if name in got:
                code = known.get(clean.name_key(got[name]))
                if not code:
                    raise clean.CellError(name, got[name])
                out[name] = code
        if not out["category"]:
            out["origin"] = None

    def _names(self, got, out):
        settings = self.settings
        first, last = got.get("firstname", ""), got.get("lastname", "")
        if "fullname" in got and not (first or last):
            if out["is_company"]:
                last = got["fullname"]
            else:
                first, last = clean.full_name(got["fullname"], settings.first_last)
        if out["is_company"]:
            last, first = last or first or got.get("company_name", ""), ""
            got.pop("company_name", None)
        elif settings.clean:
            first, last = clean.name(first), clean.name(last)
        if first:
            out["firstname"] = first
        if last:
            out["lastname"] = last
        if first or last:
            out["name"] = settings.name_of(last, first)
            key, other = clean.name_key(first), clean.name_key(last)
            out["name_key"], out["name_swapped"] = f"{key}{other}" or None, f"{other}{key}" or None

    def _named_by_email(self, out):
        out["name"] = out["lastname"] = out["email_normalized"]

    def _email(self, text, out, remarks):
        if self.settings.clean:
            text, is_plain = clean.email(text)
        else:
            is_plain = clean.PLAIN_EMAIL.fullmatch(text)
        out["email"] = text
        if is_plain:
            out["email_normalized"] = text
            return
        out["email_normalized"] = self.settings.normalize_email(text) or None
        if not out["email_normalized"]:
            remarks.append("email")

    def _country(self, text, out, remarks):
        found = self.settings.countries.get(clean.name_key(text))
        if not found:
            remarks.append("country")
            return None
        out["country_id"], code = found
        return code

    def _phone(self, cells, country, out, remarks):
        first = None
        for place in self.phones:
            text = cells[place] and clean.squeezed(cells[place])
            if not text:
                continue
            number = clean.french_phone(text, country)
            if number is None:
                number = self.settings.format_phone(text, country)
            if number:
                out["phone"] = number if self.settings.clean else text
                out["phone_sanitized"] = number
                return
            first = first or text
        if first:
            out["phone"] = first
            remarks.append("phone")

    def _address(self, got, country, out):
        tidy = self.settings.clean
        zip_code, city = got.get("zip", ""), got.get("city", "")
        if "zip_city" in got:
            zip_code, city = clean.postcode_and_city(got["zip_city"], country)
        if tidy:
            zip_code = zip_code and clean.postcode(zip_code, country)
            city = city and clean.city(city)
        street = got.get("street", "")
        if street:
            out["street"] = street = clean.street(street) if tidy and country == "FR" else street
            parts = _street_parts(street)
            out["street_name"] = parts[0].strip()
            out["street_number"] = parts[1].strip()
            out["street_number2"] = parts[2]
        if zip_code:
            out["zip"] = zip_code
        if city:
            out["city"] = city

    def _rest(self, got, out):
        settings = self.settings
        for target in PLAIN:
            if target in got:
                out[target] = got[target]
        if "website" in got:
            out["website"] = settings.clean_website(got["website"])
        if "comment" in got:
            out["comment"] = settings.comment_of(got["comment"])
        if "parent" in got:
            out["parent_name"] = got["parent"]
            out.pop("company_name", None)
        if "birthdate" in got:
            out["birthdate"] = clean.birthdate(got["birthdate"], settings.today)
        if "updated_at" in got:
            out["updated_at"] = clean.date(got["updated_at"])
        if "tags" in got:
            out["tags"] = json.dumps(clean.several(got["tags"]), ensure_ascii=False)
        if "lang" in got:
            out["lang"] = settings.languages.get(clean.name_key(got["lang"]))
        if out.get("category"):
            self._party(got, out)

    def _party(self, got, out):
        settings = self.settings
        out["branch_id"] = settings.branch_id
        for target, known, column in (
            ("branch", settings.branches, "branch_id"),
            ("station", settings.stations, "station_id"),
        ):
            if target in got:
                found = known.get(clean.name_key(got[target]))
                if not found:
                    raise clean.CellError(target, got[target])
                out[column] = found
        if "is_volunteer" in got:
            out["is_volunteer"] = clean.answer(got["is_volunteer"])

    def _consents(self, cells, got, out):
        answers = {}
        for place in self.consents:
            text = cells[place].strip()
            if text:
                answers[place] = clean.answer(text)
        if answers:
            parts = {name: got[name] for name in CONSENT_PARTS if name in got}
            found = self.settings.consent_of(answers, parts, out)
            if found:
                out["consents"] = json.dumps(found)
