/**
 * Empties the outbox whenever the network allows, without anybody waiting for it.
 *
 * Failing calls are repeated with growing, jittered delays. A request that the server
 * does not like (and not the network) is halved and the start moves on, so that one bad
 * event cannot hold back the others.
 */
import {MAX_EVENTS, Later, batch, call, isEnded, isFinal, isWhole} from "./protocol.js";

const SECOND = 1000;
const HEARTBEAT = 60 * SECOND;
const LONGEST = 300 * SECOND;
/** After a report: at once where the last call went well, else no later than this. */
const SOON = 300;
const TRY = 4 * SECOND;

function wire(event) {
    const {uid, counter, at, door, kind, outcome, data} = event;
    return {uid, counter, at, door, kind, outcome, data};
}

/**
 * @param {number} failures in a row
 * @param {number} chance 0 to 1
 * @returns {number} milliseconds to wait: 1 s doubling to 5 min, half of it by chance
 */
export function backoff(failures, chance = Math.random()) {
    const whole = Math.min(LONGEST, SECOND * 2 ** failures);
    return whole / 2 + (whole / 2) * chance;
}

export class Sync {
    /** @param {Session} session */
    constructor(session) {
        this.session = session;
        this.failures = 0;
        this.most = MAX_EVENTS;
        this.skip = 0;
        /** Why the last call did not count, null when it did. */
        this.trouble = null;
        this.heardAt = null;
        /** What became of the last lease that ended: shown once, kept nowhere. */
        this.farewell = null;
        this.running = null;
    }

    start() {
        addEventListener("online", () => this.soon(true));
        document.addEventListener("visibilitychange", () => this.soon(true));
        this.soon(true);
    }

    /**
     * @param {boolean} refresh ask for the newest state and end of the lease too
     */
    soon(refresh = false) {
        this.wantsRefresh = this.wantsRefresh || refresh;
        const wished = refresh || !this.failures ? SOON : Math.min(backoff(this.failures), TRY);
        const delay = Math.max(wished, (this.pause || 0) * SECOND) * (0.5 + Math.random());
        // Whoever reports fast must not put off the sending with each tap.
        if (this.due === undefined || performance.now() + delay < this.due) {
            this.plan(delay);
        }
    }

    plan(delay) {
        clearTimeout(this.timer);
        this.due = performance.now() + delay;
        this.timer = setTimeout(() => this.run(), delay);
    }

    /** One round; a second call meanwhile waits for the same round. */
    run() {
        clearTimeout(this.timer);
        this.due = undefined;
        this.running = this.running || this.round().finally(() => (this.running = null));
        return this.running;
    }

    async round() {
        try {
            // Another tab of this phone may be sending: its turn is as good as ours.
            await navigator.locks.request("canvass-sync", () => this.deliver());
            this.failures = 0;
            this.pause = 0;
            this.trouble = null;
        } catch (error) {
            if (!(error instanceof Later)) {
                console.error(error);
            }
            this.failures += 1;
            this.trouble = error instanceof Later ? error.why : "storage";
            this.pause = error.wait || 0;
            this.session.dispatchEvent(new Event("trouble"));
        }
        this.session.changed();
        this.planNext();
    }

    planNext() {
        const {session} = this;
        const end = session.lease ? session.untilEnd() : Infinity;
        if (this.failures) {
            const delay = Math.max(backoff(this.failures), (this.pause || 0) * SECOND);
            this.plan(end > 0 ? Math.min(delay, end) : delay);
        } else if (session.unsent().length) {
            this.plan(0);
        } else if (session.lease && document.visibilityState === "visible") {
            this.wantsRefresh = true;
            this.plan(Math.min(HEARTBEAT * (0.8 + 0.4 * Math.random()), Math.max(end, SECOND)));
        }
    }

    /**
     * For the worker, which is woken once: all of it, or a reason to be woken again.
     *
     * @throws {Later} what is left waits
     */
    async empty() {
        let before = Infinity;
        for (let left = this.left(); left && left < before; left = this.left()) {
            before = left;
            await this.deliver();
        }
        if (this.left()) {
            throw new Later("server");
        }
    }

    left() {
        return this.session.unsent().length;
    }

    async deliver() {
        const {session} = this;
        const failures = [];
        const attempt = (work) => work().catch((error) => failures.push(error));
        if (session.expired()) {
            await this.expire();
        }
        for (const lease of [...session.leases.values()]) {
            if (session.unsent(lease.id).length) {
                await attempt(() => this.send(lease));
            }
        }
        if (this.wantsRefresh && session.lease) {
            await attempt(() => this.refresh(session.lease));
        }
        if (failures.length) {
            throw failures[0];
        }
    }

