from odoo import api, fields, models
from odoo.tools import SQL


class ConsentSuppression(models.Model):
    """Hashed addresses of people who were erased or who object to everything (R-29, R-30).

    No address in clear: only somebody who has the address can ask whether it is in here, and only
    the server has the key.
    """

    _name = "consent.suppression"
    _description = "Suppressed address"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    identifier_key = fields.Char(required=True)
    reason = fields.Selection([("erased", "Erased"), ("opposed", "Objection")], required=True)
    since = fields.Datetime(required=True)

    _key_unique = models.Constraint(
        "UNIQUE (identifier_key, company_id)", "An address is suppressed once."
    )

    @api.model
    def _add(self, company, identifier_keys, reason):
        """Suppress hashed addresses for a controller; a later objection renews the date."""
        for key in filter(None, set(identifier_keys)):
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO consent_suppression (company_id, identifier_key, reason, since)
                    VALUES (%s, %s, %s, clock_timestamp() AT TIME ZONE 'UTC')
                    ON CONFLICT (identifier_key, company_id) DO UPDATE
                       SET since = EXCLUDED.since, reason = EXCLUDED.reason
                    """,
                    company.id,
                    key,
                    reason,
                )
            )
        self.invalidate_model()

    @api.model
    def _is_suppressed(self, company, kind, value):
        """Whether an address in clear is suppressed for a controller, under any key."""
        return bool(
            self.sudo().search_count(
                [
                    ("company_id", "=", company.id),
                    ("identifier_key", "in", self.env["consent.key"]._digests(kind, value)),
                ],
                limit=1,
            )
        )

    @api.model
    def _erased_among(self, company, emails, phones):
        """Which of some addresses in clear were erased, under any key; one query.

        :param list emails: normalised e-mails, empty values allowed
        :param list phones: E.164 numbers, empty values allowed
        :rtype: set[str]
        """
        if not self.search_count([("company_id", "=", company.id)], limit=1):
            return set()
        digests = self.env["consent.key"]._digests
        of = {key: email for email in filter(None, emails) for key in digests("email", email)}
        of.update({key: phone for phone in filter(None, phones) for key in digests("phone", phone)})
        found = self.search(
            [
                ("company_id", "=", company.id),
                ("reason", "=", "erased"),
                ("identifier_key", "in", list(of)),
            ]
        )
        return {of[row.identifier_key] for row in found}

    @api.model
    def _reason_of(self, company, email, phone):
        """Why an address is suppressed for a controller, or ``False``."""
        digests = self.env["consent.key"]._digests
        keys = digests("email", email) + digests("phone", phone)
        if not keys:
            return False
        return self.search(
            [("company_id", "=", company.id), ("identifier_key", "in", keys)], limit=1
        ).reason
