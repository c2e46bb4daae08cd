from . import political_zone
from . import political_branch
from . import political_skill
from . import res_users
from . import res_partner
from . import base_partner_merge
from . import crm_lead
from . import consent_gate
