/** The map of a poster action's panels: where each is, what hangs there, one tap to say so. */
import {Component, onMounted, onWillStart, onWillUnmount, useRef, useState} from "@odoo/owl";
import {loadCSS, loadJS} from "@web/core/assets";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const LIBRARY = "/political_crm/static/lib/leaflet/";
const FIELDS = ["name", "state", "latitude", "longitude"];
/** Colour and sign: states must be told apart without colours. */
export const STATES = {
    free: {color: "#0b5ed7", sign: "+"},
    up: {color: "#146c43", sign: "✓"},
    down: {color: "#6c757d", sign: "–"},
};

export class PanelMap extends Component {
    static template = "political_canvass.PanelMap";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.mapRef = useRef("map");
        this.actionId = this.props.action.params?.action_id || this.props.action.context?.active_id;
        this.state = useState({panels: [], chosen: false, adding: false, name: "", point: null});
        this.labels = {free: _t("To do"), up: _t("Up"), down: _t("Taken down")};
        this.markers = new Map();
        onWillStart(() =>
            Promise.all([
                loadCSS(LIBRARY + "leaflet.css"),
                loadJS(LIBRARY + "leaflet.js"),
                this.load(),
            ])
        );
        onMounted(() => this.makeMap());
        onWillUnmount(() => this.map?.remove());
    }

    async load() {
        this.state.panels = await this.orm.searchRead(
            "canvass.panel",
            [["action_id", "=", this.actionId]],
            FIELDS
        );
    }

    get placed() {
        return this.state.panels.filter((panel) => panel.latitude || panel.longitude);
    }

    get chosen() {
        return this.state.panels.find((panel) => panel.id === this.state.chosen);
    }

    get counts() {
        return Object.entries(this.labels).map(([code, label]) => ({
            code,
            label,
            ...STATES[code],
            count: this.state.panels.filter((panel) => panel.state === code).length,
        }));
    }

    sign(panel) {
        return STATES[panel.state].sign;
    }

    // ------------------------------------------------------------------ map

    makeMap() {
        const L = window.L;
        this.map = L.map(this.mapRef.el, {attributionControl: false, zoomSnap: 0.5});
        L.control.scale({imperial: false}).addTo(this.map);
        this.layer = L.layerGroup().addTo(this.map);
        this.map.on("click", (event) => this.onMapClick(event));
        this.draw();
        this.fit();
    }

    draw() {
        this.layer.clearLayers();
        this.markers.clear();
        for (const panel of this.placed) {
            this.markers.set(panel.id, this.marker(panel));
        }
    }

    marker(panel) {
        const L = window.L;
        const {color, sign} = STATES[panel.state];
        const label = `${panel.name}, ${this.labels[panel.state]}`;
        const marker = L.marker([panel.latitude, panel.longitude], {
            title: label,
            alt: label,
            icon: L.divIcon({
                className: "o_canvass_panel",
                html: `<span style="background: ${color}">${sign}</span>`,
                iconSize: [30, 30],
            }),
        });
        marker.on("click", () => (this.state.chosen = panel.id));
        return marker.addTo(this.layer);
    }

    fit() {
        if (this.placed.length) {
            const places = this.placed.map((panel) => [panel.latitude, panel.longitude]);
            this.map.fitBounds(places, {padding: [40, 40], maxZoom: 17});
        } else {
            this.map.setView([46.6, 2.4], 6);
        }
    }

    onMapClick(event) {
        if (this.state.adding) {
            this.state.point = {
                latitude: Number(event.latlng.lat.toFixed(6)),
                longitude: Number(event.latlng.lng.toFixed(6)),
            };
        }
    }

    // ------------------------------------------------------------------ acting

    startAdding() {
        Object.assign(this.state, {adding: true, name: "", point: null, chosen: false});
    }

    async add() {
        const [id] = await this.orm.create("canvass.panel", [
            {action_id: this.actionId, name: this.state.name.trim(), ...this.state.point},
        ]);
        Object.assign(this.state, {adding: false, chosen: id});
        await this.load();
        this.draw();
    }

    async put(method) {
        await this.orm.call("canvass.panel", method, [[this.state.chosen]]);
        await this.load();
        this.draw();
    }

    choose(panel) {
        this.state.chosen = panel.id;
        if (panel.latitude || panel.longitude) {
            this.map.setView([panel.latitude, panel.longitude], Math.max(16, this.map.getZoom()));
        }
    }

    openAction() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "canvass.action",
            res_id: this.actionId,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("political_canvass.panels", PanelMap);
