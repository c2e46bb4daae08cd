import csv
import io

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .political_payment import KINDS, MODES


class PoliticalReceipt(models.Model):
    """What a receipt of the CNCCFP says of one payer, agent, kind and mode in a year (R-57).

    The number is the CNCCFP's: it is only ever imported. Until then what is printed says that it
    is no tax receipt (R-56).
    """

    _name = "political.receipt"
    _description = "Receipt"
    _order = "year desc, payer_id, id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", "Controller", required=True, readonly=True)
    agent_id = fields.Many2one(
        "political.financial.agent", required=True, readonly=True, ondelete="restrict"
    )
    payer_id = fields.Many2one(
        "political.payer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    kind = fields.Selection(KINDS, required=True, readonly=True)
    elected = fields.Boolean("Dues of an elected person", readonly=True)
    mode = fields.Selection(MODES, "Paid by", required=True, readonly=True)
    year = fields.Integer(required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    payment_ids = fields.One2many("political.payment", "receipt_id", "Payments", readonly=True)
    payment_count = fields.Integer("Payments made", readonly=True)
    number = fields.Char(
        "CNCCFP number", readonly=True, copy=False, help="Imported, never drawn by us."
    )
    payer_name = fields.Char(readonly=True)
    payer_address = fields.Char("Tax address", readonly=True)
    nationality_id = fields.Many2one("res.country", readonly=True)
    missing = fields.Char(compute="_compute_missing")
    reference = fields.Char(
        "Our reference",
        compute="_compute_reference",
        help="For the list that goes to the CNCCFP and comes back with numbers.",
    )

    _number_unique = models.UniqueIndex(
        "(company_id, number) WHERE number IS NOT NULL", "Another receipt has this number."
    )
    _open_unique = models.UniqueIndex(
        "(payer_id, agent_id, kind, elected, mode, year) WHERE number IS NULL",
        "There is one open receipt for a payer, an agent, a kind, a mode and a year.",
    )

    @api.depends("number", "payer_id", "year")
    def _compute_display_name(self):
        for receipt in self:
            name = receipt.number or self.env._("Without number")
            receipt.display_name = f"{name} · {receipt.payer_name or ''} · {receipt.year}"

    @api.depends("payer_name", "payer_address", "nationality_id")
    def _compute_missing(self):
        _ = self.env._
        for receipt in self:
            lacks = [
                label
                for value, label in (
                    (receipt.payer_name, _("name")),
                    (receipt.payer_address, _("tax address")),
                    (receipt.nationality_id, _("nationality")),
                )
                if not value
            ]
            receipt.missing = ", ".join(lacks)

    @api.depends("payer_id", "year", "kind", "elected", "mode")
    def _compute_reference(self):
        for receipt in self:
            elected = "-elected" if receipt.elected else ""
            receipt.reference = (
                f"{receipt.year}-{receipt.payer_id.code[:12]}-{receipt.kind}{elected}"
                f"-{receipt.mode}-{receipt.id}"
            )

    # ---------------------------------------------------------------- making

    @api.model
    def _prepare_year(self, company, year):
        """Put every payment of a civil year on its receipt; run again it adds what came since.

        :returns: the receipts of the year
        """
        Payment = self.env["political.payment"].sudo()
        Payment.search([("company_id", "=", company.id), ("year", "=", year)]).payer_id.filtered(
            "partner_id"
        )._refresh_identity()
        self.env.flush_all()
        values = {
            "company": company.id,
            "year": year,
            "user": self.env.uid,
            "now": self.env.cr.now(),
        }
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO political_receipt (company_id, agent_id, payer_id, partner_id, kind,
                       elected, mode, year, currency_id, create_uid, write_uid, create_date,
                       write_date)
                SELECT DISTINCT p.company_id, p.agent_id, p.payer_id, y.partner_id, p.kind,
                       COALESCE(p.elected, FALSE), p.mode, p.year, p.currency_id, %(user)s,
                       %(user)s, %(now)s::timestamp, %(now)s::timestamp
                  FROM political_payment p JOIN political_payer y ON y.id = p.payer_id
                 WHERE p.company_id = %(company)s AND p.year = %(year)s AND p.state = 'received'
                   AND p.receipt_id IS NULL
                ON CONFLICT (payer_id, agent_id, kind, elected, mode, year) WHERE number IS NULL
                DO NOTHING
                """,
                **values,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_payment p
                   SET receipt_id = r.id, write_uid = %(user)s, write_date = %(now)s::timestamp
                  FROM political_receipt r
                 WHERE r.number IS NULL AND r.payer_id = p.payer_id AND r.agent_id = p.agent_id
                   AND r.kind = p.kind AND r.elected = COALESCE(p.elected, FALSE)
                   AND r.mode = p.mode AND r.year = p.year AND p.company_id = %(company)s
                   AND p.year = %(year)s AND p.state = 'received' AND p.receipt_id IS NULL
                """,
                **values,
            )
        )
        self._sum_open(company, year)
        self.env.invalidate_all()
        return self.search([("company_id", "=", company.id), ("year", "=", year)])

    @api.model
    def _sum_open(self, company, year):
        """Amounts and identity of receipts without number; an empty one goes."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_receipt r
                   SET amount = COALESCE(s.amount, 0), payment_count = COALESCE(s.number, 0),
                       partner_id = y.partner_id, nationality_id = y.nationality_id,
                       payer_name = concat_ws(' ', NULLIF(y.firstname, ''), y.lastname),
                       payer_address = NULLIF(concat_ws(', ', NULLIF(y.street, ''),
                           NULLIF(concat_ws(' ', y.zip, y.city), '')), '')
                  FROM political_payer y LEFT JOIN political_receipt o ON o.payer_id = y.id
                  LEFT JOIN (SELECT receipt_id, sum(amount) AS amount, count(*) AS number
                          FROM political_payment WHERE state = 'received'
                         GROUP BY receipt_id) s ON s.receipt_id = o.id
                 WHERE o.id = r.id AND r.number IS NULL AND r.company_id = %s AND r.year = %s
                """,
                company.id,
                year,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM political_receipt r
                 WHERE r.number IS NULL AND r.company_id = %s AND r.year = %s
                   AND NOT EXISTS (SELECT FROM political_payment p WHERE p.receipt_id = r.id)
                """,
                company.id,
                year,
            )
        )

    def action_prepare(self, year=False):
        """Prepare the receipts of a civil year; the current one by default.

        :param int year: civil year
        :returns: the action that opens them
        """
        if not self.env.user.has_group("political_crm.group_finance"):
            raise AccessError(self.env._("Receipts are the financial agent's."))
        year = int(year or self.env.company._membership_today().year)
        self.sudo()._prepare_year(self.env.company, year)
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_receipt")
        action["domain"] = [("year", "=", year)]
        return action

    # ---------------------------------------------------------------- numbers

    def write(self, vals):
        if "number" in vals and not self.env.su:
            raise UserError(
                self.env._("Numbers are the CNCCFP's: import its file, nobody types them (R-56).")
            )
        return super().write(vals)

    @api.model
    def _parse_numbers(self, content):
        """Rows of the CNCCFP's file: tab or semicolon, ``receipt`` and ``number`` in the header.

        :param bytes content: the file
        :returns: list of (line, receipt reference, number)
        :raises UserError: on a file that is none
        """
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
        lines = text.splitlines()
        delimiter = "\t" if lines and "\t" in lines[0] else ";"
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
        receipt = names.get("recu") or names.get("reçu") or names.get("receipt")
        number = names.get("numero") or names.get("numéro") or names.get("number")
        if not (receipt and number):
            raise UserError(
                self.env._(
                    "The file's first line must name two columns: “recu” (the reference that our "
                    "list has) and “numero” (the CNCCFP's number), separated by tabs or semicolons."
                )
            )
        return [
            (line, (row[receipt] or "").strip(), (row[number] or "").strip())
            for line, row in enumerate(reader, 2)
        ]

    @api.model
    def _import_numbers(self, content):
        """Take the numbers of a file: all of them, or none.

        :param bytes content: the file
        :returns: number of receipts that got theirs
        :raises UserError: naming the line that is wrong; nothing is then written
        """
        rows = self._parse_numbers(content)
        receipts = {receipt.reference: receipt for receipt in self._numberable()}
        seen = {}
        for line, reference, number in rows:
            receipt = receipts.get(reference)
            fault = self._number_fault(receipt, reference, number, seen)
            if fault:
                raise UserError(
                    self.env._(
                        "Line %(line)s: %(fault)s Nothing was imported.", line=line, fault=fault
                    )
                )
            seen[number] = receipt
        done = 0
        for number, receipt in seen.items():
            if receipt.number != number:
                receipt.sudo().number = number
                done += 1
        return done

    @api.model
    def _numberable(self):
        return self.search([("company_id", "=", self.env.company.id)])

    def _number_fault(self, receipt, reference, number, seen):
        _ = self.env._
        if not receipt:
            return _("there is no receipt “%(reference)s”.", reference=reference)
        if not number:
            return _("there is no number.")
        if number in seen:
            return _("the number %(number)s comes twice.", number=number)
        if receipt.number and receipt.number != number:
            return _("this receipt has the number %(number)s already.", number=receipt.number)
        if receipt.missing:
            return _("the receipt lacks: %(missing)s.", missing=receipt.missing)
        return None
