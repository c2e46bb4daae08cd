/**
 * What this phone holds: at most one open lease with its turf, older leases that still
 * have reports to deliver, the outbox, and the reports that the server refused.
 *
 * Events are only ever added; one leaves the outbox by the server's signed answer alone
 * (promise: a knock is never lost or doubled). "change" is fired after each change.
 */
import {Clock} from "./clock.js";
import {fold, withAdded} from "./doors.js";
import {STORES, openStore, readAll, wipe, write} from "./store.js";
import {moveEvent, putInTurf, putOffset} from "./moves.js";
import {
    eventRows,
    leaseFacts,
    leaseRow,
    openEvents,
    openLeases,
    openTurf,
    stateOf,
} from "./rows.js";
import {newKey, seal} from "./vault.js";

/** A server takes late reports for 30 days after a lease's end; a day more for doubtful clocks. */
const GIVEN_UP = 31 * 86400000;

const EMPTY = {
    device: null,
    leases: new Map(),
    lease: null,
    turf: null,
    turfKey: null,
    talk: null,
    base: {},
    added: [],
    notes: {},
    events: new Map(),
    refused: new Map(),
    receipts: new Map(),
};

export class Session extends EventTarget {
    constructor() {
        super();
        this.clock = new Clock();
        this.queue = Promise.resolve();
        this.channel = new BroadcastChannel("canvass");
        this.channel.onmessage = () => this.load();
        Object.assign(this, EMPTY);
    }

    /** One change of store and memory at a time, so that neither misses the other's. */
    exclusive(work) {
        const turn = this.queue.then(work);
        this.queue = turn.catch(() => undefined);
        return turn;
    }

    changed() {
        this.dispatchEvent(new Event("change"));
    }

    /** Tells this phone's other tabs, then this one. */
    announce() {
        this.channel.postMessage("changed");
        this.changed();
    }

    /** @throws {Error} where nothing can be kept */
    async start() {
        await this.connect();
        await this.load();
    }

    /** For a worker that has done its work. */
    stop() {
        this.channel.close();
        this.db.close();
    }

    async connect() {
        this.db = await openStore(() => this.revive());
    }

    /**
     * The browser threw the database away under the open page. Memory still holds what lay in
     * it, keys included: it is written again before anything else happens.
     *
     * @returns {Promise<void>}
     */
    revive() {
        return this.exclusive(async () => {
            await this.connect();
            const rows = await readAll(this.db);
            if (!rows.leases.length && this.leases.size) {
                await this.writeAgain();
                this.evictedAt = new Date().toISOString();
            }
            await this.reload();
        }).then(() => this.announce());
    }

    async writeAgain() {
        const leases = await Promise.all([...this.leases.values()].map((lease) => leaseRow(lease)));
        const events = await eventRows(this.events, this.leases);
        const refused = await eventRows(this.refused, this.leases);
        const turf = this.lease && {
            id: this.lease.id,
            key: this.turfKey,
            turf: await seal(this.turfKey, "turf", this.turf),
            state: await this.sealState(this),
            ...(await this.sealTalk(this.talk)),
        };
        await write(this.db, STORES, (transaction) => {
            const put = (store, row) => row && transaction.objectStore(store).put(row);
            // Numbers are never used twice, whatever was read of the last one
            const most = Math.max(0, ...[...this.events.values()].map((event) => event.counter));
            const counter = Math.max(this.device?.counter || 0, this.counter || 0, most);
            put("device", {...this.device, id: "device", counter});
            leases.forEach((row) => put("leases", row));
            events.forEach((row) => put("events", row));
            refused.forEach((row) => put("refused", row));
            put("turfs", turf);
        });
    }

    async load() {
        await this.exclusive(() => this.reload());
        this.changed();
    }

    async reload() {
        const rows = await readAll(this.db);
        const leases = await openLeases(rows.leases);
        Object.assign(this, EMPTY, await openTurf(rows, leases), {
            device: rows.device[0] || null,
            leases,
            events: await openEvents(rows.events, leases),
            refused: await openEvents(rows.refused, leases),
        });
        this.clock.offset = this.clock.anchor ? this.clock.offset : this.device?.offset || 0;
    }

    /** Writes, reads back what was written, and tells everybody. */
    async change(work) {
        await this.exclusive(async () => {
            await work();
            await this.reload();
        });
        this.announce();
    }

    /** @returns {Object} door states as this phone knows them */
    get state() {
        return this.lease ? fold(this.base, this.unsent(this.lease.id), this.aliases()) : {};
    }

    /** @returns {Object[]} the turf's doors in walking order, those added on the way among them */
    get doors() {
        const drafts = this.unsent(this.lease.id).filter((event) => event.kind === "door");
        return withAdded(this.turf.doors, this.added, drafts);
    }

    aliases() {
        return Object.fromEntries(this.added.map(({uid, id}) => [uid, id]));
    }

