from odoo import api, fields, models

from .res_partner import PEOPLE

ADDRESS = {"street", "zip", "city", "polling_station_id"}
PLACED = {"polling_station_id", "branch_id"}
STATION_SOURCES = [
    ("typed", "Chosen by hand"),
    ("town", "The town has this one station"),
    ("address", "Found by address"),
]


class ResPartner(models.Model):
    """Polling station and branch from the address, as long as nobody chose them.

    A person of the party belongs to the branch at home in the nearest place around their address;
    who chose another branch keeps it.
    """

    _inherit = "res.partner"

    polling_station_source = fields.Selection(
        STATION_SOURCES,
        "Station found by",
        compute="_compute_polling_station_source",
        store=True,
        readonly=False,
        groups=PEOPLE,
    )

    @api.depends("polling_station_id")
    def _compute_polling_station_source(self):
        for partner in self:
            partner.polling_station_source = partner.polling_station_id and (
                partner.polling_station_source or "typed"
            )

    # ---------------------------------------------------------------- when

    @api.model_create_multi
    def create(self, vals_list):
        self._place_new(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if "polling_station_id" in vals:
            vals = {"polling_station_source": vals["polling_station_id"] and "typed", **vals}
        result = super().write(vals)
        if (ADDRESS | {"political_category"}) & set(vals) and not self.env.context.get("placing"):
            self._place()
        return result

    @api.model
    def _place_new(self, vals_list):
        """Station and branch for people about to be created, where none is given."""
        people = [
            vals
            for vals in vals_list
            if vals.get("political_category")
            and not vals.get("parent_id")
            and not (vals.get("branch_id") and vals.get("polling_station_id"))
        ]
        if not people:
            return
        found = self.env["political.zone"]._places_of_addresses(
            [
                (
                    vals.get("street"),
                    vals.get("zip"),
                    vals.get("city"),
                    vals.get("polling_station_id"),
                    vals.get("company_id"),
                )
                for vals in people
            ]
        )
        for vals, (station_id, source, branch_id) in zip(people, found, strict=True):
            if station_id and not vals.get("polling_station_id"):
                vals.update(polling_station_id=station_id, polling_station_source=source)
            if not vals.get("branch_id"):
                vals["branch_id"] = self._branch_in_sight(branch_id)

    @api.model
    def _branch_in_sight(self, branch_id):
        """The branch for a person whom the user enters: a local lead enters people into their own
        branches, so that they do not lose sight of whom they just met."""
        user = self.env.user
        if self.env.su or user.has_group("political_crm.group_people_all"):
            return branch_id
        if branch_id in user.branch_scope_ids.ids:
            return branch_id
        return user.branch_ids.id if len(user.branch_ids) == 1 else False

    def _place(self, again=False):
        """Find the station and the branch of people from their address, in sets.

        :param bool again: also for those who have them, as after a move; a branch is only left
            for another one that was found
        """
        people = self.sudo().filtered(
            lambda p: (
                p.political_category
                and p.type == "contact"
                and (again or not p.branch_id or not p.polling_station_id)
            )
        )
        if not people:
            return
        found = self.env["political.zone"]._places_of_addresses(
            [
                (
                    person.street,
                    person.zip,
                    person.city,
                    False if again else person.polling_station_id.id,
                    person.company_id.id,
                )
                for person in people
            ]
        )
        for person, (station_id, source, branch_id) in zip(people, found, strict=True):
            vals = {}
            if again or not person.polling_station_id:
                vals.update(polling_station_id=station_id, polling_station_source=source)
            if branch_id and (again or not person.branch_id):
                vals["branch_id"] = branch_id
            if any(person[name].id != vals[name] for name in PLACED & set(vals)):
                person.with_context(placing=True).write(vals)

    def action_place(self):
        """Find the station and the branch of these people again from their addresses.

        What was chosen by hand is kept where it is not empty.
        """
        self.check_access("write")
        before = {p.id: (p.sudo().branch_id, p.sudo().polling_station_id) for p in self}
        self._place()
        placed = self.filtered(
            lambda p: before[p.id] != (p.sudo().branch_id, p.sudo().polling_station_id)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if placed else "info",
                "message": self.env._(
                    "%(placed)s of %(people)s people placed.",
                    placed=len(placed),
                    people=len(self),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
