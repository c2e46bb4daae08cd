import {Component, onMounted, onWillUnmount, onWillUpdateProps, useRef} from "@odoo/owl";
import {inside, middle} from "./contours";

const LINE = {color: "#5f6b76", weight: 0.6, opacity: 0.9};
const CHOSEN = {color: "#d6006c", weight: 2.5, opacity: 1};
// A third of the view on each side is painted ahead, so that panning shows no blank edge.
const AHEAD = 0.35;

/**
 * Leaflet with one canvas: shapes, their colours, hover, click and an area drawn by hand.
 *
 * The parent gives the shapes once and colours as they change; nothing is asked of the network
 * unless tiles are given.
 */
export class CanvasMap extends Component {
    static template = "political_crm.CanvasMap";
    static props = {
        shapes: {type: Map},
        paints: {type: Map},
        chosen: {type: Set},
        drawing: {type: Boolean},
        // A small map among other things: the page scrolls over it, fingers and wheel alike.
        inPage: {type: Boolean, optional: true},
        describe: {type: Function},
        tiles: {optional: true},
        onOpen: {type: Function},
        onArea: {type: Function},
        onPainted: {type: Function, optional: true},
    };

    setup() {
        this.root = useRef("root");
        this.layers = new Map();
        onMounted(() => this.start());
        onWillUpdateProps((next) => this.update(next));
        onWillUnmount(() => this.map.remove());
    }

    start() {
        this.map = L.map(this.root.el, {
            preferCanvas: true,
            renderer: L.canvas({padding: AHEAD, tolerance: 2}),
            zoomSnap: 0.5,
            attributionControl: Boolean(this.props.tiles),
            scrollWheelZoom: !this.props.inPage,
            dragging: !(this.props.inPage && L.Browser.mobile),
        });
        this.map.getContainer().tabIndex = 0;
        if (this.props.tiles) {
            this.map.attributionControl.setPrefix(false);
            L.tileLayer(this.props.tiles.url, {
                // What the server's owner asks to show is text, whatever it holds.
                attribution: new Option(this.props.tiles.attribution).innerHTML,
            }).addTo(this.map);
        }
        this.map.setView([46.6, 2.4], 5);
        this.draw(this.props);
        this.bindArea();
    }

    draw(props) {
        this.layers.forEach((layer) => layer.remove());
        this.layers.clear();
        this.group?.remove();
        this.group = L.featureGroup();
        for (const [id, polygons] of props.shapes) {
            const layer = L.polygon(polygons, this.styleOf(id, props));
            layer.placeId = id;
            this.layers.set(id, layer);
            this.group.addLayer(layer);
        }
        this.group.bindTooltip((layer) => this.tip(layer.placeId), {
            sticky: true,
            className: "o_political_map_tip",
        });
        this.group.on("click", (event) => this.click(event));
        if (props.shapes.size) {
            this.map.fitBounds(this.group.getBounds(), {animate: false});
            this.group.addTo(this.map);
        }
        // Leaflet paints in the next frame: the one after it finds the shapes on screen.
        requestAnimationFrame(() => requestAnimationFrame(() => props.onPainted?.()));
    }

    update(next) {
        this.map.dragging[next.drawing ? "disable" : "enable"]();
        if (next.shapes !== this.props.shapes) {
            this.draw(next);
            return;
        }
        for (const [id, layer] of this.layers) {
            const chosen = next.chosen.has(id);
            if (
                next.paints.get(id) !== this.props.paints.get(id) ||
                chosen !== this.props.chosen.has(id)
            ) {
                layer.setStyle(this.styleOf(id, next));
                if (chosen) {
                    layer.bringToFront();
                }
            }
        }
    }

    styleOf(id, props) {
        return {
            ...(props.chosen.has(id) ? CHOSEN : LINE),
            fillColor: props.paints.get(id),
            fillOpacity: props.tiles ? 0.7 : 1,
        };
    }

    tip(id) {
        const found = document.createElement("div");
        const [name, ...figures] = this.props.describe(id);
        const title = document.createElement("strong");
        title.textContent = name;
        found.append(title);
        for (const figure of figures) {
            const line = document.createElement("div");
            line.textContent = figure;
            found.append(line);
        }
        return found;
    }

    click(event) {
        if (this.props.drawing) {
            return;
        }
        const id = event.propagatedFrom.placeId;
        if (event.originalEvent.pointerType === "touch") {
            // A finger does not hover: the first tap tells, the button in it opens.
            const told = this.tip(id);
            const button = document.createElement("button");
            button.className = "btn btn-primary btn-sm mt-1";
            button.textContent = this.props.describe.open;
            button.addEventListener("click", () => this.props.onOpen(id));
            told.append(button);
            this.map.openPopup(told, event.latlng);
        } else {
            this.props.onOpen(id);
        }
    }

    /** An area drawn with pointer down, move and up; the places whose middle lies in it. */
    bindArea() {
        const container = this.map.getContainer();
        let line = null;
        const at = (event) => this.map.mouseEventToLatLng(event);
        container.addEventListener("pointerdown", (event) => {
            if (this.props.drawing && event.isPrimary) {
                container.setPointerCapture(event.pointerId);
                line = L.polyline([at(event)], {...CHOSEN, dashArray: "4"}).addTo(this.map);
                event.preventDefault();
            }
        });
        container.addEventListener("pointermove", (event) => line?.addLatLng(at(event)));
        const end = () => {
            if (!line) {
                return;
            }
            const area = line.getLatLngs().map(({lat, lng}) => [lat, lng]);
            line.remove();
            line = null;
            const found = [...this.props.shapes]
                .filter((shape) => inside(middle(shape[1]), area))
                .map(([id]) => id);
            this.props.onArea(found);
        };
        container.addEventListener("pointerup", end);
        container.addEventListener("pointercancel", end);
    }
}
