/** Pure reckoning over doors and reports: no page, no storage. */

/**
 * Lays the phone's unsent reports over the server's state.
 *
 * @param {Object} base `{door id: {outcome, at, ...}}` as the server last said
 * @param {Object[]} events unsent ones, in the order they were made
 * @param {Object} aliases `{uid: door id}` of added doors that the server knows
 * @returns {Object} the state as this phone knows it
 */
export function fold(base, events, aliases = {}) {
    const undone = new Set(
        events.filter((event) => event.kind === "undo").map((event) => event.data.target)
    );
    const state = {...base};
    for (const event of events) {
        if (event.kind === "outcome" && !undone.has(event.uid)) {
            state[aliases[event.door] ?? event.door] = {outcome: event.outcome, at: event.at};
        } else if (event.kind === "undo") {
            restore(state, {...event, door: aliases[event.door] ?? event.door}, events);
        }
    }
    return state;
}

function restore(state, undo, events) {
    const waiting = events.some((event) => event.uid === undo.data.target);
    if (waiting) {
        return; // Its report was never laid over the base.
    }
    // The undone report has reached the server: show what the door showed before it.
    if (undo.before) {
        state[undo.door] = undo.before;
    } else {
        delete state[undo.door];
    }
}

/**
 * @param {Object[]} doors the published ones, in walking order
 * @param {Object[]} added those that the server knows beside: doors with `uid` and `after`
 * @param {Object[]} drafts unsent events of the kind "door"
 * @returns {Object[]} all of them; a door that only this phone knows has its event's uid as id
 */
export function withAdded(doors, added, drafts) {
    const all = [...doors];
    const place = (id) => all.findIndex((door) => door.id === id || door.uid === id);
    for (const door of added.filter(({id}) => place(id) < 0)) {
        all.splice(place(door.after) + 1, 0, door);
    }
    const known = new Set(added.map(({uid}) => uid));
    for (const {uid, door, data} of drafts.filter((event) => !known.has(event.uid))) {
        const beside = place(door);
        if (beside >= 0) {
            const {entrance: label = "", floor = null, name = ""} = data;
            all.splice(beside + 1, 0, {...all[beside], id: uid, uid, label, floor, door: name});
        }
    }
    return all;
}

/**
 * @param {Object[]} doors in walking order
 * @param {Object} state
 * @param {number|null} after id of the door just left
 * @returns {Object|null} the next door without a report, walking on and then from the start
 */
export function nextDoor(doors, state, after = null) {
    const from = doors.findIndex((door) => door.id === after) + 1;
    const walk = [...doors.slice(from), ...doors.slice(0, from)];
    return walk.find((door) => !state[door.id]) || null;
}

/**
 * @param {Object[]} doors
 * @param {Object} state
 * @param {Object} door
 * @param {string} level "floor" or "building"
 * @returns {Object[]} doors without report that share the door's floor or building,
 *      the door itself included
 */
export function together(doors, state, door, level) {
    if (!door.building || (level === "floor" && door.floor === null)) {
        return [door];
    }
    return doors.filter(
        (other) =>
            other.building === door.building &&
            (level === "building" || other.floor === door.floor) &&
            (other.id === door.id || !state[other.id])
    );
}

/** @returns {{done: number, total: number}} doors with a report, and all of them */
export function progress(doors, state) {
    return {
        done: doors.filter((door) => state[door.id]).length,
        total: doors.length,
    };
}

/** @returns {Object} how many doors show each outcome, `{code: count}` */
export function tally(doors, state) {
    const counts = {};
    for (const door of doors) {
        const outcome = state[door.id]?.outcome;
        if (outcome) {
            counts[outcome] = (counts[outcome] || 0) + 1;
        }
    }
    return counts;
}

/**
 * @param {Object[]} doors
 * @param {Object} door
 * @returns {number} 1 when the numbers grow towards the next door of the street, -1 when
 *      they fall, 0 when that cannot be said
 */
export function heading(doors, door) {
    const next = doors[doors.findIndex((other) => other.id === door.id) + 1];
    if (!next || next.street !== door.street) {
        return 0;
    }
    return Math.sign(parseInt(next.number, 10) - parseInt(door.number, 10)) || 0;
}

/**
 * @param {Object} door
 * @param {Function} t translator
 * @returns {string[]} what tells this door from its neighbours, the number first:
 *      ["12 bis", "Stairs B", "3rd floor", "left"]
 */
export function doorParts(door, t) {
    const known = door.floor !== null && door.floor !== undefined;
    const floor = door.floor === 0 ? t("floor.ground") : t.ordinal("floor", Number(door.floor));
    return [door.number, door.label, known && floor, door.door].filter(Boolean);
}

/** @returns {string} the same in one line: "12 bis · 3rd floor · left" */
export function doorLabel(door, t) {
    return doorParts(door, t).join(" · ");
}
