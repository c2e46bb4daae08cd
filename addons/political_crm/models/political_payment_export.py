import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import finance_export
from ..lib import finance_rules as law

NATURE = {"dues": "Cotisation", "gift": "Don", "campaign": "Don à un candidat"}
MODE = {
    "card": "Carte bancaire",
    "cheque": "Chèque",
    "transfer": "Virement",
    "debit": "Prélèvement",
    "cash": "Espèces",
}
CIVILITY = {"mrs": "Mme", "mr": "M."}


class PoliticalPaymentExport(models.Model):
    """A file for the CNCCFP, and the lock on what is in it (R-58)."""

    _name = "political.payment.export"
    _description = "CNCCFP file"
    _order = "date desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    agent_id = fields.Many2one(
        "political.financial.agent",
        required=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env["political.financial.agent"]._default_for(self.env.company),
    )
    kind = fields.Selection(
        [("operations", "Entries (locks them)"), ("donors", "Donor list of 15 April")],
        required=True,
        default="operations",
    )
    year = fields.Integer(
        required=True, default=lambda self: self.env.company._membership_today().year - 1
    )
    date = fields.Datetime("Made on", readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "To make"), ("done", "Made")], default="draft", required=True, readonly=True
    )
    payment_ids = fields.One2many("political.payment", "export_id", "Entries", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    currency_id = fields.Many2one(
        "res.currency", default=lambda self: self.env.ref("base.EUR", raise_if_not_found=False)
    )
    total = fields.Monetary(readonly=True)
    sha256 = fields.Char("Fingerprint", readonly=True, copy=False)
    file = fields.Binary(readonly=True, copy=False, attachment=True)
    filename = fields.Char(compute="_compute_filename")

    @api.depends("kind", "year")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for export in self:
            export.display_name = f"{labels[export.kind or 'operations']} {export.year}"

    @api.depends("kind", "year")
    def _compute_filename(self):
        for export in self:
            name = "ecritures" if export.kind == "operations" else "donateurs"
            export.filename = f"{name}-{export.year}-{export._origin.id or 0}.tsv"

    def action_make(self):
        """Make the file, and lock the entries that are in it.

        :raises UserError: when a payer's data is incomplete, or there is nothing new
        """
        self.check_access("write")
        for export in self:
            if export.state == "done":
                raise UserError(
                    self.env._("This file was made and stays. Make a new one for what came since.")
                )
            export._make()
        return True

    def _make(self):
        payments = self._wanted()
        if not payments:
            raise UserError(self.env._("Nothing new to send for this agent and this year."))
        self._check_complete(payments)
        if self.kind == "operations":
            payments.sudo().payer_id._lock()
            payments.sudo().write({"export_id": self.id})
        rows = self._rows(payments)
        content = finance_export.table(self.kind, rows)
        self.sudo().write(
            {
                "state": "done",
                "date": fields.Datetime.now(),
                "line_count": len(rows),
                "total": sum(payments.mapped("amount")),
                "sha256": hashlib.sha256(content).hexdigest(),
                "file": base64.b64encode(content),
            }
        )

    def _wanted(self):
        domain = [
            ("company_id", "=", self.company_id.id),
            ("agent_id", "=", self.agent_id.id),
            ("year", "=", self.year),
            ("state", "=", "received"),
        ]
        if self.kind == "operations":
            domain.append(("export_id", "=", False))
        return self.env["political.payment"].search(domain, order="date, id")

    def _check_complete(self, payments):
        lacking = payments.payer_id.filtered(
            lambda p: not (p.nationality_id and p.street and p.city and p.country_id)
        )
        if lacking:
            raise UserError(
                self.env._(
                    "%(count)s payers lack a nationality or a tax address, which the receipt must "
                    "state: %(names)s",
                    count=len(lacking),
                    names=", ".join(lacking[:5].mapped("display_name")),
                )
            )

    def _content(self):
        """The file of what is locked by this export, computed again from the entries."""
        self.ensure_one()
        payments = self.payment_ids.sorted(lambda p: (p.date, p.id))
        return finance_export.table(self.kind, self._rows(payments))

    def _rows(self, payments):
        return (
            self._donor_rows(payments)
            if self.kind == "donors"
            else [self._operation_row(payment) for payment in payments]
        )

    def _agent_columns(self):
        agent = self.agent_id
        return {
            "agent_code": agent.cnccfp_code,
            "agent_name": agent.name,
            "agent_address": agent._address(),
            "agent_phone": agent.phone,
            "agent_email": agent.email,
        }

    def _payer_columns(self, payer):
        french = self.with_context(lang="fr_FR").env["res.country"]
        return {
            "payer_code": payer.code,
            "civility": CIVILITY.get(payer.civility, ""),
            "firstname": payer.firstname,
            "lastname": payer.lastname,
            "nationality": french.browse(payer.nationality_id.id).name,
            "street": payer.street,
            "zip": payer.zip,
            "city": payer.city,
            "country": french.browse(payer.country_id.id).name,
        }

    def _operation_row(self, payment):
        kind = NATURE[payment.kind]
        return {
            **self._agent_columns(),
            **self._payer_columns(payment.payer_id),
            "uid": payment.uid,
            "counter_uid": payment.counter_of_id.uid,
            "kind": f"{kind} d'élu" if payment.elected else kind,
            "mode": MODE[payment.mode],
            "date": payment.date.strftime("%d/%m/%Y"),
            "mandate": payment.mandate,
            "currency": payment.currency_id.name,
            "amount": law.money(payment.amount),
            "reference": payment.reference,
            "slip": payment.slip_id.name,
        }

    def _donor_rows(self, payments):
        """One line a payer: everybody who gave or paid dues, with the sums of the year."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT payer_id, sum(amount) FILTER (WHERE kind <> 'dues'),
                       sum(amount) FILTER (WHERE kind = 'dues' AND elected IS NOT TRUE),
                       sum(amount) FILTER (WHERE kind = 'dues' AND elected), sum(amount)
                  FROM political_payment WHERE id = ANY(%s) GROUP BY payer_id
                """,
                list(payments.ids),
            )
        )
        sums = {row[0]: [law.money(value) for value in row[1:]] for row in self.env.cr.fetchall()}
        return [
            {
                **self._agent_columns(),
                **self._payer_columns(payer),
                **dict(
                    zip(("gifts", "dues", "elected_dues", "total"), sums[payer.id], strict=True)
                ),
            }
            for payer in payments.payer_id.sorted(lambda p: (p.lastname, p.firstname or "", p.id))
        ]

    def write(self, vals):
        made = {"state", "date", "line_count", "total", "sha256", "file"} & set(vals)
        if not self.env.su and (made or any(export.state == "done" for export in self)):
            raise UserError(self.env._("A file that was made stays as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(export.state == "done" for export in self):
            raise UserError(self.env._("A file that was made is kept."))