    /** The hours are over: unless the lead has just prolonged them, erase. */
    async expire() {
        await this.refresh(this.session.lease).catch(() => undefined);
        if (this.session.expired()) {
            await this.end(this.session.lease.id, "expired");
        }
    }

    async send(lease) {
        const {session} = this;
        const waiting = session.unsent(lease.id).map(wire);
        const from = this.skip % waiting.length;
        const events = batch([...waiting.slice(from), ...waiting.slice(0, from)], this.most);
        const body = {client_now: new Date().toISOString(), events};
        const answer = await this.ask("/canvass/sync", body, lease.token, events.length);
        const finals = await this.finals(lease, answer, events);
        const ended = await isEnded(lease.token, lease.id, answer);
        const proven = ended || Object.keys(finals).length > 0;
        if (proven) {
            this.heard(answer);
        }
        await session.settle(lease.id, finals, ended || !proven ? null : answer);
        this.count(finals);
        if (ended) {
            await this.end(lease.id, "ended");
        } else if (lease.state === "closing" && !session.unsent(lease.id).length) {
            await session.close(lease.id);
        }
        this.learn(events.length, Object.keys(finals).length);
    }

    async ask(path, body, token, size) {
        try {
            return await call(path, body, token);
        } catch (error) {
            if (error.status >= 400 && error.status !== 403 && error.status !== 429) {
                this.shrink(size);
            }
            throw error;
        }
    }

    /** Only a proven answer moves the clock: a portal's must not end a shift. */
    heard(answer) {
        this.session.clock.hear(answer.server_time);
        this.heardAt = new Date().toISOString();
    }

    /** Too much for the server or for the network: try less, then start elsewhere. */
    shrink(size) {
        if (size > 1) {
            this.most = Math.ceil(size / 2);
        } else {
            this.skip += 1;
        }
    }

    learn(asked, answered) {
        if (!answered) {
            this.shrink(asked);
            throw new Later("portal");
        }
        this.most = Math.min(MAX_EVENTS, Math.ceil(this.most * 1.5));
        // Events that stay unanswered wait at the front: begin behind them next time.
        this.skip = asked === answered ? 0 : this.skip + asked - answered;
        if (asked !== answered) {
            throw new Later("server");
        }
    }

    async finals(lease, answer, events) {
        const finals = {};
        for (const {uid} of events) {
            const result = answer.results?.[uid];
            if (await isFinal(lease.token, uid, result)) {
                finals[uid] = result;
            }
        }
        return finals;
    }

    count(finals) {
        this.tally = this.tally || {sent: 0, refused: 0};
        for (const {status} of Object.values(finals)) {
            this.tally[status === "refused" ? "refused" : "sent"] += 1;
        }
    }

    async refresh(lease) {
        const {session} = this;
        const body = {device: await session.deviceId(), ...this.team};
        const answer = await this.ask("/canvass/lease", body, lease.token, 0);
        if (await isEnded(lease.token, lease.id, answer)) {
            await this.end(lease.id, "ended");
            return;
        }
        // Unsigned, but nobody else knows the turf: its fingerprint tells our server.
        const known = await isWhole(answer.turf || {});
        if (!answer.ok || !known || answer.turf.hash !== session.turf?.hash) {
            throw new Later("portal");
        }
        this.heard(answer);
        await session.refresh(answer);
        this.team = null;
        this.wantsRefresh = false;
    }

    /**
     * @param {string} leaseId
     * @param {string} why "ended" by the server, "expired" by the clock, "left" by the user
     */
    async end(leaseId, why) {
        const current = this.session.lease?.id === leaseId;
        await this.session.close(leaseId);
        if (current) {
            this.farewell = why;
            this.session.changed();
        }
    }

    /**
     * Tells the lead who is out; sent with the next call, kept nowhere until it is.
     *
     * @param {string} name
     * @param {string} pair
     */
    callTeam(name, pair) {
        this.team = {name, pair};
        this.soon(true);
    }

    /**
     * Gives access back before its end.
     *
     * @returns {Promise<void>} once the turf is off this phone
     */
    async leave() {
        await this.end(this.session.lease.id, "left");
        this.soon();
    }

    /**
     * @param {string} code of a turf
     * @returns {Promise<boolean>} false when the server knows no such code now
     * @throws {Later} without an answer of the server
     */
    async enter(code) {
        const {session} = this;
        const device = await session.deviceId();
        const answer = await call("/canvass/lease", {code, device});
        if (!answer.ok) {
            return false;
        }
        if (!answer.token || !answer.lease || !(await isWhole(answer.turf || {}))) {
            throw new Later("portal");
        }
        this.farewell = null;
        this.tally = null;
        this.heard(answer);
        await session.adopt(answer);
        this.soon();
        return true;
    }
}
