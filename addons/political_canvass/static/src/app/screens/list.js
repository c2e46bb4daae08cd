/** All doors of the turf in walking order; a tap opens one, reported or not. */
import {button, h} from "../dom.js";
import {doorLabel, nextDoor} from "../doors.js";
import {icon} from "../icons.js";

export const live = true;

const AGAIN = ["not_home", "come_back"];
const FILTERS = {
    all: () => true,
    todo: (report) => !report,
    again: (report) => AGAIN.includes(report?.outcome),
};

export function render(app, {only = "all"}) {
    const {session, t} = app;
    const {state} = session;
    const doors = session.doors.filter((door) => FILTERS[only](state[door.id]));
    const next = nextDoor(session.doors, state, app.last);
    return h(
        "section",
        {class: "list"},
        h("h1", {tabindex: "-1"}, t("list.title")),
        h(
            "div",
            {class: "filters", role: "group", "aria-label": t("list.filter")},
            Object.keys(FILTERS).map((name) =>
                button(t(`list.${name}`), () => app.go("list", {only: name}, true), {
                    "aria-pressed": String(name === only),
                    "data-key": name,
                })
            )
        ),
        doors.length ? streets(app, doors, next) : h("p", {}, t("list.empty"))
    );
}

function streets(app, doors, next) {
    const parts = [];
    for (const door of doors) {
        let part = parts.at(-1);
        if (part?.street !== door.street) {
            part = {street: door.street, rows: []};
            parts.push(part);
        }
        part.rows.push(row(app, door, door === next));
    }
    return parts.map(({street, rows}) => [h("h2", {}, street), h("ol", {class: "doors"}, rows)]);
}

function row(app, door, isNext) {
    const {session, t} = app;
    const report = session.state[door.id];
    const code = report?.outcome;
    const words = [
        code ? app.outcome(code) : t(isNext ? "list.next" : "list.open"),
        report?.conflict && t("list.conflict"),
    ].filter(Boolean);
    return h(
        "li",
        {},
        h(
            "button",
            {
                type: "button",
                class: `row ${code || (isNext ? "next" : "todo")}`,
                "data-key": `door-${door.id}`,
                on: {click: () => app.go("door", {door: door.id, back: "list"})},
            },
            icon(code || (isNext ? "next" : "todo")),
            h("bdi", {class: "label"}, doorLabel(door, t)),
            h("span", {class: "what"}, words.join(" · "))
        )
    );
}
