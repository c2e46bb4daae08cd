/** After "Spoke": the report is saved already; what may follow is optional. */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";
import {place} from "./door.js";
import {asksAnything} from "./script.js";

/**
 * @param {App} app
 * @param {{door: number|string, back: string|undefined, done: boolean|undefined}} params `done`
 *      after the script
 */
export function render(app, {door: id, back, done}) {
    const {session, t} = app;
    const door = session.door(id);
    const asks = session.turf.consents.length > 0;
    const waiting = done && Object.keys(app.talkAt(door.id)?.person ?? {}).length > 0;
    return h(
        "section",
        {class: "talk"},
        place(app, door),
        h("p", {class: "saved"}, icon("sent"), t(done ? "script.done" : "talk.saved")),
        waiting && h("p", {class: "level"}, t("script.waiting")),
        h(
            "div",
            {class: "answers"},
            !done &&
                asksAnything(session.turf) &&
                button(t("talk.script"), () => app.go("script", {door: id, back}), {
                    class: "answer script",
                    icon: icon("leaflet"),
                }),
            asks &&
                button(t("talk.consent"), () => app.go("consent", {door: id, back}), {
                    class: "answer spoke",
                    icon: icon("spoke"),
                }),
            button(t("next"), () => app.onwards(id, back), {
                class: "answer next",
                icon: icon("next"),
            })
        )
    );
}
