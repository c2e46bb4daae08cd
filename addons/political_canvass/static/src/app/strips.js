/** What lies over a screen for a while: "Undo" after a report, and the question to the pair. */
import {button, h} from "./dom.js";

const UNDO = 5000;
const MINUTE = 60000;
let timer = null;

const $ = (id) => document.getElementById(id);

/**
 * @param {App} app
 * @param {Object[]} events just saved
 * @param {Object} before door states before them
 * @param {string} outcome in words
 */
export function offerUndo(app, events, before, outcome) {
    const words = app.t("undo.noted", {count: events.length, outcome});
    dropUndo();
    $("undo").append(
        h(
            "div",
            {role: "region", "aria-label": app.t("undo.label")},
            h("span", {}, words),
            button(app.t("undo.button"), () => app.takeBack(events, before))
        )
    );
    app.say(words);
    timer = setTimeout(dropUndo, UNDO);
}

export function dropUndo() {
    clearTimeout(timer);
    $("undo").replaceChildren();
}

/**
 * Asks the pair whether all is well when nothing was reported for long.
 *
 * @param {App} app
 */
export function checkIn(app) {
    const wait = (app.open() && app.session.lease.checkin) || 0;
    if (!wait || performance.now() - app.signAt <= wait * MINUTE || app.handedOver()) {
        dropQuestion();
    } else if (!$("checkin").childElementCount) {
        $("checkin").append(
            h(
                "div",
                {role: "alert"},
                h("span", {}, app.t("team.ask")),
                button(app.t("team.well"), () => app.tell("well"), {"data-key": "ask-well"}),
                button(app.t("nav.team"), () => app.go("team"), {"data-key": "ask-team"})
            )
        );
        navigator.vibrate?.(400);
    }
}

export function dropQuestion() {
    $("checkin").replaceChildren();
}