    /** @returns {Object|undefined} a door by its id, or by the uid of the event that added it */
    door(id) {
        const real = this.aliases()[id] ?? id;
        return this.doors.find((door) => door.id === real);
    }

    /** @returns {string} what phones noted about getting into a door's building, "" for nothing */
    note(door) {
        const mine = this.unsent(this.lease.id).filter(
            (event) => event.kind === "note" && this.door(event.door)?.building === door.building
        );
        return mine.length ? mine.at(-1).data.text : this.notes[door.building] || "";
    }

    /** @returns {Object[]} unsent events of a lease, or of all, in the order made */
    unsent(leaseId = null) {
        return [...this.events.values()].filter(
            (event) => leaseId === null || event.lease === leaseId
        );
    }

    /**
     * The name this phone goes by for the server: random, and new after each erasure.
     *
     * @returns {Promise<string>} a UUID
     */
    async deviceId() {
        if (!this.device) {
            const device = {id: "device", uuid: crypto.randomUUID(), counter: 0};
            await write(this.db, ["device"], (transaction) =>
                transaction.objectStore("device").put(device)
            );
            this.device = device;
        }
        return this.device.uuid;
    }

    /**
     * Stores a new lease; an older one is closed and keeps only its unsent reports.
     *
     * @param {Object} answer of `POST /canvass/lease`
     */
    async adopt(answer) {
        const id = String(answer.lease.id);
        const lease = {
            id,
            token: answer.token,
            name: answer.turf.name,
            ...leaseFacts(answer),
        };
        const [postKey, turfKey] = await Promise.all([newKey(), newKey()]);
        const secret = await seal(postKey, id, lease);
        const turf = await seal(turfKey, "turf", answer.turf);
        const {base, added, notes} = stateOf(answer);
        const state = await seal(turfKey, "state", {v: 2, state: base, added, notes});
        const put = (transaction) => {
            if (this.lease) {
                this.erase(transaction, this.lease.id);
            }
            transaction.objectStore("leases").put({id, state: "open", postKey, secret});
            transaction.objectStore("turfs").put({id, key: turfKey, turf, state});
            putOffset(transaction, this.clock.offset);
        };
        await this.change(() => write(this.db, STORES, put));
    }

    /**
     * A refreshed lease: new end, newest state; the turf itself cannot have changed.
     *
     * @param {Object} answer of `POST /canvass/lease`
     */
    async refresh(answer) {
        await this.change(async () => {
            if (!this.lease) {
                return; // Left meanwhile.
            }
            const {id, token, name, key} = this.lease;
            const row = await leaseRow({
                key,
                state: "open",
                ...{id, token, name},
                ...leaseFacts(answer),
            });
            const state = await this.sealState(stateOf(answer));
            await write(this.db, ["leases", "turfs"], (transaction) => {
                transaction.objectStore("leases").put(row);
                putInTurf(transaction, id, {state});
            });
        });
    }

    /**
     * Writes reports ahead: when this resolves they are on disk, sent or not.
     *
     * @param {Object[]} drafts `{door, kind, outcome, data}`
     * @param {Object|null|undefined} talk what remains of the script under way, written in the
     *      same transaction: what goes out as an event cannot go out again after a kill
     * @returns {Promise<Object[]>} the events
     * @throws {DOMException} QuotaExceededError and others: nothing was saved
     */
    async report(drafts, talk) {
        const events = await this.connected(() => this.append(drafts, talk));
        this.announce();
        return events;
    }

    /** One change in its turn, again where the browser had cleared up or closed the connection. */
    async connected(work) {
        try {
            return await this.exclusive(work);
        } catch (error) {
            if (error?.name !== "InvalidStateError") {
                throw error;
            }
        }
        await this.revive();
        return this.exclusive(work);
    }

    async append(drafts, talk) {
        const {id, key} = this.lease;
        const boxes = talk === undefined ? null : await this.sealTalk(talk);
        const events = drafts.map((draft) => ({
            uid: crypto.randomUUID(),
            at: new Date().toISOString(),
            data: {},
            ...draft,
        }));
        const sealed = await Promise.all(events.map((event) => seal(key, event.uid, event)));
        const stores = ["device", "events"];
        // The turf's row is large: most reports leave it alone
        await write(this.db, boxes ? [...stores, "turfs"] : stores, (transaction) => {
            this.number(transaction, events, (event, index) => ({
                uid: event.uid,
                lease: id,
                counter: event.counter,
                box: sealed[index],
            }));
            if (boxes) {
                putInTurf(transaction, id, boxes);
            }
        });
        this.talk = boxes ? talk : this.talk;
        for (const event of events) {
            this.events.set(event.uid, {...event, lease: id});
        }
        return events;
    }

