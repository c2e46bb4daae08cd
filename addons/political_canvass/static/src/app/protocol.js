/** What phone and server say to each other: docs/canvass-protocol.md, version 1. */

/** A whole shift goes in one request, where the network carries it. */
export const MAX_EVENTS = 400;
/** The purpose that allows to keep what a person said. */
export const FOLLOW_UP = "canvass_followup";
const MAX_BYTES = 900000;
const TIMEOUT = 30000;
/** What HTTP calls a request that took too long; here it is the phone that says so. */
const TOO_SLOW = 408;
const encoder = new TextEncoder();

/** An answer that decides nothing: the call is to be made again later. */
export class Later extends Error {
    /**
     * @param {string} why "offline", "weak" (a time-out), "server", "portal", "lease" or "slow"
     * @param {number} wait seconds that the server asked for, 0 if it did not
     * @param {number} status HTTP status, 408 for a time-out of our own, 0 without one
     */
    constructor(why, wait = 0, status = 0) {
        super(why);
        this.why = why;
        this.wait = wait;
        this.status = status;
    }
}

async function fetched(path, body, token, signal) {
    const headers = {"Content-Type": "application/json"};
    if (token) {
        headers["X-Canvass-Lease"] = token;
    }
    try {
        return await fetch(path, {
            method: "POST",
            headers,
            body: JSON.stringify(body),
            credentials: "omit",
            cache: "no-store",
            redirect: "error",
            referrerPolicy: "no-referrer",
            signal,
        });
    } catch {
        throw signal.aborted ? new Later("weak", 0, TOO_SLOW) : new Later("offline");
    }
}

/**
 * @param {string} path
 * @param {Object} body
 * @param {string} token of the lease, empty to open one
 * @returns {Promise<Object>} the server's JSON object, still unproven
 * @throws {Later} for every other answer: 4xx, 5xx, a proxy's or portal's page
 */
export async function call(path, body, token = "") {
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetched(path, body, token, signal);
    if (!response.ok) {
        const wait = Number(response.headers.get("Retry-After")) || 0;
        const whys = {403: "lease", 429: "slow"};
        throw new Later(whys[response.status] || "server", wait, response.status);
    }
    let data = null;
    try {
        data = await response.json();
    } catch {
        throw signal.aborted
            ? new Later("weak", 0, TOO_SLOW)
            : new Later("portal", 0, response.status);
    }
    if (typeof data !== "object" || data === null || typeof data.ok !== "boolean") {
        throw new Later("portal", 0, response.status);
    }
    return data;
}

function sorted(value) {
    if (value === null || typeof value !== "object") {
        return value;
    }
    if (Array.isArray(value)) {
        return value.map(sorted);
    }
    const names = Object.keys(value).sort();
    return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}

/**
 * @param {Object} turf as the server sent it
 * @returns {Promise<boolean>} whether it is, to the byte, the one that was published
 */
export async function isWhole({hash, ...turf}) {
    const text = encoder.encode(JSON.stringify(sorted(turf)));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
    const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex === hash;
}

async function signed(token, text, signature) {
    if (!/^[0-9a-f]{64}$/.test(signature || "")) {
        return false;
    }
    const bytes = Uint8Array.from(signature.match(/../g), (pair) => parseInt(pair, 16));
    const key = await crypto.subtle.importKey(
        "raw",
        encoder.encode(token),
        {name: "HMAC", hash: "SHA-256"},
        false,
        ["verify"]
    );
    return crypto.subtle.verify("HMAC", key, bytes, encoder.encode(text));
}

/**
 * @param {string} token
 * @param {string} uid
 * @param {{status: string, reason: string|null, sig: string}} result
 * @returns {Promise<boolean>} whether the answer is final: ours, and for this event
 */
export async function isFinal(token, uid, result) {
    if (!result || !["stored", "known", "refused"].includes(result.status)) {
        return false;
    }
    const text = `canvass/1\n${uid}\n${result.status}\n${result.reason || ""}`;
    return signed(token, text, result.sig);
}

/**
 * @param {string} token
 * @param {number} leaseId
 * @param {Object} answer
 * @returns {Promise<boolean>} whether the server, and nobody else, ended the lease
 */
export async function isEnded(token, leaseId, answer) {
    return (
        answer.lease === "ended" &&
        signed(token, `canvass/1\nlease\nended\n${leaseId}`, answer.lease_sig)
    );
}

/**
 * @param {Object[]} events in the order they were made
 * @param {number} most events in this request
 * @returns {Object[]} the first ones that fit in one request
 */
export function batch(events, most = MAX_EVENTS) {
    const chosen = [];
    let bytes = 0;
    for (const event of events.slice(0, most)) {
        bytes += JSON.stringify(event).length;
        if (chosen.length && bytes > MAX_BYTES) {
            break;
        }
        chosen.push(event);
    }
    return chosen;
}
