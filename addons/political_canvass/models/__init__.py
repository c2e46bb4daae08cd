from . import (
    canvass_building,
    canvass_demo,
    canvass_door,
    canvass_event,
    canvass_lease,
    canvass_operation,
    canvass_tally,
    canvass_turf,
    canvass_turf_door,
    consent_rate,
    survey_survey,
)
