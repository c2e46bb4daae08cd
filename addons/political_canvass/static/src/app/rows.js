/** Rows of the phone's database, opened and sealed: what session.js holds in memory. */
import {open, seal} from "./vault.js";

export async function openLeases(rows) {
    const leases = new Map();
    for (const row of rows) {
        const secret = await open(row.postKey, row.id, row.secret);
        leases.set(row.id, {...secret, key: row.postKey, state: row.state});
    }
    return leases;
}

export async function openEvents(rows, leases) {
    const events = new Map();
    for (const row of rows.sort((one, other) => one.counter - other.counter)) {
        const lease = leases.get(row.lease);
        if (lease) {
            const event = await open(lease.key, row.uid, row.box);
            const {counter, reason} = row;
            events.set(row.uid, {...event, counter, reason, lease: row.lease});
        }
    }
    return events;
}

/** @returns {{base: Object, added: Object[], notes: Object}} a state as an answer gives it */
export function stateOf({state, added, notes}) {
    return {base: state || {}, added: added || [], notes: notes || {}};
}

/** @returns {Object} what the server last said of the turf; the first versions kept less */
function laidOut(kept) {
    const {state, added = [], notes = {}} = kept.v ? kept : {state: kept};
    return {base: state || {}, added, notes};
}

export async function openTurf(rows, leases) {
    const row = rows.turfs[0];
    if (!row) {
        return {};
    }
    const receipts = new Map();
    for (const {uid, box} of rows.receipts) {
        receipts.set(uid, await open(row.key, uid, box));
    }
    return {
        lease: leases.get(row.id),
        turfKey: row.key,
        turf: await open(row.key, "turf", row.turf),
        ...laidOut(await open(row.key, "state", row.state)),
        talk: row.talk ? await open(row.key, "talk", row.talk) : null,
        receipts,
    };
}

export async function leaseRow({key, state, ...secret}) {
    return {id: secret.id, state, postKey: key, secret: await seal(key, secret.id, secret)};
}

/** @returns {Object} what a lease's answer says of the lease itself */
export function leaseFacts({lease}) {
    return {
        expires: lease.expires_at,
        alias: lease.name || "",
        pair: lease.pair || "",
        checkin: lease.checkin_minutes || 0,
        call: lease.safety_phone || "",
    };
}

/** @returns {Promise<Object[]>} the events as they lie in the database */
export function eventRows(events, leases) {
    const rows = [...events.values()].map(async ({lease, counter, reason, ...event}) => {
        const box = await seal(leases.get(lease).key, event.uid, event);
        return {uid: event.uid, lease, counter, reason, box};
    });
    return Promise.all(rows);
}
