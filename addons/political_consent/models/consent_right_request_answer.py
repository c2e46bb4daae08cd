import json
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import email_normalize

LINK_LIFE = timedelta(days=30)


class ConsentRightRequest(models.Model):
    """What the officer does with a request, from finding the person to the answer."""

    _inherit = "consent.right.request"

    def _check_officer(self):
        if not (self.env.su or self.env.user.has_group("political_consent.group_consent_dpo")):
            raise AccessError(self.env._("Requests are answered by the data protection officer."))
        self.check_access("write")

    def action_find_contacts(self):
        """Link the controller's contacts that bear the requester's address."""
        self.check_access("write")
        for request in self:
            email = email_normalize(request.requester_email or "")
            phone = self.env["res.partner"]._phone_format(
                number=request.requester_phone or "",
                country=request.company_id.country_id or self.env.ref("base.fr"),
            )
            domain = Domain.FALSE
            if email:
                domain |= Domain("email_normalized", "=", email)
            if phone:
                domain |= Domain("phone_sanitized", "=", phone)
            mine = Domain("company_id", "in", (False, request.company_id.id))
            request.partner_ids |= (
                self.env["res.partner"].with_context(active_test=False).search(domain & mine)
            )
        return True

    def action_confirm_identity(self):
        """Say that the requester is who they say.

        :raises UserError: when it is not said how that was checked
        """
        self._check_officer()
        for request in self:
            if not request.identity_means:
                raise UserError(self.env._("Say how the identity was checked."))
            request.sudo()._identify(request.identity_means)
        return True

    def _identify(self, means):
        self.write(
            {
                "identity_means": means,
                "identity_at": fields.Datetime.now(),
                "identity_user_id": self.env.user.id if not self.env.user._is_public() else False,
                "state": "open",
            }
        )

    def _check_answerable(self):
        self._check_officer()
        for request in self:
            if request.state != "open":
                raise UserError(self.env._("Check the identity first."))

    def action_answer(self):
        """Answer: do what the right asks, tell the person, close.

        :raises UserError: before the identity is checked, or without a contact to act on
        """
        self.ensure_one()
        self._check_answerable()
        if self.kind == "erasure":
            return self._open_erasure()
        if self.kind in ("objection", "restriction") and not self.partner_ids:
            raise UserError(self.env._("Link the contacts of this person first."))
        getattr(self.sudo(), f"_answer_{self.kind}")()
        return True

    def _answer_access(self):
        token = self._draw_token(LINK_LIFE)
        self._close()
        self._tell("political_consent.right_mail_answer", url=self._url("answer", token))

    _answer_copy = _answer_access
    _answer_portability = _answer_access

    def _answer_rectification(self):
        self._close()
        self._tell("political_consent.right_mail_answer")

    def _answer_objection(self):
        for partner in self.partner_ids:
            partner._consent_object(self.company_id)
        self._close()
        self._tell("political_consent.right_mail_answer")

    def _answer_restriction(self):
        Restriction = self.env["consent.restriction"]
        known = Restriction.search(
            [("partner_id", "in", self.partner_ids.ids), ("company_id", "=", self.company_id.id)]
        ).partner_id
        Restriction.create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company_id.id,
                    "request_id": self.id,
                }
                for partner in self.partner_ids - known
            ]
        )
        self._close()
        self._tell("political_consent.right_mail_answer")

    def _open_erasure(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "consent.erasure.wizard",
            "name": self.env._("Erase a person"),
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_request_id": self.id,
                "default_partner_ids": [(6, 0, self.partner_ids.ids)],
            },
        }

    def _answer_erasure(self, partners):
        """Erase, and tell the person once that is committed: no row keeps the message."""
        self.ensure_one()
        self._close()
        self._tell_after_commit("political_consent.right_mail_answer")
        tombstone = self.env["consent.eraser"]._erase(partners, "request", request=self)
        request = self.exists()
        request.write(
            {
                "erasure_ids": [(4, tombstone.id)],
                "requester_name": False,
                "requester_email": False,
                "requester_phone": False,
                "message": False,
                "answer": False,
                "partner_ids": [(5,)],
            }
        )
        return tombstone

    def _close(self):
        self.write(
            {
                "state": "answered",
                "answered_at": fields.Datetime.now(),
                "answered_by_id": self.env.user.id,
            }
        )
        self.activity_ids.unlink()

    def action_refuse(self):
        """Refuse, with the reason that the person is told (article 12, 4)."""
        self._check_officer()
        for request in self:
            if request.state not in ("new", "open"):
                raise UserError(self.env._("This request is closed."))
            if not (request.refusal_reason or "").strip():
                raise UserError(self.env._("Write the reason: the person is told it."))
            request.sudo().write({"state": "refused", "answered_at": fields.Datetime.now()})
            request.sudo().activity_ids.unlink()
            request.sudo()._tell("political_consent.right_mail_refused")
        return True

    def action_lift_restriction(self):
        """End a restriction, after having told the person (article 18, 3)."""
        self._check_officer()
        self.env["consent.restriction"].sudo().search([("request_id", "in", self.ids)]).unlink()
        self.message_post(body=self.env._("The restriction was lifted."))
        return True

    def action_preview(self):
        """Open the page that the person will get."""
        self.ensure_one()
        self._check_answerable()
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/html/political_consent.report_access/{self.id}",
            "target": "new",
        }

    def _access_data(self, lang=None):
        """What :meth:`consent.access._collect` says of this requester, in their language."""
        self.ensure_one()
        access = self.env["consent.access"].with_context(lang=lang or self.lang or self.env.lang)
        return access._collect(
            self.partner_ids, self.company_id, portable=self.kind == "portability"
        )

    def _access_json(self):
        return json.dumps(self._access_data(), ensure_ascii=False, indent=2, default=str)
