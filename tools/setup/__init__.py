"""One module a thing that must be there: Python, front-end, Odoo, PostgreSQL, programs."""
