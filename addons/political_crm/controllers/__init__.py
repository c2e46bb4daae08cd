from . import (
    membership_join,
    membership_pay,
    membership_portal,
    political_import,
    political_map,
    website_event,
    website_form,
)
