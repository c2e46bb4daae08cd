import json

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ..lib import contact_cleaning as cleaning
from ..lib import table_file
from ..lib.contact_row import RowCleaner, Settings
from .political_file_job import Reader
from .res_partner import CATEGORIES, ORIGINS

REMEMBERED = 20_000
# Words of other tools and of spreadsheets for our categories and origins, beside our own.
CATEGORY_WORDS = {
    "member": "adherent adherente membre militant militante member cotisant",
    "former": "ancien ancienadherent exadherent formermember exmember",
    "regular": "sympathisant sympathisante supporter donateur abonne regular regularcontact donor",
    "occasional": "occasionnel occasional contact contactoccasionnel",
    "prospect": "prospect",
}
ORIGIN_WORDS = {
    "paper_form": "papier formulairepapier bulletin bulletinpapier paper",
    "web_form": "web site siteweb internet enligne formulaireweb online website",
    "meeting": "rencontre reunion marche inperson",
    "event": "evenement meeting event",
    "canvass": "porteaporte pap canvass door",
    "phone": "telephone appel phone",
    "petition": "petition",
    "referral": "parrainage parraine referral",
    "directory": "annuaire directory",
    "social": "facebook twitter instagram reseausocial social",
    "import": "import autre inconnu inconnue unknown ancienfichier",
}


class PoliticalImport(models.Model):
    """Reading: from the file into the staging table, a batch at a time."""

    _inherit = "political.import"

    def _read_rows(self):
        """Stage the next rows of the file; whether there may be more.

        :raises UserError: where the file cannot be read any further
        """
        self.ensure_one()
        columns = self.column_ids.sorted("place")
        values = StagedValues(self, self._cleaner(columns))
        reader = Reader(
            self.env["political.import.row"], values.columns, values, repair=self.repair
        )
        with self._open() as stream:
            try:
                table = self._known_table(stream)
                if table.header != columns.mapped("name"):
                    raise UserError(
                        self.env._("The columns are those of another file. Choose the file again.")
                    )
                more = self._read_file(table, stream, reader)
            except table_file.FileError as fault:
                raise UserError(self._fault_sentence(fault)) from fault
        total = self.total_count + reader.count
        self.write({"total_count": total, "done_count": total})
        if not more and not total:
            raise UserError(self.env._("The file has a header and no row below it."))
        return more

    def _cleaner(self, columns):
        kept = self._kept_for_the_run()
        if "cleaner" not in kept:
            targets = [column.target or "" for column in columns]
            kept["cleaner"] = RowCleaner(targets, self._cleaner_settings())
        return kept["cleaner"]

    def _cleaner_settings(self):
        """What the cleaning of rows needs to know of the base."""
        partners = self.env["res.partner"]
        company = self.company_id
        order = partners._get_names_order()
        region = company.country_id
        return Settings(
            today=fields.Date.context_today(self),
            clean=self.clean,
            country=region.code or ("FR" if self.clean else ""),
            name_of=self._name_writer(order),
            first_last=order == "first_last",
            category=self.default_category or "",
            origin=self.default_origin,
            branch_id=self.branch_id.id or None,
            countries=self._known_countries(),
            categories=self._known_words(CATEGORIES, CATEGORY_WORDS, "political_category"),
            origins=self._known_words(ORIGINS, ORIGIN_WORDS, "political_origin"),
            branches=self._known_branches(),
            stations=self._known_stations(),
            languages=self._known_languages(),
            normalize_email=email_normalize,
            format_phone=self._phone_formatter(),
            clean_website=partners._clean_website,
            comment_of=lambda text: partners._fields["comment"].convert_to_column(text, partners),
            consent_of=self._consent_reader(),
        )

    def _name_writer(self, order):
        if order == "last_first_comma":
            return lambda last, first: ", ".join(part for part in (last, first) if part)
        if order == "first_last":
            return lambda last, first: f"{first} {last}" if first and last else first or last
        return lambda last, first: f"{last} {first}" if first and last else last or first

    def _phone_formatter(self):
        """Odoo's own formatting, remembered: what the quick way leaves."""
        countries = self.env["res.country"]
        country_of = {
            country.code: country for country in countries.search([("code", "!=", False)])
        }
        known = {}

        def formatted(text, code):
            if (text, code) not in known:
                if len(known) > REMEMBERED:
                    known.clear()
                known[text, code] = (
                    self.env["res.partner"]._phone_format_number(
                        text, country_of.get(code, countries)
                    )
                    or ""
                )
            return known[text, code]

        return formatted

    def _known_countries(self):
        key = cleaning.name_key
        known = {}
        countries = self.env["res.country"].search([("code", "!=", False)])
        for language, _name in self.env["res.lang"].get_installed():
            for country in countries.with_context(lang=language):
                known[key(country.name)] = known[key(country.code)] = (country.id, country.code)
        return known

    def _known_words(self, selection, words, fname):
        """Codes of a selection by whatever they are called: code, label in any language, words."""
        key = cleaning.name_key
        known = {key(code): code for code, _label in selection}
        for code, some in words.items():
            known.update(dict.fromkeys(some.split(), code))
        field = self.env["res.partner"]._fields[fname]
        for language, _name in self.env["res.lang"].get_installed():
            labels = field._description_selection(self.with_context(lang=language).env)
            known.update({key(label): code for code, label in labels})
        return known

    def _known_branches(self):
        key = cleaning.name_key
        branches = self.env["political.branch"].search([("company_id", "=", self.company_id.id)])
        known = {}
        for branch in branches:
            for name in (branch.name, branch.complete_name, branch.code):
                if name:
                    known.setdefault(key(name), branch.id)
        return known

    def _known_stations(self):
        if "station" not in self.column_ids.mapped("target"):
            return {}
        self.env.cr.execute(
            "SELECT id, code, code_alt FROM political_zone WHERE kind = 'station' AND active"
        )
        key = cleaning.name_key
        known = {}
        for station_id, *codes in self.env.cr.fetchall():
            known.update({key(code): station_id for code in codes if code})
        return known

    def _known_languages(self):
        known = {}
        for code, name in self.env["res.lang"].get_installed():
            known[cleaning.name_key(code)] = code
            known.setdefault(cleaning.name_key(code[:2]), code)
            known[cleaning.name_key(name.split(" (")[0])] = code
        return {**known, "francais": known.get("fr")}


