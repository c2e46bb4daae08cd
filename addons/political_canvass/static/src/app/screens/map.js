/**
 * The turf drawn from its own coordinates by Leaflet: no tile, no outside server. One's own
 * position is shown when asked for, once, and neither kept nor sent. The list says the same
 * in words; where the library is not there, a plain drawing does.
 */
import {button, h, svg} from "../dom.js";
import {doorLabel, nextDoor} from "../doors.js";

const LIBRARY = "/political_crm/static/lib/leaflet/leaflet.js";

const WIDTH = 360;
const MARGIN = 16;
/** Metres of a degree of latitude, near enough for a turf. */
const DEGREE = 111320;
const DONE = ["spoke", "refused", "moved", "inaccessible", "do_not_knock", "leaflet"];

export async function render(app) {
    const {session, t} = app;
    const doors = session.doors.filter((door) => door.lat && door.lon);
    const shown = doors.length ? await plan(app, doors) : {element: h("p", {}, t("map.none"))};
    const said = h("p", {role: "status", class: "me"});
    return h(
        "section",
        {class: "map"},
        h("h1", {tabindex: "-1"}, t("map.title")),
        shown.element,
        shown.mark && button(t("map.me"), () => locate(t, shown.mark, said), {class: "plain"}),
        said,
        legend(t),
        button(t("map.list"), () => app.go("list"), {class: "plain"})
    );
}

/** @returns {Promise<{element: Element, mark: Function|undefined}>} `mark` shows a position */
async function plan(app, doors) {
    try {
        await import(LIBRARY);
        return movable(app, doors);
    } catch (error) {
        console.error(error);
        return {element: drawing(app, doors)};
    }
}

function movable(app, doors) {
    const {L} = window;
    const {session, t} = app;
    const {metres} = project(doors);
    const label = t("map.label", {count: doors.length, metres});
    const element = h("div", {class: "leaflet", role: "region", "aria-label": label, dir: "ltr"});
    const spots = doors.map(({lat, lon}) => [lat, lon]);
    const map = L.map(element, {attributionControl: false, zoomAnimation: false, maxZoom: 20});
    L.polyline(spots, {className: "walk", interactive: false}).addTo(map);
    const next = nextDoor(session.doors, session.state, app.last);
    for (const [place, door] of doors.entries()) {
        const shape = svg(
            "svg",
            {viewBox: "0 0 28 28", width: 28, height: 28},
            mark([14, 14], session.state[door.id]?.outcome, door.id === next?.id)
        );
        const icon = L.divIcon({html: shape, className: "spot", iconSize: [28, 28]});
        L.marker(spots[place], {
            icon,
            keyboard: false, // The list is the way for a keyboard and a screen reader.
            title: t("map.open", {door: `${door.street}, ${doorLabel(door, t)}`}),
            zIndexOffset: door.id === next?.id ? 1000 : 0,
        })
            .on("click", () => app.go("door", {door: door.id, back: "map"}))
            .addTo(map);
    }
    // Only once it lies in the page does it have a size to fit into.
    const fit = new ResizeObserver(() => {
        if (element.clientWidth) {
            map.invalidateSize({animate: false});
            map.fitBounds(L.latLngBounds(spots), {padding: [20, 20], animate: false});
            fit.disconnect();
        }
    });
    fit.observe(element);
    const here = (latitude, longitude) => {
        const me = svg(
            "svg",
            {viewBox: "0 0 28 28", width: 28, height: 28},
            svg("circle", {class: "you", cx: 14, cy: 14, r: 9})
        );
        const icon = L.divIcon({html: me, className: "spot", iconSize: [28, 28]});
        L.marker([latitude, longitude], {icon, keyboard: false, interactive: false}).addTo(map);
        map.panTo([latitude, longitude], {animate: false});
    };
    return {element, mark: here};
}

/** Asked for by a tap, shown on this drawing, gone with it. */
function locate(t, mark, said) {
    said.textContent = "";
    navigator.geolocation?.getCurrentPosition(
        ({coords}) => {
            mark(coords.latitude, coords.longitude);
            said.textContent = t("map.mine");
        },
        () => (said.textContent = t("map.lost")),
        {enableHighAccuracy: true, timeout: 15000, maximumAge: 0}
    );
}

function project(doors) {
    const [lats, lons] = [doors.map((door) => door.lat), doors.map((door) => door.lon)];
    const [south, west] = [Math.min(...lats), Math.min(...lons)];
    const narrow = Math.cos((south * Math.PI) / 180);
    const wide = (Math.max(...lons) - west) * narrow || 1 / DEGREE;
    const tall = Math.max(...lats) - south;
    const scale = (WIDTH - 2 * MARGIN) / Math.max(wide, tall / 1.4);
    return {
        height: tall * scale + 2 * MARGIN,
        metres: (wide * DEGREE) | 0,
        spot: (door) => [
            MARGIN + (door.lon - west) * narrow * scale,
            MARGIN + (south + tall - door.lat) * scale,
        ],
    };
}

function drawing(app, doors) {
    const {state} = app.session;
    const {height, metres, spot} = project(doors);
    const next = nextDoor(app.session.doors, state, app.last);
    const walk = doors.map((door) => spot(door).map(Math.round).join(",")).join(" ");
    return svg(
        "svg",
        {
            class: "plan",
            viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`,
            role: "img",
            "aria-label": app.t("map.label", {count: doors.length, metres}),
        },
        svg("polyline", {class: "walk", points: walk}),
        ...doors.map((door) => mark(spot(door), state[door.id]?.outcome, door === next))
    );
}

/** A square still to do, a disc done, a ring to come back to, a large star for the next. */
function mark([x, y], outcome, isNext) {
    if (isNext) {
        return svg("path", {
            class: "here",
            d: `M${x} ${y - 12}l4 8 8 1-6 6 2 9-8-5-8 5 2-9-6-6 8-1z`,
        });
    }
    if (!outcome) {
        return svg("rect", {class: "todo", x: x - 4, y: y - 4, width: 8, height: 8});
    }
    const kind = DONE.includes(outcome) ? "done" : "again";
    return svg("circle", {class: kind, cx: x, cy: y, r: 5});
}

function legend(t) {
    const marks = {here: true, todo: false, done: false, again: false};
    const outcomes = {done: "spoke", again: "not_home"};
    return h(
        "ul",
        {class: "legend"},
        Object.entries(marks).map(([name, isNext]) =>
            h(
                "li",
                {},
                svg(
                    "svg",
                    {class: "icon", viewBox: "0 0 28 28", "aria-hidden": "true"},
                    mark([14, 14], outcomes[name], isNext)
                ),
                t(`map.${name}`)
            )
        )
    );
}
