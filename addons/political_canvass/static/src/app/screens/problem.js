/** This browser cannot keep anything safely: say so, and pretend nothing. */
import {h} from "../dom.js";

/** @param {{why: string}} params "insecure", "storage" or "old" */
export function render(app, {why}) {
    const {t} = app;
    return h(
        "section",
        {class: "problem", role: "alert"},
        h("h1", {tabindex: "-1"}, t("problem.title")),
        h("p", {}, t(`problem.${why}`))
    );
}
