from odoo.addons.web.controllers.json import WebJsonController
from odoo.http import request


class ConsentJsonController(WebJsonController):
    """``/json/1`` is an export by another name (R-42)."""

    def _get_action(self, subpath):
        found = super()._get_action(subpath)
        log = request.env["consent.access.log"]
        if log._is_person_model(found[0].res_model):
            log._take_out("json", found[0].res_model, 0)
        return found
