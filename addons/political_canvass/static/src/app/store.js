/**
 * The phone's own database. Every write says `durability: "strict"` and is awaited to
 * `oncomplete`: what the screen calls saved has reached the disk.
 *
 * In clear lie only what order and routing need (uids, a counter, lease ids). The rest
 * is sealed (vault.js): `postKey` seals the token and the unsent events and lives until
 * they are delivered, `turfKey` seals the turf and dies with the lease.
 */

const NAME = "canvass";
const VERSION = 1;
export const STORES = ["device", "leases", "turfs", "events", "refused", "receipts"];

function upgrade(db) {
    db.createObjectStore("device", {keyPath: "id"});
    db.createObjectStore("leases", {keyPath: "id"});
    db.createObjectStore("turfs", {keyPath: "id"});
    db.createObjectStore("events", {keyPath: "uid"});
    db.createObjectStore("refused", {keyPath: "uid"});
    db.createObjectStore("receipts", {keyPath: "uid"});
}

/**
 * @param {Function} onLost called when the browser ends the connection, as when it clears up
 * @returns {Promise<IDBDatabase>}
 * @throws {Error} where the browser keeps nothing (some private modes)
 */
export function openStore(onLost) {
    return new Promise((resolve, reject) => {
        const request = indexedDB.open(NAME, VERSION);
        request.onupgradeneeded = () => upgrade(request.result);
        request.onerror = () => reject(request.error);
        request.onblocked = () => reject(new Error("blocked"));
        request.onsuccess = () => {
            const db = request.result;
            db.onclose = onLost;
            // A newer version of the app in another tab must not wait for this one.
            db.onversionchange = () => db.close();
            resolve(db);
        };
    });
}

/**
 * Runs `work` in one transaction and resolves once it is on disk.
 *
 * @param {IDBDatabase} db
 * @param {string[]} names stores written to
 * @param {Function} work gets the transaction; may use request callbacks, no await
 * @returns {Promise<void>} rejected with the cause (QuotaExceededError when full)
 */
export function write(db, names, work) {
    return new Promise((resolve, reject) => {
        const transaction = db.transaction(names, "readwrite", {durability: "strict"});
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error || new Error("aborted"));
        try {
            work(transaction);
        } catch (error) {
            reject(error);
            transaction.abort();
        }
    });
}

/**
 * @param {IDBDatabase} db
 * @returns {Promise<Object>} all rows by store, read in one consistent view
 */
export function readAll(db) {
    return new Promise((resolve, reject) => {
        const transaction = db.transaction(STORES, "readonly");
        const rows = {};
        for (const name of STORES) {
            const request = transaction.objectStore(name).getAll();
            request.onsuccess = () => (rows[name] = request.result);
        }
        transaction.oncomplete = () => resolve(rows);
        transaction.onabort = () => reject(transaction.error);
    });
}

/** @param {IDBDatabase} db empties every store, keys included */
export function wipe(db) {
    return write(db, STORES, (transaction) => {
        for (const name of STORES) {
            transaction.objectStore(name).clear();
        }
    });
}
