from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    def test_shift(self):
        """The demo's way of reporting is the phone's, on an operation made here."""
        company = self.env["res.company"].create({"name": "Parti démo d'essai"})
        branch = self.env["political.branch"].create(
            {"name": "Section", "kind": "section", "company_id": company.id}
        )
        env = self.env(context={**self.env.context, "allowed_company_ids": company.ids})
        demo = env["canvass.demo"]
        demo._load_addresses("political_crm/demo/bondy_addresses.csv", branch.id, 48.915)
        operation = env["canvass.operation"].create(
            {"name": "Démo", "branch_id": branch.id, "company_id": company.id}
        )
        wizard = env["canvass.turf.around"].create(
            {"operation_id": operation.id, "latitude": 48.916, "longitude": 2.483}
        )
        turf = env["canvass.turf"].browse(wizard.action_cut()["res_id"])
        turf.action_publish()
        demo._report(turf.ids)
        self.assertEqual((turf.door_count, turf.door_done_count), (50, 18))
        self.assertTrue(turf.is_out)
