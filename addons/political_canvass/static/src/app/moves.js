/** Single changes within a transaction of the phone's database. */

/**
 * @param {IDBTransaction} transaction
 * @param {string} leaseId
 * @param {Object} boxes sealed ones that replace those in the turf's row
 */
export function putInTurf(transaction, leaseId, boxes) {
    const turfs = transaction.objectStore("turfs");
    turfs.get(leaseId).onsuccess = ({target}) => {
        if (target.result) {
            turfs.put({...target.result, ...boxes});
        }
    };
}

/**
 * Out of the outbox; into the quarantine what was refused.
 *
 * @param {IDBTransaction} transaction
 * @param {string} uid
 * @param {Object} result the server's, its signature already checked
 */
export function moveEvent(transaction, uid, result) {
    const events = transaction.objectStore("events");
    events.get(uid).onsuccess = ({target}) => {
        if (target.result && result.status === "refused") {
            const row = {...target.result, reason: result.reason || "format"};
            transaction.objectStore("refused").put(row);
        }
        events.delete(uid);
    };
}

/**
 * @param {IDBTransaction} transaction
 * @param {number} offset of this phone's clock, in milliseconds
 */
export function putOffset(transaction, offset) {
    const devices = transaction.objectStore("device");
    devices.get("device").onsuccess = ({target}) => {
        if (target.result) {
            devices.put({...target.result, offset});
        }
    };
}
