import re
from dataclasses import dataclass, field
from typing import NamedTuple

import phonenumbers

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize, html2plaintext, ormcache, sql

from ..lib import identity as identities

# Columns that hold somebody's address, whatever the model.
ADDRESS_COLUMN = re.compile(r"e_?mail|phone|mobile|login|^number$|^sms_number$|recipient")
# Columns made blank where a row must stay without its person.
PERSONAL_COLUMN = re.compile(
    r"^((partner|contact|customer|display|complete|commercial_company|requester)_?)?"
    r"(name|firstname|lastname|email\w*|phone\w*|mobile\w*|address|street\w*|zip|city|function|"
    r"website|comment|birthdate|signature|vat|ip\w*|user_agent|barcode|latitude|longitude|login|"
    r"message|description|contact_address\w*)$"
)
TECHNICAL = {"id", "create_uid", "write_uid", "write_date", "__last_update"}
READABLE = {
    "char",
    "text",
    "html",
    "date",
    "datetime",
    "boolean",
    "integer",
    "float",
    "monetary",
    "selection",
    "many2one",
}
# Of models with much machinery, what says something to a person.
SHOWN = {
    "mail.message": ("date", "subject", "body", "author_id", "email_from", "message_type"),
    "mailing.trace": (
        "mass_mailing_id",
        "trace_type",
        "email",
        "sent_datetime",
        "open_datetime",
        "reply_datetime",
        "trace_status",
        "failure_type",
    ),
    "mail.mail": ("email_to", "body_html", "state"),
}
SECRET = re.compile(r"password|token|secret|_key$|sha256|^key$")


class Descriptor(NamedTuple):
    """What a model's rows about a person are worth to that person, and to the law."""

    policy: str
    """``delete``; ``anonymise``: the row stays for its figures, its person goes; ``detach``: the
    row is somebody else's and only its link goes; ``keep``: the law keeps it, pseudonymised."""
    because: str = ""
    """For ``keep``: the sentence that tells the person why."""
    blank: tuple = ()
    """Further columns to blank when the row stays."""
    stays: tuple = ()
    """For ``anonymise``: columns with a person's kind of name that are none (a number)."""
    shown: bool = True
    """Whether the access page lists it."""
    columns: tuple = ()
    """Fields of the access page; by default every readable one."""


@dataclass
class Person:
    """A person as the whole database knows them."""

    partner_ids: tuple
    user_ids: tuple = ()
    identity: identities.Identity = field(default_factory=identities.Identity)
    shared: identities.Identity = field(default_factory=identities.Identity)
    """What somebody else uses too (a household's number, a homonym): not to be taken from them."""


