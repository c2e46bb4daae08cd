from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL


class AppendOnly(models.AbstractModel):
    """Rows that are inserted and never changed, by the ORM or by SQL (R-05)."""

    _name = "consent.append.only"
    _description = "Append-only records"
    _log_access = False

    def init(self):
        super().init()
        if self._abstract:
            return
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION consent_append_only() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
                    USING ERRCODE = 'restrict_violation';
            END $$ LANGUAGE plpgsql
            """
        )
        table = SQL.identifier(self._table)
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE TRIGGER append_only_rows
                    BEFORE UPDATE OR DELETE ON %(table)s
                    FOR EACH ROW EXECUTE FUNCTION consent_append_only();
                CREATE OR REPLACE TRIGGER append_only_table
                    BEFORE TRUNCATE ON %(table)s
                    FOR EACH STATEMENT EXECUTE FUNCTION consent_append_only();
                """,
                table=table,
            )
        )

    @api.model
    def _commit_to_disk(self):
        """Let the commit of this transaction wait for the disk, whatever the server is set to.

        Some set PostgreSQL's ``synchronous_commit`` to off for speed: what was answered as kept
        would be gone if the database crashed within the second.
        """
        self.env.cr.execute(
            "SELECT set_config('synchronous_commit', 'on', true) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )

    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Consents are recorded through the contact, not by hand."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(
            self.env._("What the ledger holds is never changed. A correction is a new event.")
        )

    def unlink(self):  # pylint: disable=method-required-super
        raise AccessError(  # pylint: disable=no-raise-unlink
            self.env._("What the ledger holds is never deleted. A correction is a new event.")
        )
