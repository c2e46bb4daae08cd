import logging

import pytz

from odoo import api, models, modules
from odoo.addons.political_consent.lib import route as routes
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

REMINDER_BATCH = 200
PEOPLE_BATCH = 1000


class PoliticalMembershipJob(models.AbstractModel):
    """What time does to memberships, every night, for all of them at once.

    It ends in the rows that :meth:`political.membership._settle` and ``_end`` would have written;
    a test compares the two.
    """

    _name = "political.membership.job"
    _description = "Nightly work on memberships"

    @api.model
    def _cron_nightly(self):
        """Scheduled: arrears, ends, renewals to open, online payments given up."""
        done = self._run()
        _logger.info("Memberships: %s", done)

    @api.model
    def _run(self):
        """One night.

        :returns: ``{"arrears", "lapsed", "renewals", "abandoned"}``: how many of each
        """
        self.env.flush_all()
        today = self._sql_today()
        done = {"arrears": self._fall_behind(today)}
        done["lapsed"] = self._lapse(today)
        done["renewals"] = self._open_renewals()
        done["abandoned"] = self._give_up_payments()
        self.env.invalidate_all()
        return done

    @api.model
    def _sql_today(self):
        """``(zone, day)`` rows: what day it is where members live. A year ends at midnight
        there, not in Paris: nobody loses a day to the ocean between."""
        self.env.cr.execute(
            """
            SELECT DISTINCT tz FROM res_partner WHERE tz IS NOT NULL
             UNION SELECT DISTINCT membership_tz FROM res_company
            """
        )
        zones = {zone for (zone,) in self.env.cr.fetchall()} & pytz.all_timezones_set
        company = self.env.company
        days = [
            SQL("(%s, %s::date)", zone, company._membership_today(zone)) for zone in sorted(zones)
        ]
        return SQL("(VALUES %s)", SQL(", ").join(days))

    @api.model
    def _sql_local(self, today):
        """Joins that give each line ``m`` the day of its member as ``d.day``."""
        return SQL(
            """
            JOIN res_company c ON c.id = m.company_id
            LEFT JOIN res_partner p ON p.id = m.partner_id
            LEFT JOIN %(today)s AS own(zone, day) ON own.zone = p.tz
            JOIN %(today)s AS home(zone, day) ON home.zone = c.membership_tz
            """,
            today=today,
        )

    @api.model
    def _fall_behind(self, today):
        """Members whose time or instalment has passed are in arrears."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_membership t
                   SET state = 'arrears', write_uid = %(user)s, write_date = %(now)s
                  FROM (SELECT m.id FROM political_membership m %(local)s
                         WHERE m.state = 'active'
                           AND (m.date_end < COALESCE(own.day, home.day)
                                OR m.next_due_date < COALESCE(own.day, home.day))) late
                 WHERE late.id = t.id
                """,
                user=self.env.uid,
                now=self.env.cr.now(),
                local=self._sql_local(today),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _lapse(self, today):
        """Who stayed in arrears beyond the grace is a member no more (R-44)."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_membership t
                   SET state = 'lapsed', next_due_date = NULL, write_uid = %(user)s,
                       write_date = %(now)s
                  FROM (SELECT m.id FROM political_membership m %(local)s
                         WHERE m.state = 'arrears'
                           AND m.date_end + c.membership_grace_days
                               < COALESCE(own.day, home.day)) gone
                 WHERE gone.id = t.id
                RETURNING t.partner_id, t.company_id
                """,
                user=self.env.uid,
                now=self.env.cr.now(),
                local=self._sql_local(today),
            )
        )
        rows = self.env.cr.fetchall()
        people = [partner_id for partner_id, _company in rows if partner_id]
        self._cancel_waiting(people)
        self._become_former(people)
        return len(rows)

    @api.model
    def _cancel_waiting(self, partner_ids):
        """The renewal that nobody paid goes with the membership."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_membership
                   SET state = 'cancelled', write_uid = %s, write_date = %s
                 WHERE state = 'requested' AND partner_id = ANY(%s)
                """,
                self.env.uid,
                self.env.cr.now(),
                partner_ids,
            )
        )

    @api.model
    def _become_former(self, partner_ids):
        """Contacts, the cards under them and their leads, as ``res.partner.write`` leaves them."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE res_partner SET political_category = 'former', write_uid = %(user)s,
                       write_date = %(now)s
                 WHERE political_category = 'member'
                   AND (id = ANY(%(ids)s) OR parent_id = ANY(%(ids)s))
                   AND NOT EXISTS (
                        SELECT FROM political_membership o
                         WHERE o.partner_id IN (res_partner.id, res_partner.parent_id)
                           AND o.state IN ('active', 'arrears'))
                RETURNING id
                """,
                user=self.env.uid,
                now=self.env.cr.now(),
                ids=list(partner_ids),
            )
        )
        changed = [partner_id for (partner_id,) in self.env.cr.fetchall()]
        self.env.invalidate_all()
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)
        leads = Lead.search([("partner_id", "in", changed), ("political_category", "!=", False)])
        for name in ("political_category", "political_origin", "branch_id"):
            self.env.add_to_compute(Lead._fields[name], leads)
        for start in range(0, len(changed), PEOPLE_BATCH):
            some = self.env["res.partner"].browse(changed[start : start + PEOPLE_BATCH])
            self.env["political.membership"]._close_purposes(some)

    @api.model
    def _open_renewals(self, line_ids=None):
        """Lines that wait for the dues of the next period.

        :param list line_ids: live lines to renew; by default every one whose end is near
        :returns: how many were opened
        """
        self.env.flush_all()
        chosen = (
            SQL("m.id = ANY(%s)", list(line_ids))
            if line_ids is not None
            else SQL(
                "m.date_end <= %s::date + c.membership_renewal_days",
                self.env.company._membership_today(),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO political_membership (partner_id, company_id, branch_id, state,
                       date_request, previous_id, rate_id, instalments, currency_id, amount_due,
                       card_code, create_uid, write_uid, create_date, write_date)
                SELECT m.partner_id, m.company_id, m.branch_id, 'requested', %(today)s, m.id,
                       r.id, LEAST(m.instalments, r.instalments), m.currency_id,
                       CASE WHEN r.is_free THEN GREATEST(m.amount_due, r.amount)
                            ELSE r.amount END,
                       replace(gen_random_uuid()::text, '-', ''), %(user)s, %(user)s,
                       %(now)s::timestamp, %(now)s::timestamp
                  FROM political_membership m
                  JOIN res_company c ON c.id = m.company_id
                  JOIN res_partner p ON p.id = m.partner_id
                  LEFT JOIN political_membership_rate mine ON mine.id = m.rate_id
                  JOIN LATERAL (
                        SELECT s.* FROM political_membership_rate s
                         WHERE s.company_id = m.company_id AND s.first_year IS NOT TRUE
                           AND (s.active OR s.id = m.rate_id)
                           AND COALESCE(s.elected, FALSE) = COALESCE(mine.elected, FALSE)
                           -- A rate of the young is not for life
                           AND (p.birthdate IS NULL
                                OR extract(year FROM age(%(today)s::date, p.birthdate)) >=
                                   COALESCE(s.age_from, 0)
                               AND (COALESCE(s.age_to, 0) = 0
                                    OR extract(year FROM age(%(today)s::date, p.birthdate)) <=
                                       s.age_to))
                         ORDER BY s.id = m.rate_id DESC,
                               s.situation <> 'any' OR COALESCE(s.income_from, 0) <> 0
                                 OR COALESCE(s.income_to, 0) <> 0,
                               s.sequence, s.amount, s.id
                         LIMIT 1) r ON TRUE
                 WHERE m.state IN ('active', 'arrears') AND %(chosen)s
                ON CONFLICT (partner_id, company_id) WHERE state = 'requested' DO NOTHING
                """,
                today=self.env.company._membership_today(),
                user=self.env.uid,
                now=self.env.cr.now(),
                chosen=chosen,
            )
        )
        made = self.env.cr.rowcount
        self.env.invalidate_all()
        return made

    @api.model
    def _give_up_payments(self):
        """Online payments that nobody finished within a day leave room below the cap again."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_payment p
                   SET state = 'cancelled', write_uid = %(user)s, write_date = %(now)s
                  FROM payment_transaction t
                 WHERE t.id = p.transaction_id AND p.state = 'pending'
                   AND (t.state IN ('cancel', 'error')
                        OR t.state = 'draft' AND t.create_date < %(now)s - interval '1 day')
                """,
                user=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        return self.env.cr.rowcount

    # ---------------------------------------------------------------- reminders

    @api.model
    def _cron_remind(self):
        """Scheduled: remind members of the renewal, through the gate, a batch at a time."""
        for company in self.env["res.company"].search([("membership_reminders", "!=", False)]):
            self._remind(company)

    @api.model
    def _remind(self, company):
        """Write to everybody whose reminder has come and who may be written to.

        :returns: how many messages were made
        """
        lines = self._to_remind(company)
        purpose = self.env["consent.purpose"]._get("membership", company)
        gate = self.env["consent.gate"].sudo()
        request = gate._gate_request(purpose, "email")
        template = self.env.ref("political_crm.mail_template_renewal").sudo()
        made = 0
        for start in range(0, len(lines), REMINDER_BATCH):
            some = lines[start : start + REMINDER_BATCH]
            reasons = gate._reasons(some.partner_id.ids, request)
            allowed = some.filtered(lambda m, r=reasons: r[m.partner_id.id] is None)
            with routes.for_purpose(purpose, segmented=True):
                template.send_mail_batch(allowed.ids)
            # Held back is not postponed: the next reminder asks the gate again
            some.write({"reminded_on": company._membership_today()})
            made += len(allowed)
            left = len(lines) - start - len(some)
            if not modules.module.current_test:
                self.env["ir.cron"]._commit_progress(len(some), remaining=left)
        return made

    @api.model
    def _to_remind(self, company):
        """Live lines with an unpaid renewal, of whom a reminder's day has passed since the last."""
        Membership = self.env["political.membership"].sudo()
        days = company._membership_reminder_days()
        if not days:
            return Membership
        self.env.flush_all()
        today = company._membership_today()
        self.env.cr.execute(
            SQL(
                """
                SELECT m.id FROM political_membership m
                  JOIN political_membership r ON r.partner_id = m.partner_id
                       AND r.company_id = m.company_id AND r.state = 'requested'
                 WHERE m.company_id = %(company)s AND m.state IN ('active', 'arrears')
                   AND EXISTS (
                        SELECT FROM unnest(%(days)s::int[]) AS d(before)
                         WHERE m.date_end - d.before <= %(today)s::date
                           AND m.date_end - d.before > COALESCE(
                               m.reminded_on, m.date_end - %(first)s - 1))
                 ORDER BY m.id
                """,
                company=company.id,
                days=days,
                today=today,
                first=days[0],
            )
        )
        return Membership.browse([line_id for (line_id,) in self.env.cr.fetchall()])
