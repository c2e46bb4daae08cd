/** The next door, and what happened there: the screen of nine taps in ten. */
import {button, h} from "../dom.js";
import {doorParts, heading, nextDoor, tally, together} from "../doors.js";
import {icon} from "../icons.js";

/** Outcomes with a button of their own; the turf's others lie under "More". */
export const DIRECT = ["not_home", "spoke", "refused", "come_back"];

/**
 * @param {App} app
 * @param {{door: number|undefined, back: string|undefined}} params a door chosen in the
 *      list or on the map, and where to return to; else the next one without report
 */
export function render(app, {door: id, back}) {
    const {session, t} = app;
    const {doors} = session;
    const door = session.door(id) || nextDoor(doors, session.state, app.last);
    return door ? card(app, door, back) : finished(app, t);
}

/**
 * Where, in three lines: also the head of the screens that follow a tap here.
 *
 * @param {App} app
 * @param {Object} door
 * @param {string} tag "h1", or "p" where the screen has another heading
 */
export function place(app, door, tag = "h1") {
    const {t} = app;
    const [number, ...rest] = doorParts(door, t);
    const arrow = {1: "↑", "-1": "↓"}[heading(app.session.doors, door)];
    return h(
        "div",
        {class: "place"},
        h(
            "p",
            {class: "street"},
            arrow && h("span", {class: "arrow", "aria-hidden": "true"}, arrow),
            door.street,
            door.side && h("span", {class: "side"}, t(`side.${door.side}`))
        ),
        h(
            tag,
            tag === "h1" ? {tabindex: "-1"} : {class: "where"},
            // Written the way of its own letters, whatever the screen's
            h("bdi", {class: "number"}, number),
            rest.length > 0 && [" ", h("bdi", {class: "rest"}, rest.join(" · "))]
        ),
        door.access && h("p", {class: "access"}, t("door.access", {note: door.access})),
        app.session.note(door) &&
            h("p", {class: "access"}, t("door.note", {note: app.session.note(door)}))
    );
}

function card(app, door, back) {
    const {session, t} = app;
    const has = (code) => session.turf.outcomes.some((outcome) => outcome.code === code);
    const tap = (code, after) =>
        has(code) &&
        button(app.outcome(code), () => app.report(door, code, {}, after || {back}), {
            class: `answer ${code}`,
            icon: icon(code),
        });
    return h(
        "section",
        {class: "door"},
        place(app, door),
        earlier(app, door),
        h(
            "div",
            {class: "answers"},
            tap("not_home"),
            wholeFloor(app, door, back),
            tap("spoke", {screen: "talk", door: door.id, back}),
            tap("refused"),
            h(
                "div",
                {class: "pair"},
                has("come_back") &&
                    button(t("door.come_back"), () => app.go("later", {door: door.id, back}), {
                        class: "answer come_back",
                        icon: icon("come_back"),
                    }),
                button(t("door.more"), () => app.go("more", {door: door.id, back}), {
                    class: "answer others",
                })
            )
        )
    );
}

/** One tap for a landing where nobody answers, once a first door of it was tried. */
function wholeFloor(app, door, back) {
    const {session, t} = app;
    const doors = together(session.doors, session.state, door, "floor");
    const tried = session.doors.some(
        (other) =>
            other.id !== door.id &&
            other.building === door.building &&
            other.floor === door.floor &&
            session.state[other.id]?.outcome === "not_home"
    );
    return (
        tried &&
        doors.length > 1 &&
        button(
            t("more.floor", {count: doors.length}),
            () => app.reportAll(doors, "not_home", {back}),
            {class: "answer not_home floor", icon: icon("not_home")}
        )
    );
}

function earlier(app, door) {
    const {t} = app;
    const report = app.session.state[door.id];
    if (!report) {
        return null;
    }
    const values = {outcome: app.outcome(report.outcome), time: t.moment(report.at)};
    return h(
        "p",
        {class: "earlier"},
        icon(report.outcome),
        t(report.conflict ? "door.conflict" : "door.earlier", values)
    );
}

function finished(app, t) {
    const {doors} = app.session;
    const {state} = app.session;
    const again = doors.filter((door) =>
        ["not_home", "come_back"].includes(state[door.id]?.outcome)
    );
    return h(
        "section",
        {class: "finished"},
        h("h1", {tabindex: "-1"}, t("finished.title")),
        h(
            "ul",
            {class: "tally"},
            Object.entries(tally(doors, state)).map(([code, count]) =>
                h("li", {}, icon(code), `${app.outcome(code)} · ${count}`)
            )
        ),
        again.length > 0 &&
            button(
                t("finished.again", {count: again.length}),
                () => app.go("list", {only: "again"}),
                {
                    class: "answer",
                    icon: icon("come_back"),
                }
            ),
        h("p", {}, t("finished.leave"))
    );
}
