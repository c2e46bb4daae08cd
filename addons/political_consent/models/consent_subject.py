import uuid

from odoo import api, fields, models
from odoo.tools import SQL


class ConsentSubject(models.Model):
    """A person as the ledger knows them: a random code.

    This row is the only link between the ledger and a contact. Erasing it leaves the ledger whole
    and pseudonymous. A contact has one subject per controller, and, after a merge, those of the
    contacts merged into it.
    """

    _name = "consent.subject"
    _description = "Person in the consent ledger"
    _log_access = False
    _rec_name = "code"

    code = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", readonly=True)
    partner_id = fields.Many2one("res.partner", ondelete="set null", index="btree_not_null")
    merged_at = fields.Datetime(help="Set when its contact was merged into another one.")
    email_key = fields.Char(compute="_compute_keys", store=True, compute_sudo=True)
    phone_key = fields.Char(compute="_compute_keys", store=True, compute_sudo=True)
    revision = fields.Integer(
        default=0, help="Bumped by each recording, so that two of them never pass each other."
    )

    _code_unique = models.Constraint("UNIQUE (code)", "A subject's code is drawn once.")
    _partner_unique = models.UniqueIndex(
        "(partner_id, company_id) WHERE partner_id IS NOT NULL AND merged_at IS NULL",
        "A contact has one subject per controller.",
    )
    _email_key_index = models.Index("(email_key) WHERE email_key IS NOT NULL")
    _phone_key_index = models.Index("(phone_key) WHERE phone_key IS NOT NULL")

    @api.depends("partner_id.email_normalized", "partner_id.phone_sanitized")
    def _compute_keys(self):
        """Hashes of the address that the person has *now*: a consent is bound to the address it
        was given for (R-34), so changing the address closes the gate."""
        digest = self.env["consent.key"]._digest
        for subject in self:
            subject.email_key = digest("email", subject.partner_id.email_normalized)
            subject.phone_key = digest("phone", subject.partner_id.phone_sanitized)

    @api.model
    def _ensure(self, partners, company):
        """Subjects of contacts for a controller, made where missing.

        :returns: ``{partner id: subject id}``
        """
        if not partners:
            return {}
        Partner = self.env["res.partner"]
        Partner.flush_model(["email_normalized", "phone_sanitized"])
        self.flush_model()
        keys = self.env["consent.key"]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO consent_subject
                       (code, company_id, partner_id, revision, email_key, phone_key)
                SELECT replace(gen_random_uuid()::text, '-', ''), %(company)s, p.id, 0,
                       CASE WHEN p.email_normalized <> '' THEN %(email)s END,
                       CASE WHEN p.phone_sanitized <> '' THEN %(phone)s END
                  FROM res_partner p
                 WHERE p.id = ANY(%(ids)s)
                   AND NOT EXISTS (SELECT FROM consent_subject s
                                    WHERE s.partner_id = p.id AND s.company_id = %(company)s
                                      AND s.merged_at IS NULL)
                 ORDER BY p.id
                ON CONFLICT (partner_id, company_id)
                      WHERE partner_id IS NOT NULL AND merged_at IS NULL DO NOTHING
                """,
                company=company.id,
                ids=partners.ids,
                email=keys._sql_digest("email", SQL("p.email_normalized")),
                phone=keys._sql_digest("phone", SQL("p.phone_sanitized")),
            )
        )
        self.invalidate_model()
        self.env.cr.execute(
            SQL(
                "SELECT partner_id, id FROM consent_subject WHERE partner_id = ANY(%s) "
                "AND company_id = %s AND merged_at IS NULL",
                partners.ids,
                company.id,
            )
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _draw_code(self):
        return uuid.uuid4().hex

    @api.model
    def _lock(self, subject_ids, identifier_keys=()):
        """Make two recordings about one person follow each other.

        A row lock would not do: under REPEATABLE READ the second one would go on with the answers
        it saw before the first. Changing the row makes the second fail to serialise, and Odoo
        plays it again. A row that this transaction has made is nobody else's yet.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE consent_subject SET revision = revision + 1
                 WHERE id IN (SELECT id FROM consent_subject
                               WHERE (id = ANY(%(ids)s) OR email_key = ANY(%(keys)s)
                                      OR phone_key = ANY(%(keys)s))
                                 AND xmin <> pg_current_xact_id()::xid
                               ORDER BY id FOR UPDATE)
                """,
                ids=list(subject_ids),
                keys=list(identifier_keys),
            )
        )
