/** The rarer outcomes, and one tap for a whole floor or building. */
import {button, h} from "../dom.js";
import {together} from "../doors.js";
import {icon} from "../icons.js";
import {DIRECT, place} from "./door.js";

/** Below two doors "the whole floor" would only be a second name for the door. */
const SEVERAL = 2;

export function render(app, {door: id, back}) {
    const {session, t} = app;
    const door = session.door(id);
    const others = session.turf.outcomes.filter(({code}) => !DIRECT.includes(code));
    return h(
        "section",
        {class: "more"},
        place(app, door),
        h(
            "div",
            {class: "answers"},
            ["floor", "building"].map((level) => whole(app, door, level, back)),
            others.map(({code}) =>
                button(app.outcome(code), () => app.report(door, code, {}, {back}), {
                    class: `answer ${code}`,
                    icon: icon(code),
                })
            ),
            ["door", "note"].map((what) =>
                button(t(`add.title.${what}`), () => app.go("add", {door: door.id, back, what}), {
                    class: "plain",
                    "data-key": `add-${what}`,
                })
            ),
            button(t("back"), () => history.back(), {class: "plain"})
        )
    );
}

function whole(app, door, level, back) {
    const {session, t} = app;
    const doors = together(session.doors, session.state, door, level);
    if (doors.length < SEVERAL) {
        return null;
    }
    return button(
        t(`more.${level}`, {count: doors.length}),
        () => app.reportAll(doors, "not_home", {back}),
        {class: "answer not_home", icon: icon("not_home")}
    );
}