class StagedValues:
    """Turns a row of a contact file into values of the staging table.

    :param political.import record: the import
    :param RowCleaner cleaner: of its columns
    """

    def __init__(self, record, cleaner):
        self.import_id = record.id
        self.rented = bool(record.rental_id)
        self.cleaner = cleaner
        self.names = cleaner.columns
        self.columns = ("import_id", "number", "raw", "outcome", "reason", "remarks", *self.names)
        """Of the table, in the order of the values."""
        self.encode = json.JSONEncoder(ensure_ascii=False).encode

    def __call__(self, row):
        reason, remarks, values = row.fault, None, {}
        joined = '","'.join(row.cells)
        is_tidy = cleaning.is_tidy(joined)
        if not reason:
            try:
                values, remarks = self.cleaner.staged(row.cells, is_tidy)
                reason = file_fault(values, self.rented)
            except cleaning.CellError as fault:
                reason, values = f"{fault.code}:{fault.text[:200]}", {}
        # Nearly every row is JSON as it stands.
        if is_tidy and "\\" not in joined and joined.count('"') == 2 * (len(row.cells) - 1):
            raw = f'["{joined}"]'
        else:
            raw = self.encode(row.cells).replace("\x00", "")
        get = values.get
        return [
            self.import_id,
            row.number,
            raw,
            "reject" if reason else "create",
            reason,
            ",".join(remarks) if remarks else None,
            *[get(name) for name in self.names],
        ]


def file_fault(values, rented):
    """Why a person may not be in the party's file as the row says, or ``None`` (R-15, R-16, R-38).

    :param dict values: staged values
    :param bool rented: the import names a rented file
    """
    category, origin = values.get("category"), values.get("origin")
    if not category:
        return None
    if origin == "social" and category != "occasional":
        return "social"
    if origin == "roll":
        return "roll"
    if origin == "purchased" and not (rented and category == "prospect"):
        return "purchased"
    return None
