from . import base_partner_merge, political_change
