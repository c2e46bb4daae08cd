/** A door, a floor, an entrance that the turf lacks; or how to get in. About places only. */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";
import {personPattern} from "../notes.js";
import {place} from "./door.js";

const MARK = 20;
const NOTE = 120;
const LOWEST = -5;
const HIGHEST = 99;

/** @param {{door: number|string, back: string|undefined, what: string}} params "door" or "note" */
export function render(app, {door: id, back, what}) {
    const {session, t} = app;
    const door = session.door(id);
    const alert = h("p", {class: "why", id: "why", role: "alert"});
    const {fields, save} = what === "note" ? noteForm(app, door) : doorForm(app, door);
    const submit = async (event) => {
        event.preventDefault();
        const found = await save();
        if (typeof found === "string") {
            alert.textContent = t(`add.wrong.${found}`);
            return;
        }
        const events = await app.save([{door: door.id, ...found}]);
        if (events) {
            app.say(t(`add.saved.${what}`));
            await app.go("door", {door: what === "note" ? door.id : events[0].uid, back}, true);
        }
    };
    return h(
        "section",
        {class: "add"},
        place(app, door, "p"),
        h("h1", {tabindex: "-1"}, t(`add.title.${what}`)),
        h("p", {}, t(`add.help.${what}`)),
        h(
            "form",
            {autocomplete: "off", novalidate: true, on: {submit}},
            fields,
            alert,
            h(
                "button",
                {type: "submit", class: "answer next", "aria-describedby": "why"},
                icon("sent"),
                h("span", {class: "label"}, t("add.save"))
            ),
            button(t("back"), () => history.back(), {class: "plain"})
        )
    );
}

function field(t, name, props) {
    const input = h("input", {id: name, name, autocomplete: "off", spellcheck: "false", ...props});
    const label = h("label", {for: name}, t(`add.${name}`));
    return {input, row: h("p", {class: "field"}, label, input)};
}

/** Without a mark of its own a door cannot be told from another one on its landing. */
function isThere(doors, door, {entrance = "", floor = null, name = ""}) {
    return doors.some(
        (other) =>
            other.building === door.building &&
            (other.label || "") === entrance &&
            other.floor === floor &&
            (!name || other.door === name)
    );
}

function doorForm({session, t}, door) {
    const entrance = field(t, "entrance", {type: "text", maxlength: MARK, value: door.label || ""});
    const floor = field(t, "floor", {
        type: "number",
        inputmode: "numeric",
        min: LOWEST,
        max: HIGHEST,
        step: 1,
        value: door.floor ?? "",
    });
    const mark = field(t, "mark", {type: "text", maxlength: MARK});
    const save = async () => {
        const data = {};
        const texts = {entrance: entrance.input.value.trim(), name: mark.input.value.trim()};
        for (const [name, text] of Object.entries(texts)) {
            if (await personPattern(text)) {
                return "person";
            }
            if (text) {
                data[name] = text;
            }
        }
        if (floor.input.value !== "") {
            const number = Number(floor.input.value);
            if (!Number.isInteger(number) || number < LOWEST || number > HIGHEST) {
                return "floor";
            }
            data.floor = number;
        }
        if (!Object.keys(data).length) {
            return "empty";
        }
        return isThere(session.doors, door, data) ? "same" : {kind: "door", data};
    };
    return {fields: [entrance.row, floor.row, mark.row], save};
}

function noteForm({session, t}, door) {
    const note = field(t, "note", {type: "text", maxlength: NOTE, value: session.note(door)});
    const save = async () => {
        const text = note.input.value.trim();
        return (await personPattern(text)) ? "person" : {kind: "note", data: {text}};
    };
    return {fields: [note.row], save};
}
