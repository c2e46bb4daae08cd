/** No turf on this phone: enter with a code; says what became of the one before. */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";
import {languages} from "./status.js";

export const live = true;

/**
 * @param {App} app
 * @param {{code: string|undefined, trouble: string|undefined}} params a code just tried,
 *      and why it did not open a turf: "code.bad", "offline", "server" ...
 */
export function render(app, {code = "", trouble}) {
    const {sync, t} = app;
    return h(
        "section",
        {class: "start"},
        h("h1", {tabindex: "-1"}, t(sync.farewell ? `farewell.${sync.farewell}` : "start.title")),
        sync.farewell && h("p", {class: "saved"}, icon("sent"), t("farewell.erased")),
        left(app),
        entry(app, code, trouble),
        languages(app)
    );
}

/** Reports of an ended turf: delivered as soon as it can be, never shown again. */
function left(app) {
    const {session, sync, t} = app;
    const unsent = session.unsent().length;
    const {sent = 0, refused = 0} = (sync.farewell && sync.tally) || {};
    return [
        unsent > 0 &&
            h("p", {class: "trouble"}, icon("waiting"), t("farewell.unsent", {count: unsent})),
        unsent > 0 && sync.trouble && h("p", {}, t(`trouble.${sync.trouble}`)),
        unsent > 0 &&
            button(t("status.send"), () => sync.run(), {class: "plain", "data-key": "send"}),
        session.isStale() && [
            h("p", {}, t("farewell.stale")),
            button(t("farewell.give_up"), () => session.eraseAll(), {
                class: "plain",
                "data-key": "give-up",
            }),
        ],
        sent > 0 && !unsent && h("p", {}, t("farewell.sent", {count: sent})),
        refused > 0 && h("p", {class: "trouble"}, t("farewell.refused", {count: refused})),
    ];
}

function entry(app, code, trouble) {
    const {t} = app;
    const input = h("input", {
        id: "code",
        type: "text",
        value: app.typed ?? code,
        autocomplete: "off",
        autocapitalize: "characters",
        spellcheck: "false",
        maxlength: 20,
        "data-key": "code",
        "aria-describedby": "code-help",
        on: {input: () => (app.typed = input.value)},
    });
    const enter = (event) => {
        event.preventDefault();
        if (input.value.trim()) {
            app.enter(input.value.trim());
        }
    };
    return h(
        "form",
        {on: {submit: enter}},
        trouble &&
            h("p", {class: "trouble", role: "alert"}, icon("trouble"), t(`start.${trouble}`)),
        h("p", {class: "field"}, h("label", {for: "code"}, t("start.code")), input),
        h("p", {id: "code-help"}, t("start.help")),
        h("button", {type: "submit", class: "answer next", "data-key": "open"}, t("start.open"))
    );
}
