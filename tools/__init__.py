"""Set-up and running: what `make` calls.

Everything here runs on the machine's own Python with the standard library alone; what needs
a package (Odoo, linters, tests) is started in the virtual environment that tools.setup makes.
"""
