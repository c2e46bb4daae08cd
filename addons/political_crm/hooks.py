def post_init_hook(env):
    """crm brings enrichment addons of its own after political_consent removed those of sms: send
    these away too (R-14)."""
    env["ir.module.module"]._remove_enrichment()


def uninstall_hook(env):
    """Leave contacts as plain contacts: the columns go with the addon, the lists of its branches
    would stay open with nobody behind."""
    lists = env["political.branch"].with_context(active_test=False).search([]).consent_list_id
    lists.action_archive()
