from odoo import http
from odoo.addons.auth_signup.controllers.main import AuthSignupHome

from ..lib import route as routes


class AuthSignup(AuthSignupHome):
    @http.route()
    def web_auth_signup(self, *args, **kw):
        """The message that welcomes a new account answers its making."""
        with routes.transaction("account"):
            return super().web_auth_signup(*args, **kw)
