import re

from odoo.addons.political_consent.controllers.public import PAGE, ConsentPublic
from odoo.addons.political_consent.lib import route as routes
from odoo.http import request, route
from odoo.tools import email_normalize, single_email_re

NETWORK_LIMIT = 120  # sign-ups per hour and network: a meeting behind one address
ADDRESS_LIMIT = 5  # messages per hour to one address
TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)
ACTS = ("accept", "decline", "start", "fine", "back")


class CanvassShiftPages(ConsentPublic):
    """Signing up for a shift, and a volunteer's own page: whether they come, that they are out,
    that all is well, that they are back. Where they are is not asked (R-49)."""

    @route("/canvass/shift/<string:token>", **PAGE, methods=["GET"], readonly=True)
    def shift_page(self, token, **_query):
        """The shift and the form; no effect."""
        self._speak()
        shift = self._shift(token)
        return self._shift_form(shift) if shift else self._shift_gone()

    @route("/canvass/shift/<string:token>", **PAGE, methods=["POST"])
    def shift_submit(self, token, name="", email="", **_form):
        """Send a personal link; the answer is the same whoever has this address."""
        self._speak()
        shift = self._shift(token)
        if not shift:
            return self._shift_gone()
        name = "".join(each for each in name[:400] if each.isprintable())
        address = email_normalize(email.strip()[:254])
        if not address or not address.isprintable() or not single_email_re.match(address):
            return self._shift_form(shift, name[:40], email[:254], wrong=True)
        if not self._within_limit("shift_network", NETWORK_LIMIT):
            return self._too_many()
        if self._within_limit("shift_address", ADDRESS_LIMIT, who=address):
            self._send_link(shift, " ".join(name.split())[:40], address)
        _ = request.env._
        return self._message(
            _("We sent you a message"),
            _("Open the link in it to say that you are coming."),
            _("If you did not get it, look among the unwanted messages, or try again."),
            company=shift.company_id,
        )

    @route("/canvass/me/<string:token>", **PAGE, methods=["GET"], readonly=True)
    def my_page(self, token, **_query):
        """A volunteer's own page; no effect."""
        self._speak()
        mine = request.env["canvass.assignment"]._of_link(token)
        return self._volunteer_page(mine) if mine else self._shift_gone()

    @route("/canvass/me/<string:token>", **PAGE, methods=["POST"])
    def my_answer(self, token, act="", **_form):
        """What the volunteer pressed."""
        self._speak()
        mine = request.env["canvass.assignment"]._of_link(token)
        if not mine:
            return self._shift_gone()
        problem = mine._answer(act) if act in ACTS else "state"
        return self._volunteer_page(mine, problem)

    # ---------------------------------------------------------------- how

    def _shift(self, token):
        shifts = request.env["canvass.shift"].sudo()
        if not TOKEN.fullmatch(token):
            return shifts
        return shifts.search(
            [("token", "=", token), ("is_open", "=", True), ("stop", ">", shifts.env.cr.now())],
            limit=1,
        )

    def _shift_form(self, shift, name="", email="", wrong=False):
        return self._page(
            "political_canvass.page_shift",
            {
                "shift": shift,
                "company": shift.company_id,
                "full": shift._is_full(),
                "typed": {"name": name, "email": email},
                "wrong": wrong,
            },
            status=400 if wrong else 200,
        )

    def _send_link(self, shift, name, address):
        """One row for an address in a shift, asked for by itself: the message answers that."""
        # A second click waits for the first, and finds its row
        request.env["consent.rate"].sudo()._in_turn("shift", address)
        volunteers = request.env["canvass.assignment"].sudo()
        mine = volunteers.search(
            [
                ("shift_id", "=", shift.id),
                "|",
                ("email", "=", address),
                ("partner_id.email_normalized", "=", address),
            ],
            limit=1,
        ) or volunteers.create(
            {
                "shift_id": shift.id,
                "alias": name or False,
                "email": address,
                "lang": request.env.lang,
                "state": "asked",
            }
        )
        with routes.transaction("shift"):
            mine._write_to(
                request.env._("Are you coming? %(shift)s", shift=shift.name),
                request.env._(
                    "Hello,\n\nyou asked to take part: %(when)s, %(place)s. Confirm here: "
                    "%(link)s\n\nIf it was not you, do nothing: your address is forgotten after "
                    "the shift.",
                    when=mine._when(),
                    place=shift.meeting_place or "",
                    link=mine._new_link(),
                ),
            )

    def _volunteer_page(self, mine, problem=None):
        _ = request.env._
        problems = {
            "full": _("There is no place left in this shift."),
            "alone": _(
                "Nobody goes alone: a second volunteer must be coming first. Ask your lead."
            ),
            "state": _("This cannot be done now. Look at what the page says."),
        }
        return self._page(
            "political_canvass.page_me",
            {
                "mine": mine,
                "shift": mine.shift_id,
                "company": mine.company_id,
                "problem": problems.get(problem),
            },
            status=409 if problem else 200,
        )

    def _shift_gone(self):
        _ = request.env._
        return self._message(
            _("This link is over"),
            _("The shift is past or closed. Ask whoever gave you the link."),
            status=404,
        )
