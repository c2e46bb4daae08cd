from . import (
    canvass_action_record,
    canvass_address_import,
    canvass_paper_entry,
    canvass_turf_around,
)
