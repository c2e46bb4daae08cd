from odoo import models

from ..lib import route as routes


class ResUsers(models.Model):
    """What somebody gets about their own account answers an act of theirs."""

    _inherit = "res.users"

    def _action_reset_password(self, signup_type="reset"):
        with routes.transaction("account"):
            return super()._action_reset_password(signup_type=signup_type)

    def _notify_security_setting_update(self, subject, content, mail_values=None, **kwargs):
        with routes.transaction("account"):
            return super()._notify_security_setting_update(
                subject, content, mail_values=mail_values, **kwargs
            )
