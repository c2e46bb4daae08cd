/** Giving the turf back: erased here and now; unsent reports keep their chance. */
import {button, h} from "../dom.js";

export const live = true;

export function render(app) {
    const {session, sync, t} = app;
    const unsent = session.unsent().length;
    return h(
        "section",
        {class: "leave"},
        h("h1", {tabindex: "-1"}, t("leave.title")),
        h("p", {}, t("leave.what")),
        unsent > 0 && h("p", {class: "trouble"}, t("leave.unsent", {count: unsent})),
        h(
            "div",
            {class: "answers"},
            unsent > 0 &&
                button(t("status.send"), () => sync.run(), {class: "answer", "data-key": "send"}),
            button(t("leave.yes"), () => sync.leave(), {
                class: "answer refused",
                "data-key": "yes",
            }),
            button(t("leave.no"), () => app.go("door"), {class: "plain", "data-key": "no"})
        )
    );
}
