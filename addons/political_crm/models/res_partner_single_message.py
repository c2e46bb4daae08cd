from odoo import fields, models
from odoo.addons.political_consent.models.res_partner_panel import FOR_GOOD
from odoo.exceptions import UserError

from .res_partner import PEOPLE


class ResPartner(models.Model):
    """One single message to an occasional contact (R-11, R-12) or to who was named by somebody
    else (R-39); an answer makes a regular contact of them."""

    _inherit = "res.partner"

    single_message_at = fields.Datetime(
        "Single message sent on",
        readonly=True,
        copy=False,
        groups=PEOPLE,
        help="An occasional contact gets one message and no more. Without an answer the contact "
        "is deleted two months later.",
    )

    _single_message_index = models.Index(
        "(email_normalized) WHERE single_message_at IS NOT NULL",
    )

    def write(self, vals):
        if "single_message_at" in vals and not self.env.su:
            raise UserError(self.env._("The single message notes itself when it leaves."))
        return super().write(vals)

    def _note_single_message(self):
        """A message for a purpose has left for these contacts: it was the only one for those who
        are kept for one."""
        concerned = self.sudo().filtered(
            lambda p: p.political_basis == "single" and not p.single_message_at
        )
        if concerned:
            concerned.write({"single_message_at": fields.Datetime.now()})

    def _became_regular(self, origin):
        """A step of the person's own makes a regular contact.

        :param str origin: one of ``OWN_ORIGINS``: the step
        """
        for partner in self.sudo():
            if partner.is_company or partner.political_category in ("member", "former", "regular"):
                continue
            partner.write(
                {
                    "political_category": "regular",
                    "political_origin": origin,
                    "political_basis": "body",
                    "company_id": partner.company_id.id or self.env.company.id,
                }
            )

    def action_invite_referred(self):
        """Write once, and never again, to somebody whom another person named (R-39).

        The message says who named them and asks whether they want the newsletter. Silence is
        deleted two months later.

        :raises UserError: when the person was written to before, has no address, or nobody is
            said to have named them
        """
        self.ensure_one()
        self.check_access("write")
        fault = self._referral_fault()
        if fault:
            raise UserError(fault)
        newsletter = self.env["consent.purpose"].sudo()._get("newsletter", self.company_id)
        wording = self.env["consent.wording"].sudo()._published(newsletter, "email", self.lang)
        first = (
            self.env["consent.rate"]
            .sudo()
            ._first_time(
                "single_message", f"{self.company_id.id}|{self.email_normalized}", FOR_GOOD
            )
        )
        boxes = [(wording, self.env["consent.list"])]
        if not first or not self.sudo()._consent_ask_once(boxes, source_ref="/referral"):
            raise UserError(
                self.env._(
                    "This address got its one message already, or objected. It is not written to "
                    "again (R-39)."
                )
            )
        self._note_single_message()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The one message is on its way. Without an answer the contact is deleted."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _referral_fault(self):
        """Why the one message to a person named by somebody else may not leave, or ``None``."""
        if self.political_origin != "referral" or self.political_basis != "single":
            return self.env._(
                "Only who was named by somebody else, and did not answer yet, gets this message."
            )
        if not self.email_normalized:
            return self.env._("Type the person's e-mail address first.")
        if not self._referrer():
            return self.env._(
                "Say who named this person, under Relations: the message has to tell."
            )
        if self.single_message_at:
            return self.env._("This person got their one message already (R-39).")
        return None

    def _referrer(self):
        """Who named this person."""
        self.ensure_one()
        relation = self.sudo().relation_ids.filtered(lambda r: r.kind == "referrer")[:1]
        return relation.other_id
