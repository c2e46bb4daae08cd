def post_init_hook(env):
    """Give every company that exists at install the shipped purposes and wordings, and send away
    the enrichment addons that came along with sms."""
    env["res.company"].search([])._create_default_purposes()
    # By SQL: what people subscribed to before stays as it was, the gate decides what they get.
    env.cr.execute(
        "UPDATE mailing_list SET consent_purpose_id = %s WHERE consent_purpose_id IS NULL",
        [env["mailing.list"]._default_consent_purpose().id or None],
    )
    env["ir.module.module"]._remove_enrichment()


def uninstall_hook(env):
    """Leave nothing behind: the tables go with the module, the trigger's functions would stay."""
    env.cr.execute(
        """
        DROP FUNCTION IF EXISTS consent_append_only() CASCADE;
        DROP FUNCTION IF EXISTS consent_event_queue() CASCADE;
        DROP TABLE IF EXISTS consent_seal_pending;
        ALTER TABLE mailing_subscription ALTER COLUMN opt_out DROP DEFAULT;
        """
    )
