/**
 * The server's time, without trusting the phone's clock: while the page lives the
 * monotonic timer counts on from the last server answer, so that a clock set a day wrong
 * neither ends a shift nor prolongs it.
 */
export class Clock {
    constructor() {
        /** Milliseconds to add to Date.now() after a restart. */
        this.offset = 0;
        this.anchor = null;
    }

    /** @param {string} iso the server's time in its last answer */
    hear(iso) {
        const server = Date.parse(iso);
        if (Number.isNaN(server)) {
            return;
        }
        this.anchor = {server, tick: performance.now()};
        this.offset = server - Date.now();
    }

    /** @returns {number} milliseconds since 1970, as close to the server's as is known */
    now() {
        if (this.anchor) {
            return this.anchor.server + performance.now() - this.anchor.tick;
        }
        return Date.now() + this.offset;
    }
}
