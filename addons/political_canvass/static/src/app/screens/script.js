/** The script, a question a screen, also without network. */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";
import {Talk} from "../talk.js";
import {place} from "./door.js";

/** @returns {boolean} whether the turf has a script with something to ask here */
export function asksAnything(turf) {
    return Boolean(turf.script) && new Talk(turf, null).at !== null;
}

export function render(app, {door: id, back}) {
    const {session, t} = app;
    const door = session.door(id);
    const under = app.talkAt(door.id);
    app.talk = under && under.at !== null ? under : new Talk(session.turf, door.id);
    const node = app.talk.nodes.get(app.talk.at);
    const step = async (change) => {
        if (!(await app.stepTalk(change))) {
            return;
        }
        await (app.talk.at === null
            ? app.endTalk(door.id, back)
            : app.show({screen: "script", params: {door: id, back}}));
    };
    return h(
        "section",
        {class: "script"},
        place(app, door, "p"),
        question(app, node, (said) => step((talk) => talk.go(said))),
        h(
            "div",
            {class: "pair"},
            button(
                t("back"),
                () => {
                    if (app.talk.trail.length) {
                        step((talk) => talk.back());
                    } else {
                        history.back();
                    }
                },
                {class: "plain"}
            ),
            button(t("script.stop"), () => step((talk) => talk.stop()), {class: "plain"})
        )
    );
}

function question(app, node, go) {
    const {t} = app;
    const say = (texts) => texts[t.lang] ?? texts.en ?? Object.values(texts)[0] ?? "";
    const help = say(node.help);
    return [
        node.level === "person" && h("p", {class: "level"}, t("script.person")),
        h("h1", {tabindex: "-1"}, say(node.text)),
        help && h("p", {class: "help"}, help),
        h("div", {class: "answers"}, choices(app, node, say, go)),
    ];
}

function choices(app, node, say, go) {
    const {t} = app;
    if (node.kind === "statement") {
        return button(t("script.on"), () => go(null), {class: "answer next", icon: icon("next")});
    }
    const pass = button(t("script.pass"), () => go(null), {class: "plain"});
    if (node.kind === "multiple") {
        const boxes = node.answers.map(({id, text}) => {
            const input = h("input", {type: "checkbox", id: `answer-${id}`, value: id});
            return h("label", {class: "tick", for: input.id}, input, h("span", {}, say(text)));
        });
        const chosen = () =>
            boxes.map((box) => box.querySelector("input")).filter((input) => input.checked);
        const on = () => go(chosen().map((input) => input.value));
        return [
            h("fieldset", {}, h("legend", {}, t("script.several")), boxes),
            button(t("script.on"), on, {class: "answer next", icon: icon("next")}),
            pass,
        ];
    }
    const row = h(
        "div",
        {class: node.kind},
        node.answers.map(({id, text}) => button(say(text), () => go(id), {class: "answer"}))
    );
    return [row, pass];
}
