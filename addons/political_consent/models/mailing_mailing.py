from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..lib import route as routes

WHOLE_MODELS = ("res.partner", "mailing.list")
# How many people a list opened from a number may hold: a longer one is nobody's to read.
LIST_LIMIT = 5000


class MailingMailing(models.Model):
    """A mailing is sent for a purpose, and reaches whom the gate lets pass for it (R-01)."""

    _inherit = "mailing.mailing"

    consent_purpose_id = fields.Many2one(
        "consent.purpose",
        "Purpose",
        tracking=True,
        ondelete="restrict",
        index="btree_not_null",
        help="What people agreed to when they agreed to get this message.",
    )
    consent_list_id = fields.Many2one(
        "consent.list",
        "Only to the list",
        domain="[('purpose_id', '=', consent_purpose_id)]",
        ondelete="restrict",
        index="btree_not_null",
        help="Send to the people who joined this list of the purpose.",
    )
    consent_channel = fields.Char(compute="_compute_consent_channel")
    consent_segmented = fields.Boolean(
        "Targeted",
        compute="_compute_consent_segmented",
        help="People are chosen by more than their list. That is targeting, which people agree "
        "to separately: article 18 of regulation (EU) 2024/900.",
    )
    consent_sender_id = fields.Many2one(
        "res.users",
        "Sent by",
        readonly=True,
        copy=False,
        help="Who put the mailing in the queue: it reaches only people whom they may see.",
    )
    consent_counts = fields.Json(compute="_compute_consent_counts")
    consent_unknown_count = fields.Integer(compute="_compute_consent_unknown_count")

    # ---------------------------------------------------------------- computed

    @api.depends("mailing_type")
    def _compute_consent_channel(self):
        for mailing in self:
            mailing.consent_channel = "sms" if mailing.mailing_type == "sms" else "email"

    @api.depends("mailing_model_id", "mailing_domain", "consent_list_id", "contact_list_ids")
    def _compute_consent_segmented(self):
        for mailing in self:
            mailing.consent_segmented = (
                bool(mailing.mailing_model_id) and not mailing._consent_is_whole_list()
            )

    def _consent_is_whole_list(self):
        """R-20: everybody, or everybody of a list, is no choice of people."""
        self.ensure_one()
        domain = Domain(self._parse_mailing_domain())
        if self.mailing_model_name == "mailing.list":
            return domain == Domain(self._get_default_mailing_domain())
        if self.mailing_model_name not in WHOLE_MODELS and not self.consent_list_id:
            return False
        return domain.is_true() or domain == Domain(self._get_default_mailing_domain())

    @api.depends(
        "consent_purpose_id",
        "consent_list_id",
        "mailing_model_id",
        "mailing_domain",
        "mailing_type",
        "state",
    )
    def _compute_consent_counts(self):
        for mailing in self:
            mailing.consent_counts = (
                mailing._consent_counts() if mailing.consent_purpose_id else False
            )

    def _compute_consent_unknown_count(self):
        counts = dict(
            self.env["mailing.trace"]._read_group(
                [("mass_mailing_id", "in", self.ids), ("failure_type", "=", "consent_unknown")],
                ["mass_mailing_id"],
                ["__count"],
            )
        )
        for mailing in self:
            mailing.consent_unknown_count = counts.get(mailing._origin, 0)

    def _consent_counts(self):
        """What the panel shows: ``[{"code", "label", "count", "text"}]``, people first, then
        those allowed, then every reason of those held back, most frequent first."""
        self.ensure_one()
        counts = (
            self._consent_traced_counts()
            if self.state in ("sending", "done")
            else self._consent_expected_counts()
        )
        labels = self.env["consent.gate"]._reason_labels()
        allowed = counts.pop(None, 0)
        held = sorted(counts.items(), key=lambda item: -item[1])
        _ = self.env._
        rows = [
            ("people", _("people"), allowed + sum(counts.values())),
            ("allowed", _("allowed"), allowed),
            *((code, labels.get(code, code), count) for code, count in held),
        ]
        return [{"code": code, "label": label, "count": count} for code, label, count in rows]

    def _consent_traced_counts(self):
        return {
            reason or None: count
            for reason, count in self.env["mailing.trace"]._read_group(
                [("mass_mailing_id", "=", self._origin.id), ("is_test_trace", "=", False)],
                ["consent_reason"],
                ["__count"],
            )
        }

    def _consent_expected_counts(self):
        """Reasons and their numbers for the people that the mailing would reach now."""
        model = self.env[self.mailing_model_real]
        if not model.has_access("read"):
            return {}
        query = model._search(self._get_recipients_domain())
        request = self._consent_request()
        if model._name == "res.partner":
            gate = self.env["consent.gate"].sudo()
            gate._flush()
            self.env.cr.execute(
                SQL(
                    "SELECT %(reason)s AS reason, count(*) FROM res_partner "
                    "WHERE res_partner.id IN %(ids)s GROUP BY 1",
                    reason=gate._sql_reason(request),
                    ids=query.subselect(),
                )
            )
            return dict(self.env.cr.fetchall())
        reasons = self._consent_reasons(list(query.get_result_ids()))
        counts = {}
        for reason in reasons.values():
            counts[reason] = counts.get(reason, 0) + 1
        return counts

    # ---------------------------------------------------------------- the gate

    def _consent_request(self, segmented=None):
        self.ensure_one()
        return (
            self.env["consent.gate"]
            .sudo()
            ._gate_request(
                self.consent_purpose_id,
                self.consent_channel,
                audience=self.consent_list_id.sudo(),
                segmented=self.consent_segmented if segmented is None else segmented,
            )
        )

    def _consent_route(self, segmented):
        self.ensure_one()
        return routes.for_purpose(
            self.consent_purpose_id, self.consent_list_id, self.consent_segmented or segmented
        )

    def _consent_reasons(self, res_ids):
        """``{record id: reason or None}`` of some recipients of the mailing."""
        records = self.env[self.mailing_model_real].sudo().browse(res_ids)
        return records._consent_record_reasons(self._consent_request())

    def _consent_check_purpose(self):
        """R-01: a message to many people is sent for something that they agreed to."""
        for mailing in self:
            if not mailing.consent_purpose_id:
                raise UserError(
                    self.env._(
                        "Choose the purpose of “%(mailing)s” first: what did people agree to that "
                        "makes this message welcome? The newsletter, for instance, or the life of "
                        "the membership. The field “Purpose” stands above the recipients.",
                        mailing=mailing.subject,
                    )
                )
            if mailing.consent_channel not in mailing.consent_purpose_id.sudo()._channels():
                raise UserError(
                    self.env._(
                        "“%(purpose)s” is not sent this way. Choose a purpose that people agreed "
                        "to for this channel.",
                        purpose=mailing.consent_purpose_id.name,
                    )
                )

    # ---------------------------------------------------------------- sending

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._consent_refuse_sender(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._consent_refuse_sender(vals)
        return super().write(vals)

    @api.model
    def _consent_refuse_sender(self, vals):
        if "consent_sender_id" in vals and not self.env.su:
            raise AccessError(self.env._("The sender of a mailing is who sends it."))

    def action_put_in_queue(self):
        self._consent_check_purpose()
        if not self.env.su:
            self.check_access("write")
        for mailing in self:
            self.env[mailing.mailing_model_real].check_access("read")
            # The queue runs with every right: the mailing keeps those of the user who sent it.
            if not (self.env.user._is_superuser() and mailing.consent_sender_id):
                mailing.sudo().consent_sender_id = self.env.user
        return super().action_put_in_queue()

    def action_select_as_winner(self):
        sender = self.consent_sender_id
        action = super().action_select_as_winner()
        if self.env.user._is_superuser():
            self.campaign_id.ab_testing_winner_mailing_id.sudo().consent_sender_id = sender
        return action

    def _get_recipients(self):
        """People whom the sender may see; the queue would see everybody."""
        self.ensure_one()
        if self.env.su and self.consent_sender_id:
            mailing = self.with_user(self.consent_sender_id).with_context(
                allowed_company_ids=self.consent_sender_id.company_ids.ids
            )
            return super(MailingMailing, mailing)._get_recipients()
        return super()._get_recipients()

    def _action_send_mail(self, res_ids=None):
        self._consent_check_purpose()
        for mailing in self:
            with mailing._consent_route(segmented=bool(res_ids)):
                super(MailingMailing, mailing)._action_send_mail(res_ids=res_ids)
        return True

    def action_send_sms(self, res_ids=None):
        self._consent_check_purpose()
        for mailing in self:
            with mailing._consent_route(segmented=bool(res_ids)):
                super(MailingMailing, mailing).action_send_sms(res_ids=res_ids)
        return True

    @api.model
    def _process_mass_mailing_queue(self):
        """A mailing that came into the queue by a way round goes back to its author, and does
        not stop those of the others."""
        waiting = self.search([("state", "in", ("in_queue", "sending"))])
        astray = waiting.filtered(lambda m: not m._consent_is_ready())
        for mailing in astray:
            mailing.state = "draft"
            mailing._message_log(
                body=self.env._(
                    "Not sent: a mailing needs a purpose that people agreed to for this channel, "
                    "and leaves by its button “Send”."
                )
            )
        return super()._process_mass_mailing_queue()

    def _consent_is_ready(self):
        """Whether the queue may take the mailing: it was sent, by somebody who may, for something
        that people agree to."""
        self.ensure_one()
        sender = self.consent_sender_id
        return bool(
            sender
            and self.consent_purpose_id
            and self.consent_channel in self.consent_purpose_id._channels()
            and self.env[self.mailing_model_real].with_user(sender).has_access("read")
        )

    def _get_mass_mailing_context(self):
        """R-62: links lead where they say, not through a counter of clicks."""
        context = dict(super()._get_mass_mailing_context())
        context.pop("post_convert_links", None)
        return context

    # ---------------------------------------------------------------- refusals

    def _consent_trace_refusals(self, reasons):
        """Write, in one statement, a cancelled trace for everybody held back.

        Without the address: core counts the address of a trace as reached already, and somebody
        else may have it.

        :param dict reasons: ``{record id: reason code}``
        """
        self.ensure_one()
        Trace = self.env["mailing.trace"]
        codes = sorted(set(reasons.values()))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailing_trace
                       (trace_type, model, res_id, mass_mailing_id, campaign_id, trace_status,
                        failure_type, consent_reason, create_uid, create_date, write_uid,
                        write_date)
                SELECT %(type)s, %(model)s, held.res_id, %(mailing)s, %(campaign)s, 'cancel',
                       kind.failure_type, held.reason, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(ids)s, %(reasons)s) AS held(res_id, reason)
                  JOIN unnest(%(codes)s, %(failures)s) AS kind(reason, failure_type)
                    ON kind.reason = held.reason
                """,
                type="sms" if self.mailing_type == "sms" else "mail",
                model=self.mailing_model_real,
                mailing=self.id,
                campaign=self.campaign_id.id or None,
                uid=self.env.uid,
                now=self.env.cr.now(),
                ids=list(reasons),
                reasons=list(reasons.values()),
                codes=codes,
                failures=[Trace._failure_of(code) for code in codes],
            )
        )
        Trace.invalidate_model()
        self.invalidate_recordset(["mailing_trace_ids"])

    def action_consent_list(self, code):
        """Open the people behind a number of the panel, for those who may read consents.

        :param str code: ``people``, ``allowed`` or a reason code
        :returns: a window action
        :raises AccessError: without the right to read consents
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("political_consent.group_consent_user"):
            raise AccessError(self.env._("You may not see who agreed to what. Ask for this right."))
        return {
            "type": "ir.actions.act_window",
            "name": self.subject,
            "res_model": self.mailing_model_real,
            "view_mode": "list,form",
            "domain": [("id", "in", self._consent_ids_of(code))],
            "context": {"create": False},
        }

    def _consent_ids_of(self, code):
        wanted = {"allowed": None}.get(code, code)
        if self.state in ("sending", "done"):
            domain = [("mass_mailing_id", "=", self.id)]
            if code != "people":
                domain.append(("consent_reason", "=", wanted or False))
            traces = self.env["mailing.trace"].search_fetch(domain, ["res_id"], limit=LIST_LIMIT)
            return traces.mapped("res_id")
        ids = self.env[self.mailing_model_real].search(self._get_recipients_domain()).ids
        if code != "people":
            reasons = self._consent_reasons(ids)
            ids = [res_id for res_id in ids if reasons[res_id] == wanted]
        return ids[:LIST_LIMIT]

    def action_consent_unknown(self):
        """Open the mails of this mailing whose fate a stop of the server left unknown."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "political_consent.mailing_trace_action_unknown"
        )
        domain = [("mass_mailing_id", "=", self.id), ("failure_type", "=", "consent_unknown")]
        return {**action, "domain": domain}

    def action_consent_confirm(self):
        """Ask for the number of recipients, typed, before sending (or scheduling)."""
        self.ensure_one()
        self._consent_check_purpose()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("How many people?"),
            "res_model": "mailing.consent.confirm",
            "view_mode": "form",
            "target": "new",
            "context": {"default_mailing_id": self.id, "dialog_size": "medium"},
        }
