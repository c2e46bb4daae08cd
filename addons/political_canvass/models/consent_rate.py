from odoo import api, models
from odoo.tools import SQL


class ConsentRate(models.Model):
    _inherit = "consent.rate"

    @api.model
    def _hits(self, scope, who, minutes=60):
        """Requests counted in the current window, without counting this one.

        Guesses are counted when they fail but must be stopped before the next one is judged.
        """
        key = self.env["consent.key"]._digest("rate", f"{scope}:{who}")
        self.env.cr.execute(
            SQL(
                "SELECT coalesce(sum(hits), 0) FROM consent_rate WHERE key = %s AND started = %s",
                key,
                self._window(minutes),
            )
        )
        return self.env.cr.fetchone()[0]
