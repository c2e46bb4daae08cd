"""A canvasser's thumb: what a test does on the app's screens, by what the eye would look for."""

import contextlib
import time

SIZE = {"width": 390, "height": 844}
EMAIL = "lea.martin@example.org"

# Everything the app's database holds, sealed boxes as text of their bytes
DUMP = """async () => {
    const open = () => new Promise((resolve, reject) => {
        const request = indexedDB.open("canvass");
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const db = await open();
    const rows = {};
    for (const name of db.objectStoreNames) {
        const all = db.transaction(name).objectStore(name).getAll();
        await new Promise((resolve) => (all.onsuccess = resolve));
        rows[name] = all.result;
    }
    db.close();
    return rows;
}"""
COUNT = f"""async () => Object.fromEntries(
    Object.entries(await ({DUMP})()).map(([name, list]) => [name, list.length]))"""
# The strip with "Undo" comes with each saved report and goes with the undo
TAP_AND_UNDO = """async (times) => {
    const $ = (selector) => document.querySelector(selector);
    const until = async (happened) => {
        while (!happened()) {
            await new Promise((resolve) => setTimeout(resolve, 4));
        }
    };
    for (let time = 0; time < times; time++) {
        const strip = $("#undo").firstChild;
        $(".door .answer.not_home").click();
        await until(() => $("#undo button") && $("#undo").firstChild !== strip);
        const said = $("#live").textContent;
        $("#undo button").click();
        await until(() => $("#live").textContent !== said && $(".door .answer.not_home"));
    }
}"""


class Phone:
    """A page of the app, with the errors that its console showed."""

    def __init__(self, context, url, page=None):
        self.context, self.url = context, url
        self.page = page or (context.pages[0] if context.pages else context.new_page())
        self.page.set_default_timeout(15_000)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, code=""):
        """Open the app as the camera does after a QR code, or from the home screen."""
        if self.page.url.startswith(self.url) and code:
            self.page.goto("about:blank")
        self.page.goto(f"{self.url}/canvass/" + (f"#{code}" if code else ""))
        self.page.wait_for_selector("h1")
        return self

    def on_door(self):
        self.page.wait_for_selector(".door h1")
        return self

    def new_tab(self):
        """The tab is closed in the middle of whatever it does; the app is opened again."""
        self.page.close()
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        return self.open()

    def kept_talk(self):
        """The sealed script under way as it lies on the phone; ``None`` where there is none."""
        return self.page.evaluate(
            f"""async () => {{
                const [{{talk}}] = (await ({DUMP})()).turfs;
                return talk ? [...new Uint8Array(talk.data)] : null;
            }}"""
        )

    def ready_offline(self):
        """Wait until the worker keeps the whole shell."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        return self

    def tap(self, outcome):
        """Report the door on screen; returns once the next screen says that it is saved."""
        before = self.page.inner_text("#top .count")
        self.page.click(f".door .answer.{outcome}")
        if outcome != "come_back":
            self.page.wait_for_function(
                "text => document.querySelector('#top .count').innerText !== text", arg=before
            )
        return self

    def tap_and_undo(self, times):
        """As fast as the screen says that each is saved; two reports each time."""
        self.page.evaluate(TAP_AND_UNDO, times)
        return self

    def next_door(self):
        self.page.click(".answer.next")
        return self.on_door()

    def agree(self, email=EMAIL):
        """From the talk screen: the person reads, ticks, gives an address and confirms."""
        return self._agree("email", "#email", email)

    def agree_to_calls(self, number):
        """The same for being called."""
        return self._agree("call", "#phone", number)

    def _agree(self, channel, field, address):
        page = self.page
        page.click(".talk .answer.spoke")
        page.check(f"[id^=box-][id$=-{channel}]")
        page.fill(field, address)
        page.check("#own")
        page.click(".consent form > .answer")
        page.wait_for_selector(".agreed h1")
        return self

    def place(self):
        """(street, number) on the door screen."""
        street = self.page.evaluate(
            "[...document.querySelector('.place .street').childNodes]"
            ".find((node) => node.nodeType === Node.TEXT_NODE).data"
        )
        return street, self.page.inner_text(".place .number")

    def done(self):
        """Doors done, as the head of the screen counts them."""
        return int(self.page.inner_text("#top .count").split()[0])

    def wait_for_done(self, number):
        """Wait until the head of the screen counts this many doors done."""
        self.page.wait_for_function(
            "number => parseInt(document.querySelector('#top .count').innerText) === number",
            arg=number,
        )

    def unsent(self):
        """Reports that the head of the screen says are still to send."""
        words = self.page.inner_text("#badge").split("·")[0]
        return int("".join(c for c in words if c.isdigit()) or 0)

    def sent(self, timeout=30_000):
        """Wait until everything was confirmed."""
        self.page.wait_for_selector("#badge.sent", timeout=timeout)
        return self

    def send_now(self):
        """The button on the status screen, for those who cannot wait for the next try."""
        self.page.click("#badge")
        self.page.wait_for_selector(".status")
        # Gone already where the app's own next try came first
        self.page.evaluate("document.querySelector('[data-key=send]')?.click()")
        return self

    def wait_for_rows(self, **wanted):
        """Wait until the stores hold these numbers of rows."""
        deadline = time.monotonic() + 30
        while not wanted.items() <= self.rows().items():
            assert time.monotonic() < deadline, self.rows()
            self.page.wait_for_timeout(100)

    def choose(self, door):
        """Open a door from the list."""
        self.page.click("#bottom button >> nth=1")
        self.page.click(f"[data-key=door-{door}]")
        return self.on_door()

    def rows(self):
        """How many rows each store of the phone's database holds."""
        return self.page.evaluate(COUNT)

    def kept(self):
        """What lies in clear with the reports still on the phone: uid, counter, reason."""
        return self.page.evaluate(
            f"""async () => {{
                const {{events, refused}} = await ({DUMP})();
                return [...events, ...refused].map(
                    ({{uid, counter, reason}}) => ({{uid, counter, reason}}));
            }}"""
        )


@contextlib.contextmanager
def calling(browser, url, locale="fr-FR", **options):
    """A phone with a browser profile of its own, which ends with the block."""
    options = {"viewport": SIZE, "has_touch": True, "is_mobile": True, **options}
    context = browser.new_context(locale=locale, **options)
    try:
        yield Phone(context, url)
    finally:
        context.close()
