/** What is on this phone, what is still to send, what the server refused and why. */
import {button, h} from "../dom.js";
import {LANGUAGES} from "../i18n.js";
import {icon} from "../icons.js";
import {doorLabel} from "../doors.js";

export const live = true;

export function render(app) {
    const {session, sync, t} = app;
    const unsent = session.unsent().length;
    return h(
        "section",
        {class: "status"},
        h("h1", {tabindex: "-1"}, t("status.title")),
        h(
            "p",
            {class: "saved"},
            icon(unsent ? "waiting" : "sent"),
            unsent ? t("status.unsent", {count: unsent}) : t("top.sent")
        ),
        h(
            "p",
            {},
            sync.heardAt ? t("status.heard", {time: t.time(sync.heardAt)}) : t("status.unheard")
        ),
        sync.trouble && h("p", {class: "trouble"}, icon("trouble"), t(`trouble.${sync.trouble}`)),
        unsent > 0 &&
            button(t("status.send"), () => sync.run(), {"data-key": "send", class: "plain"}),
        session.evictedAt &&
            h(
                "p",
                {class: "trouble"},
                icon("trouble"),
                t("status.evicted", {time: t.time(session.evictedAt)})
            ),
        quarantine(app),
        receipts(app),
        h("h2", {}, t("status.holds")),
        h(
            "ul",
            {},
            h(
                "li",
                {},
                t("status.turf", {name: session.turf.name, end: t.moment(session.lease.expires)})
            ),
            h("li", {}, t("status.nobody")),
            (session.lease.alias || session.lease.pair) && h("li", {}, t("status.team")),
            h("li", {}, t(app.persistent ? "status.persistent" : "status.fragile"))
        ),
        languages(app)
    );
}

function where(app, id) {
    const door = app.session.door(id);
    return door ? `${door.street}, ${doorLabel(door, app.t)}` : "";
}

function quarantine(app) {
    const {session, t} = app;
    const rows = [...session.refused.values()];
    if (!rows.length) {
        return null;
    }
    return [
        h("h2", {}, t("status.refused", {count: rows.length})),
        h(
            "ul",
            {class: "quarantine"},
            rows.map((event) =>
                h(
                    "li",
                    {},
                    h("b", {}, where(app, event.door)),
                    ` ${event.outcome ? app.outcome(event.outcome) : t(`kind.${event.kind}`)} : `,
                    t.has(`reason.${event.reason}`) ? t(`reason.${event.reason}`) : event.reason
                )
            )
        ),
    ];
}

function receipts(app) {
    const {session, t} = app;
    const rows = [...session.receipts];
    if (!rows.length) {
        return null;
    }
    return [
        h("h2", {}, t("status.receipts")),
        rows.map(([uid, receipt]) =>
            button(
                where(app, receipt.door),
                () => app.go("agreed", {door: receipt.door, uids: [uid]}),
                {class: "plain", "data-key": uid}
            )
        ),
    ];
}

/** A button a language, the one in use pressed. */
export function languages(app) {
    return h(
        "div",
        {class: "languages", role: "group", "aria-label": app.t("language")},
        Object.entries(LANGUAGES).map(([lang, name]) =>
            button(name, () => app.speak(lang), {
                lang,
                "aria-pressed": String(lang === app.t.lang),
                "data-key": `lang-${lang}`,
            })
        )
    );
}
