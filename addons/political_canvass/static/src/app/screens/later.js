/** When to come back: a closed choice, since a free remark would be about a person. */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";
import {place} from "./door.js";

const MOMENTS = ["morning", "afternoon", "evening", "weekend"];

export function render(app, {door: id, back}) {
    const {session, t} = app;
    const door = session.door(id);
    const choice = (label, data) =>
        button(label, () => app.report(door, "come_back", data, {back}), {
            class: "answer come_back",
            icon: icon("come_back"),
        });
    return h(
        "section",
        {class: "later"},
        place(app, door),
        h("h2", {}, t("later.title")),
        h(
            "div",
            {class: "answers"},
            choice(t("later.any"), {}),
            MOMENTS.map((when) => choice(t(`later.${when}`), {when})),
            button(t("back"), () => history.back(), {class: "plain"})
        )
    );
}
