import {Component, markRaw, onWillStart, useState} from "@odoo/owl";
import {loadCSS, loadJS} from "@web/core/assets";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {formatFloat} from "@web/views/fields/formatters";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {CanvasMap} from "./canvas_map";
import {classOf, colours, divergingBreaks, HIDDEN, quantileBreaks, UNKNOWN} from "./classes";
import {decode} from "./contours";
import {keepStations, PlanPanel} from "./plan_panel";

const LIB = "/political_crm/static/lib/leaflet";
// What each measure asks the reader to choose.
const NEEDS = {
    result: ["election", "column"],
    swing: ["election", "previous", "bloc"],
    turnout: ["election"],
    turnout_swing: ["election", "previous"],
    leader: ["election"],
    indicator: ["indicator"],
    score: ["plan"],
    support: ["forecast", "bloc"],
    forecast_turnout: ["forecast"],
};

/**
 * The map of places: any result, turnout, change, indicator or score, at any level.
 */
export class PoliticalMap extends Component {
    static template = "political_crm.PoliticalMap";
    static components = {CanvasMap, Layout, PlanPanel};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.ui = useService("ui");
        this.last = new KeepLast();
        this.display = {controlPanel: {}};
        this.contours = new Map();
        this.state = useState({
            choice: {},
            drawing: false,
            error: "",
            loading: true,
            panel: !this.ui.isSmall,
        });
        this.view = useState({
            shapes: markRaw(new Map()),
            paints: markRaw(new Map()),
            chosen: markRaw(new Set()),
            legend: [],
            figures: markRaw({ids: [], names: [], values: [], hidden: []}),
            live: null,
        });
        this.describe = Object.assign((id) => this.lines(id), {open: _t("Open")});
        useSetupAction({getLocalState: () => ({choice: {...this.state.choice}})});
        onWillStart(async () => {
            [this.options] = await Promise.all([
                this.orm.call("political.map", "map_options", []),
                loadJS(`${LIB}/leaflet.js`),
                loadCSS(`${LIB}/leaflet.css`),
            ]);
            this.state.choice = this.firstChoice();
            await this.load();
        });
    }

    // ------------------------------------------------------------------
    // What is chosen
    // ------------------------------------------------------------------

    firstChoice() {
        const {options} = this;
        const first = (list) => list[0]?.id || false;
        const election = options.elections[0];
        const levels = options.levels.map((level) => level.id);
        const choice = {
            scope: first(options.scopes),
            level: levels.includes("station") ? "station" : first(options.levels),
            measure: election ? "turnout" : "indicator",
            election: election?.id || false,
            previous: election?.previous_id || options.elections[1]?.id || false,
            bloc: first(options.blocs),
            candidacy: false,
            indicator: first(options.indicators),
            plan: first(options.plans),
            forecast: first(options.forecasts),
            ...this.props.state?.choice,
        };
        const planId = this.props.action.params?.plan_id;
        if (planId && !this.props.state) {
            const plan = options.plans.find(({id}) => id === planId);
            Object.assign(choice, {measure: "score", plan: planId, level: "station"});
            choice.scope = plan?.scope || choice.scope;
        }
        return choice;
    }

    get measures() {
        const {elections, blocs, indicators, plans, forecasts} = this.options;
        return [
            ["turnout", _t("Turnout"), elections.length],
            ["result", _t("Result"), elections.length],
            ["leader", _t("Who came first"), elections.length && blocs.length],
            ["swing", _t("Change of a bloc's result"), elections.length > 1 && blocs.length],
            ["turnout_swing", _t("Change of turnout"), elections.length > 1],
            ["indicator", _t("Indicator"), indicators.length],
            ["score", _t("Score of a target plan"), plans.length],
            ["support", _t("Forecast support"), forecasts.length],
            ["forecast_turnout", _t("Forecast turnout"), forecasts.length],
        ]
            .filter((measure) => measure[2])
            .map(([id, name]) => ({id, name}));
    }

    needs(what) {
        return (NEEDS[this.state.choice.measure] || []).includes(what);
    }

    get columns() {
        const election = this.options.elections.find(({id}) => id === this.state.choice.election);
        return [
            ...this.options.blocs.map(({id, name}) => ({id: `bloc-${id}`, name})),
            ...(election?.candidacies || []).map(({id, name}) => ({id: `one-${id}`, name})),
        ];
    }

    get column() {
        const {bloc, candidacy} = this.state.choice;
        return candidacy ? `one-${candidacy}` : `bloc-${bloc}`;
    }

    choose(what, value) {
        const {choice} = this.state;
        if (what === "column") {
            const [kind, id] = value.split("-");
            choice.candidacy = kind === "one" ? Number(id) : false;
            choice.bloc = kind === "bloc" ? Number(id) : choice.bloc;
        } else {
            choice[what] = ["level", "measure"].includes(what) ? value : Number(value);
        }
        if (what === "election") {
            choice.candidacy = false;
        }
        if (what === "plan" || (what === "measure" && value === "score")) {
            const plan = this.options.plans.find(({id}) => id === choice.plan);
            Object.assign(choice, {scope: plan?.scope || choice.scope, level: "station"});
        }
        this.load();
    }

    get params() {
        const {choice} = this.state;
        const params = {
            election_id: choice.election,
            previous_id: choice.previous,
            indicator_id: choice.indicator,
            plan_id: choice.plan,
            forecast_id: choice.forecast,
        };
        if (choice.measure === "result" && choice.candidacy) {
            params.candidacy_id = choice.candidacy;
        } else if (choice.measure !== "forecast_turnout") {
            params.bloc_id = choice.bloc;
        }
        return params;
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    async load() {
        const {scope, level, measure, plan} = this.state.choice;
        if (!scope || !level) {
            this.state.loading = false;
            return;
        }
        Object.assign(this.state, {loading: true, error: ""});
        try {
            const [figures, live] = await this.last.add(
                Promise.all([
                    this.orm.silent.call("political.map", "map_figures", [
                        scope,
                        level,
                        measure,
                        this.params,
                    ]),
                    measure === "score" && level === "station"
                        ? this.orm.silent.call("political.target.plan", "live_figures", [[plan]])
                        : null,
                ])
            );
            const shapes = await this.last.add(this.shapesOf(figures.contours));
            this.view.figures = markRaw(figures);
            this.at = new Map(figures.ids.map((id, n) => [id, n]));
            this.view.live = live && markRaw(live);
            this.loads = (this.loads || 0) + 1;
            if (live) {
                const kept = live.stations.filter(({selected}) => selected).map(({id}) => id);
                this.view.chosen = markRaw(new Set(kept));
            }
            this.view.shapes = shapes;
            this.paint();
        } catch (error) {
            if (!error.data?.message) {
                throw error;
            }
            this.state.error = error.data.message;
            this.view.shapes = markRaw(new Map());
            this.view.live = null;
            this.view.legend = [];
        } finally {
            this.state.loading = false;
        }
    }

    async shapesOf(address) {
        if (!this.contours.has(address)) {
            const answer = await fetch(address);
            if (!answer.ok) {
                throw new Error(`${address}: ${answer.status}`);
            }
            this.contours.set(address, markRaw(decode(await answer.json())));
        }
        return this.contours.get(address);
    }

    paint() {
        const {figures, shapes} = this.view;
        const hidden = new Set(figures.hidden);
        const legend = this.state.choice.measure === "leader" ? this.blocLegend() : this.classes();
        const paints = new Map();
        const seen = {hidden: 0, unknown: 0};
        for (const id of shapes.keys()) {
            const value = figures.values[this.at.get(id)] ?? null;
            if (value !== null) {
                paints.set(id, legend.colourOf(value));
            } else {
                const kind = hidden.has(id) ? "hidden" : "unknown";
                seen[kind]++;
                paints.set(id, kind === "hidden" ? HIDDEN : UNKNOWN);
            }
        }
        this.view.paints = markRaw(paints);
        this.view.legend = [
            ...legend.lines,
            ...(seen.hidden ? [{colour: HIDDEN, label: _t("Hidden: too few voters")}] : []),
            ...(seen.unknown ? [{colour: UNKNOWN, label: _t("Not known")}] : []),
        ];
    }

    classes() {
        const {values, diverging} = this.view.figures;
        const known = values.filter((value) => value !== null);
        const breaks = diverging ? divergingBreaks(values) : quantileBreaks(values);
        const scale = colours(breaks.length + 1, diverging);
        const bounds = known.length
            ? [
                  known.reduce((a, b) => Math.min(a, b)),
                  ...breaks,
                  known.reduce((a, b) => Math.max(a, b)),
              ]
            : [];
        return {
            colourOf: (value) => scale[classOf(value, breaks)],
            // A class that lies beyond all values has no place, and no line.
            lines: scale
                .map((colour, n) => ({colour, low: bounds[n], high: bounds[n + 1]}))
                .filter(({low, high}) => low <= high)
                .map(({colour, low, high}) => ({
                    colour,
                    label: `${this.number(low)} – ${this.number(high)}`,
                })),
        };
    }

    blocLegend() {
        const blocs = new Map(this.options.blocs.map((bloc) => [bloc.id, bloc]));
        const there = new Set(this.view.figures.values.filter((value) => value !== null));
        return {
            colourOf: (value) => blocs.get(value)?.color || UNKNOWN,
            lines: this.options.blocs
                .filter(({id}) => there.has(id))
                .map(({name, color}) => ({colour: color, label: name})),
        };
    }

    number(value) {
        return formatFloat(value, {digits: [16, Math.abs(value) >= 1000 ? 0 : 1]});
    }

    lines(id) {
        const {figures} = this.view;
        const n = this.at.get(id);
        if (n === undefined) {
            return [""];
        }
        const value = figures.values[n];
        const name = figures.names[n];
        if (value === null) {
            return [
                name,
                figures.hidden.includes(id) ? _t("Hidden: too few voters") : _t("Not known"),
            ];
        }
        if (this.state.choice.measure === "leader") {
            return [name, this.options.blocs.find((bloc) => bloc.id === value)?.name || ""];
        }
        const bound = figures.bounds && figures.bounds[n];
        const told = `${this.number(value)} ${figures.unit}`;
        return bound
            ? [
                  name,
                  told,
                  _t("between %(low)s and %(high)s", {
                      low: this.number(bound[0]),
                      high: this.number(bound[1]),
                  }),
              ]
            : [name, told];
    }

    get title() {
        const {choice} = this.state;
        const named = (list, id) => list.find((one) => one.id === id)?.name;
        const {options} = this;
        const parts = [named(this.measures, choice.measure)];
        if (this.needs("column")) {
            parts.push(named(this.columns, this.column));
        }
        for (const [what, list] of [
            ["bloc", options.blocs],
            ["election", options.elections],
            ["previous", options.elections],
            ["indicator", options.indicators],
            ["plan", options.plans],
            ["forecast", options.forecasts],
        ]) {
            if (this.needs(what)) {
                parts.push(named(list, choice[what]));
            }
        }
        return parts.filter(Boolean).join(" · ");
    }

    get chosenText() {
        return _t("%s places chosen", this.view.chosen.size);
    }

    get undrawnText() {
        return _t("%s places have no contour.", this.view.figures.undrawn);
    }

    onPainted() {
        performance.mark("political-map-painted");
    }

    // ------------------------------------------------------------------
    // Plans
    // ------------------------------------------------------------------

    onScores(scored) {
        const byId = new Map(scored.map((one) => [one.station.id, one]));
        const {figures} = this.view;
        this.view.figures = markRaw({
            ...figures,
            values: figures.ids.map((id) => byId.get(id)?.score ?? null),
            bounds: figures.ids.map((id) => {
                const one = byId.get(id);
                return one && one.score !== null ? [one.low, one.high] : null;
            }),
        });
        this.paint();
    }

    onChosen(chosen) {
        this.view.chosen = markRaw(chosen);
    }

    async keep() {
        const {live, chosen} = this.view;
        await keepStations(this.orm, this.state.choice.plan, live, chosen);
        this.notification.add(_t("The plan keeps these stations for the field."), {
            type: "success",
        });
    }

    // ------------------------------------------------------------------
    // Choosing places
    // ------------------------------------------------------------------

    onArea(ids) {
        this.view.chosen = markRaw(new Set([...this.view.chosen, ...ids]));
        this.state.drawing = false;
    }

    clear() {
        this.view.chosen = markRaw(new Set());
    }

    onOpen(id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "political.zone",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openList() {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Chosen on the map"),
            res_model: "political.zone",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [["id", "in", [...this.view.chosen]]],
        });
    }

    async toField() {
        const {plan, measure} = this.state.choice;
        this.action.doAction(
            await this.orm.call("political.map", "hand_to_field", [
                [...this.view.chosen],
                measure === "score" ? plan : false,
            ])
        );
    }
}

registry.category("actions").add("political_map", PoliticalMap);
