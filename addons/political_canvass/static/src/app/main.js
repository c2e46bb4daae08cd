/** Starts the app, shows screens, and is what the screens call to act. */
import {deliverLater, keepShell} from "./background.js";
import {h} from "./dom.js";
import {header, tabs} from "./frame.js";
import {closest, preferred, remember, translator} from "./i18n.js";
import {icon} from "./icons.js";
import {Later} from "./protocol.js";
import {Session} from "./session.js";
import {checkIn, dropQuestion, dropUndo, offerUndo} from "./strips.js";
import {Sync} from "./sync.js";
import {Talk} from "./talk.js";
import * as add from "./screens/add.js";
import * as agreed from "./screens/agreed.js";
import * as consent from "./screens/consent.js";
import * as door from "./screens/door.js";
import * as later from "./screens/later.js";
import * as leave from "./screens/leave.js";
import * as list from "./screens/list.js";
import * as map from "./screens/map.js";
import * as more from "./screens/more.js";
import * as problem from "./screens/problem.js";
import * as script from "./screens/script.js";
import * as start from "./screens/start.js";
import * as status from "./screens/status.js";
import * as talk from "./screens/talk.js";
import * as team from "./screens/team.js";

const SCREENS = {
    add,
    agreed,
    consent,
    door,
    later,
    leave,
    list,
    map,
    more,
    problem,
    script,
    start,
    status,
    talk,
    team,
};
const WITHOUT_TURF = ["start", "problem"];
/** Shown to the person at the door: nothing of the canvasser's stays in sight. */
const HANDED_OVER = ["consent", "agreed"];
const ALONE = [...WITHOUT_TURF, ...HANDED_OVER];
const BASE = "/canvass/";
const CHECK = 15000;

const $ = (id) => document.getElementById(id);

/** What looks the same stays: replacing it would swallow a tap under way. */
function swap(place, parts) {
    const html = (nodes) => Array.from(nodes, (node) => node.outerHTML).join("");
    parts = parts.filter(Boolean);
    if (html(place.children) === html(parts)) {
        return false;
    }
    place.replaceChildren(...parts);
    return true;
}

class App {
    constructor() {
        this.session = new Session();
        this.sync = new Sync(this.session);
        this.current = {screen: "start", params: {}};
        /** Door of the last report: the walk goes on from there. */
        this.last = null;
        this.persistent = false;
        this.busy = false;
        /** What was said in the script at the door in front of us. */
        this.talk = null;
        /** The last sign of life: any report is one. */
        this.signAt = performance.now();
    }

    async start() {
        const code = this.takeCode();
        await this.speak(preferred(), false);
        const why = await this.unable();
        if (why) {
            this.go("problem", {why}, true);
            return;
        }
        this.session.addEventListener("change", () => this.changed());
        this.session.addEventListener("trouble", () => deliverLater(this.session));
        document.addEventListener("visibilitychange", () => deliverLater(this.session));
        addEventListener("popstate", ({state}) => this.show(state || {screen: "door", params: {}}));
        addEventListener("hashchange", () => this.enterBy(this.takeCode()));
        this.keepShell();
        this.talk = Talk.kept(this.session);
        await (this.talk ? this.resume() : this.go("door", {}, true));
        if (code) {
            await this.enterBy(code);
        }
        this.sync.start();
        setInterval(() => checkIn(this), CHECK);
    }

    /** The code leaves the address bar and the history before anything else happens. */
    takeCode() {
        const code = decodeURIComponent(location.hash.slice(1));
        history.replaceState(null, "", BASE);
        return code;
    }

    async unable() {
        if (!isSecureContext) {
            return "insecure";
        }
        if (!crypto.subtle || !crypto.randomUUID || !navigator.locks || !AbortSignal.timeout) {
            return "old";
        }
        try {
            await this.session.start();
        } catch (error) {
            console.error(error);
            return "storage";
        }
        this.persistent = Boolean(await navigator.storage?.persisted?.());
        return null;
    }

    async keepShell() {
        try {
            await keepShell(BASE);
        } catch (error) {
            console.warn("The app will not open without network:", error.message);
        }
    }

