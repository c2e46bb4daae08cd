from odoo.addons.website.controllers.form import WebsiteForm


class PoliticalWebsiteForm(WebsiteForm):
    def insert_record(self, request, model_sudo, values, custom, meta=None):
        """R-10: who fills in the contact form of a party's website reveals an opinion by it: the
        lead is the party's, not every salesperson's. One question makes an occasional contact."""
        company = request.website.company_id.sudo()
        if model_sudo.model == "crm.lead" and company._is_party():
            values = {**values, **self._file_values(request, company, values)}
        return super().insert_record(request, model_sudo, values, custom, meta=meta)

    def _file_values(self, request, company, values):
        zones = request.env["political.zone"].sudo()
        [(_station, _source, branch_id)] = zones._places_of_addresses(
            [(values.get("street"), values.get("zip"), values.get("city"), False, company.id)]
        )
        branch = request.env["political.branch"].sudo().browse(branch_id or ())
        return {
            "political_category": "occasional",
            "political_origin": "web_form",
            "company_id": company.id,
            "type": "opportunity",
            "branch_id": branch.id,
            "team_id": branch._recruitment_team().id,
            "user_id": False,
            "stage_id": request.env.ref("political_crm.stage_occasional").id,
        }
