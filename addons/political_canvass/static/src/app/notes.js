/** What in a note looks like a person: the server's own patterns, so that it is said at once. */

let patterns = null;

async function load() {
    if (!patterns) {
        const answer = await fetch(new URL("notes.json", import.meta.url));
        const {impersonal, persons} = await answer.json();
        patterns = {
            impersonal: new RegExp(impersonal, "gi"),
            persons: persons.map(([name, pattern]) => [name, new RegExp(pattern, "i")]),
        };
    }
    return patterns;
}

/**
 * @param {string} text
 * @returns {Promise<string|null>} "email", "phone", "title" or "person"; null for a place
 */
export async function personPattern(text) {
    const {impersonal, persons} = await load();
    const plain = (text || "")
        .replaceAll("’", "'")
        .normalize("NFKD")
        .replace(/\p{M}/gu, "")
        .replace(impersonal, " ");
    return persons.find(([, pattern]) => pattern.test(plain))?.[0] ?? null;
}
