from . import confirm, preferences, public, receipt, signup
