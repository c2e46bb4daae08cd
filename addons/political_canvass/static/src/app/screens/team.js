/** The pair, its signs of life, and the way to the lead. No place is sent (R-49). */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";

export const live = true;

const NAME = 40;

export function render(app) {
    const {session, t} = app;
    const {call} = session.lease;
    return h(
        "section",
        {class: "team"},
        h("h1", {tabindex: "-1"}, t("team.title")),
        last(app),
        h(
            "div",
            {class: "answers"},
            sign(app, "well", "spoke", "sent"),
            sign(app, "leave", "", "moved"),
            sign(app, "help", "refused", "trouble"),
            call &&
                h(
                    "a",
                    {class: "answer", href: `tel:${call}`, "data-key": "call"},
                    icon("call"),
                    h("span", {class: "label"}, t("team.call", {number: call}))
                )
        ),
        names(app),
        h("p", {}, t("team.emergency"))
    );
}

function sign(app, signal, kind, shape) {
    return button(app.t(`team.${signal}`), () => app.tell(signal), {
        class: `answer ${kind}`,
        icon: icon(shape),
        "data-key": signal,
    });
}

/** What was told last, and whether it has arrived. */
function last(app) {
    const {session, t} = app;
    if (!app.told) {
        return null;
    }
    const waiting = session.events.has(app.told.uid);
    return h(
        "p",
        {class: "saved", role: "status"},
        icon(waiting ? "waiting" : "sent"),
        `${t(`team.${app.told.signal}`)} : ${t(waiting ? "team.waiting" : "team.arrived")}`
    );
}

function names(app) {
    const {session, sync, t} = app;
    const held = sync.team || {name: session.lease.alias, pair: session.lease.pair};
    const fields = Object.entries({name: held.name, pair: held.pair}).map(([name, value]) => {
        const input = h("input", {
            id: name,
            type: "text",
            maxlength: NAME,
            autocomplete: "off",
            "data-key": name,
            value: app.typedTeam?.[name] ?? value ?? "",
            on: {
                input: () => (app.typedTeam = {...app.typedTeam, [name]: input.value}),
            },
        });
        return {name, input, label: h("label", {for: name}, t(`team.field.${name}`))};
    });
    const submit = (event) => {
        event.preventDefault();
        const [name, pair] = fields.map(({input}) => input.value.trim());
        app.typedTeam = null;
        sync.callTeam(name, pair);
        app.say(t("team.saved"));
        app.redraw();
    };
    return h(
        "form",
        {on: {submit}},
        h("h2", {}, t("team.pair")),
        h("p", {}, t("team.why")),
        fields.map(({input, label}) => h("p", {class: "field"}, label, input)),
        h("button", {type: "submit", class: "plain", "data-key": "save"}, t("team.save"))
    );
}
