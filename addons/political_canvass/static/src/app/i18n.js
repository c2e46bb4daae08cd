/** Texts of the screens, one small JSON file a language, kept offline with the shell. */

export const LANGUAGES = {fr: "Français", en: "English"};
const DEFAULT = "fr";
const RIGHT_TO_LEFT = ["ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"];
const tables = {};

async function table(lang) {
    if (!tables[lang]) {
        const answer = await fetch(new URL(`i18n/${lang}.json`, import.meta.url));
        tables[lang] = await answer.json();
    }
    return tables[lang];
}

/**
 * @param {string} tag a browser's or Odoo's language ("fr-FR", "fr_FR")
 * @returns {string} the closest language that the app has
 */
export function closest(tag) {
    const short = String(tag || "")
        .slice(0, 2)
        .toLowerCase();
    return short in LANGUAGES ? short : DEFAULT;
}

/**
 * @param {string} lang
 * @returns {Promise<Function>} `t(key, values)`, with `t.lang`, `t.dir`, `t.time`, `t.list`;
 *      `values.count` picks the plural form (`key.one`, `key.other`)
 */
export async function translator(lang) {
    const texts = await table(lang);
    const plural = new Intl.PluralRules(lang);
    const ordinal = new Intl.PluralRules(lang, {type: "ordinal"});
    const t = (key, values = {}) => {
        const form = values.count === undefined ? key : `${key}.${plural.select(values.count)}`;
        const text = texts[form] ?? texts[`${key}.other`] ?? texts[key] ?? key;
        return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    };
    t.lang = lang;
    t.dir = texts.dir;
    t.has = (key) => key in texts;
    t.ordinal = (key, count) => {
        const form = `${key}.${ordinal.select(count)}`;
        return t(form in texts ? form : `${key}.other`, {number: count});
    };
    t.time = (iso) =>
        new Intl.DateTimeFormat(lang, {hour: "2-digit", minute: "2-digit"}).format(new Date(iso));
    t.moment = (iso) =>
        new Intl.DateTimeFormat(lang, {dateStyle: "medium", timeStyle: "short"}).format(
            new Date(iso)
        );
    return t;
}

/**
 * A language that texts of the server may be in, whether the app itself speaks it or not.
 *
 * @param {string} tag as Odoo spells it ("fr_FR", "ar_001")
 * @returns {{lang: string, dir: string, name: string}} for a `lang` and a `dir` attribute, and its
 *      own name
 */
export function language(tag) {
    const lang = String(tag || DEFAULT)
        .replace("_", "-")
        .replace("@", "-x-");
    const short = lang.split("-")[0];
    const dir = RIGHT_TO_LEFT.includes(short) ? "rtl" : "ltr";
    let name = LANGUAGES[short];
    if (!name) {
        try {
            name = new Intl.DisplayNames([short], {type: "language"}).of(short);
        } catch {
            name = lang;
        }
    }
    return {lang: short, dir, name};
}

/** Languages that the user can choose, the one in use first remembered on this phone. */
export function preferred() {
    try {
        return closest(localStorage.getItem("canvass-lang") || navigator.language);
    } catch {
        return closest(navigator.language);
    }
}

/** @param {string} lang remembered for the next opening; nothing else lies there */
export function remember(lang) {
    try {
        localStorage.setItem("canvass-lang", lang);
    } catch {
        // Without storage the choice lasts as long as the page: no harm done.
    }
}
