import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";
import {formatFloat, formatFloatTime, formatInteger} from "@web/views/fields/formatters";
import {ranking, scores, withinBudget} from "./plan_scores";

const SHOWN = 50;

/**
 * Keep the chosen stations of a plan for the field, and let the others go.
 */
export async function keepStations(orm, planId, live, chosen) {
    const others = live.stations.map(({id}) => id).filter((id) => !chosen.has(id));
    for (const [ids, kept] of [
        [others, false],
        [[...chosen], true],
    ]) {
        if (ids.length) {
            await orm.call("political.target.plan", "keep_stations", [[planId], ids, kept]);
        }
    }
}

/**
 * A plan's sliders with the ranking that they make, moving while one is dragged.
 */
export class PlanPanel extends Component {
    static template = "political_crm.PlanPanel";
    static props = {
        planId: Number,
        live: Object,
        chosen: {type: Set},
        onScores: Function,
        onChosen: Function,
        onSaved: Function,
        onOpen: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.action = useService("action");
        const live = this.props.live;
        this.state = useState({
            weights: live.criteria.map((criterion) => criterion.weight),
            hours: live.hours_budget || 0,
            shown: SHOWN,
        });
        this.rank();
    }

    /** Rank by the present weights; the map is told by the caller, once the panel is there. */
    rank() {
        const scored = scores(this.props.live, this.state.weights);
        this.ranked = ranking(scored, this.props.live.electors);
        return scored;
    }

    onWeight(n, value) {
        this.state.weights[n] = Number(value);
        this.props.onScores(this.rank());
    }

    number(value) {
        return formatFloat(value, {digits: [16, 1]});
    }

    share(n) {
        const total = this.state.weights.reduce((sum, weight) => sum + weight, 0);
        return total ? Math.round((100 * this.state.weights[n]) / total) : 0;
    }

    get lines() {
        return this.ranked.slice(0, this.state.shown);
    }

    get totals() {
        const {live, chosen} = this.props;
        let doors = 0;
        for (const station of live.stations) {
            doors += chosen.has(station.id) ? station.doors : 0;
        }
        return _t("%(stations)s stations, %(doors)s doors, %(hours)s h, %(talks)s expected talks", {
            stations: formatInteger(chosen.size),
            doors: formatInteger(doors),
            hours: formatFloatTime((doors * live.door_minutes) / 60),
            talks: formatInteger(Math.round((doors * live.contact_rate) / 100)),
        });
    }

    get hiddenText() {
        return _t("Hidden, since they have too few voters: %s", this.props.live.hidden);
    }

    toggle(id) {
        const chosen = new Set(this.props.chosen);
        chosen.delete(id) || chosen.add(id);
        this.props.onChosen(chosen);
    }

    keepBest() {
        const {live} = this.props;
        this.props.onChosen(
            new Set(withinBudget(this.ranked, live.door_minutes, this.state.hours))
        );
    }

    async save() {
        const weights = Object.fromEntries(
            this.props.live.criteria.map(({id}, n) => [id, this.state.weights[n]])
        );
        await this.orm.call("political.target.plan", "save_weights", [
            [this.props.planId],
            weights,
        ]);
        this.notification.add(_t("Weights kept, stations scored."), {type: "success"});
        this.props.onSaved();
    }

    explain() {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("How this is computed"),
            res_model: "political.target.plan",
            res_id: this.props.planId,
            views: [[false, "form"]],
            context: {form_view_ref: "political_crm.view_target_plan_method"},
            target: "new",
        });
    }
}
