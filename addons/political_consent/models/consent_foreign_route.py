import functools

from odoo import api, models

from ..lib import route as routes


class ConsentForeignRoute(models.AbstractModel):
    """Sending code of addons that this one does not depend on, and that may be installed or not.

    Everything that is not named here is a letter, and passes the gate. What is named answers an
    act of the recipient: whoever wonders why somebody without consent got a message finds the
    whole list here.
    """

    _name = "consent.foreign.route"
    _description = "Sending routes of other addons"

    @api.model
    def _transactions(self):
        """(model, private method, act answered, condition on the record) of the code whose
        messages are transactional."""
        return [
            # The person registered: the ticket, and what to know before coming. What is sent
            # after the event is canvassing again.
            ("event.mail", "_send_mail", "ticket", lambda m: m.interval_type in BEFORE),
            ("event.mail", "_send_sms", "ticket", lambda m: m.interval_type in BEFORE),
            # The person asked for an account, a password, a code.
            ("portal.wizard.user", "_send_email", "account", None),
            ("res.users", "_send_totp_mail_code", "account", None),
            # The person answered the whole questionnaire and passed.
            ("survey.user_input", "_mark_done", "certificate", None),
        ]

    def _register_hook(self):
        super()._register_hook()
        for model, method, act, condition in self._transactions():
            if model in self.env and hasattr(self.env.registry[model], method):
                self._wrap(model, method, self._as_transaction(act, condition))
        if "snailmail.letter" in self.env:
            self._wrap("snailmail.letter", "_snailmail_print", self._gated_letters)

    @api.model
    def _wrap(self, model, method, decorate):
        """Put a function around a method of a model's final class, once."""
        cls = self.env.registry[model]
        origin = getattr(cls, method)
        if getattr(origin, "consent_wrapped", False):
            return
        wrapped = functools.wraps(origin)(decorate(origin))
        wrapped.consent_wrapped = True
        setattr(cls, method, wrapped)

    @api.model
    def _as_transaction(self, act, condition):
        def decorate(origin):
            def send(records, *args, **kwargs):
                if condition and not all(condition(record) for record in records):
                    return origin(records, *args, **kwargs)
                with routes.transaction(act):
                    return origin(records, *args, **kwargs)

            return send

        return decorate

    @api.model
    def _gated_letters(self, origin):
        def send(letters, *args, **kwargs):
            refused = letters.env["consent.foreign.route"]._refuse_letters(letters)
            rest = letters - refused
            return origin(rest, *args, **kwargs) if rest else None

        return send

    @api.model
    def _refuse_letters(self, letters):
        """Cancel those among some printed letters that may not go; returns them."""
        gate = self.env["consent.gate"].sudo()
        refused = letters.browse()
        for company, some in letters.sudo().grouped("company_id").items():
            allowed = gate._letter_partners(some.partner_id.ids, "post", company)
            refused |= some.filtered(lambda one, ids=allowed: one.partner_id.id not in ids)
        label = gate._reason_labels()["no_correspondence"]
        refused.write(
            {
                "state": "canceled",
                "info_msg": self.env._("Held back: %(reason)s.", reason=label),
            }
        )
        return letters.browse(refused.ids)


BEFORE = ("after_sub", "before_event")
