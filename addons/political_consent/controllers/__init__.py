from . import confirm, public, receipt, signup