    /** Killed in the middle of a script: the same question again, at the same door. */
    resume() {
        const {door, at} = this.talk;
        return at === null ? this.endTalk(door) : this.go("script", {door}, true);
    }

    // Entering

    enterBy(code) {
        return code ? this.enter(code) : undefined;
    }

    async enter(code) {
        this.say(this.t("start.opening"));
        let trouble = "code.bad";
        try {
            if (await this.sync.enter(code)) {
                trouble = null;
            }
        } catch (error) {
            trouble = error instanceof Later ? error.why : "storage";
        }
        this.typed = undefined;
        this.last = null;
        if (trouble) {
            this.tried = {code, trouble};
            this.go(this.session.lease ? "door" : "start", this.tried, true);
            this.alarm(this.session.lease ? this.t(`start.${trouble}`) : "");
            return;
        }
        this.persistent = Boolean(await navigator.storage?.persist?.());
        await this.go("door", {}, true);
    }

    // Showing

    async speak(lang, draw = true) {
        this.t = await translator(closest(lang));
        document.documentElement.lang = this.t.lang;
        document.documentElement.dir = this.t.dir;
        document.title = this.t("title");
        if (draw) {
            remember(this.t.lang);
            this.typed = $("code")?.value;
            await this.redraw();
        }
    }

    /**
     * @param {string} screen
     * @param {Object} params names and ids only: the browser keeps them in its history
     * @param {boolean} replace whether "back" passes this screen by
     */
    go(screen, params = {}, replace = false) {
        const state = {screen, params};
        if (replace) {
            history.replaceState(state, "", BASE);
        } else {
            history.pushState(state, "", BASE);
        }
        return this.show(state);
    }

    /** @returns {boolean} whether the turf may still be looked at */
    open() {
        return Boolean(this.session.turf) && !this.session.expired();
    }

    /** @returns {boolean} whether the person at the door holds the phone */
    handedOver() {
        return HANDED_OVER.includes(this.current.screen);
    }

    async show(state) {
        if (HANDED_OVER.includes(state.screen)) {
            dropUndo();
            dropQuestion();
        }
        const allowed = this.open() || WITHOUT_TURF.includes(state.screen);
        this.current = allowed ? state : {screen: "start", params: {}};
        const {screen, params} = this.current;
        const shown = this.current;
        const content = await SCREENS[screen].render(this, params);
        if (this.current !== shown) {
            return; // Another screen was called for meanwhile.
        }
        $("screen").replaceChildren(content);
        this.frame();
        scrollTo(0, 0);
        content.querySelector("h1")?.focus({preventScroll: true});
    }

    /** The same screen with newer facts; the finger's and the reader's place are kept. */
    async redraw() {
        const {screen, params} = this.current;
        const content = await SCREENS[screen].render(this, params);
        this.frame();
        const key = document.activeElement?.dataset?.key;
        const at = scrollY;
        if (this.current.screen === screen && swap($("screen"), [content])) {
            scrollTo(0, at);
            document.querySelector(`[data-key="${CSS.escape(key || "")}"]`)?.focus();
        }
    }

    changed() {
        const {screen} = this.current;
        if (!this.open() && !WITHOUT_TURF.includes(screen)) {
            dropUndo();
            this.talk = null;
            dropQuestion();
            this.go("start", {}, true);
        } else if (SCREENS[screen].live) {
            this.redraw();
        } else {
            this.frame();
        }
    }

    frame() {
        const shown = this.open() && !ALONE.includes(this.current.screen);
        swap($("top"), shown ? header(this) : []);
        swap($("bottom"), shown ? tabs(this) : []);
        document.body.classList.toggle("with-turf", shown);
    }

    /** Our own word for the outcomes that this app knows, else the turf's. */
    outcome(code) {
        const {t, session} = this;
        const labels = session.turf.outcomes.find((each) => each.code === code)?.labels || {};
        const lang = Object.keys(labels).find((each) => closest(each) === t.lang);
        return t.has(`outcome.${code}`) ? t(`outcome.${code}`) : labels[lang] || code;
    }

    say(text) {
        $("live").textContent = text;
    }

