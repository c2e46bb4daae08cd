from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError

from .consent_event import IDENTIFIER_OF

# What is asked at most once is remembered for good, as a keyed hash.
FOR_GOOD = datetime(2100, 1, 1)


class ResPartner(models.Model):
    """The "May we?" panel of the contact, and what staff do from it."""

    _inherit = "res.partner"

    consent_panel = fields.Html(
        "May we reach this person?",
        compute="_compute_consent_panel",
        sanitize=False,
        groups="political_consent.group_consent_user",
    )
    consent_can_ask = fields.Boolean(
        compute="_compute_consent_can_ask", groups="political_consent.group_consent_user"
    )

    @api.depends_context("lang", "allowed_company_ids", "tz")
    @api.depends("consent_state_ids")
    def _compute_consent_panel(self):
        for partner in self:
            partner.consent_panel = self.env["ir.qweb"]._render(
                "political_consent.partner_panel",
                {
                    "channels": self._consent_channel_labels(),
                    "rows": partner._consent_panel_rows(),
                },
            )

    @api.model
    def _consent_channel_labels(self):
        return self.env["consent.state"]._fields["channel"]._description_selection(self.env)

    def _consent_panel_rows(self):
        """A row a purpose (and list); a mark a channel."""
        now = self.env["consent.signup"]._now()
        rows = {}
        for state in self.consent_state_ids.sudo().sorted("collected_at"):
            key = (state.purpose_id.sequence, state.purpose_id.id, state.list_id.id)
            row = rows.setdefault(
                key, {"purpose": state.purpose_id, "list": state.list_id, "marks": {}}
            )
            mark = row["marks"].get(state.channel)
            is_open = state._is_open(now)
            if is_open or not mark or not mark["open"]:
                row["marks"][state.channel] = {"state": state, "open": is_open}
        return [rows[key] for key in sorted(rows)]

    @api.depends("consent_state_ids", "email_normalized", "phone_sanitized")
    def _compute_consent_can_ask(self):
        for partner in self:
            partner.consent_can_ask = bool(partner._consent_boxes_of_old_addresses())

    def action_consent_record(self):
        """Open the wizard to record an answer."""
        return self._consent_wizard("given", self.env._("Record an answer"))

    def action_consent_withdraw(self):
        """Open the wizard to record a withdrawal."""
        return self._consent_wizard("withdrawn", self.env._("Record a withdrawal"))

    def _consent_wizard(self, action, name):
        self.ensure_one()
        self._check_consent_rights()
        return {
            "type": "ir.actions.act_window",
            "res_model": "consent.record.wizard",
            "name": name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": self.id,
                "default_action": action,
                "default_means": "paper" if action == "given" else "phone",
                "default_lang": self.lang or self.env.lang,
            },
        }

    # ---------------------------------------------------------------- asking again

    def action_consent_ask_again(self):
        """Ask once, at the new address, for what was agreed for the old one (R-34).

        :raises UserError: when there is nothing to ask, or it was asked already
        """
        self.ensure_one()
        self._check_consent_rights()
        boxes = self._consent_boxes_of_old_addresses()
        if not boxes:
            raise UserError(self.env._("There is nothing to ask again."))
        if not self.sudo()._consent_ask_once(boxes):
            raise UserError(self.env._("This was asked already, once. It is not asked twice."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("One message asks the person to confirm."),
            },
        }

    def _consent_boxes_of_old_addresses(self):
        """[(wording, list)] agreed for an address that the person no longer has."""
        self.ensure_one()
        now = self.env["consent.signup"]._now()
        states = self.consent_state_ids.sudo()
        live = {(s.purpose_id, s.channel, s.list_id) for s in states if s._is_open(now)}
        boxes = []
        for state in states:
            key = (state.purpose_id, state.channel, state.list_id)
            kind = IDENTIFIER_OF.get(state.channel)
            if state.action != "given" or not kind or key in live:
                continue
            column = {"email": "email_normalized", "phone": "phone_sanitized"}[kind]
            wording = self.env["consent.wording"]._published(*key[:2], self.lang)
            box = (wording, state.list_id)
            if self[column] and wording and box not in boxes:
                boxes.append(box)
        return boxes

    def _consent_ask_once(self, boxes, source_ref="/contact"):
        """Send one message that asks to confirm; never a second one for the same thing (R-37).

        Nobody who objected is asked. No rights are checked here.

        :param list boxes: [(wording record, ``consent.list`` record or empty)]
        :returns: how many messages will leave: at most one for e-mail and one for SMS
        :rtype: int
        """
        self.ensure_one()
        asked = 0
        for kind in ("email", "phone"):
            column = {"email": "email_normalized", "phone": "phone_sanitized"}[kind]
            wanted = [
                (wording, audience)
                for wording, audience in boxes
                if IDENTIFIER_OF.get(wording.channel) == kind
                and self[column]
                and self._consent_may_ask(wording, audience, self[column])
            ]
            if not wanted:
                continue
            self.env["consent.signup"].sudo()._ask(
                {
                    "company_id": wanted[0][0].company_id.id,
                    "partner_id": self.id,
                    "kind": kind,
                    "address": self[column],
                    "lang": self.lang or wanted[0][0].lang,
                    "source_ref": source_ref,
                },
                wanted,
            )
            asked += 1
        return asked

    def _consent_may_ask(self, wording, audience, address):
        gate = self.env["consent.gate"].sudo()
        request = gate._gate_request(wording.purpose_id, wording.channel, audience=audience or None)
        if gate._reasons(self.ids, request)[self.id] in ("opposed", "suppressed", "underage"):
            return False
        what = f"{self.id}|{wording.purpose_id.id}|{wording.channel}|{audience.id}|{address}"
        return self.env["consent.rate"].sudo()._first_time("ask_once", what, FOR_GOOD)
