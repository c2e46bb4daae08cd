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
    sms_inbound,
    website_form,
)
