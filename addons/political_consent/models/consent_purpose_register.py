from odoo import models


class ConsentPurpose(models.Model):
    _inherit = "consent.purpose"

    def _register_gaps(self):
        """What the register of article 30 still lacks for a purpose (R-67).

        :returns: labels of the empty parts
        :rtype: list[str]
        """
        self.ensure_one()
        wanted = (
            "description",
            "data_categories",
            "recipients",
            "retention_months",
            "retention_source",
            "security",
        )
        labels = self.fields_get(wanted, ["string"])
        gaps = [labels[name]["string"] for name in wanted if not self[name]]
        if self.legal_basis == "legitimate_interest" and not self.sudo()._has_balancing_test():
            gaps.append(self.env._("Balancing test"))
        return gaps

    def _register_people(self):
        """How many people have answered for this purpose, for the register's reader."""
        self.ensure_one()
        groups = (
            self.env["consent.state"]
            .sudo()
            ._read_group(
                [("purpose_id", "=", self.id), ("action", "=", "given")],
                [],
                ["subject_id:count_distinct"],
            )
        )
        return groups[0][0]

    def action_print_register(self):
        """The register of processing of the current controller, as PDF."""
        purposes = self.search([("company_id", "=", self.env.company.id)])
        return self.env.ref("political_consent.action_report_register").report_action(purposes)
