from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .political_join_request import COMPARED

KEEP_UNCONFIRMED = timedelta(days=3)
KEEP_REFUSED = timedelta(days=60)


class PoliticalJoinRequest(models.Model):
    """What the party does with a request: ask the section, accept, refuse, let go."""

    _inherit = "political.join.request"

    @api.model
    def _open_for(self, person):
        """The request of a known person who wants to join, opened if there is none.

        :param person: ``res.partner`` that the caller may read
        :returns: the request
        """
        person.check_access("read")
        self.check_access("create")
        waiting = self.search(
            [("known_id", "=", person.id), ("state", "in", ("new", "opinion"))], limit=1
        )
        if waiting:
            return waiting
        known = person.sudo()
        made = self.sudo().create(
            {
                **{name: known[name] for name in COMPARED},
                "known_id": known.id,
                "company_id": (known.company_id or self.env.company).id,
                "branch_id": known.branch_id.id,
                "lastname": known.lastname or known.name,
                "country_id": known.country_id.id,
                "lang": known.lang,
            }
        )
        return made.with_env(self.env)

    def action_ask_opinion(self):
        """Ask the section, with a deadline."""
        self.check_access("write")
        for request in self:
            if request.state != "new" or not request.branch_id:
                raise UserError(self.env._("Choose the branch first."))
            days = request.company_id.sudo().membership_opinion_days or 15
            today = request.company_id._membership_today()
            request.sudo().write(
                {"state": "opinion", "opinion_deadline": today + timedelta(days=days)}
            )
        return True

    def action_accept(self):
        """Accept somebody who is nobody known.

        :raises UserError: when somebody resembles them, or something speaks against
        """
        self.check_access("write")
        for request in self:
            request._check_waiting()
            if request.known_id:
                request.known_id.check_access("write")
                request.sudo()._accept(request.sudo().known_id)
                continue
            if request.sudo()._candidates():
                if not request.candidate_ids:
                    raise UserError(
                        self.env._(
                            "This request needs national staff, who decide whether the person is "
                            "known."
                        )
                    )
                raise UserError(
                    self.env._("Somebody known resembles this person: compare them first.")
                )
            request.sudo()._accept(request.sudo()._create_person())
        return True

    def action_accept_new(self):
        """Accept as somebody else than the people who resemble them."""
        self.check_access("write")
        for request in self:
            request._check_waiting()
            if request.hidden_candidates:
                raise UserError(
                    self.env._(
                        "This request needs national staff, who decide whether the person is known."
                    )
                )
            request.sudo()._accept(request.sudo()._create_person())
        return True

    def action_compare(self):
        """Open the comparison with somebody known."""
        self.ensure_one()
        self.check_access("write")
        self._check_waiting()
        if not self.candidate_ids:
            raise UserError(self.env._("Nobody whom you may see resembles this person."))
        wizard = self.env["political.join.compare"].create(
            {"request_id": self.id, "partner_id": self.candidate_ids[0].id}
        )
        return wizard._open()

    def action_refuse(self):
        """Refuse; what was paid goes back."""
        self.check_access("write")
        for request in self:
            request._check_waiting(refusing=True)
            request.sudo().write({"state": "refused"})
            for payment in request.sudo().payment_ids:
                if payment.state == "received":
                    payment.write({"state": "to_refund", "refund_reason": "refused"})
                    payment._refund_online()
        return True

    def _check_waiting(self, refusing=False):
        self.ensure_one()
        if self.state not in ("new", "opinion"):
            raise UserError(self.env._("This request was answered already, or not confirmed yet."))
        if refusing:
            return
        if not self.rate_id:
            raise UserError(self.env._("Choose the rate of the dues first."))
        hard = self._obstacles()
        if hard and not self.env.user.has_group("political_crm.group_staff"):
            raise AccessError(
                self.env._("National staff decide on this request: %(why)s", why=" ".join(hard))
            )

    def _create_person(self):
        """A new person of the file, of what was typed."""
        self.ensure_one()
        Partner = self.env["res.partner"].sudo().with_company(self.company_id)
        return Partner.with_context(tracking_disable=True).create(
            {
                "lastname": self.lastname,
                "firstname": self.firstname,
                "birthdate": self.birthdate,
                "email": self.email,
                "phone": self.phone,
                "street": self.street,
                "zip": self.zip,
                "city": self.city,
                "country_id": self.country_id.id,
                "lang": self.lang
                if self.lang in dict(self.env["res.lang"].get_installed())
                else False,
                "company_id": self.company_id.id,
                "branch_id": self.branch_id.id,
                "political_category": "regular",
                "political_origin": "web_form" if self.means == "web" else "paper_form",
            }
        )

    def _accept(self, partner):
        """Make somebody a member-to-be, and tie what they paid to it.

        :param partner: the contact, new or compared; nothing of it is written but its place in
            the file
        """
        self.ensure_one()
        self.env["consent.rate"].sudo()._in_turn("join", str(partner.id))
        Membership = self.env["political.membership"].sudo()
        live = Membership.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("requested", "active", "arrears")),
            ]
        )
        if not partner.political_category:
            partner.write(
                {
                    "company_id": self.company_id.id,
                    "political_category": "regular",
                    "political_origin": "web_form" if self.means == "web" else "paper_form",
                }
            )
        if not partner.branch_id and self.branch_id:
            partner.branch_id = self.branch_id
        if not live:
            self._check_first_year(partner)
        line = live.filtered(lambda m: m.state == "requested")[:1] or (
            live[:1]._renewal()
            if live
            else Membership._open(
                partner, self.rate_id, self.amount, self.instalments, partner.branch_id
            )
        )
        self.write({"state": "accepted", "partner_id": partner.id, "membership_id": line.id})
        self._note_sponsor(partner)
        self._tie_payments(partner, line)

    def _note_sponsor(self, partner):
        """The request goes after a while; who sponsored whom stays, among their relations."""
        Relation = self.env["political.relation"].sudo()
        sponsor = self.sponsor_id
        known = [("partner_id", "in", (partner.id, sponsor.id)), ("kind", "=", "sponsor")]
        if (
            sponsor.political_category
            and sponsor != partner
            and sponsor.company_id == partner.company_id
            and not Relation.search_count(
                [*known, ("other_id", "in", (partner.id, sponsor.id))], limit=1
            )
        ):
            Relation.create({"partner_id": partner.id, "kind": "sponsor", "other_id": sponsor.id})

    def _check_first_year(self, partner):
        """Who was a member before does not join at the price of a first year."""
        was_member = self.env["political.membership"].sudo()._was_member(partner, self.company_id)
        if self.rate_id.first_year and was_member:
            raise UserError(
                self.env._(
                    "“%(rate)s” is for a first year, and this person was a member before: choose "
                    "another rate.",
                    rate=self.rate_id.name,
                )
            )

    def _tie_payments(self, partner, line):
        """What was paid with the request is the person's; the caps are asked again for them."""
        for payment in self.sudo().payment_ids:
            payment._assign(partner, line)

    # ---------------------------------------------------------------- time

    @api.model
    def _cron_opinions(self):
        """Scheduled: a section that said nothing in time is in favour; what is safe goes on."""
        waiting = self.sudo().search([("state", "=", "opinion")])
        for request in waiting:
            today = request.company_id._membership_today()
            if request.opinion_deadline and request.opinion_deadline < today:
                request.write({"state": "new", "opinion": request.opinion or "for"})
            elif request.opinion != "for":
                continue
            if request._is_safe():
                request._accept(request._create_person())

    @api.autovacuum
    def _gc_requests(self):
        """Nobody who did not confirm stays, nor who was refused; an accepted one has become a
        person, whose own terms hold."""
        now = fields.Datetime.now()
        self.sudo().search(
            Domain("state", "=", "draft") & Domain("create_date", "<", now - KEEP_UNCONFIRMED)
            | Domain("state", "in", ("refused", "accepted"))
            & Domain("write_date", "<", now - KEEP_REFUSED)
        ).unlink()
