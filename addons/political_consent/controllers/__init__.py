from . import confirm, preferences, public, receipt, rights, signup
