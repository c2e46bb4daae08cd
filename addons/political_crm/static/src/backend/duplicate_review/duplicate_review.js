import {Component, onMounted, onWillStart, useExternalListener, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatFloat, formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

const LEFT = 0;
const RIGHT = 1;

/**
 * One pair of contacts at a time, for hundreds of them: everything by one key.
 */
export class DuplicateReview extends Component {
    static template = "political_crm.DuplicateReview";
    static props = {...standardActionServiceProps};
    static path = "duplicates";
    static displayName = _t("Duplicates");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.title = useRef("title");
        this.state = useState({
            pair: null,
            left: 0,
            busy: false,
            choosing: false,
            chosen: {},
            keep: LEFT,
            later: [],
            last: null,
            said: "",
        });
        this.keys = {
            ArrowLeft: () => this.keep(LEFT),
            ArrowRight: () => this.keep(RIGHT),
            ArrowUp: () => this.choose(),
            ArrowDown: () => this.distinct(),
            " ": () => this.household(),
        };
        // Before the web client's own shortcuts, which take Escape.
        useExternalListener(window, "keydown", this.onKeydown.bind(this), {capture: true});
        onWillStart(() => this.load());
        onMounted(() => this.focusTitle());
    }

    // ------------------------------------------------------------------ reading

    get sides() {
        return [LEFT, RIGHT];
    }

    get likely() {
        // Rounded down: only what is certain says 100.
        const percent = Math.floor(this.state.pair.score * 1000) / 10;
        return _t("Probability that they are one person: %(percent)s %", {
            percent: formatFloat(percent, {digits: [4, 1]}),
        });
    }

    get leftover() {
        return formatInteger(this.state.left);
    }

    async load() {
        const found = await this.orm.call("political.duplicate", "review_next", [this.state.later]);
        this.state.pair = found.pair || null;
        this.state.left = found.left;
        this.state.choosing = false;
        this.state.chosen = {};
        this.state.keep = LEFT;
    }

    focusTitle() {
        if (this.title.el) {
            this.title.el.focus();
        }
    }

    // ------------------------------------------------------------------ keys

    onKeydown(ev) {
        if (ev.ctrlKey || ev.altKey || ev.metaKey || document.querySelector(".modal.show")) {
            return;
        }
        if (this.state.choosing) {
            this.onKeydownChoosing(ev);
            return;
        }
        // A focused button or link answers to the space bar itself.
        if (ev.target.closest("input, textarea, select, .o_navbar, [contenteditable=true]")) {
            return;
        }
        if (ev.key === " " && ev.target.closest("button, a")) {
            return;
        }
        const act = this.keys[ev.key];
        if (act && this.state.pair) {
            ev.preventDefault();
            act();
        }
    }

    onKeydownChoosing(ev) {
        if (ev.key === "Escape") {
            ev.preventDefault();
            this.state.choosing = false;
            this.focusTitle();
        } else if (ev.key === "Enter" && !ev.target.closest("button, a")) {
            ev.preventDefault();
            this.mergeChosen();
        }
    }

    // ------------------------------------------------------------------ deciding

    /** Do something once, then show the next pair, with the focus on its title. */
    async decide(said, work) {
        if (this.state.busy || !this.state.pair) {
            return;
        }
        this.state.busy = true;
        try {
            this.state.last = await work(this.state.pair.id);
            await this.load();
            this.state.said = said;
        } finally {
            this.state.busy = false;
        }
        this.focusTitle();
    }

    keep(side) {
        const {name, id} = this.state.pair.sides[side];
        return this.merge(id, [], _t("Merged: %(name)s stays.", {name}));
    }

    merge(keepId, taken, said) {
        return this.decide(said, async (pairId) => ({
            merge: await this.orm.call("political.duplicate", "decide_merge", [
                [pairId],
                keepId,
                taken,
            ]),
        }));
    }

    distinct() {
        return this.remember("decide_distinct", _t("Remembered: not the same person."));
    }

    household() {
        return this.remember("decide_household", _t("Remembered: two people of one household."));
    }

    remember(method, said) {
        return this.decide(said, async (pairId) => {
            await this.orm.call("political.duplicate", method, [[pairId]]);
            return {pair: pairId};
        });
    }

    skip() {
        return this.decide(_t("Put off."), async (pairId) => {
            this.state.later.push(pairId);
            return null;
        });
    }

    choose() {
        if (this.state.busy) {
            return;
        }
        this.state.choosing = true;
        for (const field of this.state.pair.fields) {
            // What only one of them says is worth keeping.
            const empty = field.values[this.state.keep] === "";
            this.state.chosen[field.name] = empty ? 1 - this.state.keep : this.state.keep;
        }
    }

    take(name, side) {
        this.state.chosen[name] = side;
    }

    mergeChosen() {
        const {pair, keep, chosen} = this.state;
        const taken = pair.fields
            .filter((field) => field.differs && chosen[field.name] !== keep)
            .map((field) => field.name);
        const {name, id} = pair.sides[keep];
        return this.merge(id, taken, _t("Merged: %(name)s stays.", {name}));
    }

    async undo() {
        const last = this.state.last;
        if (!last || this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            if (last.merge) {
                await this.orm.call("political.merge", "action_undo", [[last.merge]]);
            } else {
                await this.orm.call("political.duplicate", "decide_again", [[last.pair]]);
            }
            this.state.last = null;
            await this.load();
            this.state.said = last.merge
                ? _t("The contacts are apart again: not the same person.")
                : _t("Back among those to review.");
        } finally {
            this.state.busy = false;
        }
        this.focusTitle();
    }

    // ------------------------------------------------------------------ the rest

    async search() {
        this.state.busy = true;
        try {
            const found = await this.orm.call("political.duplicate", "action_search", []);
            this.state.later = [];
            await this.load();
            this.state.said = found.later
                ? _t("There are many contacts: the search runs in the background.")
                : _t("%(count)s pairs to review.", {count: formatInteger(found.found)});
        } finally {
            this.state.busy = false;
        }
        this.focusTitle();
    }

    open(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: id,
            views: [[false, "form"]],
            target: "new",
        });
    }
}

registry.category("actions").add("political_crm.duplicate_review", DuplicateReview);
