/** After "Spoke": the report is saved already; what may follow is optional. */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";
import {place} from "./door.js";

export function render(app, {door: id, back}) {
    const {session, t} = app;
    const door = session.turf.doors.find((each) => each.id === id);
    const asks = session.turf.consents.length > 0;
    return h(
        "section",
        {class: "talk"},
        place(app, door),
        h("p", {class: "saved"}, icon("sent"), t("talk.saved")),
        h(
            "div",
            {class: "answers"},
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
