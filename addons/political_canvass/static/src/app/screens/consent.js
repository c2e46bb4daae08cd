/**
 * The person at the door reads, ticks and confirms on this screen. Nothing is pre-ticked
 * one box is one purpose by one channel, nothing can be saved before the
 * notice was on screen, and leaving stores nothing about anyone.
 */
import {button, h} from "../dom.js";
import {LANGUAGES, closest, language, translator} from "../i18n.js";
import {FOLLOW_UP} from "../protocol.js";
import {qr} from "../qr.js";
import {signaturePad} from "../signature.js";

const NEEDS = {email: "email", sms: "phone", call: "phone"};
const SHORT = 2;
/** Typing mistakes only: what an address is, the server decides. */
const EMAIL = /^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+$/;
const PHONE = /^[+\d][\d .()/-]{7,}$/;
/** Empty, or letters of any script with what stands between them: the server's own rule. */
const NAME = /^(\p{L}+([ .'’-]{1,2}\p{L}+)*\.?)?$/u;

/**
 * @param {App} app
 * @param {{door: number, back: string|undefined, lang: string|undefined}} params `lang` is
 *      the person's, as the turf spells it ("fr_FR")
 */
export async function render(app, {door, back, lang}) {
    const {consents} = app.session.turf;
    const langs = [...new Set(consents.map((consent) => consent.lang))].sort(byOurOrder);
    const chosen = lang || langs.find((each) => closest(each) === app.t.lang) || langs[0];
    const t = await translator(closest(chosen));
    const offers = consents.filter((consent) => consent.lang === chosen);
    const form = new Form(app, t, offers, {door, back});
    return h(
        "section",
        {class: "consent", lang: t.lang, dir: t.dir},
        Object.keys(app.talkAt(door)?.person ?? {}).length > 0 &&
            h("p", {class: "saved"}, t("consent.answers")),
        h("h1", {tabindex: "-1"}, t("consent.title")),
        switcher(app, t, langs, chosen, {door, back}),
        form.element
    );
}

/** The app's own languages first; the others by their name. */
function byOurOrder(one, other) {
    const order = Object.keys(LANGUAGES);
    const place = (lang) =>
        (order.indexOf(language(lang).lang) + order.length + 1) % (order.length + 1);
    return place(one) - place(other) || one.localeCompare(other);
}

function switcher(app, t, langs, chosen, params) {
    return (
        langs.length > 1 &&
        h(
            "div",
            {class: "languages", role: "group", "aria-label": t("language")},
            langs.map((lang) =>
                button(language(lang).name, () => app.go("consent", {...params, lang}, true), {
                    "aria-pressed": String(lang === chosen),
                    lang: language(lang).lang,
                })
            )
        )
    );
}

/** The first sentences, and the rest for one tap. */
export function shorten(text) {
    const sentences = text.match(/[^.!?]+[.!?]+(?=\s|$)/g) || [text];
    return sentences.slice(0, SHORT).join("").trim();
}

class Form {
    constructor(app, t, offers, {door, back}) {
        Object.assign(this, {app, t, offers, door, back});
        this.shownAt = null;
        const {lang, dir} = language(offers[0]?.lang);
        /** Words of the party may be in a language that the app itself does not speak. */
        this.inTheirs = {lang, dir};
        this.boxes = offers.map((offer) => this.box(offer));
        this.fields = this.makeFields();
        this.own = h("input", {type: "checkbox", id: "own", on: {change: () => this.check()}});
        this.pad = signaturePad(t("consent.signature"), () => this.check());
        this.why = h("p", {class: "why", id: "why"});
        this.save = button(t("consent.save"), () => this.submit(), {
            class: "answer spoke",
            "aria-describedby": "why",
            disabled: true,
        });
        this.element = this.build();
        this.check();
    }

    build() {
        const {t} = this;
        return h(
            "form",
            {
                novalidate: true,
                autocomplete: "off",
                on: {submit: (event) => event.preventDefault()},
            },
            this.notices(),
            h(
                "fieldset",
                {},
                h("legend", {}, t("consent.choose")),
                this.boxes.map((box) => box.row)
            ),
            Object.values(this.fields).map((field) => field.row),
            h("label", {class: "tick own", for: "own"}, this.own, h("span", {}, t("consent.own"))),
            this.signing(),
            this.why,
            this.save,
            button(t("consent.no"), () => this.app.onwards(this.door, this.back), {class: "plain"}),
            this.ownPhone()
        );
    }

    notices() {
        const {t} = this;
        const texts = [...new Set(this.offers.map((offer) => offer.notice))];
        const end = h("span", {class: "end"});
        // Shown means seen to its end: on a small screen that takes scrolling.
        const eye = new IntersectionObserver((entries) => {
            if (entries.some((entry) => entry.isIntersecting)) {
                this.shownAt = this.shownAt ?? performance.now();
                eye.disconnect();
                this.check();
            }
        });
        eye.observe(end);
        return h(
            "div",
            {class: "notice", role: "group", "aria-label": t("consent.notice")},
            texts.map((text) => [
                h("p", this.inTheirs, shorten(text)),
                shorten(text) !== text &&
                    h(
                        "details",
                        {},
                        h("summary", {}, t("consent.full")),
                        h("p", {class: "full", ...this.inTheirs}, text)
                    ),
            ]),
            end
        );
    }

    box(offer) {
        const id = `box-${offer.purpose}-${offer.channel}`;
        const input = h("input", {type: "checkbox", id, on: {change: () => this.check()}});
        const row = h(
            "label",
            {class: "tick", for: id},
            input,
            h(
                "span",
                {},
                h("b", {}, this.t(`channel.${offer.channel}`)),
                h("span", this.inTheirs, offer.text)
            )
        );
        return {offer, input, row};
    }

    makeFields() {
        const fields = {};
        const kinds = {
            email: {type: "email", inputmode: "email"},
            phone: {type: "tel", inputmode: "tel"},
            firstname: {type: "text", maxlength: 60},
            lastname: {type: "text", maxlength: 60},
        };
        for (const [name, props] of Object.entries(kinds)) {
            const input = h("input", {
                ...props,
                id: name,
                name,
                autocomplete: "off",
                autocapitalize: name === "email" ? "none" : "words",
                spellcheck: "false",
                on: {input: () => this.check()},
            });
            const label = h("label", {for: name}, this.t(`consent.${name}`));
            fields[name] = {input, row: h("p", {class: "field"}, label, input)};
        }
        return fields;
    }

    signing() {
        const {t} = this;
        const wipe = () => {
            this.pad.clear();
            this.check();
        };
        return h(
            "details",
            {class: "sign"},
            h("summary", {}, t("consent.sign")),
            this.pad.element,
            button(t("consent.wipe"), wipe, {class: "plain"})
        );
    }

    /**
     * The third act beside tick and signature: the person signs up on a phone of their own and
     * confirms by the message that they get. Nothing of it passes through this phone.
     */
    ownPhone() {
        const {t} = this;
        const codes = [...new Set(this.offers.map((offer) => offer.purpose))];
        const pictures = h("div", {});
        const show = async ({target}) => {
            if (!target.open || pictures.childElementCount) {
                return;
            }
            for (const code of codes) {
                const lang = encodeURIComponent(this.offers[0].lang);
                const link = `${location.origin}/consent/signup/${encodeURIComponent(code)}?lang=${lang}`;
                const picture = await qr(link, t("consent.qr"));
                const caption = h("figcaption", {}, h("a", {href: link, rel: "noopener"}, link));
                pictures.append(h("figure", {}, picture, caption));
            }
        };
        return h(
            "details",
            {class: "own-phone", on: {toggle: show}},
            h("summary", {}, t("consent.phone.own")),
            h("p", {}, t("consent.phone.how")),
            pictures
        );
    }

    /** Shows the fields that the ticked boxes need, and says what is still missing. */
    check() {
        const chosen = this.boxes.filter((box) => box.input.checked).map((box) => box.offer);
        const needs = new Set(chosen.map((offer) => NEEDS[offer.channel]).filter(Boolean));
        for (const name of ["email", "phone"]) {
            this.fields[name].row.hidden = !needs.has(name);
        }
        for (const name of ["firstname", "lastname"]) {
            this.fields[name].row.hidden = !chosen.length;
        }
        const missing = this.missing(chosen, needs);
        this.save.disabled = Boolean(missing);
        this.why.textContent = missing ? this.t(`consent.missing.${missing}`) : "";
    }

    value(name) {
        return this.fields[name].input.value.trim();
    }

    missing(chosen, needs) {
        if (this.shownAt === null) {
            return "notice";
        }
        if (!chosen.length) {
            return "box";
        }
        if (needs.has("email") && !EMAIL.test(this.value("email"))) {
            return "email";
        }
        if (!["firstname", "lastname"].every((name) => NAME.test(this.value(name)))) {
            return "name";
        }
        if (needs.has("phone") && !PHONE.test(this.value("phone"))) {
            return "phone";
        }
        return this.own.checked ? null : "own";
    }

    async submit() {
        if (this.save.disabled) {
            return;
        }
        const drafts = this.boxes
            .filter((box) => box.input.checked)
            .map((box) => this.draft(box.offer));
        const follow = drafts.find((draft) => draft.data.purpose === FOLLOW_UP);
        const said = this.app.talkAt(this.door)?.person ?? {};
        if (follow && Object.keys(said).length) {
            follow.data.answers = said; // kept with this consent, or not at all
        }
        // What they said goes with their consent, or with the door: it need not be kept any more
        const events = await this.app.save(drafts, null);
        if (events) {
            const uids = events.map((event) => event.uid);
            this.app.go("agreed", {door: this.door, back: this.back, uids}, true);
        }
    }

    draft({purpose, channel, wording_code, lang}) {
        const evidence = this.pad.image();
        // Reckoned back by the monotonic timer: a clock set meanwhile must not turn the order round.
        const since = performance.now() - this.shownAt;
        const notice_shown_at = new Date(Date.now() - since).toISOString();
        const data = {purpose, channel, wording_code, lang, notice_shown_at};
        data.act = evidence ? "signature" : "tick";
        if (evidence) {
            data.evidence = evidence;
        }
        for (const name of [NEEDS[channel], "firstname", "lastname"].filter(Boolean)) {
            const value = this.value(name);
            if (value) {
                data[name] = value;
            }
        }
        return {door: this.door, kind: "consent", data};
    }
}
