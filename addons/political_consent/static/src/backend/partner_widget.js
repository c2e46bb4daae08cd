import {registry} from "@web/core/registry";

// Core's contact form names a widget of partner_autocomplete, which is kept out. Where
// nobody brings it, a plain link takes its place. Only once everything is loaded: an addon that
// comes later may bring its own.
const NAME = "res_partner_many2one";

registry.category("services").add("political_consent.partner_widget", {
    start() {
        const fields = registry.category("fields");
        if (!fields.contains(NAME)) {
            fields.add(NAME, fields.get("many2one"));
        }
    },
});
