from odoo import api, models
from odoo.addons.political_consent.models.consent_data_registry import Descriptor
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

# Amounts, ways of paying and who pays: the financial agent's, never a reason to write.
FINANCE_MODELS = frozenset(
    (
        "political.payment",
        "political.payer",
        "political.receipt",
        "political.bank.slip",
        "political.payment.export",
        "payment.transaction",
        "payment.token",
    )
)


class ConsentDataRegistry(models.AbstractModel):
    _inherit = "consent.data.registry"

    @api.model
    def _descriptors(self):
        accounts = self.env._(
            "The law obliges the party to keep its accounts of gifts and dues, with who paid: it "
            "serves nothing else (GDPR, article 17, 3, b)."
        )
        return {
            **super()._descriptors(),
            "political.membership": Descriptor("anonymise", blank=("card_code",)),
            "political.join.request": Descriptor("delete"),
            "political.payment": Descriptor("keep", because=accounts),
            "political.payer": Descriptor("keep", because=accounts),
            "political.receipt": Descriptor("keep", because=accounts),
            "political.member.list.line": Descriptor(
                "anonymise", blank=("name", "branch", "member_since", "salt")
            ),
            "political.join.compare": Descriptor("delete", shown=False),
        }


class ConsentEraser(models.AbstractModel):
    _inherit = "consent.eraser"

    @api.model
    def _erase_rows(self, partners, reason, files, *, blank, suppress, request=None):
        """Memberships end with the person; who never paid leaves no payer behind."""
        partners = partners.sudo()
        lines = (
            self.env["political.membership"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", partners.ids),
                    ("state", "in", ("requested", "active", "arrears")),
                ]
            )
        )
        if lines:
            lines._end("resigned")
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM political_payer y WHERE y.partner_id = ANY(%s)
                   AND NOT EXISTS (SELECT FROM political_payment p WHERE p.payer_id = y.id)
                """,
                list(partners.ids),
            )
        )
        self.env.invalidate_all()
        return super()._erase_rows(
            partners, reason, files, blank=blank, suppress=suppress, request=request
        )

    @api.model
    def _swept_columns(self):
        """The accounts keep the names that the law asks for, and no address to write to."""
        return {
            table: columns
            for table, columns in super()._swept_columns().items()
            if table not in ("political_payer", "political_receipt")
        }


class ConsentAccess(models.AbstractModel):
    _inherit = "consent.access"

    @api.model
    def _is_portable(self, model_name):
        return super()._is_portable(model_name) or model_name in (
            "political.membership",
            "political.join.request",
        )


class ConsentGate(models.AbstractModel):
    _inherit = "consent.gate"

    @api.model
    def audience(self, purpose_code, channel, domain):
        self._refuse_finance("res.partner", domain)
        return super().audience(purpose_code, channel, domain)

    @api.model
    def _refuse_finance(self, model_name, domain):
        """R-61: no audience is chosen by what people paid, by whatever path.

        :raises ValidationError: when a condition passes through finance data
        """
        model = self.env[model_name]
        for condition in Domain(domain).iter_conditions():
            if self._is_finance_path(model, condition.field_expr) or (
                condition.operator in ("any", "not any", "any!", "not any!")
                and self._inner_is_finance(model, condition)
            ):
                raise ValidationError(
                    self.env._(
                        "People are not chosen by what they paid: finance data serves the accounts "
                        "alone (R-61)."
                    )
                )

    @api.model
    def _inner_is_finance(self, model, condition):
        comodel = model._fields[condition.field_expr.split(".")[0]].comodel_name
        if not isinstance(condition.value, Domain | list | tuple):
            return False
        try:
            self._refuse_finance(comodel, Domain(condition.value))
        except ValidationError:
            return True
        return False

    @api.model
    def _is_finance_path(self, model, path):
        for name in path.split("."):
            f = model._fields.get(name)
            if f is None:
                return False
            if model._name in FINANCE_MODELS or f.comodel_name in FINANCE_MODELS:
                return True
            if f.groups == "political_crm.group_finance":
                return True
            if not f.comodel_name:
                return False
            model = self.env[f.comodel_name]
        return False


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    @api.constrains("mailing_domain", "mailing_model_id")
    def _check_finance(self):
        gate = self.env["consent.gate"]
        for mailing in self:
            if mailing.mailing_model_name in FINANCE_MODELS:
                raise ValidationError(
                    self.env._("Payments and receipts are no list of people to write to (R-61).")
                )
            if mailing.mailing_model_name in self.env:
                model = mailing.mailing_model_name
                if model == "mailing.list":
                    continue
                gate._refuse_finance(model, mailing._parse_mailing_domain())
