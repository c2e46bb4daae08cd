/* Runs in the page before the app: a clock that can be set wrong, an ear on each new uid, and a thumb. */
(() => {
    const {chaos} = window;
    const RealDate = Date;
    window.Date = class extends RealDate {
        constructor(...given) {
            if (given.length) {
                super(...given);
            } else {
                super(RealDate.now() + (window.chaosOffset || 0));
            }
        }
        static now() {
            return RealDate.now() + (window.chaosOffset || 0);
        }
    };

    // Every uid drawn names the tap that it was drawn for: two reports of one tap would show.
    let fresh = [];
    let tap = "";
    const draw = crypto.randomUUID.bind(crypto);
    crypto.randomUUID = () => {
        const uid = `${draw().slice(0, -12)}${tap || draw().slice(-12)}`;
        fresh.push(uid);
        return uid;
    };
    const newTap = () => {
        fresh = [];
        tap = draw().slice(-12);
    };

    let seed = (chaos.seed ^ RealDate.now()) >>> 0;
    const chance = (number) => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return Math.floor((seed / 2 ** 32) * number);
    };
    const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));
    const $ = (selector) => document.querySelector(selector);

    async function until(find, patience = 8000) {
        const limit = performance.now() + patience;
        for (;;) {
            const found = find();
            if (found) {
                return found;
            }
            if (performance.now() > limit) {
                throw new Error("the screen does not come");
            }
            await sleep(4);
        }
    }

    /** The strip with "Undo" comes with each saved report, and not before. */
    async function saved(act) {
        const before = $("#undo").firstChild;
        newTap();
        act();
        await until(() => {
            const strip = $("#undo").firstChild;
            return $(".alarm") || $("#code") || (strip && strip !== before);
        });
        const strip = $("#undo").firstChild;
        if (strip && strip !== before) {
            window.chaosTell("shown", fresh);
        }
    }

    async function undo() {
        newTap();
        const count = $("#live").textContent;
        $("#undo button").click();
        await until(() => $("#live").textContent !== count || $(".alarm") || $("#code"));
        if (!$(".alarm") && !$("#code")) {
            window.chaosTell("shown", fresh);
        }
    }

    async function report() {
        if (!$(".list")) {
            $("#bottom button:nth-child(2)").click();
        }
        await until(() => $(".list") || $("#code"));
        const rows = document.querySelectorAll(".row");
        if (!rows.length) {
            return;
        }
        rows[chance(rows.length)].click();
        await until(() => $(".door .answer") || $("#code"));
        const outcome = ["not_home", "refused", "spoke"][chance(3)];
        const answer = $(`.door .answer.${outcome}`);
        if (!answer) {
            return;
        }
        await saved(() => answer.click());
        if (chance(12) === 0 && $("#undo button")) {
            await undo();
        }
    }

    async function open() {
        const code = $("#code");
        code.value = chaos.code;
        code.dispatchEvent(new Event("input"));
        $(".start .answer.next").click();
        await until(() => $(".door, .list") || $(".start [role=alert]"), 40000);
        await sleep(200);
    }

    addEventListener("DOMContentLoaded", async () => {
        await until(() => $("h1"), 60000);
        while (!window.chaosRest) {
            try {
                await ($("#code") ? open() : report());
            } catch (error) {
                window.chaosTell(
                    `stuck: ${error.message} ${document.body.innerText.slice(0, 80)}`,
                    []
                );
            }
            await sleep(10 + chance(60));
        }
    });
})();
