from odoo import api, models
from odoo.addons.political_consent.models.consent_gate import PARTNER, Check
from odoo.tools import SQL


class ConsentGate(models.AbstractModel):
    _inherit = "consent.gate"

    @api.model
    def _gate_checks(self, request):
        """R-38: people of a rented file are reached while its contract runs and with the proof
        that they were told; their consent is still asked for by the ordinary checks."""
        return [
            *super()._gate_checks(request),
            Check(
                "rented",
                # As an array, for the planner: it takes a subquery that may be hashed for one that
                # runs anew for every contact, and then reads a million contacts one by one.
                SQL(
                    """(%(partner)s.political_origin IS DISTINCT FROM 'purchased'
                        OR COALESCE(%(partner)s.rental_id = ANY(ARRAY(
                            SELECT l.id FROM political_rental l JOIN ir_attachment a
                              ON a.res_model = 'political.rental' AND a.res_field = 'proof'
                                 AND a.res_id = l.id
                             WHERE l.end_date >= (now() AT TIME ZONE 'UTC')::date)), FALSE))""",
                    partner=PARTNER,
                ),
            ),
        ]

    @api.model
    def _reason_labels(self):
        return super()._reason_labels() | {
            "rented": self.env._("of a rented file without proof, or whose contract has ended"),
        }
