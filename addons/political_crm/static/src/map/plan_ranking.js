import {Component, markRaw, useEffect, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {keepStations, PlanPanel} from "./plan_panel";

/**
 * The sliders and the live ranking within the plan's own form: they need no contours.
 */
export class PlanRanking extends Component {
    static template = "political_crm.PlanRanking";
    static components = {PlanPanel};
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.last = new KeepLast();
        this.state = useState({error: "", live: null, chosen: markRaw(new Set()), loads: 0});
        // Read again when the plan was scored, or its criteria were saved.
        useEffect(
            () => {
                this.load();
            },
            () => [this.planId, this.stamp]
        );
    }

    get planId() {
        return this.props.record.resId;
    }

    get stamp() {
        const {scored_at, criterion_ids} = this.props.record.data;
        return `${scored_at || ""} ${criterion_ids.resIds.join()}`;
    }

    async load() {
        try {
            const live = await this.last.add(
                this.orm.call("political.target.plan", "live_figures", [[this.planId]])
            );
            const kept = live.stations.filter(({selected}) => selected).map(({id}) => id);
            Object.assign(this.state, {
                error: "",
                live: markRaw(live),
                chosen: markRaw(new Set(kept)),
                loads: this.state.loads + 1,
            });
        } catch (error) {
            if (!error.data?.message) {
                throw error;
            }
            Object.assign(this.state, {error: error.data.message, live: null});
        }
    }

    onChosen(chosen) {
        this.state.chosen = markRaw(chosen);
    }

    onScores() {
        // Nothing besides the panel shows the scores here.
    }

    async onSaved() {
        const {record} = this.props;
        await ((await record.isDirty()) ? record.save() : record.load());
    }

    async keep() {
        await keepStations(this.orm, this.planId, this.state.live, this.state.chosen);
        this.notification.add(_t("The plan keeps these stations for the field."), {
            type: "success",
        });
        await this.onSaved();
    }

    onOpen(id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "political.zone",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("political_plan_ranking", {component: PlanRanking});
