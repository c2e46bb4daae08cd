from odoo import api, fields, models
from odoo.fields import Command

PRESETS = [
    ("custom", "Criteria of my own"),
    ("mobilise", "Mobilise abstainers"),
    ("persuade", "Persuade where it is close"),
    ("defend", "Defend our places"),
    ("second_round", "Second round"),
]


class PoliticalTargetPlan(models.Model):
    """Where to knock first: criteria with weights, scored over the polling stations of a place.

    Scores hang on places. No field leads from here to a contact, and none may be added (R-75).
    """

    _name = "political.target.plan"
    _description = "Target plan"
    _order = "write_date desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    zone_id = fields.Many2one(
        "political.zone",
        "Where",
        required=True,
        ondelete="restrict",
        domain=[("kind", "not in", ("station", "iris"))],
        help="The stations of this place are compared with each other.",
    )
    preset = fields.Selection(PRESETS, "Aim", required=True, default="mobilise")
    election_id = fields.Many2one(
        "political.election",
        "Ballot",
        required=True,
        ondelete="restrict",
        help="Its results and registered voters are looked at first.",
    )
    previous_id = fields.Many2one(
        "political.election",
        "Compared with",
        compute="_compute_previous_id",
        store=True,
        readonly=False,
        help="The ballot that changes are counted from.",
    )
    bloc_id = fields.Many2one("political.bloc", "Our bloc", ondelete="restrict")
    rival_id = fields.Many2one("political.bloc", "Opponent's bloc", ondelete="restrict")
    criterion_ids = fields.One2many("political.target.criterion", "plan_id", "Criteria", copy=True)
    transfer_ids = fields.One2many("political.target.transfer", "plan_id", "Transfers", copy=True)
    hours_budget = fields.Float(
        "Hours at hand",
        help="Canvassers' hours: the best places that fit in are kept. 0: choose yourself.",
    )
    door_minutes = fields.Float("Minutes per door", default=3.0, required=True)
    door_electors = fields.Float(
        "Registered voters per door",
        default=1.6,
        required=True,
        help="Turns registered voters into doors where no doors were counted in the field.",
    )
    contact_rate = fields.Float(
        "Doors that open (%)",
        default=30.0,
        required=True,
        help="Your own experience, if you have it.",
    )
    score_ids = fields.One2many("political.target.score", "plan_id", "Stations")
    scored_at = fields.Datetime("Scored on", readonly=True, copy=False)
    scales = fields.Json(readonly=True, copy=False)
    score_count = fields.Integer("Stations scored", compute="_compute_counts")
    selected_count = fields.Integer("Stations kept", compute="_compute_counts")
    selected_doors = fields.Integer("Doors", compute="_compute_counts")
    selected_hours = fields.Float("Hours", compute="_compute_counts")
    selected_contacts = fields.Integer("Expected talks", compute="_compute_counts")
    hidden_count = fields.Integer("Hidden", compute="_compute_counts")
    method = fields.Html(compute="_compute_method", sanitize=False)

    _positive = models.Constraint(
        "CHECK (door_minutes > 0 AND door_electors > 0 AND hours_budget >= 0"
        " AND contact_rate BETWEEN 0 AND 100)",
        "Minutes and voters per door are above zero; the rate of doors lies between 0 and 100 %.",
    )

    @api.depends("election_id")
    def _compute_previous_id(self):
        for plan in self:
            plan.previous_id = plan.election_id.previous_id or plan.previous_id

    @api.depends("score_ids.selected", "scored_at")
    def _compute_counts(self):
        scores = self.env["political.target.score"]
        totals = {
            (plan, selected): row
            for plan, selected, *row in scores._read_group(
                [("plan_id", "in", self.ids)],
                ["plan_id", "selected"],
                ["__count", "doors:sum", "hours:sum", "expected_contacts:sum"],
            )
        }
        hidden = dict(
            scores._read_group(
                [("plan_id", "in", self.ids), ("hidden", "=", True)], ["plan_id"], ["__count"]
            )
        )
        for plan in self:
            kept = totals.get((plan._origin, True), (0, 0, 0, 0))
            plan.selected_count, plan.selected_doors = kept[:2]
            plan.selected_hours, plan.selected_contacts = kept[2:]
            plan.score_count = kept[0] + totals.get((plan._origin, False), (0,))[0]
            plan.hidden_count = hidden.get(plan._origin, 0)

    @api.depends("criterion_ids", "transfer_ids", "scales", "hidden_count")
    def _compute_method(self):
        """How this is computed, in words and with this plan's own figures."""
        for plan in self:
            plan.method = self.env["ir.qweb"]._render(
                "political_crm.target_method",
                {
                    "plan": plan,
                    "scales": {line["id"]: line for line in plan.scales or []},
                    "facts": plan._method_facts(),
                    "total": sum(plan.criterion_ids.mapped("weight")),
                },
            )

    def _method_facts(self):
        """What the table of criteria does not tell, as sentences.

        :return: list of str
        """
        facts = [
            self.env._(
                "The bar of a score holds eight cases in ten, were the same people to vote again: "
                "it comes from the number of votes behind each share, or from the forecast's own "
                "bar. An indicator is taken as it is published."
            ),
            self.env._(
                "Where a criterion is not known, the others keep their proportion; “Known” tells "
                "how much of the weight counted. A criterion “by rank” compares the order of the "
                "stations instead of their figures."
            ),
            self.env._(
                "Doors are those counted in the field, else registered voters divided by "
                "%(electors)s. Hours are doors times %(minutes)s minutes. Expected talks are "
                "%(rate)s %% of the doors.",
                electors=self.door_electors,
                minutes=self.door_minutes,
                rate=self.contact_rate,
            ),
            self.env._(
                "Stations with fewer than %(smallest)s cast votes are hidden, and a neighbour in "
                "the same commune where a subtraction would tell them (R-50). Hidden here: "
                "%(hidden)s.",
                smallest=self.env["political.place.figures"]._smallest(),
                hidden=self.hidden_count,
            ),
        ]
        if self.transfer_ids:
            facts.append(
                self.env._(
                    "Second round: the votes of each bloc, and those who stayed at home, go where "
                    "the page “Transfers” assumes. Nobody knows these numbers: change them and see "
                    "what depends on them."
                )
            )
        return facts

    @api.model_create_multi
    def create(self, vals_list):
        plans = super().create(vals_list)
        for plan, vals in zip(plans, vals_list, strict=True):
            if not vals.get("criterion_ids"):
                plan._fill_preset()
        return plans

    def copy_data(self, default=None):
        return [
            {**vals, "name": self.env._("%(name)s (copy)", name=plan.name)}
            if "name" not in (default or {})
            else vals
            for plan, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # ------------------------------------------------------------------
    # Presets
    # ------------------------------------------------------------------

    def action_preset(self):
        """Replace the criteria, and for a second round the transfers, by those of the aim."""
        self.check_access("write")
        for plan in self:
            plan.criterion_ids.unlink()
            plan._fill_preset()

    def action_second_round(self):
        """A copy of the plan, scored anew for the second round of its ballot.

        :returns: a window action (dict)
        """
        self.ensure_one()
        self.check_access("read")
        second = self.copy(
            {
                "name": self.env._("%(name)s, second round", name=self.name),
                "preset": "second_round",
                "criterion_ids": [],
                "transfer_ids": [],
            }
        )
        return self._form_action(second)

    def _form_action(self, plan):
        return {
            "type": "ir.actions.act_window",
            "res_model": "political.target.plan",
            "res_id": plan.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _fill_preset(self):
        """Criteria of the chosen aim, as far as the plan names what they need."""
        self.ensure_one()
        recipe = getattr(self, f"_preset_{self.preset}", list)()
        self.criterion_ids = [
            Command.create({"sequence": 10 * n, **vals}) for n, vals in enumerate(recipe, 1)
        ]
        if self.preset == "second_round" and not self.transfer_ids:
            self.transfer_ids = self._default_transfers()

    def _criterion(self, kind, weight, direction="more"):
        """Values of a criterion, or nothing where the plan does not name what it needs."""
        vals = {"kind": kind, "weight": weight, "direction": direction}
        for name in self.env["political.target.criterion"]._needs(kind):
            if not self[name]:
                return []
            vals[name] = self[name].id
        return [vals]

    def _preset_mobilise(self):
        return [
            *self._criterion("result", 40),
            *self._criterion("turnout", 40, "less"),
            *self._criterion("turnout_gap", 20),
        ]

    def _preset_persuade(self):
        return [
            *self._criterion("closeness", 50),
            *self._criterion("turnout", 30),
            *self._criterion("registered", 20),
        ]

    def _preset_defend(self):
        return [
            *self._criterion("result", 50),
            *self._criterion("swing", 30, "less"),
            *self._criterion("turnout", 20, "less"),
        ]

    def _preset_second_round(self):
        return [
            *self._criterion("free_voters", 40),
            *self._criterion("second_round", 30),
            *self._criterion("turnout", 30, "less"),
        ]

    def _default_transfers(self):
        """A cautious start: blocs keep their voters, the others' are shared out, few abstainers
        come."""
        blocs = self.env["political.bloc"].search([("active", "=", True)])
        shares = {self.bloc_id: (95, 0), self.rival_id: (0, 95)}
        lines = [(bloc.id, *shares.get(bloc, (30, 30))) for bloc in blocs]
        return [
            Command.create({"sequence": n, "bloc_id": bloc, "to_us": to_us, "to_rival": to_rival})
            for n, (bloc, to_us, to_rival) in enumerate([*lines, (False, 5, 5)])
        ]

    # ------------------------------------------------------------------
    # Screens
    # ------------------------------------------------------------------

    def action_map(self):
        """Open the map with this plan's sliders, scored if it was not; returns a client action
        (dict)."""
        self.ensure_one()
        if not self.scored_at:
            self.action_score()
        action = self.env["ir.actions.client"]._for_xml_id("political_crm.action_map")
        action["params"] = {"plan_id": self.id}
        action["name"] = self.name
        return action

    def action_stations(self):
        """Open the ranked stations; returns a window action (dict)."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_target_score")
        action["domain"] = [("plan_id", "=", self.id)]
        action["name"] = self.name
        return action

    def action_kept(self):
        """Open the stations kept for the field; returns a window action (dict)."""
        action = self.action_stations()
        action["context"] = {"search_default_selected": 1}
        return action
