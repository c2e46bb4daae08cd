from odoo import api, fields, models
from odoo.tools import SQL

from .consent_gate_sending import CONVERSATION_DAYS


class ConsentConversation(models.Model):
    """Who wrote to the controller first, by the keyed hash of the address.

    Somebody who writes expects an answer: that is no canvassing. Nothing but the time and the
    hash is kept, for a year after the last message.
    """

    _name = "consent.conversation"
    _description = "Address that wrote to us"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    identifier_key = fields.Char("Hashed address", required=True, readonly=True)
    last_at = fields.Datetime(required=True, readonly=True)

    _key_unique = models.Constraint(
        "UNIQUE (identifier_key, company_id)", "There is one row for an address."
    )

    @api.model
    def _wrote(self, kind, address, company):
        """Remember that a person wrote, or acted on a form, from an address.

        Called by the server's own code when it takes in a message; no caller reaches it.

        :param str kind: ``email`` or ``phone``
        :param str address: normalised
        :param company: ``res.company`` that was written to
        """
        key = self.env["consent.key"]._digest(kind, address)
        if not key:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO consent_conversation (company_id, identifier_key, last_at)
                VALUES (%s, %s, clock_timestamp() AT TIME ZONE 'UTC')
                ON CONFLICT (identifier_key, company_id)
                DO UPDATE SET last_at = EXCLUDED.last_at
                """,
                company.id,
                key,
            )
        )
        self.invalidate_model()

    @api.autovacuum
    def _gc_conversations(self):
        self.env.cr.execute(
            SQL(
                "DELETE FROM consent_conversation "
                "WHERE last_at < (clock_timestamp() AT TIME ZONE 'UTC') - %s * INTERVAL '1 day'",
                CONVERSATION_DAYS,
            )
        )
        self.invalidate_model()
