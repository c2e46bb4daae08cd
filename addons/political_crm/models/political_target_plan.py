import io

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..lib import scoring
from .plan_figures import PlanFigures

PRESETS = [
    ("custom", "Criteria of my own"),
    ("mobilise", "Mobilise abstainers"),
    ("persuade", "Persuade where it is close"),
    ("defend", "Defend our places"),
    ("second_round", "Second round"),
]
SCORE_COLUMNS = (
    "plan_id",
    "station_id",
    "commune_id",
    "rank",
    "score",
    "score_low",
    "score_high",
    "known",
    "registered",
    "doors",
    "hours",
    "expected_contacts",
    "selected",
    "hidden",
)


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
    # Scoring
    # ------------------------------------------------------------------

    def action_score(self):
        """Score the stations of each plan: one ``political.target.score`` per station.

        Scores lie between 0 and 100; ``hours`` are hours, ``doors`` and ``expected_contacts``
        counts. What was kept by hand stays kept, unless the plan has hours at hand.

        :returns: True
        :raises UserError: when the plan has no criterion that counts, or its place no station
        :raises AccessError: when the plan is not yours to write
        """
        self.check_access("write")
        for plan in self:
            plan._score()
        return True

    def _score(self):
        self.ensure_one()
        criteria = self._weighty_criteria()
        figures = PlanFigures(self)
        found = scoring.score([criterion._scoring(figures) for criterion in criteria])
        # What is hidden is hidden before anything else is done with it.
        hidden = figures.hidden(figures.reader._smallest())
        score = np.where(hidden, np.nan, found.score)
        electors = figures.electors()
        doors = self._doors(figures.places, electors)
        hours = doors * self.door_minutes / 60
        order = scoring.order(score, electors)
        if self.hours_budget:
            known = order[~np.isnan(score[order])]
            selected = scoring.within_budget(hours, known, self.hours_budget)
        else:
            selected = np.isin(figures.places, self._kept())
        rank = np.empty(len(order), int)
        rank[order] = np.arange(1, len(order) + 1)
        self._store(
            {
                "station_id": figures.places,
                "commune_id": np.where(figures.above == 0, np.nan, figures.above),
                "rank": rank,
                "score": score,
                "score_low": np.where(hidden, np.nan, found.low),
                "score_high": np.where(hidden, np.nan, found.high),
                "known": np.where(hidden, 0, found.known),
                "registered": electors,
                "doors": doors,
                "hours": hours,
                "expected_contacts": np.rint(doors * self.contact_rate / 100),
                "selected": selected,
                "hidden": hidden,
            }
        )
        self.write({"scored_at": fields.Datetime.now(), "scales": _scales(criteria, found)})

    def _weighty_criteria(self):
        criteria = self.criterion_ids.filtered("weight")
        if not criteria:
            raise UserError(
                self.env._(
                    "%(plan)s has no criterion that counts. Choose an aim and fill in its "
                    "criteria, or add one with a weight.",
                    plan=self.name,
                )
            )
        return criteria

    def _doors(self, places, electors):
        """Doors per station: counted in the field where they were, else from registered voters."""
        counted = self._counted_doors()
        guessed = np.rint(electors / self.door_electors)
        if not counted:
            return guessed
        known = np.array([counted.get(place, 0) for place in places.tolist()], float)
        return np.where(known > 0, known, guessed)

    def _counted_doors(self):
        """Doors that the field has counted; addons that know of doors extend this.

        :return: dict of int by id of the station
        """
        return {}

    def _kept(self):
        """Stations that were kept by hand before the score is made anew."""
        kept = self.env["political.target.score"].search(
            [("plan_id", "=", self.id), ("selected", "=", True)]
        )
        return kept.station_id.ids

    def _store(self, columns):
        """Replace the plan's scores, by COPY: a row of the ORM each would take minutes."""
        self.env["political.target.score"].flush_model()
        self.env.cr.execute("DELETE FROM political_target_score WHERE plan_id = %s", [self.id])
        number = len(columns["rank"])
        columns = {"plan_id": np.full(number, self.id), **columns}
        texts = [_texts(columns[name]) for name in SCORE_COLUMNS]
        lines = "\n".join(map("\t".join, zip(*texts, strict=True)))
        self.env.cr.copy_expert(
            f"COPY political_target_score ({', '.join(SCORE_COLUMNS)}) FROM STDIN",
            io.StringIO(lines),
        )
        self.env["political.target.score"].invalidate_model()
        self.invalidate_recordset()

    def live_figures(self):
        """What the sliders need to rank the stations on the spot, without a call per move.

        :returns: dict: ``criteria`` (id, name, weight, unit, scale), ``stations`` (id, name, doors,
            hours, selected), ``parts`` and ``errors``: a list per criterion of whole numbers, in
            thousandths, -1 where not known, for each station; hidden stations are left out
        :raises UserError: when the plan has no criterion or its place no station
        """
        self.ensure_one()
        self.check_access("read")
        figures = PlanFigures(self)
        criteria = self.criterion_ids
        if not criteria:
            self._weighty_criteria()
        found = [scoring.normalise(criterion._scoring(figures)) for criterion in criteria]
        shown = ~figures.hidden(figures.reader._smallest())
        electors = figures.electors()
        doors = self._doors(figures.places, electors)
        places = figures.places[shown]
        names = {
            zone.id: zone.display_name
            for zone in self.env["political.zone"].browse(places.tolist())
        }
        kept = set(self._kept())
        return {
            "criteria": [
                {
                    "id": criterion.id,
                    "name": criterion.display_name,
                    "weight": criterion.weight,
                    "unit": criterion._unit(),
                    "scale": [round(bound, 2) for bound in scale],
                }
                for criterion, (_part, _error, scale) in zip(criteria, found, strict=True)
            ],
            "stations": [
                {"id": place, "name": names[place], "doors": count, "selected": place in kept}
                for place, count in zip(
                    places.tolist(), doors[shown].astype(int).tolist(), strict=True
                )
            ],
            "parts": [_thousandths(part[shown]) for part, _error, _scale in found],
            "errors": [_thousandths(error[shown]) for _part, error, _scale in found],
            "electors": electors[shown].astype(int).tolist(),
            "hidden": int((~shown).sum()),
            "door_minutes": self.door_minutes,
            "contact_rate": self.contact_rate,
            "hours_budget": self.hours_budget,
        }

    def save_weights(self, weights):
        """Keep the sliders' weights, and score.

        :param weights: dict of weight (0..100) by the criterion's id, as text or number
        :returns: True
        """
        self.ensure_one()
        self.check_access("write")
        for criterion in self.criterion_ids:
            if str(criterion.id) in weights:
                criterion.weight = int(weights[str(criterion.id)])
        return self.action_score()

    def keep_stations(self, station_ids, selected=True):
        """Keep stations of the plan for the field, or let them go.

        :param station_ids: list of ids of ``political.zone``
        :returns: int, how many stations the plan keeps now
        :raises UserError: when the plan was not scored yet
        """
        self.ensure_one()
        self.check_access("write")
        scores = self.env["political.target.score"].search(
            [("plan_id", "=", self.id), ("station_id", "in", station_ids)]
        )
        if not scores:
            raise UserError(
                self.env._("Score the plan first: none of these stations is in it yet.")
            )
        scores.sudo().selected = selected
        return self.selected_count

    # ------------------------------------------------------------------
    # Screens
    # ------------------------------------------------------------------

    def action_map(self):
        """Open the map with this plan's sliders; returns a client action (dict)."""
        self.ensure_one()
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


def _scales(criteria, found):
    """What each criterion counts as 0 and as 1, for the page that tells the method."""
    return [
        {"id": criterion.id, "low": round(low, 2), "high": round(high, 2)}
        for criterion, (low, high) in zip(criteria, found.scales, strict=True)
    ]


def _texts(values):
    """A column for COPY: whole numbers, truth values, or floats with NaN as nothing."""
    if values.dtype == bool:
        return np.where(values, "t", "f").tolist()
    if np.issubdtype(values.dtype, np.integer):
        return list(map(str, values.tolist()))
    whole = bool(np.all(np.isnan(values) | (values == np.rint(values))))
    return [
        "\\N" if value != value else str(int(value)) if whole else f"{value:.4f}"
        for value in values.tolist()
    ]


def _thousandths(values):
    return np.rint(np.nan_to_num(1000 * values, nan=-1.0)).astype(int).tolist()
