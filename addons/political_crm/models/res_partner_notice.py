from odoo import models


class ResPartner(models.Model):
    """What people are told of where their data came from, when it was not from them (R-25)."""

    _inherit = "res.partner"

    def _origin_sentence(self):
        """Where this person's data came from, in the language of the environment.

        :returns: str, or None for who gave them themselves
        """
        self.ensure_one()
        _ = self.env._
        source = {
            "referral": _("somebody who knows you named you to us"),
            "roll": _("the electoral roll, which article L. 37 of the electoral code opens to us"),
            "directory": _("a public directory"),
            "purchased": _("a file that its owner lent us, with your data in it"),
            "social": _("a sign that you gave us on a social network"),
            "import": _("an earlier file of ours, whose origin was not noted"),
        }.get(self.political_origin)
        if not source:
            return None
        return _(
            "Your data did not come to us from you: %(origin)s. You may object, or have them "
            "deleted, by an answer to this message.",
            origin=source,
        )
