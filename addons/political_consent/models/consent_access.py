from odoo import api, fields, models
from odoo.fields import Domain

PORTABLE_MEANS = ("web", "portal", "preferences")


class ConsentAccess(models.AbstractModel):
    """What a person is told when they ask what we hold of them (articles 15 and 20, R-32)."""

    _name = "consent.access"
    _description = "Answer to a request for access"

    @api.model
    def _collect(self, partners, company, portable=False):
        """Everything of one person, as data for the page and for the JSON file.

        :param partners: the person's contacts, within one controller
        :param company: the controller that answers
        :param bool portable: only what the person gave or did (article 20)
        :rtype: dict
        """
        registry = self.env["consent.data.registry"].sudo()
        partners = partners.sudo().with_context(active_test=False)
        person = registry._person(partners)
        found = registry._find(person)
        sections = self._sections(registry, found, company, portable)
        return {
            "generated_at": fields.Datetime.to_string(fields.Datetime.now()) + " UTC",
            "controller": self._controller(company),
            "person": {"names": partners.mapped("name"), "contacts": partners.ids},
            "origin": self._origins(partners, company),
            "purposes": self._purposes(partners, company),
            "consents": self._consents(partners, company),
            "recipients": self._recipients(partners, company),
            "rights": self._rights(),
            "data": sections,
        }

    @api.model
    def _controller(self, company):
        company = company.sudo()
        return {
            "name": company.name,
            "email": company.email or "",
            "phone": company.phone or "",
            "address": " ".join(filter(None, (company.street, company.zip, company.city))),
        }

    @api.model
    def _sections(self, registry, found, company, portable):
        """Rows of every model, those of other controllers left out (R-41)."""
        labels = {m.model: m.name for m in self.env["ir.model"].sudo().search([])}
        sections = []
        for name, rows in found.items():
            known = registry._descriptor(name)
            shown = [row_id for row_id, how in rows.items() if registry._policy(name, how).shown]
            if (known and not known.shown) or not shown:
                continue
            if portable and not self._is_portable(name):
                continue
            records = registry._read_for_person(name, self._of_controller(name, shown, company))
            if records:
                sections.append({"model": name, "label": labels.get(name, name), "rows": records})
        return sorted(sections, key=lambda s: (s["model"] != "res.partner", s["label"]))

    @api.model
    def _is_portable(self, model_name):
        """Whether a model holds what the person provided. Addons extend it."""
        return model_name in (
            "res.partner",
            "mailing.contact",
            "event.registration",
            "survey.user_input",
            "survey.user_input.line",
            "crm.lead",
        )

    @api.model
    def _of_controller(self, model_name, row_ids, company):
        model = self.env[model_name].sudo().with_context(active_test=False)
        if model_name == "res.users" or "company_id" not in model._fields:
            return row_ids
        if not model._fields["company_id"]._description_searchable:
            return row_ids
        return model.search(
            Domain("id", "in", row_ids) & Domain("company_id", "in", (False, company.id))
        ).ids

    @api.model
    def _origins(self, partners, company):
        """Where the data came from (article 15, 1, g). Addons extend it.

        :returns: list of sentences
        """
        _ = self.env._
        sentences = [
            _(
                "Your record was created on %(date)s.",
                date=fields.Date.to_string(partner.create_date.date()),
            )
            for partner in partners
        ]
        first = self._events(partners, company).sorted("collected_at")[:1]
        if first:
            means = dict(first._fields["means"]._description_selection(self.env))
            sentences.append(
                _(
                    "Your first answer reached us on %(date)s by: %(means)s.",
                    date=fields.Date.to_string(first.collected_at.date()),
                    means=means[first.means],
                )
            )
        return sentences

    @api.model
    def _events(self, partners, company):
        codes = (
            self.env["consent.subject"]
            .sudo()
            .search([("partner_id", "in", partners.ids), ("company_id", "=", company.id)])
            .mapped("code")
        )
        return self.env["consent.event"].sudo().search([("subject", "in", codes)], order="id")

    @api.model
    def _consents(self, partners, company):
        """Every act that the ledger holds, with the very words and the receipt."""
        events = self._events(partners, company)
        selections = {
            name: dict(events._fields[name]._description_selection(self.env))
            for name in ("channel", "action", "means", "act")
        }
        return [
            {
                "purpose": event.purpose_id.name,
                "list": event.list_id.name or "",
                **{name: selections[name].get(event[name], "") for name in selections},
                "collected_at": fields.Datetime.to_string(event.collected_at) + " UTC",
                "expires_at": (
                    f"{fields.Datetime.to_string(event.expires_at)} UTC" if event.expires_at else ""
                ),
                "wording": event.wording_id.text or "",
                "wording_code": event.wording_code or "",
                "receipt": event.receipt,
            }
            for event in events
        ]

    @api.model
    def _purposes(self, partners, company):
        """Purposes that the person's data serves, with basis, term and recipients."""
        answered = self._events(partners, company).purpose_id
        others = (
            self.env["consent.purpose"]
            .sudo()
            .search([("company_id", "=", company.id), ("legal_basis", "!=", "consent")])
        )
        bases = dict(others._fields["legal_basis"]._description_selection(self.env))
        return [
            {
                "name": purpose.name,
                "description": purpose.description or "",
                "basis": bases[purpose.legal_basis],
                "kept": self.env._(
                    "%(months)s months (%(text)s)",
                    months=purpose.retention_months,
                    text=purpose.retention_source or "",
                ),
                "recipients": purpose.recipients or "",
                "transfers": purpose.transfers or "",
            }
            for purpose in answered | others
        ]

    @api.model
    def _recipients(self, partners, company):
        """Who received the data: those whom the purposes name, and each export made."""
        _ = self.env._
        sentences = {p["recipients"] for p in self._purposes(partners, company)} - {""}
        sentences = sorted(sentences) or [
            _("The organisation's authorised people, and nobody outside it.")
        ]
        processors = company.sudo()._consent_processors()
        sentences += [
            _("%(name)s, our supplier for: %(what)s", name=name, what=what)
            for name, what in processors
        ]
        return sentences

    @api.model
    def _rights(self):
        _ = self.env._
        return [
            _("You may have this data corrected or erased, have its use restricted, and object."),
            _("You may withdraw any consent at any time, without giving a reason."),
            _("You may complain to the French authority CNIL (www.cnil.fr)."),
            _("No decision about you is made by a machine alone."),
        ]
