import {Component, markRaw, onWillStart, useState} from "@odoo/owl";
import {CanvasMap} from "@political_crm/map/canvas_map";
import {classOf, colours, quantileBreaks, UNKNOWN} from "@political_crm/map/classes";
import {decode} from "@political_crm/map/contours";
import {loadCSS, loadJS} from "@web/core/assets";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {useRecordObserver} from "@web/model/relational_model/utils";
import {formatInteger} from "@web/views/fields/formatters";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const LIB = "/political_crm/static/lib/leaflet";
// Nobody: as pale as what is not known, so that colour always means people.
const NOBODY = UNKNOWN;

/**
 * The overview's map: how many of the reader's people live in each place. It comes after the
 * page, which does not wait for it.
 */
export class BranchMap extends Component {
    static template = "political_crm.BranchMap";
    static components = {CanvasMap};
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.last = new KeepLast();
        this.none = markRaw(new Set());
        this.describe = Object.assign((id) => this.lines(id), {open: _t("Open the list")});
        this.state = useState({
            // Members, until the reader chooses
            what: 1,
            counted: [],
            loading: true,
            shapes: markRaw(new Map()),
            paints: markRaw(new Map()),
            legend: [],
            elsewhere: 0,
            tiles: false,
        });
        this.places = new Map();
        onWillStart(() =>
            Promise.all([loadJS(`${LIB}/leaflet.js`), loadCSS(`${LIB}/leaflet.css`)])
        );
        useRecordObserver((record) => {
            const branch = record.data.branch_id?.id || false;
            if (branch !== this.branch) {
                this.branch = branch;
                this.load();
            }
        });
    }

    async load() {
        this.state.loading = true;
        const found = await this.last.add(
            this.orm.silent.call("political.dashboard", "map_counts", [this.branch])
        );
        let shapes = new Map();
        if (found.contours) {
            const answer = await this.last.add(fetch(found.contours));
            shapes = answer.ok ? decode(await answer.json()) : shapes;
        }
        this.places = new Map(found.places.map(([id, name, counts]) => [id, {name, counts}]));
        Object.assign(this.state, {
            counted: found.counted,
            elsewhere: found.elsewhere,
            tiles: found.tiles && markRaw(found.tiles),
            shapes: markRaw(shapes),
            loading: false,
        });
        this.paint();
    }

    choose(what) {
        this.state.what = Number(what);
        this.paint();
    }

    countOf(id) {
        return this.places.get(id)?.counts[this.state.what] || 0;
    }

    /** Classes of equal size among the places where somebody lives. */
    paint() {
        const ids = [...this.state.shapes.keys()];
        const there = ids.map((id) => this.countOf(id)).filter(Boolean);
        const breaks = quantileBreaks(there);
        const scale = colours(breaks.length + 1);
        this.state.paints = markRaw(
            new Map(
                ids.map((id) => {
                    const count = this.countOf(id);
                    return [id, count ? scale[classOf(count, breaks)] : NOBODY];
                })
            )
        );
        const most = Math.max(...there);
        const lines = scale.map((colour, n) => {
            const low = n ? breaks[n - 1] : Math.min(...there);
            const high = n < breaks.length ? breaks[n] - 1 : most;
            const label = low === high ? formatInteger(low) : `${low} – ${high}`;
            return {colour, label};
        });
        this.state.legend = [
            ...(there.length ? lines : []),
            ...(there.length < ids.length ? [{colour: NOBODY, label: _t("Nobody")}] : []),
        ];
    }

    lines(id) {
        const place = this.places.get(id);
        if (!place) {
            return [""];
        }
        const names = this.state.counted;
        return [
            place.name,
            ...place.counts.map((count, n) => `${names[n]}: ${formatInteger(count)}`),
        ];
    }

    get elsewhereText() {
        return _t("%s people have no known polling station.", formatInteger(this.state.elsewhere));
    }

    async onOpen(id) {
        this.action.doAction(
            await this.orm.call("political.dashboard", "action_place", [this.branch, id])
        );
    }
}

registry.category("view_widgets").add("political_branch_map", {component: BranchMap});
