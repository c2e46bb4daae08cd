from . import auth_signup, confirm, preferences, public, receipt, rights, signup, website_form
