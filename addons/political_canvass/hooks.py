def uninstall_hook(env):
    """Leave nothing behind: the tables go with the module, the triggers' functions would stay."""
    env.cr.execute(
        """
        DROP FUNCTION IF EXISTS canvass_turf_frozen() CASCADE;
        DROP FUNCTION IF EXISTS canvass_turf_door_frozen() CASCADE;
        """
    )
