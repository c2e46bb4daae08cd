import json

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, email_normalize

from ..lib import canonical, route

BATCH = 5000


class ConsentChainCheck(models.Model):
    """One verification of a controller's ledger, and the fingerprint of its head that day."""

    _name = "consent.chain.check"
    _description = "Verification of the ledger"
    _order = "id desc"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    ok = fields.Boolean("Whole", readonly=True)
    checked = fields.Integer("Events verified", readonly=True)
    first_broken = fields.Integer("First broken event", readonly=True)
    position = fields.Integer("Links in the chain", readonly=True)
    head = fields.Char("Fingerprint of the last link", readonly=True)
    mailed_to = fields.Char(readonly=True)

    @api.depends("create_date")
    def _compute_display_name(self):
        for check in self:
            day = fields.Datetime.context_timestamp(check, check.create_date)
            check.display_name = day.strftime("%d/%m/%Y %H:%M")

    @api.model
    def _check_officer(self):
        if not self.env.user.has_group("political_consent.group_consent_dpo"):
            raise AccessError(self.env._("The ledger is the data protection officer's."))

    @api.model
    def _verify(self, company):
        """Verify a controller's ledger and keep the result."""
        result = self.env["consent.event"].sudo()._verify(company)
        self.env.cr.execute(
            SQL(
                "SELECT position, sha256 FROM consent_seal WHERE company_id = %s "
                "ORDER BY position DESC LIMIT 1",
                company.id,
            )
        )
        position, head = self.env.cr.fetchone() or (0, canonical.GENESIS)
        return self.sudo().create(
            {
                "company_id": company.id,
                "ok": result["ok"],
                "checked": result["checked"],
                "first_broken": result["first_broken"],
                "position": position,
                "head": head,
            }
        )

    @api.model
    def action_verify_now(self):
        """Verify the current controller's ledger and show the result.

        :raises AccessError: for anybody but the data protection officer
        """
        self._check_officer()
        check = self._verify(self.env.company)
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": check.id,
            "view_mode": "form",
            "name": self.env._("Verification of the ledger"),
        }

    @api.model
    def action_export(self):
        """Download the current controller's ledger, one JSON object a line."""
        self._check_officer()
        return {"type": "ir.actions.act_url", "url": "/consent/ledger/export", "target": "self"}

    @api.model
    def _cron_verify(self):
        """Scheduled: verify each ledger, and send its head to whoever keeps it outside."""
        for company in self.env["res.company"].search([]):  # pylint: disable=no-search-all
            check = self._verify(company)
            check._mail_head()
            if not check.ok:
                check._alert()

    def _mail_head(self):
        """From the day that somebody else holds it, nobody rewrites what came before."""
        self.ensure_one()
        address = email_normalize(self.company_id.consent_head_email or "")
        if not address or not self.position:
            return
        body = self.env["ir.qweb"]._render(
            "political_consent.chain_mail_head", {"check": self}, lang="fr_FR"
        )
        with route.transaction("ledger"):
            self.env["mail.mail"].sudo().create(
                {
                    "subject": self.env._(
                        "Consent ledger of %(company)s: %(count)s links",
                        company=self.company_id.name,
                        count=self.position,
                    ),
                    "body_html": body,
                    "email_to": address,
                    "email_from": self.company_id.email_formatted
                    or self.env.ref("base.user_root").email_formatted,
                    "auto_delete": True,
                }
            )
        self.mailed_to = address

    def _alert(self):
        """A ledger that does not hold is the officer's most urgent task."""
        user = self.env["consent.right.request"]._officer(self.company_id)
        if user:
            self.env["mail.thread"].sudo().message_notify(
                partner_ids=user.partner_id.ids,
                subject=self.env._("The consent ledger is broken"),
                body=self.env._(
                    "Event %(event)s of %(company)s does not match its seal. Stop recording and "
                    "compare with a backup.",
                    event=self.first_broken,
                    company=self.company_id.name,
                ),
            )

    # ---------------------------------------------------------------- export

    @api.model
    def _lines(self, company):
        """A controller's ledger as lines of text, in batches of bounded size.

        :returns: generator of JSON texts; the format is told in ``static/tools/verify_chain.py``
        """
        yield json.dumps(
            {
                "form": canonical.FORM,
                "fields": canonical.FIELDS,
                "controller": company._consent_controller_code(),
                "genesis": canonical.GENESIS,
                "exported_at": canonical.stamp(fields.Datetime.now()),
            }
        )
        yield from self._sealed_lines(company)
        self.env.cr.execute(
            SQL(
                "SELECT NULL, NULL, NULL, e.content_sha256, %s FROM consent_event e "
                "WHERE e.company_id = %s AND NOT EXISTS (SELECT FROM consent_seal l "
                "WHERE l.event_id = e.id) ORDER BY e.id",
                self._sql_event(),
                company.id,
            )
        )
        yield from map(self._line, self.env.cr.fetchall())

    @api.model
    def _sealed_lines(self, company):
        position = 0
        while True:
            self.env.cr.execute(
                SQL(
                    "SELECT l.position, l.previous_sha256, l.sha256, e.content_sha256, %s "
                    "FROM consent_seal l JOIN consent_event e ON e.id = l.event_id "
                    "WHERE l.company_id = %s AND l.position > %s ORDER BY l.position LIMIT %s",
                    self._sql_event(),
                    company.id,
                    position,
                    BATCH,
                )
            )
            rows = self.env.cr.fetchall()
            if not rows:
                return
            yield from map(self._line, rows)
            position = rows[-1][0]

    @api.model
    def _line(self, row):
        position, previous, sha256, content, event = row
        return json.dumps(
            {
                "position": position,
                "previous": previous,
                "sha256": sha256,
                "content": content,
                "event": event,
            },
            ensure_ascii=False,
        )

    @api.model
    def _sql_event(self):
        """An event's hashed fields as one JSON object, moments as they are hashed."""
        parts = []
        for name in canonical.FIELDS:
            column = SQL("e.%s", SQL.identifier(name))
            if name in canonical.TIMES:
                column = SQL("to_char(%s, %s)", column, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            parts += [SQL("%s::text", name), column]
        return SQL("json_build_object(%s)", SQL(", ").join(parts))
