from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

PEOPLE = "political_crm.group_people"
SUPPORT = "political_crm.group_support"

CATEGORIES = [
    ("member", "Member"),
    ("former", "Former member"),
    ("regular", "Regular contact"),
    ("occasional", "Occasional contact"),
    ("prospect", "Prospect"),
]
ORIGINS = [
    ("paper_form", "Paper form"),
    ("web_form", "Web form"),
    ("meeting", "In person"),
    ("event", "Event"),
    ("canvass", "Door to door"),
    ("phone", "Telephone"),
    ("letter", "Wrote to us"),
    ("petition", "Petition"),
    ("referral", "Named by somebody else"),
    ("roll", "Electoral roll"),
    ("directory", "Public directory"),
    ("purchased", "Rented or bought file"),
    ("social", "Social network"),
    ("import", "Earlier file, origin not known"),
]
# The person gave the data themselves; all other origins stay out of any targeting.
OWN_ORIGINS = (
    "paper_form",
    "web_form",
    "meeting",
    "event",
    "canvass",
    "phone",
    "letter",
    "petition",
)
BASES = [
    ("consent", "Explicit consent"),
    ("body", "Member or regular contact of a political body"),
    ("single", "One single message to an occasional contact"),
]
# Article 9(2)(d) of the GDPR covers these and nobody else.
BODY_CATEGORIES = ("member", "former", "regular")
NOTICES = [
    ("collection", "Given when the data was collected"),
    ("later", "Given later"),
    ("due", "Due with the first message, within a month"),
]
SUPPORT_LEVELS = [
    ("1", "1 - Strong support"),
    ("2", "2 - Support"),
    ("3", "3 - Undecided"),
    ("4", "4 - Reserved"),
    ("5", "5 - Opposed"),
]
# What tells that a contact is in the party's file, shared by the addresses under a person.
FILE_FIELDS = (
    "political_category",
    "political_origin",
    "political_basis",
    "political_notice",
    "political_notice_date",
    "company_id",
    "branch_id",
)
OPINION_FIELDS = ("polling_station_id", "support_level", "is_volunteer", "volunteer_skill_ids")
# Leaves the database only with a right of its own.
EXPORT_GUARDED = {"support_level"}


