from odoo import api, models


class MailRenderMixin(models.AbstractModel):
    """R-62: a link is written as it is. A shortened one would tell who clicked, when, and from
    which country."""

    _inherit = "mail.render.mixin"

    @api.model
    def _shorten_links(self, html, link_tracker_vals, blacklist=None, base_url=None):
        return html

    @api.model
    def _shorten_links_text(self, content, link_tracker_vals, blacklist=None, base_url=None):
        return content
