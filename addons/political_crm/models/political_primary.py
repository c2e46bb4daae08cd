from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class PoliticalPrimary(models.Model):
    """A primary or another vote open to who is no member: the list of participants is a vault of
    its own (R-52).

    It has its own group, no link to a contact, and is emptied once the result is proclaimed and
    the time to appeal has passed. Nothing on a contact says whether somebody took part. Who
    wishes to hear from the party afterwards is asked for a consent of their own.
    """

    _name = "political.primary"
    _description = "Primary"
    _order = "date_vote desc, id desc"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    date_vote = fields.Date("Vote on", required=True)
    date_proclaimed = fields.Date("Proclaimed on")
    appeal_days = fields.Integer("Days to appeal", default=10)
    date_purge = fields.Date("Emptied on", compute="_compute_date_purge", store=True, index=True)
    participant_ids = fields.One2many("political.primary.participant", "primary_id")
    participant_count = fields.Integer("Participants", compute="_compute_participant_count")
    purged_count = fields.Integer("Participants deleted", readonly=True)
    purged_at = fields.Datetime("Deleted on", readonly=True)

    _appeal_days = models.Constraint(
        "CHECK (appeal_days BETWEEN 0 AND 60)", "The time to appeal is 0 to 60 days."
    )

    @api.depends("date_proclaimed", "appeal_days", "date_vote")
    def _compute_date_purge(self):
        """A result that nobody proclaims does not keep the list for ever."""
        for primary in self:
            day = primary.date_proclaimed
            if not day and primary.date_vote:
                day = primary.date_vote + timedelta(days=30)
            primary.date_purge = day and day + timedelta(days=primary.appeal_days)

    @api.depends("participant_ids")
    def _compute_participant_count(self):
        counts = dict(
            self.env["political.primary.participant"]._read_group(
                [("primary_id", "in", self.ids)], ["primary_id"], ["__count"]
            )
        )
        for primary in self:
            primary.participant_count = counts.get(primary, 0)

    @api.constrains("date_proclaimed", "date_vote")
    def _check_dates(self):
        for primary in self:
            if primary.date_proclaimed and primary.date_proclaimed < primary.date_vote:
                raise ValidationError(self.env._("A result is proclaimed after the vote."))

    @api.model
    def _cron_purge(self):
        """Scheduled: empty the vaults whose time has come; only the number stays."""
        today = fields.Date.context_today(self)
        for primary in self.search([("date_purge", "<", today)]):
            primary._purge()

    def _purge(self):
        self.ensure_one()
        participants = self.participant_ids
        if not participants:
            return
        files = self.env["ir.attachment"].sudo()
        files.search(
            [
                "|",
                "&",
                ("res_model", "=", participants._name),
                ("res_id", "in", participants.ids),
                "&",
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
            ]
        ).unlink()
        count = len(participants)
        participants.unlink()
        self.write({"purged_count": self.purged_count + count, "purged_at": fields.Datetime.now()})

    def action_purge(self):
        """Empty the list now, once the time to appeal has passed.

        :raises UserError: before
        """
        self.ensure_one()
        self.check_access("write")
        if not self.date_proclaimed or self.date_purge >= fields.Date.context_today(self):
            raise UserError(
                self.env._(
                    "The list may still be needed for an appeal: it is emptied after %(date)s.",
                    date=self.date_purge,
                )
            )
        self._purge()

    def action_ask_recontact(self):
        """Ask, once and by e-mail, those who wished so whether they want the newsletter.

        :returns: a notification that says how many
        """
        self.ensure_one()
        self.check_access("write")
        newsletter = self.env["consent.purpose"].sudo()._get("newsletter", self.company_id)
        asked = 0
        for person in self.participant_ids.filtered(lambda p: p.recontact and not p.asked):
            wording = self.env["consent.wording"].sudo()
            wording = wording._published(newsletter, "email", person.lang or self.env.lang)
            if person.email_normalized and wording:
                self.env["consent.signup"].sudo()._ask(
                    {
                        "company_id": self.company_id.id,
                        "kind": "email",
                        "address": person.email_normalized,
                        "name": person.name,
                        "lang": wording.lang,
                        "source_ref": "/primary",
                    },
                    [(wording, self.env["consent.list"])],
                )
                person.asked = True
                asked += 1
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if asked else "info",
                "message": self.env._("%(count)s people are asked to confirm.", count=asked),
            },
        }
