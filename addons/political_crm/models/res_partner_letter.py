from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _may_get_letter(self, purpose):
        """Those among some people whom the gate lets pass for a letter by post."""
        gate = self.env["consent.gate"].sudo()
        request = gate._gate_request(purpose.sudo(), "post")
        reasons = gate._reasons(self.ids, request)
        return self.filtered(lambda p: reasons[p.id] is None)

    def _letters(self):
        """One letter a household, to those of it who are here; one for everybody else.

        :returns: ``[{"name": str, "lines": list of str, "people": records}]`` in postal order
        """
        groups = {}
        for person in self:
            key = person.household_id or person
            groups[key] = groups.get(key, self.browse()) | person
        letters = []
        for people in groups.values():
            first = people[0]
            letters.append(
                {
                    "name": self.env["political.household"]._letter_name_of(people),
                    "lines": [
                        line
                        for line in (
                            first.street,
                            first.street2,
                            " ".join(filter(None, (first.zip, first.city))),
                        )
                        if line
                    ],
                    "people": people,
                    "order": (first.zip or "", first.city or "", first.street or ""),
                }
            )
        return sorted(letters, key=lambda letter: letter["order"])

    def action_letters(self):
        """Open the wizard of letters by post to these people."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Letters by post"),
            "res_model": "political.letter",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_ids": self.filtered("political_category").ids},
        }
