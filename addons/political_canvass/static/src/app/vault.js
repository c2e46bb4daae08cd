/**
 * Encryption at rest. Keys are non-extractable: no script, backup or file copy of the
 * profile yields them in clear through the API, and deleting the key's row makes what it
 * sealed unreadable.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @returns {Promise<CryptoKey>} a fresh AES-GCM key that cannot be exported */
export function newKey() {
    return crypto.subtle.generateKey({name: "AES-GCM", length: 256}, false, ["encrypt", "decrypt"]);
}

/**
 * @param {CryptoKey} key
 * @param {string} label bound to the text, so that two boxes cannot be swapped
 * @param {Object} value anything JSON can hold
 * @returns {Promise<{iv: Uint8Array, data: ArrayBuffer}>}
 */
export async function seal(key, label, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt(
        {name: "AES-GCM", iv, additionalData: encoder.encode(label)},
        key,
        encoder.encode(JSON.stringify(value))
    );
    return {iv, data};
}

/**
 * @param {CryptoKey} key
 * @param {string} label the one given to `seal`
 * @param {{iv: Uint8Array, data: ArrayBuffer}} box
 * @returns {Promise<Object>}
 * @throws {DOMException} OperationError when the box, key or label is not the right one
 */
export async function open(key, label, box) {
    const text = await crypto.subtle.decrypt(
        {name: "AES-GCM", iv: box.iv, additionalData: encoder.encode(label)},
        key,
        box.data
    );
    return JSON.parse(decoder.decode(text));
}