class ConsentDataRegistry(models.AbstractModel):
    """Where a person's data lies, in every model (R-31, R-32).

    Models are discovered: every stored link to a contact, every pair of model and record id, and
    every column that holds an address. An addon extends :meth:`_descriptors` to say what its own
    models are worth; what nobody described follows :meth:`_default_descriptor`.
    """

    _name = "consent.data.registry"
    _description = "Register of personal data"

    # ---------------------------------------------------------------- for addons

    @api.model
    def _descriptors(self):
        """What is known of models, by name. Addons extend it.

        :rtype: dict[str, Descriptor]
        """
        gone = (
            "mailing.contact",
            "mailing.subscription",
            "mailing.trace",
            "mail.blacklist",
            "phone.blacklist",
            "crm.lead",
            "survey.user_input",
            "mail.message",
            "calendar.attendee",
            "snailmail.letter",
            "sms.sms",
            "mail.mail",
            "res.partner.bank",
            "website.visitor",
            "payment.token",
            "consent.signup",
            "consent.evidence",
            "link.tracker.click",
        )
        hidden = (
            "mail.notification",
            "mail.followers",
            "discuss.channel.member",
            "bus.presence",
            "mail.presence",
            "consent.subject",
            "consent.state",
            "consent.event",
            "consent.suppression",
            "consent.erasure",
            "consent.restriction",
            "consent.legal.hold",
            "mail.tracking.value",
            "res.users.settings",
        )
        return {
            **{name: Descriptor("delete", columns=SHOWN.get(name, ())) for name in gone},
            **{name: Descriptor("delete", shown=False) for name in hidden},
            "event.registration": Descriptor("anonymise"),
            "payment.transaction": Descriptor(
                "anonymise",
                because=self.env._("A payment is kept for the accounts, without its person."),
            ),
            "consent.right.request": Descriptor(
                "anonymise",
                because=self.env._("That a request was made and answered is kept, without whose."),
                blank=("answer", "refusal_reason"),
                stays=("name",),
                shown=False,
            ),
            "calendar.event": Descriptor("detach"),
            "discuss.channel": Descriptor("detach"),
            "utm.campaign": Descriptor("detach", shown=False),
            "mailing.mailing": Descriptor("detach", shown=False),
        }

    @api.model
    def _descriptor(self, model_name):
        return self._descriptors().get(model_name)

    @api.model
    def _default_descriptor(self, required_link):
        """A row that cannot be without its person goes; another one loses the link."""
        return Descriptor("delete" if required_link else "detach")

    @api.model
    def _public_name_models(self):
        """Models whose names are published (candidates, places, pages), not somebody's data: a
        name is not taken out of them. Addons extend it."""
        return {
            name
            for name in self.env
            if name.startswith(("ir.ui.", "ir.model", "website.page", "res.country", "res.lang"))
            or getattr(self.env[name], "_consent_public_names", False)
        }

    # ---------------------------------------------------------------- who

    @api.model
    def _person(self, partners):
        """A :class:`Person` of contacts, their invoice and delivery addresses included."""
        partners = partners.sudo().with_context(active_test=False)
        partners |= partners.child_ids.filtered(lambda child: child.type != "contact")
        users = partners.user_ids
        identity = identities.Identity()
        for partner in partners:
            identity.names |= {partner.name or ""} - {""}
            identity.emails |= self._emails(partner.email, partner.email_normalized)
            identity.phones |= {partner.phone_sanitized or ""} - {""}
        for user in users:
            identity.emails |= self._emails(user.login)
        person = Person(partners._ids, users._ids, identity)
        self._set_aside_shared(person)
        return person

    @api.model
    def _emails(self, *values):
        return {e for e in (email_normalize(value or "", strict=False) for value in values) if e}

    @api.model
    def _set_aside_shared(self, person):
        """Take out of the identity what another contact bears too."""
        others = [("id", "not in", person.partner_ids)]
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        identity, shared = person.identity, person.shared
        for fname, mine, kept in (
            ("email_normalized", identity.emails, shared.emails),
            ("phone_sanitized", identity.phones, shared.phones),
        ):
            found = Partner.search_fetch([*others, (fname, "in", list(mine))], [fname])
            kept |= set(found.mapped(fname)) & mine
            mine -= kept
        for name in list(identity.names):
            if Partner.search_count([*others, ("name", "=ilike", name)], limit=1):
                identity.names.discard(name)
                shared.names.add(name)

    @api.model
    def _pattern(self, identity):
        codes = {}
        for phone in identity.phones:
            try:
                codes[phone] = str(phonenumbers.parse(phone).country_code)
            except phonenumbers.NumberParseException:
                codes[phone] = ""
        return identities.pattern(identity, codes)

    # ---------------------------------------------------------------- where

    @api.model
    def _tables(self):
        """Models with rows of their own, by name; wizards included."""
        stored = {n: m for n, m in self.env.items() if m._auto and not m._abstract}
        tables = set(sql.existing_tables(self.env.cr, [m._table for m in stored.values()]))
        return {name: model for name, model in stored.items() if model._table in tables}

    @api.model
    def _column_fields(self, model):
        return {name: f for name, f in model._fields.items() if f.store and f.column_type}

    @api.model
    def _find(self, person):
        """Rows about a person in every model.

        :param Person person: from :meth:`_person`
        :returns: ``{model name: {row id: {column or relation that led to it}}}``
        :rtype: dict
        """
        self.env.flush_all()
        found = {"res.partner": {pid: {"id"} for pid in person.partner_ids}}
        if person.user_ids:
            found["res.users"] = {uid: {"id"} for uid in person.user_ids}
        for name, model in self._tables().items():
            if name in ("res.partner", "res.users") or model._transient:
                continue
            for row_id, how in self._find_direct(model, person):
                found.setdefault(name, {}).setdefault(row_id, set()).add(how)
            for row_id, how in self._find_many2many(model, person):
                found.setdefault(name, {}).setdefault(row_id, set()).add(how)
        self._find_ledger(person, found)
        for name, row_ids in self._find_pairs(found).items():
            for row_id in row_ids:
                found.setdefault(name, {}).setdefault(row_id, set()).add("res_id")
        return found

    @api.model
    def _find_direct(self, model, person):
        conditions = []
        for name, f in self._column_fields(model).items():
            if name in TECHNICAL:
                continue
            column = SQL.identifier(name)
            if f.type == "many2one" and f.comodel_name == "res.partner":
                conditions.append((name, SQL("%s = ANY(%s)", column, list(person.partner_ids))))
            elif f.type == "many2one" and f.comodel_name == "res.users" and person.user_ids:
                conditions.append((name, SQL("%s = ANY(%s)", column, list(person.user_ids))))
            elif f.type == "char" and not f.translate and ADDRESS_COLUMN.search(name):
                conditions += self._address_conditions(name, column, person)
        if not conditions:
            return []
        self.env.cr.execute(
            SQL(
                "SELECT id, CASE %s END FROM %s WHERE %s",
                SQL(" ").join(SQL("WHEN %s THEN %s", c, name) for name, c in conditions),
                SQL.identifier(model._table),
                SQL(" OR ").join(c for _name, c in conditions),
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _address_conditions(self, name, column, person):
        emails = person.identity.emails | person.shared.emails
        phones = person.identity.phones | person.shared.phones
        if name.endswith(("_normalized", "_sanitized")):
            wanted = list(emails | phones)
            return [(name, SQL("%s = ANY(%s)", column, wanted))] if wanted else []
        wanted = [f"%{address}%" for address in emails | phones]
        return [(name, SQL("%s ILIKE ANY(%s)", column, wanted))] if wanted else []

    @api.model
    def _find_many2many(self, model, person):
        rows = []
        for name, f in model._fields.items():
            if f.type != "many2many" or not f.store or f.comodel_name != "res.partner":
                continue
            if not sql.table_exists(self.env.cr, f.relation):
                continue
            self.env.cr.execute(
                SQL(
                    "SELECT %s FROM %s WHERE %s = ANY(%s)",
                    SQL.identifier(f.column1),
                    SQL.identifier(f.relation),
                    SQL.identifier(f.column2),
                    list(person.partner_ids),
                )
            )
            rows += [(row_id, name) for (row_id,) in self.env.cr.fetchall()]
        return rows

    @api.model
    def _find_ledger(self, person, found):
        """The ledger knows a person by a code only; their evidence hangs on it. A list that many
        signed is nobody's alone."""
        events = self._ledger_events(person.partner_ids)
        for piece in self.env["consent.evidence"].sudo().search([("event_ids", "in", events.ids)]):
            how = "event_ids" if piece.event_ids - events else "own"
            found.setdefault("consent.evidence", {})[piece.id] = {how}

    @api.model
    def _ledger_events(self, partner_ids):
        codes = (
            self.env["consent.subject"]
            .sudo()
            .search([("partner_id", "in", list(partner_ids))])
            .mapped("code")
        )
        return self.env["consent.event"].sudo().search([("subject", "in", codes)])

    @api.model
    @ormcache()
    def _pairs(self):
        """(model, its column of a model's name, its column of the record's id), all of them."""
        pairs = []
        for name, model in self._tables().items():
            columns = self._column_fields(model)
            for fname, f in columns.items():
                if f.type == "many2one_reference":
                    pairs.append((name, f.model_field, fname))
            pairs += [
                (name, model_field, "res_id")
                for model_field in ("res_model", "model")
                if "res_id" in columns
            ]
        return tuple(
            sorted(
                (name, model_field, id_field)
                for name, model_field, id_field in set(pairs)
                if getattr(self.env[name]._fields.get(model_field), "column_type", None)
                and self.env[name]._fields[model_field].store
                and self.env[name]._fields[model_field].type in ("char", "selection")
            )
        )

    @api.model
    def _find_pairs(self, found):
        """Rows attached to rows: chatter, followers, activities, files, traces, and so on."""
        attached = {}
        for name, model_field, id_field in self._pairs():
            if name == "ir.model.data":
                continue
            model = self.env[name]
            for owner, rows in list(found.items()):
                if not self._owns(owner):
                    continue
                self.env.cr.execute(
                    SQL(
                        "SELECT id FROM %s WHERE %s = %s AND %s = ANY(%s)",
                        SQL.identifier(model._table),
                        SQL.identifier(model_field),
                        owner,
                        SQL.identifier(id_field),
                        list(rows),
                    )
                )
                ids = {row_id for (row_id,) in self.env.cr.fetchall()}
                if ids:
                    attached.setdefault(name, set()).update(ids)
        return attached

    @api.model
    def _owns(self, model_name):
        """Whether a found row is the person's own, so that what hangs on it is theirs too."""
        if model_name in ("res.partner", "res.users"):
            return True
        known = self._descriptor(model_name)
        return bool(known and known.policy in ("delete", "anonymise"))

    @api.model
    def _policy(self, model_name, how):
        """The :class:`Descriptor` of a row found by some columns.

        A row reached as one of several people, or as a colleague's work, is not the person's.
        """
        if model_name in ("res.partner", "res.users"):
            return Descriptor("delete")
        model = self.env[model_name]
        own = {name for name in how if not self._is_loose(model, name)}
        if not own:
            return Descriptor("detach", shown=False)
        known = self._descriptor(model_name)
        if known:
            return known
        required = any(
            model._fields[name].required and model._fields[name].type == "many2one"
            for name in own & set(model._fields)
        )
        return self._default_descriptor(required or "res_id" in own)

    @api.model
    def _is_loose(self, model, name):
        f = model._fields.get(name)
        if f is None:
            return False
        return f.type == "many2many" or (
            f.type == "many2one"
            and f.comodel_name == "res.users"
            and not model._name.startswith(("res.users", "auth", "res.device"))
        )

    # ---------------------------------------------------------------- reading

    @api.model
    def _read_for_person(self, model_name, row_ids):
        """What a person is shown of rows about them.

        :returns: list of ``{label: text}``
        """
        model = self.env[model_name].sudo().with_context(active_test=False)
        known = self._descriptor(model_name)
        names = [
            name
            for name, f in model._fields.items()
            if (
                name in known.columns
                if known and known.columns
                else f.store and f.type in READABLE and name not in TECHNICAL
            )
            and not SECRET.search(name)
        ]
        labels = model.fields_get(names, ["string"])
        rows = []
        for record in model.browse(sorted(row_ids)).exists():
            row = {}
            for name in names:
                value = self._text(record, name)
                if value not in (None, ""):
                    row[labels.get(name, {}).get("string") or name] = value
            rows.append(row)
        return rows

    @api.model
    def _text(self, record, name):
        f = record._fields[name]
        value = record[name]
        if f.type == "boolean":
            return None if not value else self.env._("yes")
        if f.type in ("integer", "float", "monetary"):
            return value or None
        if not value:
            return None
        if f.type == "many2one":
            return value.display_name
        if f.type == "selection":
            return dict(f._description_selection(self.env)).get(value, value)
        if f.type == "datetime":
            return fields.Datetime.to_string(value) + " UTC"
        if f.type == "date":
            return fields.Date.to_string(value)
        if f.type == "html":
            return html2plaintext(value).strip() or None
        return str(value)
