from odoo.tools import SQL


def uninstall_hook(env):
    """Leave nothing behind: the tables go with the module, the triggers' functions would stay.

    Reports refuse to be deleted, and hold back what they report on: they go first, as a whole.
    """
    env.cr.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        " AND starts_with(tablename, 'canvass_')"
    )
    tables = [SQL.identifier(name) for (name,) in env.cr.fetchall()]
    for table in tables:
        env.cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER USER", table))
    # By name, not by CASCADE: that would empty other addons' tables which point here
    env.cr.execute(SQL("TRUNCATE %s", SQL(", ").join(tables)))
    env.cr.execute(
        """
        DROP FUNCTION IF EXISTS canvass_turf_frozen() CASCADE;
        DROP FUNCTION IF EXISTS canvass_turf_door_frozen() CASCADE;
        DROP FUNCTION IF EXISTS canvass_lease_kept() CASCADE;
        DROP FUNCTION IF EXISTS canvass_event_of_lease() CASCADE;
        """
    )