    /** Something was NOT saved or opened: stays until the next screen. */
    alarm(text) {
        $("screen").querySelector(".alarm")?.remove();
        if (text) {
            $("screen").prepend(h("p", {class: "alarm", role: "alert"}, icon("trouble"), text));
            scrollTo(0, 0);
        }
    }

    // Acting

    /**
     * @param {Object[]} drafts
     * @param {Talk|null|undefined} talk what stays of the script under way, with them
     * @returns {Promise<Object[]|null>} the events on disk, null when nothing was saved
     */
    async save(drafts, talk) {
        if (this.busy) {
            return null;
        }
        this.busy = true;
        try {
            const events = await this.session.report(drafts, talk && talk.state());
            this.signAt = performance.now();
            dropQuestion();
            this.sync.soon();
            return events;
        } catch (error) {
            this.notSaved(error);
            return null;
        } finally {
            this.busy = false;
        }
    }

    notSaved(error) {
        console.error(error);
        const full = error?.name === "QuotaExceededError";
        this.alarm(this.t(full ? "alarm.full" : "alarm.failed"));
    }

    report(target, outcome, data, after) {
        return this.note([{door: target.id, kind: "outcome", outcome, data}], after);
    }

    reportAll(targets, outcome, after) {
        const drafts = targets.map(({id}) => ({door: id, kind: "outcome", outcome}));
        return this.note(drafts, after);
    }

    async note(drafts, {screen, back, ...params}) {
        const before = this.session.state;
        const events = await this.save(drafts);
        if (!events) {
            return;
        }
        const {door: id, outcome} = drafts.at(-1);
        if (screen) {
            await this.go(screen, {...params, back}, true);
            this.last = id;
        } else {
            await this.onwards(id, back);
        }
        offerUndo(this, events, before, this.outcome(outcome));
    }

    /** @returns {Promise<boolean>} whether the script as it stands now is on disk */
    async keepTalk() {
        try {
            await this.session.keepTalk(this.talk?.state() ?? null);
            return true;
        } catch (error) {
            this.notSaved(error);
            return false;
        }
    }

    /** @returns {Talk|null} what was said at a door, also while the server gives it a number */
    talkAt(door) {
        const {session, talk} = this;
        return talk && session.door(talk.door)?.id === session.door(door)?.id ? talk : null;
    }

    /**
     * One step of the script: on disk before the next question comes, else not made.
     *
     * @param {Function} change gets the talk
     * @returns {Promise<boolean>}
     */
    async stepTalk(change) {
        if (this.busy) {
            return false; // The second of two fast taps would answer the next question.
        }
        this.busy = true;
        const before = structuredClone(this.talk.state());
        change(this.talk);
        const kept = await this.keepTalk();
        if (!kept) {
            Object.assign(this.talk, before);
        }
        this.busy = false;
        return kept;
    }

    /** The script is over or was stopped: the door's answers are saved, the person's wait. */
    async endTalk(id, back) {
        const {talk} = this;
        const draft = talk.draft();
        if (draft && !(await this.save([draft], talk))) {
            talk.answers = draft.data.answers; // Not saved: still to be saved.
            talk.at = talk.trail.pop();
            return;
        }
        await this.go("talk", {door: id, back, done: true}, true);
    }

    /** To where the door was chosen, else to the next door of the walk. */
    async onwards(id, back) {
        this.last = id;
        this.talk = null; // what was said about a person goes with the person.
        await this.keepTalk();
        return this.go(back || "door", {}, true);
    }

    /** @param {string} signal "well", "leave" or "help" */
    async tell(signal) {
        const events = await this.save([{kind: "safety", data: {signal}}]);
        if (events) {
            this.told = {uid: events[0].uid, signal};
            this.sync.soon(true);
            this.say(this.t("team.saved"));
            await this.go("team", {}, this.current.screen === "team");
        }
    }

    async takeBack(events, before) {
        dropUndo();
        const drafts = this.session.undoing(events, before);
        if (await this.save(drafts)) {
            this.say(this.t("undo.done"));
            await this.go("door", {door: events[0].door}, true);
        }
    }
}

new App().start();
