from . import (
    base_partner_merge,
    base_partner_merge_money,
    political_change,
    political_checklist,
    political_dashboard,
    political_dashboard_map,
    political_election_night,
    political_join_compare,
    political_letter,
    political_membership_transfer,
    political_receipt_import,
)
