from odoo import api, models
from odoo.addons.political_consent.models.consent_gate import Check
from odoo.tools import SQL

# What goes through a queue waits there and leaves after the ballot; the rest is a list that
# somebody reads now, and those who must not be disturbed are not on it.
QUEUED = ("email", "sms")
STATION_PATH = SQL(
    "(SELECT z.parent_path FROM political_zone z WHERE z.id = res_partner.polling_station_id)"
)
STATION_CONSTITUENCY = SQL(
    "(SELECT z.constituency_id FROM political_zone z WHERE z.id = res_partner.polling_station_id)"
)
# Where a person votes; else where they live, by country and postcode; NULL when nothing tells.
DEPARTMENT = SQL(
    """(SELECT CASE WHEN left(place.code, 2) IN ('97', '98') THEN left(place.code, 3)
                    ELSE left(place.code, 2) END
          FROM (SELECT coalesce(
                (SELECT z.code FROM political_zone z WHERE z.id = res_partner.polling_station_id),
                (SELECT CASE c.code WHEN 'GP' THEN '971' WHEN 'MQ' THEN '972' WHEN 'GF' THEN '973'
                                    WHEN 'RE' THEN '974' WHEN 'PM' THEN '975' WHEN 'YT' THEN '976'
                                    WHEN 'BL' THEN '977' WHEN 'MF' THEN '978' WHEN 'WF' THEN '986'
                                    WHEN 'PF' THEN '987' WHEN 'NC' THEN '988' WHEN 'FR' THEN NULL
                                    ELSE 'ZZ' END
                   FROM res_country c WHERE c.id = res_partner.country_id),
                CASE replace(res_partner.zip, ' ', '')
                     WHEN '97133' THEN '977' WHEN '97150' THEN '978'
                     ELSE nullif(replace(res_partner.zip, ' ', ''), '') END) AS code) place)"""
)
NOBODY = SQL(
    "SELECT NULL::integer AS polling_station_id, NULL::integer AS country_id, NULL::varchar AS zip"
)


class ConsentGate(models.AbstractModel):
    """From the eve of a ballot to its close nobody is canvassed (L.49, R-28)."""

    _inherit = "consent.gate"

    @api.model
    def _gate_checks(self, request):
        checks = super()._gate_checks(request)
        if request.channel not in QUEUED:
            until = self._sql_silence(request)
            if until:
                checks.append(Check("silence", SQL("(%s) IS NULL", until)))
        return checks

    @api.model
    @api.readonly
    def check(self, partner_ids, purpose_code, channel, at=False):
        """As in the gate; who may be reached but not before the close of a ballot has the reason
        ``silence``."""
        answers = super().check(partner_ids, purpose_code, channel, at=at)
        allowed = [answer["partner_id"] for answer in answers if answer["allowed"]]
        if channel not in QUEUED or not allowed:
            return answers
        request = self._gate_request(self._own_purpose(purpose_code), channel, at=at)
        silent = self._silent_among(allowed, request)
        return [
            {**answer, "allowed": False, "reason": "silence"}
            if answer["partner_id"] in silent
            else answer
            for answer in answers
        ]

    @api.model
    @api.readonly
    def audience(self, purpose_code, channel, domain):
        """As in the gate, without those whom a ballot keeps silent now."""
        ids = super().audience(purpose_code, channel, domain)
        if channel not in QUEUED or not ids:
            return ids
        request = self._gate_request(self._own_purpose(purpose_code), channel)
        silent = self._silent_among(ids, request)
        return [partner_id for partner_id in ids if partner_id not in silent]

    @api.model
    def _held_until(self, request, partners):
        held = super()._held_until(request, partners)
        until = self._sql_silence(request)
        if not until:
            return held
        if not partners:
            # An address that belongs to no contact: nobody knows where that is.
            self.env.cr.execute(SQL("SELECT %s FROM (%s) res_partner", until, NOBODY))
        else:
            partners.flush_recordset()
            self.env.cr.execute(
                SQL("SELECT max(%s) FROM res_partner WHERE id = ANY(%s)", until, partners.ids)
            )
        [moment] = self.env.cr.fetchone()
        return max(filter(None, (held, moment)), default=False)

    @api.model
    def _silent_among(self, partner_ids, request):
        """Ids of those among some contacts whom a ballot keeps silent."""
        until = self._sql_silence(request)
        if not until:
            return set()
        self._flush()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM res_partner WHERE id = ANY(%s) AND (%s) IS NOT NULL",
                list(partner_ids),
                until,
            )
        )
        return {partner_id for (partner_id,) in self.env.cr.fetchall()}

    @api.model
    def _sql_silence(self, request):
        """Moment at which a contact may be reached again, over ``res_partner``, or ``None``.

        What the statutes oblige to send (the notice of a general meeting) is no propaganda.
        """
        if request.purpose.statutory:
            return None
        return (
            self.env["political.election"]
            .sudo()
            ._sql_silent_until(request.at, DEPARTMENT, STATION_PATH, STATION_CONSTITUENCY)
        )

    @api.model
    def _reason_labels(self):
        return super()._reason_labels() | {
            "silence": self.env._("eve or day of a ballot: afterwards"),
        }
