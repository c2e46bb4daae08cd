from . import auth_signup, confirm, preferences, public, receipt, rights, signup, website_form
from . import confirm, core_mailing, core_website, preferences, public, receipt, signup
