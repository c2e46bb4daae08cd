"""Figures: one module each, with ``measure(env, scale)`` inside Odoo or ``measure(server, scale)``.

``measure`` returns ``{"value", "unit", "against", "ratio", "n"}``: the figure, its unit, the
ordinary way's figure in the same run, their ratio in the direction that the module's docstring
states, and the size.
"""
