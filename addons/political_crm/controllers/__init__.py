from . import political_map, website_event, website_form
