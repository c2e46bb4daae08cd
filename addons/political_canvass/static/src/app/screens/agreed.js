/** The consent is saved on the phone; its receipt shows as soon as the server gave one. */
import {button, h} from "../dom.js";
import {icon} from "../icons.js";
import {qr} from "../qr.js";

export const live = true;

export async function render(app, {door, back, uids}) {
    const {session, t} = app;
    const receipts = uids.map((uid) => session.receipts.get(uid)).filter(Boolean);
    const refused = uids.map((uid) => session.refused.get(uid)).filter(Boolean);
    const waiting = uids.some((uid) => session.events.has(uid));
    return h(
        "section",
        {class: "agreed"},
        h("h1", {tabindex: "-1"}, t(refused.length ? "agreed.refused" : "agreed.title")),
        refused.map((event) => h("p", {role: "alert"}, t(`reason.${event.reason}`))),
        waiting && h("p", {class: "saved"}, icon("waiting"), t("agreed.waiting")),
        !waiting && !refused.length && h("p", {class: "saved"}, icon("sent"), t("agreed.sent")),
        await Promise.all(receipts.map((receipt) => picture(t, receipt.link))),
        button(t("next"), () => app.onwards(door, back), {class: "answer next", icon: icon("next")})
    );
}

async function picture(t, link) {
    const url = new URL(link, location.origin);
    if (url.origin !== location.origin) {
        return null; // A receipt is a page of this server, nothing else.
    }
    return h(
        "figure",
        {},
        await qr(url.href, t("agreed.qr")),
        h(
            "figcaption",
            {},
            t("agreed.photo"),
            " ",
            h("a", {href: url.href, rel: "noopener"}, url.href)
        )
    );
}
