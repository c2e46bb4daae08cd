def uninstall_hook(env):
    """Leave nothing behind: the tables go with the module, the triggers' functions would stay.

    Reports refuse to be deleted, and hold back what they report on: they go first, as a whole.
    """
    env.cr.execute(
        """
        ALTER TABLE canvass_event DISABLE TRIGGER USER;
        ALTER TABLE canvass_turf DISABLE TRIGGER USER;
        ALTER TABLE canvass_turf_door DISABLE TRIGGER USER;
        TRUNCATE canvass_event, canvass_lease, canvass_turf_door, canvass_turf;
        DROP FUNCTION IF EXISTS canvass_turf_frozen() CASCADE;
        DROP FUNCTION IF EXISTS canvass_turf_door_frozen() CASCADE;
        """
    )
