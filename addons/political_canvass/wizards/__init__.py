from . import canvass_address_import, canvass_turf_around
