from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

CLOCK = timedelta(hours=72)  # article 33, 1


class ConsentBreach(models.Model):
    """A breach of personal data: its clock, file and two notices (articles 33 and 34, R-68)."""

    _name = "consent.breach"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Breach of personal data"
    _order = "discovered_at desc, id desc"

    name = fields.Char("What happened", required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        string="Controller",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    discovered_at = fields.Datetime(
        "Known since", required=True, default=fields.Datetime.now, tracking=True
    )
    deadline = fields.Datetime("Notify before", compute="_compute_deadline", store=True)
    hours_left = fields.Float(compute="_compute_hours_left")
    nature = fields.Selection(
        [
            ("confidentiality", "Somebody saw what they should not"),
            ("integrity", "Data was altered"),
            ("availability", "Data was lost or out of reach"),
        ],
        required=True,
        default="confidentiality",
    )
    began_at = fields.Datetime("Began")
    ended_at = fields.Datetime("Ended")
    categories = fields.Text("Categories of data", help="Names, addresses, opinions, payments …")
    affected_count = fields.Integer("People affected", tracking=True)
    record_count = fields.Integer("Records affected")
    cause = fields.Text()
    consequences = fields.Text("Likely consequences")
    measures = fields.Text("Measures taken and planned")
    advice = fields.Text("Advice to the people", help="What they can do themselves.")
    risk = fields.Selection(
        [("none", "No risk"), ("risk", "Risk"), ("high", "High risk")],
        required=True,
        default="high",
        tracking=True,
        help="Political opinions are at stake: think of a high risk unless you can show the "
        "contrary.",
    )
    risk_reason = fields.Text("Why this risk", help="Required when nobody is notified.")
    authority_at = fields.Datetime("Authority notified on", tracking=True)
    authority_ref = fields.Char("Reference of the authority")
    late_because = fields.Text("Why later than 72 hours")
    people_at = fields.Datetime("People told on", tracking=True)
    people_means = fields.Char("How they were told")
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        default="open",
        required=True,
        tracking=True,
        readonly=True,
        index=True,
    )

    @api.depends("discovered_at")
    def _compute_deadline(self):
        for breach in self:
            breach.deadline = breach.discovered_at and breach.discovered_at + CLOCK

    @api.depends("deadline", "authority_at")
    def _compute_hours_left(self):
        now = fields.Datetime.now()
        for breach in self:
            if breach.authority_at or not breach.deadline:
                breach.hours_left = 0
            else:
                breach.hours_left = (breach.deadline - now).total_seconds() / 3600

    @api.model_create_multi
    def create(self, vals_list):
        breaches = super().create(vals_list)
        for breach in breaches:
            breach._remind(
                breach.deadline.date() - timedelta(days=1),
                self.env._("Notify the authority before %s UTC", breach.deadline),
            )
        return breaches

    def _remind(self, day, summary):
        self.ensure_one()
        user = self.env["consent.right.request"]._officer(self.company_id)
        if user:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_warning",
                date_deadline=day,
                summary=summary,
                user_id=user.id,
            )

    @api.model
    def _to_notify(self):
        return (
            Domain("state", "=", "open")
            & Domain("risk", "!=", "none")
            & Domain("authority_at", "=", False)
        )

    @api.model
    def _cron_remind(self):
        """Scheduled: an activity at 48 hours, another one when the 72 have passed."""
        now = fields.Datetime.now()
        for breach in self.search(self._to_notify()):
            left = breach.deadline - now
            if left > timedelta(hours=24):
                continue
            late = left < timedelta()
            summary = (
                self.env._("72 hours have passed: notify now and say why so late")
                if late
                else self.env._("Less than 24 hours to notify the authority")
            )
            if summary not in breach.activity_ids.mapped("summary"):
                breach._remind(now.date(), summary)

    def action_close(self):
        """Close the file.

        :raises UserError: while a notice that the risk asks for is missing
        """
        self.check_access("write")
        for breach in self:
            breach._check_complete()
        self.state = "closed"
        self.activity_ids.unlink()
        return True

    def _check_complete(self):
        _ = self.env._
        if self.risk == "none":
            if not self.risk_reason:
                raise UserError(_("Write why there is no risk: nobody is notified."))
            return
        if not self.authority_at:
            raise UserError(_("The authority was not notified yet."))
        if self.authority_at > self.deadline and not self.late_because:
            raise UserError(_("Write why the authority was notified after 72 hours."))
        if self.risk == "high" and not self.people_at:
            raise UserError(_("The risk is high: the people themselves were not told yet."))

    def unlink(self):  # pylint: disable=method-required-super
        raise UserError(self.env._("The file of breaches is kept (article 33, 5)."))  # pylint: disable=no-raise-unlink