class ResPartner(models.Model):
    """People of the party.

    Being in this file reveals a political opinion by itself (R-10): ``political_category`` makes a
    contact a person of the party, whom the record rules keep to the political groups.
    """

    _inherit = "res.partner"

    political_category = fields.Selection(
        CATEGORIES,
        "Category",
        index=True,
        groups=PEOPLE,
        help="What makes the party keep this person's data. Empty: an ordinary contact, whom all "
        "internal users may see.",
    )
    political_origin = fields.Selection(
        ORIGINS, "Origin", groups=PEOPLE, help="How these data came to the party."
    )
    political_basis = fields.Selection(
        BASES,
        "Legal basis",
        compute="_compute_political_basis",
        store=True,
        readonly=False,
        groups=PEOPLE,
        help="What allows the party to keep this person's data (GDPR, article 9). What may be "
        "sent to them is another question: their consents answer it.",
    )
    political_notice = fields.Selection(
        NOTICES,
        "Information notice",
        compute="_compute_political_notice",
        store=True,
        readonly=False,
        groups=PEOPLE,
    )
    political_notice_date = fields.Date(
        "Informed on",
        compute="_compute_political_notice",
        store=True,
        readonly=False,
        groups=PEOPLE,
    )
    branch_id = fields.Many2one(
        "political.branch",
        ondelete="restrict",
        index="btree_not_null",
        groups=PEOPLE,
        domain="[('company_id', '=', company_id)]",
    )
    polling_station_id = fields.Many2one(
        "political.zone",
        "Polling station",
        domain=[("kind", "=", "station")],
        ondelete="restrict",
        index="btree_not_null",
        groups=PEOPLE,
    )
    # Never tracked: chatter and tracking values would keep it beyond erasure.
    support_level = fields.Selection(
        SUPPORT_LEVELS,
        "Support",
        groups=SUPPORT,
        exportable=False,
        help="What the person said of their support. Never computed, never guessed (R-21).",
    )
    is_volunteer = fields.Boolean("Volunteer", groups=PEOPLE)
    volunteer_skill_ids = fields.Many2many(
        "political.skill",
        "political_skill_partner_rel",
        "partner_id",
        "skill_id",
        "Skills",
        groups=PEOPLE,
    )

    # The last line, for whatever writes by SQL; the sentences come from the checks below.
    _political_person_complete = models.Constraint(
        """CHECK (political_category IS NULL OR (
            political_origin IS NOT NULL AND political_basis IS NOT NULL
            AND political_notice IS NOT NULL AND company_id IS NOT NULL))""",
        "A person of the party needs an origin, a legal basis, a notice and a controller "
        "(company).",
    )
    # Third arm of the record rule: without it every search by a local lead reads all contacts.
    _internal_cards_index = models.Index("(id) WHERE partner_share IS NOT TRUE")

    # Not precomputed: core would read them back as the user who creates any contact, and these
    # fields are not every user's. Hence the same values are given to create(), for the database's
    # condition on them.

    @api.depends("political_category")
    def _compute_political_basis(self):
        for partner in self:
            partner.political_basis = self._basis_of(
                partner.political_category, partner.political_basis
            )

    @api.depends("political_category", "political_origin")
    def _compute_political_notice(self):
        for partner in self:
            notice, informed = False, False
            if partner.political_category:
                notice = partner.political_notice or self._notice_of(partner.political_origin)
                informed = partner.political_notice_date or self._informed_on(notice)
            partner.political_notice = notice
            partner.political_notice_date = informed

    @api.model
    def _basis_of(self, category, basis=False):
        if not category or basis == "consent":
            return (category and basis) or False
        return "body" if category in BODY_CATEGORIES else "single"

    @api.model
    def _notice_of(self, origin):
        return "collection" if origin in OWN_ORIGINS else "due"

    @api.model
    def _informed_on(self, notice):
        return notice != "due" and fields.Date.context_today(self)

    @api.onchange("political_category")
    def _onchange_political_category(self):
        if self.political_category and not self.company_id:
            self.company_id = self.env.company

    @api.onchange("branch_id")
    def _onchange_branch_id(self):
        if self.branch_id and not self.company_id:
            self.company_id = self.branch_id.company_id

    @api.constrains(*FILE_FIELDS, "is_company")
    def _check_political_person(self):
        # Whoever writes on an ordinary contact comes here too, without the right to these fields.
        for partner in self.sudo().filtered("political_category"):
            partner._check_file_values(
                {name: partner[name] for name in ("is_company", *FILE_FIELDS)}
            )
            if partner.branch_id and partner.branch_id.company_id != partner.company_id:
                raise ValidationError(
                    self.env._(
                        "%(branch)s belongs to another controller than the person: choose a "
                        "branch of %(company)s.",
                        branch=partner.branch_id.name,
                        company=partner.company_id.name,
                    )
                )

    @api.constrains("polling_station_id")
    def _check_polling_station(self):
        for partner in self.sudo():
            if partner.polling_station_id and partner.polling_station_id.kind != "station":
                raise ValidationError(
                    self.env._(
                        "“%(place)s” is not a polling station.",
                        place=partner.polling_station_id.name,
                    )
                )

    @api.constrains("political_category", "branch_id", "support_level", "is_volunteer")
    def _check_ordinary_contact(self):
        """Political data is for people of the file only: elsewhere the rules would not hide it."""
        for partner in self.sudo():
            if not partner.political_category and (
                partner.branch_id or partner.support_level or partner.is_volunteer
            ):
                raise ValidationError(
                    self.env._(
                        "%(name)s is an ordinary contact. Choose a category (member, regular "
                        "contact…) before adding political data.",
                        name=partner.display_name,
                    )
                )

    @api.model
    def _check_file_values(self, values):
        """Refuse a person of the party whose values do not say why they are kept (R-11).

        :param values: dict of field values; a record or an id stand for a many2one
        :raises ValidationError: with a sentence for what is missing
        """
        fault = self._file_fault(values)
        if fault:
            raise ValidationError(fault)

    @api.model
    def _file_fault(self, values):
        """The first thing that is wrong with a person's values, as a sentence, or None."""
        category, origin = values["political_category"], values.get("political_origin")
        if values.get("is_company") or values.get("company_type") == "company":
            return self.env._(
                "Only a natural person has a political category: organisations have none."
            )
        if not origin:
            return self.env._("Say where this person's data comes from: choose an origin (R-11).")
        if not values.get("company_id"):
            return self.env._(
                "Choose the company that answers for this person's data (the controller)."
            )
        if origin == "social" and category != "occasional":
            return self.env._(
                "A like, a follow or a comment makes an occasional contact and no more (R-15). "
                "Once the person takes a step of their own, such as a form or an event, record "
                "that step as the origin."
            )
        if values.get("political_basis") == "body" and category not in BODY_CATEGORIES:
            return self.env._(
                "Only members, former members and regular contacts are kept on the basis of "
                "belonging to a political body."
            )
        return None

    @api.model
    def _people_domain(self):
        """People of the party, one row a person: addresses under a person are not people."""
        return Domain("political_category", "!=", False) & Domain("type", "=", "contact")

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._prepare_file_values(vals)
        partners = super().create(vals_list)
        partners.filtered("parent_id")._follow_political_parent()
        return partners

    def write(self, vals):
        if "political_category" in vals and not vals["political_category"]:
            vals = self._leave_file_values(vals)
        if "company_id" in vals:
            self._check_same_controller(vals["company_id"])
        result = super().write(vals)
        if not self.env.su and not {"branch_id", "political_category"}.isdisjoint(vals):
            # Rules are checked before a write; nobody may push a person out of their own sight,
            # into another branch.
            self.check_access("write")
        if "parent_id" in vals:
            self._follow_political_parent()
        if not set(FILE_FIELDS).isdisjoint(vals):
            self.sudo().child_ids._follow_political_parent()
        return result

    def _prepare_file_values(self, vals):
        """Complete and check the values of a person before the row is made."""
        for name in ("political_category", "political_origin", "company_id"):
            default = self.env.context.get(f"default_{name}")
            if default and name not in vals:
                vals[name] = default
        if vals.get("political_origin") == "social":
            vals.setdefault("political_category", "occasional")
        if vals.get("political_category"):
            self._check_file_values(vals)
            vals["political_basis"] = vals.get("political_basis") or self._basis_of(
                vals["political_category"]
            )
            notice = vals.get("political_notice") or self._notice_of(vals["political_origin"])
            vals["political_notice"] = notice
            vals.setdefault("political_notice_date", self._informed_on(notice))

    def _leave_file_values(self, vals):
        """Values that take people out of the file: nothing political stays on a card that all
        users can then see."""
        people = self.sudo().filtered("political_category")
        if not people:
            return vals
        if not (self.env.su or self.env.user.has_group("political_crm.group_manager")):
            raise AccessError(
                self.env._(
                    "Only a party administrator takes a person out of the party's file, since "
                    "every user can see the contact afterwards."
                )
            )
        emptied = dict.fromkeys((*FILE_FIELDS, *OPINION_FIELDS), False)
        emptied.pop("company_id")
        return {**vals, **emptied, "volunteer_skill_ids": [fields.Command.clear()]}

    def _check_same_controller(self, company_id):
        if self.env.su:
            return
        moved = self.sudo().filtered(
            lambda p: p.political_category and p.company_id.id != company_id
        )
        if moved:
            raise ValidationError(
                self.env._(
                    "%(name)s agreed to be in the file of %(company)s and of nobody else: a "
                    "person is not moved to another controller (R-41).",
                    name=moved[0].display_name,
                    company=moved[0].company_id.name,
                )
            )

    def _follow_political_parent(self):
        """Cards under a person (a letter's address) are as confidential as the person."""
        for parent, cards in self.sudo().grouped("parent_id").items():
            if parent.political_category and not parent.is_company:
                values = parent._convert_fields_to_values(FILE_FIELDS)
                cards.filtered(
                    lambda card, parent=parent: any(
                        card[name] != parent[name] for name in FILE_FIELDS
                    )
                ).write(values)

    # ------------------------------------------------------------------
    # Reading out
    # ------------------------------------------------------------------

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Support levels leave only with a right of their own, by whatever path they are asked
        for (from leads, users or any other model)."""
        asked = {path[0] for path in fields if path}
        if asked & EXPORT_GUARDED and not (
            self.env.su or self.env.user.has_group("political_crm.group_support_export")
        ):
            raise AccessError(
                self.env._("You may not export support levels. Ask a party administrator.")
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
