/**
 * What goes on while no page is open: the shell is kept, and where the browser has Background Sync
 * the worker empties the outbox once there is network. It reads the same database with the same
 * keys, which no script can take out and which end with the lease; nothing is handed to it.
 */

const TAG = "canvass-outbox";

/** Only such a browser also runs workers made of modules, which the sender is. */
const able = () => "SyncManager" in globalThis;

/**
 * @param {string} base address that the app lies under
 * @returns {Promise} once the worker is registered
 */
export function keepShell(base) {
    const workers = globalThis.navigator.serviceWorker;
    return able()
        ? workers?.register(`${base}background-worker.js`, {
              scope: base,
              type: "module",
              updateViaCache: "none", // else its modules would be last week's
          })
        : workers?.register(`${base}service-worker.js`, {scope: base});
}

/**
 * Asks the browser to wake the worker once there is network, should no page be in sight then.
 *
 * @param {Session} session
 */
export async function deliverLater(session) {
    if (!able() || !session.unsent().length) {
        return;
    }
    try {
        const registration = await navigator.serviceWorker.ready;
        await registration.sync.register(TAG);
    } catch (error) {
        // Switched off by the user: it is sent when the page is opened again.
        console.warn("No sending while the app is closed:", error.message);
    }
}
