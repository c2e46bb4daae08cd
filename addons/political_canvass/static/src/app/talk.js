/**
 * What was said in the script at the door in front of us, until it is left. What is answered at door
 * level is added up per polling station; what is about the person waits for their consent and goes
 * nowhere without it. Nothing of it lies in the browser's history.
 */
import {FOLLOW_UP} from "./protocol.js";

export class Talk {
    /**
     * @param {Object} turf with a script
     * @param {number|string} door
     */
    constructor({script, consents}, door) {
        Object.assign(this, {script, door});
        // Asked where the turf offers the consent that keeps the answers
        const person = consents.some(({purpose}) => purpose === FOLLOW_UP);
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

    stop() {
        this.trail.push(this.at);
        this.at = null;
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

    /** @returns {Object} what `kept` makes the same talk of */
    state() {
        const {door, person, answers, trail, at} = this;
        return {door, person, answers, trail, at};
    }

    /**
     * @param {Session} session
     * @returns {Talk|null} the talk that this phone was in the middle of
     */
    static kept({turf, talk}) {
        return talk && Object.assign(new Talk(turf, talk.door), talk);
    }
}
