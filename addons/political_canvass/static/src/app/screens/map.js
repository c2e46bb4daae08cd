/**
 * The turf drawn from its own coordinates: no tile, no outside server, no position of the
 * canvasser. The list says the same in words.
 */
import {button, h, svg} from "../dom.js";
import {nextDoor} from "../doors.js";

const WIDTH = 360;
const MARGIN = 16;
/** Metres of a degree of latitude, near enough for a turf. */
const DEGREE = 111320;
const DONE = ["spoke", "refused", "moved", "inaccessible", "do_not_knock", "leaflet"];

export const live = true;

export function render(app) {
    const {session, t} = app;
    const doors = session.turf.doors.filter((door) => door.lat && door.lon);
    return h(
        "section",
        {class: "map"},
        h("h1", {tabindex: "-1"}, t("map.title")),
        doors.length ? drawing(app, doors) : h("p", {}, t("map.none")),
        legend(t),
        button(t("map.list"), () => app.go("list"), {class: "plain"})
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
    const next = nextDoor(app.session.turf.doors, state, app.last);
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
