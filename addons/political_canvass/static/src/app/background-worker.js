/**
 * Sends what waits while no page is open, where the browser wakes us for it. The server puts the
 * worker that keeps the shell behind these lines.
 */
import {Session} from "/political_canvass/static/src/app/session.js";
import {Sync} from "/political_canvass/static/src/app/sync.js";

async function deliver() {
    const pages = await self.clients.matchAll({type: "window", includeUncontrolled: true});
    const inSight = ({url, visibilityState}) =>
        visibilityState === "visible" && new URL(url).pathname.startsWith("/canvass/");
    if (pages.some(inSight)) {
        return; // It sends by itself, and says how that went.
    }
    const session = new Session();
    await session.start();
    try {
        await navigator.locks.request("canvass-sync", () => new Sync(session).empty());
    } finally {
        session.stop();
    }
}

// What fails is asked for again by the browser, later each time, a few times.
self.addEventListener("sync", (event) => event.waitUntil(deliver()));
