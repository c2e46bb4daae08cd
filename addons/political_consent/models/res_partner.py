from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .consent_event import ACTIONS, ACTS, MEANS
from .consent_purpose import CHANNELS

PROOF = {
    "means",
    "wording_code",
    "act",
    "collected_at",
    "evidence",
    "evidence_name",
    "source_ref",
    "age_check",
    "co_consent_uid",
    "list_code",
    "lang",
}
# A person did these alone, on our pages: only the pages record them.
SELF_SERVICE = {"web", "portal", "preferences", "unsubscribe", "one_click", "stop", "job"}
ACT_OF = {
    "web": "double_optin",
    "portal": "tick",
    "paper": "signature",
    "letter": "signature",
    "phone": "spoken",
    "canvass": "tick",
    "event": "tick",
    "membership": "tick",
    "import": "signature",
    "staff": "spoken",
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    birthdate = fields.Date(groups="political_consent.group_consent_user")
    consent_subject_ids = fields.One2many(
        "consent.subject", "partner_id", groups="political_consent.group_consent_user"
    )
    consent_state_ids = fields.Many2many(
        "consent.state",
        compute="_compute_consent_state_ids",
        compute_sudo=True,
        string="May we?",
        groups="political_consent.group_consent_user",
    )

    def _compute_consent_state_ids(self):
        # The table of answers is the officer's; who may read a contact may read its answers.
        found = self.env["consent.state"].search(
            [
                ("subject_id.partner_id", "in", self.ids),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        for partner in self:
            partner.consent_state_ids = found.filtered(lambda s, p=partner: s.partner_id == p)

    def consent_record(self, purpose_code, channel, action, proof):
        """Append what these people answered to the ledger.

        :param str purpose_code: code of a purpose of the contact's controller (of the current
            company for a contact without one)
        :param str channel: email, sms, call, post or door
        :param str action: given, refused, withdrawn or expired
        :param dict proof: ``means`` (required: paper, phone, letter, canvass, event, membership,
            import, staff), and as the case asks ``wording_code`` (required for *given*), ``act``
            (tick, signature, spoken, reply, button), ``collected_at`` (UTC), ``evidence``
            (base64), ``evidence_name``, ``source_ref``, ``age_check``, ``co_consent_uid``,
            ``list_code``, ``lang``
        :returns: ids of the ledger's events, in the order of the contacts
        :rtype: list[int]
        :raises AccessError: without the right to record consents, or on a contact out of reach
        :raises UserError: when the proof is incomplete; nothing is then recorded for anybody
        """
        self._check_consent_rights()
        self._check_answer(channel, action, proof)
        vals_list = []
        evidence = self._consent_evidence(proof)
        for company, partners in self._by_controller().items():
            shared = partners._consent_vals(company, purpose_code, channel, action, proof)
            vals_list += [
                {**shared, "partner": partner, "evidence": evidence} for partner in partners
            ]
        events = self.env["consent.event"].sudo()._record(vals_list)
        if len(self) < 2:
            return events.ids
        event_of = dict(zip((vals["partner"].id for vals in vals_list), events._ids, strict=True))
        return [event_of[partner_id] for partner_id in self._ids]

    def _by_controller(self):
        """The contacts by controller: their company, else the current one (R-41).

        :raises AccessError: when one belongs to a controller that the user is not of
        """
        groups = self.sudo().grouped(lambda partner: partner.company_id or self.env.company)
        for company in groups:
            if company not in self.env.companies and not self.env.su:
                raise AccessError(self.env._("This contact belongs to another controller."))
        return {company: partners.with_env(self.env) for company, partners in groups.items()}

    def _check_consent_rights(self):
        if not (self.env.su or self.env.user.has_group("political_consent.group_consent_user")):
            raise AccessError(self.env._("You may not record consents. Ask for this right."))
        self.check_access("read")

    @api.model
    def _check_answer(self, channel, action, proof):
        _ = self.env._
        if channel not in dict(CHANNELS):
            raise UserError(_("“%s” is no channel: email, sms, call, post or door.", channel))
        if action not in dict(ACTIONS):
            raise UserError(_("“%s” is no answer: given, refused, withdrawn or expired.", action))
        if not isinstance(proof, dict) or not proof.get("means"):
            raise UserError(_("Say by which means the answer came: paper, phone, letter …"))
        unknown = sorted(set(proof) - PROOF)
        if unknown:
            raise UserError(_("The proof has parts we do not know: %s.", ", ".join(unknown)))
        if proof["means"] not in dict(MEANS):
            raise UserError(_("“%s” is no means we know.", proof["means"]))
        if proof.get("act") and proof["act"] not in dict(ACTS):
            raise UserError(_("“%s” is no act we know.", proof["act"]))
        if action == "given":
            self._check_given_proof(proof)

    @api.model
    def _check_given_proof(self, proof):
        _ = self.env._
        if not proof.get("wording_code"):
            raise UserError(_("Name the wording that the person agreed to."))
        if proof["means"] in SELF_SERVICE and not self.env.su:
            raise UserError(_("This means is the person's own: it cannot be recorded for them."))
        if proof["means"] not in ACT_OF or proof.get("act") == "none":
            raise UserError(_("A consent is an act of the person: a tick, a signature, a word."))

    def _consent_vals(self, company, purpose_code, channel, action, proof):
        """What the recordings of one call share."""
        purpose = self.env["consent.purpose"]._get(purpose_code, company)
        return {
            "purpose": purpose,
            "channel": channel,
            "action": action,
            "means": proof["means"],
            "act": proof.get("act") or ACT_OF.get(proof["means"], "none"),
            "wording": self._consent_wording(purpose, proof.get("wording_code")),
            "list": self._consent_list(purpose, proof.get("list_code")),
            "collected_at": self._consent_moment(proof),
            "timezone": self.env.user.tz or "UTC",
            "lang": proof.get("lang"),
            "source_ref": proof.get("source_ref"),
            "age_check": proof.get("age_check"),
            "co_consent_uid": proof.get("co_consent_uid"),
            "collector": self.env.user,
        }

    @api.model
    def _consent_wording(self, purpose, code):
        Wording = self.env["consent.wording"].sudo()
        if not code:
            return Wording
        wording = Wording.search([("purpose_id", "=", purpose.id), ("code", "=", code)], limit=1)
        if not wording:
            raise UserError(self.env._("There is no wording “%s” for this purpose.", code))
        return wording

    @api.model
    def _consent_list(self, purpose, code):
        List = self.env["consent.list"].sudo()
        if not code:
            return List
        found = List.search([("purpose_id", "=", purpose.id), ("code", "=", code)], limit=1)
        if not found:
            raise UserError(self.env._("There is no list “%s” for this purpose.", code))
        return found

    @api.model
    def _consent_moment(self, proof):
        """When it was collected: now, or in the past with evidence and the right to say so."""
        _ = self.env._
        if not proof.get("collected_at"):
            return None
        try:
            moment = proof["collected_at"]
            if isinstance(moment, str):
                moment = datetime.fromisoformat(moment)
            if moment.tzinfo:
                moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
        except (AttributeError, ValueError) as error:
            raise UserError(_("The date of collection is not a date.")) from error
        if moment > datetime.now(timezone.utc).replace(tzinfo=None):
            raise UserError(_("A consent cannot have been collected in the future."))
        if self.env.su:
            return moment
        if not proof.get("evidence"):
            raise UserError(_("A consent collected in the past needs its evidence: the scan."))
        if not self.env.user.has_group("political_consent.group_consent_behalf"):
            raise AccessError(_("You may not record what was collected in the past."))
        return moment

    @api.model
    def _consent_evidence(self, proof):
        if not proof.get("evidence"):
            return []
        return [
            {
                "kind": "file",
                "file": proof["evidence"],
                "filename": proof.get("evidence_name") or "evidence",
            }
        ]
