from . import (
    consent_gate,
    consent_retention,
    crm_lead,
    political_branch,
    political_skill,
    political_zone,
    res_partner,
    res_users,
)
