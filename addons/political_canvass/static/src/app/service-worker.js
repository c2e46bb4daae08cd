/**
 * Keeps the shell (pages, scripts, styles, texts; never anybody's data) so that the app
 * opens without network. `SHELL` is filled in by the server with the files and a hash of
 * their content: a changed file makes a new worker, which installs beside the old one
 * and takes over once the app is closed. A running shift is never swapped under way.
 */
const SHELL = {version: "", files: []}; // filled in by the server
const NAME = `canvass-shell-${SHELL.version}`;
const PAGE = "/canvass/";

async function install() {
    const cache = await caches.open(NAME);
    // "reload" passes by the browser's own cache, which may hold last week's files.
    const files = [PAGE, ...SHELL.files];
    await cache.addAll(files.map((file) => new Request(file, {cache: "reload"})));
}

async function activate() {
    for (const name of await caches.keys()) {
        if (name.startsWith("canvass-shell-") && name !== NAME) {
            await caches.delete(name);
        }
    }
    await self.clients.claim();
}

async function answer(request) {
    const cache = await caches.open(NAME);
    const key = request.mode === "navigate" ? PAGE : request;
    const kept = await cache.match(key, {ignoreSearch: request.mode === "navigate"});
    return kept || fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
    const {request} = event;
    if (request.method === "GET" && new URL(request.url).origin === self.location.origin) {
        event.respondWith(answer(request));
    }
});
