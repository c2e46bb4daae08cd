import base64
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.addons.political_consent.models.consent_signup import DIGITAL_AGE
from odoo.tools import email_normalize, single_email_re

FOLLOW_UP_DAYS = 7
FOLLOW_UP = "canvass_followup"  # the purpose under which answers of a person are kept


class CanvassEvent(models.Model):
    """What a person agreed to at the door, from the phone's words to the ledger."""

    _inherit = "canvass.event"

    @api.model
    def _refuse_addresses(self, lease, rows):
        """Normalise the addresses of consents; refuse what no message could reach."""
        refused = {}
        for row in rows:
            if not row["consent"]:
                continue
            address = self._usable_address(lease, row["consent"])
            if address:
                row["consent"]["address"] = address
            else:
                refused[row["uid"]] = ("refused", "address")
        return refused

    @api.model
    def _usable_address(self, lease, consent):
        if consent["channel"] == "email":
            address = email_normalize(consent["address"])
            # "lea@@example.org" normalises to "@example.org", which reaches nobody.
            return address if address and single_email_re.match(address) else False
        company = lease.company_id
        return company.partner_id._phone_format(
            number=consent["address"],
            country=company.country_id or self.env.ref("base.fr"),
            force_format="E164",
        )

    @api.model
    def _record_consent(self, lease, row):
        """Write what a person agreed to at the door to the ledger.

        A contact that is there already is not changed, and nothing in the answer tells that it
        was there. Whoever had refused, left or been erased under this address is asked to confirm
        by that address first: anybody at any door could say it is theirs (R-35). So is a contact
        known to be a child, whose confirmation is then refused with the way on paper (R-23).
        """
        consent = row["consent"]
        company = lease.company_id
        wording = self._wording(company, consent)
        kind = "email" if consent["channel"] == "email" else "phone"
        # Two phones that meet the same person at once must not make two contacts.
        self.env["consent.rate"]._in_turn("confirm", consent["address"])
        partner = self._existing_contact(company, kind, consent)
        source = f"canvass.lease/{lease.id}"  # the shift: the ledger does not lead to a door
        if self._is_closed(company, kind, consent, wording, partner) or self._is_child(
            partner, row["at"]
        ):
            self._ask_to_confirm(company, kind, consent, wording, source)
            return
        if partner:
            self._propose_name(partner, consent)
        else:
            partner = self._create_contact(lease, kind, consent)
        self.env["consent.event"]._record(
            [
                {
                    "partner": partner,
                    "purpose": wording.purpose_id,
                    "wording": wording,
                    "channel": consent["channel"],
                    "identifier": consent["address"],
                    "action": "given",
                    "means": "canvass",
                    "act": consent["act"],
                    "collected_at": row["at"],
                    "lang": consent["lang"],
                    "source_ref": source,
                    "evidence": self._evidence(consent),
                }
            ]
        )
        if consent["purpose"] == FOLLOW_UP:
            self.env["canvass.answer"]._keep(lease, partner, row["answers"], row["at"])
            self._plan_follow_up(lease, partner)

    @api.model
    def _propose_name(self, partner, consent):
        """What a known contact lacks of what the person typed is for somebody to look at."""
        missing = {
            name: consent[name]
            for name in ("firstname", "lastname")
            if consent[name] and not partner[name]
        }
        if missing:
            self.env["canvass.correction"]._propose("name", partner, missing)

    @api.model
    def _plan_follow_up(self, lease, partner):
        """A recruitment in the branch's pipeline where the operation wants that, and an activity
        for its responsible, where they may see this person."""
        followed = [partner]
        if lease.operation_id.follow_up == "lead":
            followed = [*self._recruitment(partner), partner]
        user = lease.operation_id.user_id
        seen = [one for one in followed if self._is_seen_by(user, one)]
        if not seen:
            return
        # Without the mail that core sends to the assigned user within the phone's request.
        seen[0].with_context(mail_activity_quick_update=True, lang=user.lang).activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.with_context(lang=user.lang).env._("Follow up the talk at the door"),
            date_deadline=fields.Date.context_today(self) + timedelta(days=FOLLOW_UP_DAYS),
            user_id=user.id,
        )

    @api.model
    def _recruitment(self, partner):
        """The person's recruitment, made where there is none; members have none."""
        leads = self.env["crm.lead"]
        leads._recruit(partner)
        mine = [("partner_id", "=", partner.id), ("political_category", "!=", False)]
        return leads.sudo().search(mine, order="id desc", limit=1)

    @api.model
    def _is_seen_by(self, user, record):
        mine = record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        return bool(user) and mine.has_access("read")

    @api.model
    def _wording(self, company, consent):
        purpose = self.env["consent.purpose"]._get(consent["purpose"], company)
        return self.env["consent.wording"].search(
            [
                ("purpose_id", "=", purpose.id),
                ("code", "=", consent["wording_code"]),
                ("channel", "=", consent["channel"]),
            ],
            limit=1,
        )

    @api.model
    def _evidence(self, consent):
        if not consent["evidence"]:
            return []
        picture = base64.b64encode(consent["evidence"]).decode()
        return [{"kind": "signature", "file": picture, "filename": "signature.png"}]

    @api.model
    def _existing_contact(self, company, kind, consent):
        """The one contact with this address that may be this person; two people can share one."""
        column = {"email": "email_normalized", "phone": "phone_sanitized"}[kind]
        found = self.env["res.partner"].search(
            [
                (column, "=", consent["address"]),
                ("company_id", "in", (False, company.id)),
                ("is_company", "=", False),
            ]
        )
        found = found.filtered(lambda partner: self._may_be(partner, consent))
        return found if len(found) == 1 else found.browse()

    @api.model
    def _may_be(self, partner, consent):
        plain = self.env["consent.signup"]._plain
        return all(
            not said or not held or plain(said) == plain(held)
            for said, held in (
                (consent["firstname"], partner.firstname),
                (consent["lastname"], partner.lastname),
            )
        )

    @api.model
    def _is_closed(self, company, kind, consent, wording, partner):
        """Whether this person or this address said no, or was erased."""
        if self.env["consent.suppression"]._is_suppressed(company, kind, consent["address"]):
            return True
        digests = self.env["consent.key"]._digests(kind, consent["address"])
        return bool(
            self.env["consent.state"].search_count(
                [
                    ("purpose_id", "=", wording.purpose_id.id),
                    ("channel", "=", consent["channel"]),
                    ("action", "in", ("refused", "withdrawn")),
                    "|",
                    ("identifier_key", "in", digests),
                    ("subject_id.partner_id", "in", partner.ids),
                ],
                limit=1,
            )
        )

    @api.model
    def _is_child(self, partner, moment):
        born = partner.birthdate
        return bool(born) and born + relativedelta(years=DIGITAL_AGE) > moment.date()

    @api.model
    def _ask_to_confirm(self, company, kind, consent, wording, source):
        self.env["consent.signup"]._ask(
            {
                "company_id": company.id,
                "kind": kind,
                "address": consent["address"],
                "name": " ".join(filter(None, (consent["firstname"], consent["lastname"]))),
                "lang": consent["lang"],
                "source_ref": source,
            },
            [(wording, self.env["consent.list"])],
        )

    @api.model
    def _create_contact(self, lease, kind, consent):
        partners = self.env["res.partner"].with_company(lease.company_id)
        return partners.with_context(tracking_disable=True).create(
            {
                "firstname": consent["firstname"] or False,
                "lastname": consent["lastname"]
                or (not consent["firstname"] and consent["address"])
                or False,
                kind: consent["address"],
                "lang": consent["lang"],
                "company_id": lease.company_id.id,
                "branch_id": lease.branch_id.id,
                "political_category": "regular",
                "political_origin": "canvass",
            }
        )
