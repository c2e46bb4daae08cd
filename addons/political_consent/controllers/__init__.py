from . import (
    auth_signup,
    confirm,
    core_mailing,
    core_website,
    json_route,
    preferences,
    public,
    receipt,
    rights,
    signup,
    website_form,
)
