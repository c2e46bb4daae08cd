/**
 * The script, a question a screen, also without network. What is answered at door level is added
 * up per polling station; what is about the person waits in memory for their consent and goes
 * nowhere without it. Nothing of it lies in the browser's history.
 */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";
import {FOLLOW_UP} from "./consent.js";
import {place} from "./door.js";

/** What was said at the door in front of us, until it is left. */
export class Talk {
    /**
     * @param {Object} script of the turf
     * @param {number|string} door
     * @param {boolean} person whether person-level questions may be asked
     */
    constructor(script, door, person) {
        Object.assign(this, {script, door});
        this.asks = person ? ["door", "person"] : ["door"];
        this.nodes = new Map(script.questions.map((node) => [node.id, node]));
        this.person = {};
        this.answers = {};
        /** Ids of the questions shown so far: "back" goes along it. */
        this.trail = [];
        this.at = this.shown(script.start);
    }

    /** @returns {string|null} the first question from here on that may be asked */
    shown(id) {
        const node = this.nodes.get(id);
        return node && !this.asks.includes(node.level) ? this.shown(node.next) : (node?.id ?? null);
    }

    /** @param {string|string[]|null} said answer ids; null passes the question over */
    go(said) {
        const node = this.nodes.get(this.at);
        const kept = node.level === "person" ? this.person : this.answers;
        const chosen = [said ?? []].flat();
        if (chosen.length) {
            kept[node.id] = node.kind === "multiple" ? chosen : chosen[0];
        } else {
            delete kept[node.id];
        }
        const other = node.answers
            .filter(({id}) => chosen.includes(id))
            .map(({next}) => next)
            .find((next) => next !== node.next);
        this.trail.push(this.at);
        this.at = this.shown(other === undefined ? node.next : other);
    }

    back() {
        this.at = this.trail.pop() ?? this.at;
        delete this.person[this.at];
        delete this.answers[this.at];
    }

    /** @returns {Object|null} the event that brings the door's answers, once */
    draft() {
        const answers = this.answers;
        this.answers = {};
        if (!Object.keys(answers).length) {
            return null;
        }
        const data = {script: this.script.hash, answers};
        return {door: this.door, kind: "answers", data};
    }
}

/** Person-level questions are asked where the turf offers the consent that keeps their answers. */
function mayAskPerson(turf) {
    return turf.consents.some(({purpose}) => purpose === FOLLOW_UP);
}

/** @returns {boolean} whether the turf has a script with something to ask here */
export function asksAnything(turf) {
    return Boolean(turf.script) && new Talk(turf.script, null, mayAskPerson(turf)).at !== null;
}

export function render(app, {door: id, back}) {
    const {session, t} = app;
    const door = session.door(id);
    if (app.talk?.door !== door.id) {
        app.talk = new Talk(session.turf.script, door.id, mayAskPerson(session.turf));
    }
    const node = app.talk.nodes.get(app.talk.at);
    const again = () => app.show({screen: "script", params: {door: id, back}});
    return h(
        "section",
        {class: "script"},
        place(app, door, "p"),
        question(app, node, again, () => app.endTalk(door.id, back)),
        h(
            "div",
            {class: "pair"},
            button(
                t("back"),
                () => {
                    if (app.talk.trail.length) {
                        app.talk.back();
                        again();
                    } else {
                        history.back();
                    }
                },
                {class: "plain"}
            ),
            button(t("script.stop"), () => app.endTalk(door.id, back), {class: "plain"})
        )
    );
}

function question(app, node, again, end) {
    const {t} = app;
    const say = (texts) => texts[t.lang] ?? texts.en ?? Object.values(texts)[0] ?? "";
    const go = (said) => {
        app.talk.go(said);
        return app.talk.at === null ? end() : again();
    };
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
