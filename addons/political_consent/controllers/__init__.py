from . import (
    auth_signup,
    confirm,
    core_mailing,
    core_website,
    preferences,
    public,
    receipt,
    rights,
    signup,
    website_form,
)
