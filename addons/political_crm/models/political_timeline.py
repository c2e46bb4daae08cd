import json

from odoo import api, fields, models
from odoo.tools import SQL

# An id is the source's number within it: unique, stable, and no window over the whole table.
SLOTS = 32


class PoliticalTimeline(models.Model):
    """What happened with a person, from every model that tells it, newest first.

    One query over the sources, in which the database pushes the person down: no table of copies,
    hence nothing that outlives an erasure. The record rules are those of people; what a source
    keeps to some (payments) is kept here by a rule on its kind.
    """

    _name = "political.timeline"
    _description = "Timeline of a person"
    _auto = False
    _order = "at desc, id desc"
    _rec_name = "title"

    partner_id = fields.Many2one("res.partner", "Person", readonly=True)
    at = fields.Datetime("When", readonly=True)
    kind = fields.Selection(
        [
            ("message", "Message"),
            ("mailing", "Mailing"),
            ("consent", "Consent"),
            ("event", "Event"),
            ("recruitment", "Recruitment"),
            ("mandate", "Mandate"),
            ("membership", "Membership"),
            ("payment", "Payment"),
            ("action", "Action"),
        ],
        "What",
        readonly=True,
    )
    title = fields.Char(readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    company_id = fields.Many2one("res.company", "Controller", readonly=True)
    branch_id = fields.Many2one("political.branch", readonly=True)

    @property
    def _table_query(self):
        sources = self._sources()
        rows = [
            SQL(
                "SELECT s.id::bigint * %(slots)s + %(slot)s AS id, s.partner_id, s.at,"
                " %(kind)s AS kind, s.title, %(model)s AS res_model, s.id AS res_id"
                " FROM (%(source)s) s (id, partner_id, at, title)",
                slots=SLOTS,
                slot=slot,
                kind=kind,
                model=model,
                source=source,
            )
            for slot, (kind, model, source) in enumerate(sources)
        ]
        return SQL(
            "SELECT t.*, p.company_id, p.branch_id FROM (%s) t"
            " JOIN res_partner p ON p.id = t.partner_id AND p.political_category IS NOT NULL",
            SQL(" UNION ALL ").join(rows),
        )

    @api.model
    def _sources(self):
        """What the timeline is made of. Addons append to it, never insert: a source's place is
        part of its rows' ids.

        :returns: (kind, model of the rows, query of id, partner_id, at, title)
        :rtype: list[tuple[str, str, SQL]]
        """
        return [
            ("message", "mail.message", self._source_messages()),
            ("mailing", "mailing.trace", self._source_mailings()),
            ("consent", "consent.event", self._source_consents()),
            ("event", "event.registration", self._source_registrations()),
            ("recruitment", "crm.lead", self._source_recruitments()),
            ("mandate", "political.mandate", self._source_mandates()),
            ("membership", "political.membership", self._source_memberships()),
            ("payment", "political.payment", self._source_payments()),
        ]

    @api.model
    def _source_messages(self):
        """Letters, notes and calls on the person's own page."""
        return SQL(
            """
            SELECT id, res_id, date,
                   COALESCE(NULLIF(subject, ''),
                            left(btrim(regexp_replace(body, '<[^>]*>|\\s+', ' ', 'g')), 120))
              FROM mail_message
             WHERE model = 'res.partner'
               AND message_type IN ('comment', 'email', 'email_outgoing', 'sms')
            """
        )

    @api.model
    def _source_mailings(self):
        return SQL(
            """
            SELECT t.id, t.res_id, t.sent_datetime, m.subject
              FROM mailing_trace t JOIN mailing_mailing m ON m.id = t.mass_mailing_id
             WHERE t.model = 'res.partner' AND t.sent_datetime IS NOT NULL
            """
        )

    @api.model
    def _source_consents(self):
        return SQL(
            """
            SELECT e.id, s.partner_id, e.collected_at,
                   concat_ws(' · ', (%(actions)s::jsonb)->>e.action, %(purpose)s,
                             (%(channels)s::jsonb)->>e.channel)
              FROM consent_event e
              JOIN consent_subject s ON s.code = e.subject
              JOIN consent_purpose p ON p.id = e.purpose_id
            """,
            actions=self._labels("consent.event", "action"),
            channels=self._labels("consent.event", "channel"),
            purpose=self._translated(SQL("p.name")),
        )

    @api.model
    def _source_registrations(self):
        return SQL(
            """
            SELECT r.id, r.partner_id, COALESCE(r.date_closed, r.create_date),
                   concat_ws(' · ', %(event)s, (%(states)s::jsonb)->>r.state)
              FROM event_registration r JOIN event_event e ON e.id = r.event_id
             WHERE r.active
            """,
            event=self._translated(SQL("e.name")),
            states=self._labels("event.registration", "state"),
        )

    @api.model
    def _source_recruitments(self):
        return SQL(
            """
            SELECT l.id, l.partner_id, l.create_date, %s
              FROM crm_lead l LEFT JOIN crm_stage g ON g.id = l.stage_id
             WHERE l.political_category IS NOT NULL
            """,
            self._translated(SQL("g.name")),
        )

    @api.model
    def _source_mandates(self):
        return SQL(
            """
            SELECT m.id, m.partner_id, m.date_start::timestamp, %s
              FROM political_mandate m JOIN political_office o ON o.id = m.office_id
            """,
            self._translated(SQL("o.name")),
        )

    @api.model
    def _source_memberships(self):
        return SQL(
            """
            SELECT m.id, m.partner_id, COALESCE(m.date_start::timestamp, m.create_date),
                   concat_ws(' · ', (%s::jsonb)->>m.state, m.date_start, m.date_end)
              FROM political_membership m
            """,
            self._labels("political.membership", "state"),
        )

    @api.model
    def _source_payments(self):
        """For the financial agent alone (R-61), by the rule on the kind."""
        return SQL(
            """
            SELECT m.id, m.partner_id, m.date::timestamp,
                   concat_ws(' · ', (%s::jsonb)->>m.kind, m.amount, (%s::jsonb)->>m.state)
              FROM political_payment m WHERE m.partner_id IS NOT NULL
            """,
            self._labels("political.payment", "kind"),
            self._labels("political.payment", "state"),
        )

    @api.model
    def _translated(self, column):
        return SQL(
            "COALESCE(%(column)s->>%(lang)s, %(column)s->>'en_US')",
            column=column,
            lang=self.env.lang or "en_US",
        )

    @api.model
    def _labels(self, model, name):
        """A selection in the reader's language, as JSON for the query."""
        labels = self.env[model]._fields[name]._description_selection(self.env)
        return json.dumps({key: str(label) for key, label in labels})

    def action_open(self):
        """Open what the line tells of, within the reader's rights.

        :returns: a window action
        """
        self.ensure_one()
        self.check_access("read")
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        return record._get_records_action()
