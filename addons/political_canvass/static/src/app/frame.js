/** What stands around every screen while a turf is open. */
import {button, h} from "./dom.js";
import {progress} from "./doors.js";
import {icon} from "./icons.js";

/**
 * @param {App} app
 * @returns {HTMLElement[]} where we are, how far, and what is still to send
 */
export function header(app) {
    const {session, sync, t} = app;
    const {done, total} = progress(session.doors, session.state);
    const unsent = session.unsent().length;
    const refused = session.refused.size;
    const sign = refused ? "trouble" : unsent ? "waiting" : "sent";
    const words = unsent ? t("top.unsent", {count: unsent}) : t("top.sent");
    const more = refused ? ` · ${t("top.refused", {count: refused})}` : "";
    return [
        h("p", {class: "turf"}, session.turf.name),
        h("p", {class: "count"}, t("top.done", {done, total})),
        h("progress", {max: total, value: done, "aria-label": t("top.progress")}),
        h(
            "button",
            {
                type: "button",
                class: `badge ${sign}`,
                id: "badge",
                on: {click: () => app.go("status")},
            },
            icon(sign),
            h("span", {}, words + more),
            sync.trouble && unsent > 0 && h("span", {class: "hidden"}, t(`trouble.${sync.trouble}`))
        ),
    ];
}

/**
 * @param {App} app
 * @returns {HTMLElement[]} the screens that are always one tap away
 */
export function tabs(app) {
    const {t} = app;
    document.getElementById("bottom").setAttribute("aria-label", t("nav.label"));
    return ["door", "list", "map", "leave", "team"].map((name) =>
        button(t(`nav.${name}`), () => app.go(name), {
            "aria-current": app.current.screen === name ? "page" : null,
        })
    );
}
