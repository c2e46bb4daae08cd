/** The operation's map: turfs by state, live counts, and what a lead does with them. */
import {Component, onMounted, onWillStart, onWillUnmount, useRef, useState} from "@odoo/owl";
import {loadCSS, loadJS} from "@web/core/assets";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {deserializeDateTime, formatDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/core/utils/numbers";
import {downloadFile} from "@web/core/network/download";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const LIBRARY = "/political_crm/static/lib/leaflet/";
const REFRESH = 20000; // ms
/** Colour and dash: states must be told apart without colours. */
export const STYLES = {
    draft: {color: "#6c757d", dashArray: "4 4", fillOpacity: 0.12},
    published: {color: "#0b5ed7", dashArray: null, fillOpacity: 0.18},
    out: {color: "#e07b00", dashArray: null, fillOpacity: 0.35},
    stuck: {color: "#b02a37", dashArray: "10 5", fillOpacity: 0.35},
    done: {color: "#198754", dashArray: null, fillOpacity: 0.4},
    closed: {color: "#adb5bd", dashArray: "2 6", fillOpacity: 0.05},
};

export class CanvassBoard extends Component {
    static template = "political_canvass.Board";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.mapRef = useRef("map");
        this.operationId =
            this.props.action.params?.operation_id || this.props.action.context?.active_id;
        this.state = useState({
            data: null,
            selected: [],
            streets: [],
            street: "",
            target: "",
            teams: [],
            drawing: false,
            points: 0,
            busy: false,
        });
        this.shapes = new Map();
        this.vertices = [];
        this.labels = {
            draft: _t("Draft"),
            published: _t("Published"),
            out: _t("Out now"),
            stuck: _t("Silent for two hours"),
            done: _t("Done"),
            closed: _t("Closed"),
        };
        onWillStart(async () => {
            await Promise.all([
                loadCSS(LIBRARY + "leaflet.css"),
                loadJS(LIBRARY + "leaflet.js"),
                this.load(),
                this.loadTeams(),
            ]);
        });
        onMounted(() => {
            this.makeMap();
            this.timer = setInterval(() => this.refresh(), REFRESH);
        });
        onWillUnmount(() => {
            clearInterval(this.timer);
            this.map?.remove();
        });
    }

    // ------------------------------------------------------------------ data

    async load() {
        this.state.data = await this.orm.call("canvass.operation", "board_data", [
            [this.operationId],
        ]);
    }

    async loadTeams() {
        this.state.teams = await this.orm.call("canvass.operation", "board_team_choices", [
            [this.operationId],
        ]);
    }

    async refresh() {
        if (document.hidden || this.state.drawing || this.state.busy) {
            return;
        }
        await this.load();
        this.keepSelection();
        this.draw();
    }

    keepSelection() {
        const known = new Set(this.state.data.turfs.map((turf) => turf.id));
        this.state.selected = this.state.selected.filter((id) => known.has(id));
    }

    get turfs() {
        return this.state.data.turfs.filter((turf) => turf.state !== "closed" || turf.done);
    }

    get chosen() {
        return this.state.data.turfs.filter((turf) => this.state.selected.includes(turf.id));
    }

    /** Streets of the chosen drafts, each with a value that says whose it is. */
    get movable() {
        return this.state.streets.map((one) => ({
            ...one,
            value: JSON.stringify([one.turf, one.street]),
        }));
    }

    get drafts() {
        return this.state.data.turfs.filter((turf) => turf.state === "draft");
    }

    get onlyDrafts() {
        return this.chosen.length > 0 && this.chosen.every((turf) => turf.state === "draft");
    }

    get counts() {
        const counts = {};
        for (const turf of this.turfs) {
            counts[turf.show] = (counts[turf.show] || 0) + 1;
        }
        return Object.entries(this.labels)
            .filter(([code]) => counts[code])
            .map(([code, label]) => ({code, label, count: counts[code], ...STYLES[code]}));
    }

    get rate() {
        const {done, talks} = this.state.data.totals;
        return done ? Math.round((100 * talks) / done) : 0;
    }

    get progress() {
        const {totals, goal} = this.state.data;
        const all = goal || totals.doors;
        return all ? Math.min(100, Math.round((100 * totals.done) / all)) : 0;
    }

    turfName(id) {
        return this.state.data.turfs.find((turf) => turf.id === id)?.name || "";
    }

    moment(text) {
        return text ? formatDateTime(deserializeDateTime(text), {format: "dd/MM HH:mm"}) : "–";
    }

    /** With one decimal, as the reader's language writes it. */
    decimal(value) {
        return formatFloat(value, {digits: [16, 1], trailingZeros: false});
    }

    hour(text) {
        return deserializeDateTime(text).toFormat("dd/MM HH:00");
    }

    get lastHours() {
        return this.state.data.hours.slice(-12).reverse();
    }

    // ------------------------------------------------------------------ map

    makeMap() {
        const L = window.L;
        this.map = L.map(this.mapRef.el, {
            preferCanvas: false,
            attributionControl: false,
            doubleClickZoom: false,
            zoomSnap: 0.25,
            zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
        });
        L.control.scale({imperial: false}).addTo(this.map);
        this.layer = L.layerGroup().addTo(this.map);
        this.walk = L.layerGroup().addTo(this.map);
        this.sketch = L.layerGroup().addTo(this.map);
        this.map.on("click", (event) => this.onMapClick(event));
        this.draw();
        this.fit();
    }

    draw() {
        const L = window.L;
        this.layer.clearLayers();
        this.shapes.clear();
        if (this.state.data.area) {
            L.geoJSON(JSON.parse(this.state.data.area), {
                style: {color: "#212529", weight: 2, fill: false, dashArray: "8 6"},
                interactive: false,
            }).addTo(this.layer);
        }
        for (const turf of this.turfs) {
            if (turf.outline) {
                this.shapes.set(turf.id, this.shape(turf));
            }
        }
        this.restyle();
    }

    shape(turf) {
        const shape = window.L.geoJSON(turf.outline).addTo(this.layer);
        shape.bindTooltip(
            () =>
                `${this.escape(turf.name)}<br/>${this.labels[turf.show]} · ${turf.done} / ${
                    turf.doors
                } · ${turf.minutes} min`,
            {sticky: true}
        );
        shape.on("click", (event) => {
            if (!this.state.drawing) {
                window.L.DomEvent.stop(event);
                this.toggle(turf.id, event.originalEvent.ctrlKey || event.originalEvent.metaKey);
            }
        });
        return shape;
    }

    escape(text) {
        const element = document.createElement("span");
        element.textContent = text;
        return element.innerHTML;
    }

    restyle() {
        for (const turf of this.turfs) {
            const chosen = this.state.selected.includes(turf.id);
            this.shapes.get(turf.id)?.setStyle({
                ...STYLES[turf.show],
                weight: chosen ? 5 : 2,
                fillColor: STYLES[turf.show].color,
            });
            if (chosen) {
                this.shapes.get(turf.id)?.bringToFront();
            }
        }
    }

    fit() {
        const bounds = window.L.latLngBounds([]);
        this.layer.eachLayer((layer) => bounds.extend(layer.getBounds()));
        if (bounds.isValid()) {
            // At once: a turf that is clicked while the map still moves is not hit.
            this.map.fitBounds(bounds, {padding: [20, 20], animate: false});
        } else {
            this.showPlaces();
        }
    }

    /** Without a turf the map shows where the addresses of the branch are. */
    async showPlaces() {
        const box = await this.orm.call("canvass.operation", "board_box", [[this.operationId]]);
        if (box) {
            this.map.fitBounds(box, {padding: [20, 20]});
        } else {
            this.map.setView([46.6, 2.4], 6);
        }
    }

    // ------------------------------------------------------------------ choosing

    async toggle(id, several) {
        const had = this.state.selected.includes(id);
        const others = several ? this.state.selected.filter((one) => one !== id) : [];
        this.state.selected = had ? others : [...others, id];
        this.restyle();
        await this.showChosen();
    }

    /** From the list: for those who do not use a mouse, and for turfs that lie under others. */
    async choose(event) {
        const id = Number(event.target.value);
        this.state.selected = id ? [id] : [];
        this.restyle();
        await this.showChosen();
    }

    async showChosen() {
        this.walk.clearLayers();
        this.state.streets = [];
        if (this.onlyDrafts) {
            this.state.streets = await this.orm.call("canvass.operation", "board_streets", [
                [this.operationId],
                this.state.selected,
            ]);
        }
        if (this.chosen.length === 1) {
            const doors = await this.orm.call("canvass.operation", "board_walk", [
                [this.operationId],
                this.state.selected[0],
            ]);
            const L = window.L;
            L.polyline(
                doors.map(([lat, lon]) => [lat, lon]),
                {color: "#212529", weight: 2, interactive: false}
            ).addTo(this.walk);
            doors.forEach(([lat, lon, outcome], index) =>
                L.circleMarker([lat, lon], {
                    radius: index ? 4 : 7,
                    color: "#212529",
                    weight: 1,
                    fillColor: outcome ? STYLES.done.color : "#fff",
                    fillOpacity: 1,
                    interactive: false,
                }).addTo(this.walk)
            );
        }
    }

    // ------------------------------------------------------------------ drawing

    startDrawing(what) {
        this.state.drawing = what;
        this.state.points = 0;
        this.vertices = [];
        this.sketch.clearLayers();
    }

    stopDrawing() {
        this.state.drawing = false;
        this.sketch.clearLayers();
    }

    onMapClick(event) {
        if (!this.state.drawing) {
            return;
        }
        this.vertices.push(event.latlng);
        this.state.points = this.vertices.length;
        this.sketch.clearLayers();
        window.L.polygon(this.vertices, {color: "#d63384", dashArray: "4 4"}).addTo(this.sketch);
        this.vertices.forEach((point) =>
            window.L.circleMarker(point, {radius: 4, color: "#d63384"}).addTo(this.sketch)
        );
    }

    async finishDrawing() {
        const ring = [...this.vertices, this.vertices[0]].map((point) => [
            Number(point.lng.toFixed(6)),
            Number(point.lat.toFixed(6)),
        ]);
        const outline = JSON.stringify({type: "Polygon", coordinates: [ring]});
        const what = this.state.drawing;
        this.stopDrawing();
        if (what === "area") {
            await this.change(() =>
                this.orm.write("canvass.operation", [this.operationId], {
                    area_kind: "polygon",
                    area_polygon: outline,
                })
            );
        } else {
            await this.change(() => this.call("action_draw", outline));
        }
    }

    // ------------------------------------------------------------------ acting

    call(method, ...args) {
        return this.orm.call("canvass.operation", method, [[this.operationId], ...args]);
    }

    /** One change at a time; the board is read again whatever came of it. */
    async change(act) {
        this.state.busy = true;
        try {
            return await act();
        } finally {
            this.state.busy = false;
            await this.load();
            this.keepSelection();
            this.draw();
            await this.showChosen();
        }
    }

    cut() {
        const act = () => this.change(() => this.call("action_cut")).then(() => this.fit());
        if (!this.drafts.length) {
            return act();
        }
        this.dialog.add(ConfirmationDialog, {
            body: _t("The drafts are replaced. Published turfs keep their doors."),
            confirmLabel: _t("Cut the area"),
            confirm: act,
            cancel: () => {},
        });
    }

    async undo() {
        const label = await this.change(() => this.call("action_undo"));
        this.notification.add(_t("Taken back: %s", label), {type: "info"});
    }

    split() {
        return this.change(() => this.call("action_split", this.state.selected[0], 2));
    }

    async join() {
        const id = await this.change(() => this.call("action_join", [...this.state.selected]));
        this.state.selected = [id];
        this.restyle();
    }

    moveStreet() {
        const [turf, street] = JSON.parse(this.state.street);
        return this.change(() =>
            this.call("action_move_street", street, turf, Number(this.state.target))
        );
    }

    giveTo(event) {
        const team = Number(event.target.value) || false;
        return this.change(() =>
            this.orm.write("canvass.turf", [...this.state.selected], {team_id: team})
        );
    }

    /** The team of the chosen turfs, where all have the same. */
    get chosenTeam() {
        const teams = new Set(this.chosen.map((turf) => turf.team_id));
        return teams.size === 1 ? [...teams][0] : false;
    }

    async exportSums() {
        const text = await this.call("export_sums");
        // With a byte order mark: spreadsheets then read the accents rightly.
        downloadFile(`\ufeff${text}`, `${this.state.data.name}.csv`, "text/csv;charset=utf-8");
    }

    turfAction(method) {
        return this.change(async () => {
            const action = await this.orm.call("canvass.turf", method, [[...this.state.selected]]);
            if (action?.type) {
                this.action.doAction(action);
            }
        });
    }

    publishAll() {
        this.dialog.add(ConfirmationDialog, {
            body: _t("All drafts are frozen and get a code."),
            confirmLabel: _t("Publish"),
            confirm: () => this.change(() => this.call("action_publish_drafts")),
            cancel: () => {},
        });
    }

    print() {
        this.action.doAction("political_canvass.action_report_turf", {
            additionalContext: {active_ids: [...this.state.selected], active_model: "canvass.turf"},
        });
    }

    open(id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "canvass.turf",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openOperation() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "canvass.operation",
            res_id: this.operationId,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("political_canvass.board", CanvassBoard);