    /**
     * Keeps the script under way, so that a killed tab goes on with it; `null` forgets it.
     *
     * @param {Object|null} talk
     * @returns {Promise<void>} once it is on disk
     */
    keepTalk(talk) {
        return this.connected(async () => {
            if (this.lease && (talk || this.talk)) {
                const {id} = this.lease;
                const boxes = await this.sealTalk(talk);
                await write(this.db, ["turfs"], (transaction) => putInTurf(transaction, id, boxes));
                this.talk = talk;
            }
        });
    }

    /**
     * Under the turf's key: what somebody said dies with the lease at the latest.
     *
     * @param {Object|null} talk
     * @returns {Promise<Object>} what to put in the turf's row
     */
    async sealTalk(talk) {
        return {talk: talk && (await seal(this.turfKey, "talk", talk))};
    }

    /** Numbers events within the transaction, so that two tabs cannot take one number. */
    number(transaction, events, row) {
        const devices = transaction.objectStore("device");
        devices.get("device").onsuccess = ({target}) => {
            const device = target.result;
            for (const [index, event] of events.entries()) {
                event.counter = this.counter = ++device.counter;
                transaction.objectStore("events").add(row(event, index));
            }
            devices.put(device);
        };
    }

    /**
     * Reports are taken back by further events: nothing is ever changed or removed.
     *
     * @param {Object[]} events as `report` gave them
     * @param {Object} before door states before the reports
     * @returns {Object[]} drafts for `report`
     */
    undoing(events, before) {
        return events.map(({door, uid}) => ({
            door,
            kind: "undo",
            data: {target: uid},
            before: before[door] || null,
        }));
    }

    /**
     * Takes the server's final answers: stored and known leave the outbox, refused go to
     * the quarantine. One transaction, so that a kill between loses neither side.
     *
     * @param {string} leaseId
     * @param {Object} finals `{uid: result}`, signatures already checked
     * @param {Object|null} answer the server's, null when its state does not count
     */
    async settle(leaseId, finals, answer) {
        await this.change(async () => {
            const current = this.lease?.id === leaseId;
            const sealed = current && answer ? await this.sealState(stateOf(answer)) : null;
            const receipts = current ? await this.sealReceipts(finals) : [];
            await write(this.db, STORES, (transaction) => {
                for (const [uid, result] of Object.entries(finals)) {
                    moveEvent(transaction, uid, result);
                }
                for (const row of receipts) {
                    transaction.objectStore("receipts").put(row);
                }
                if (sealed) {
                    putInTurf(transaction, leaseId, {state: sealed});
                }
                putOffset(transaction, this.clock.offset);
            });
        });
    }

    /** @param {{base: Object, added: Object[], notes: Object}} facts */
    sealState({base, added, notes}) {
        return seal(this.turfKey, "state", {v: 2, state: base, added, notes});
    }

    sealReceipts(finals) {
        const rows = Object.entries(finals)
            .filter(([, result]) => result.receipt)
            .map(async ([uid, result]) => {
                const receipt = {link: result.receipt, door: this.events.get(uid)?.door};
                return {uid, box: await seal(this.turfKey, uid, receipt)};
            });
        return Promise.all(rows);
    }

    /**
     * Ends a lease on this phone: turf, state, receipts and refused reports are erased
     * with their key at once; the token stays only while reports wait to be delivered.
     *
     * @param {string} leaseId
     */
    async close(leaseId) {
        await this.change(() => {
            if (!this.unsent(leaseId).length && this.leases.size <= 1) {
                return wipe(this.db);
            }
            return write(this.db, STORES, (transaction) => this.erase(transaction, leaseId));
        });
    }

    erase(transaction, leaseId) {
        if (this.lease?.id === leaseId) {
            transaction.objectStore("turfs").delete(leaseId);
            transaction.objectStore("receipts").clear();
        }
        for (const [uid, event] of this.refused) {
            if (event.lease === leaseId) {
                transaction.objectStore("refused").delete(uid);
            }
        }
        const leases = transaction.objectStore("leases");
        if (!this.unsent(leaseId).length) {
            leases.delete(leaseId);
            return;
        }
        leases.get(leaseId).onsuccess = ({target}) => {
            leases.put({...target.result, state: "closing"});
        };
    }

    /** @returns {boolean} whether the server has forgotten every lease that has reports here */
    isStale() {
        const over = this.clock.now() - GIVEN_UP;
        const leases = this.unsent().map((event) => this.leases.get(event.lease));
        return leases.length > 0 && leases.every((lease) => Date.parse(lease.expires) < over);
    }

    /** Erases everything, unsent reports included: only on the user's explicit word. */
    eraseAll() {
        return this.change(() => wipe(this.db));
    }

    /** @returns {number} milliseconds to the end of the open lease by the server's clock */
    untilEnd() {
        return Date.parse(this.lease.expires) - this.clock.now();
    }

    /** @returns {boolean} whether the lease's hours are over */
    expired() {
        return Boolean(this.lease) && this.untilEnd() <= 0;
    }
}
