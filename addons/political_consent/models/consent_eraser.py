import logging
from collections import Counter

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import identity as identities

_logger = logging.getLogger(__name__)

PURGE_BATCH = 200


class ConsentEraser(models.AbstractModel):
    """Takes a person out of the whole database and of the filestore (article 17, R-31).

    First the rows that are about the person, as :mod:`consent.data.registry` finds and values
    them; then a sweep over every column and file for what still names them. Rows go by SQL: no
    tracking, no chatter and no other addon's hook writes the erased name down again.
    """

    _name = "consent.eraser"
    _description = "Erasure of persons"

    # ---------------------------------------------------------------- what would happen

    @api.model
    def _preview(self, partners):
        """What an erasure of contacts would do, changing nothing.

        :returns: list of dicts ``model``, ``label``, ``policy``, ``count``, ``because``
        """
        registry = self.env["consent.data.registry"]
        counts = Counter()
        because = {}
        for name, rows in registry._find(registry._person(partners)).items():
            for how in rows.values():
                known = registry._policy(name, how)
                counts[name, known.policy] += 1
                because[name, known.policy] = known.because
        labels = {m.model: m.name for m in self.env["ir.model"].sudo().search([])}
        return [
            {
                "model": name,
                "label": labels.get(name, name),
                "policy": policy,
                "count": count,
                "because": because[name, policy],
            }
            for (name, policy), count in sorted(counts.items())
        ]

    @api.model
    def _check_erasable(self, partners):
        """Refuse what would break the house: colleagues at work, companies, legal holds.

        :raises UserError: with what to do first
        """
        _ = self.env._
        partners = partners.sudo().with_context(active_test=False)
        if partners.user_ids.filtered(lambda u: u.active and not u.share):
            raise UserError(
                _("This person is a user of this system. Archive the user first, then erase.")
            )
        if self.env["res.company"].sudo().search_count([("partner_id", "in", partners.ids)]):
            raise UserError(_("This contact is one of your companies, it cannot be erased."))
        hold = self.env["consent.legal.hold"].sudo()._holding(partners)[:1]
        if hold:
            raise UserError(
                _(
                    "A legal hold keeps this person's data until %(end)s: %(reason)s",
                    end=hold.end or _("it is lifted"),
                    reason=hold.reason,
                )
            )
        controllers = partners.consent_subject_ids.company_id | partners.company_id
        if controllers - self.env.user.company_ids and not self.env.su:
            raise UserError(_("Another controller holds this person too: it erases on its side."))

    # ---------------------------------------------------------------- erasing

    @api.model
    def _erase(self, partners, reason="request", *, blank=False, suppress=True, request=None):
        """Erase contacts for good; rights are the caller's business.

        :param str reason: ``request``, ``retention``, ``replay``, ``controller``
        :param bool blank: keep an empty row for statistics (*anonymise*)
        :param bool suppress: remember the keyed hash, so that the address does not come back
        :returns: the tombstone, a ``consent.erasure`` record
        :raises UserError: from :meth:`_check_erasable`
        """
        self = self.sudo().with_context(active_test=False, tracking_disable=True)
        partners = partners.with_env(self.env)
        files = set()
        person, tombstone, counts = self._erase_rows(
            partners, reason, files, blank=blank, suppress=suppress, request=request
        )
        counts.update(self._sweep([person]))
        tombstone._finish(counts)
        self._forget_files(files)
        return tombstone

    @api.model
    def _erase_each(self, partners, reason, *, blank=False, suppress=False):
        """Erase many people, each with a tombstone of their own, and sweep the database once.

        Somebody whom a rule keeps (:meth:`_check_erasable`) stays and does not stop the others.

        :returns: the tombstones
        """
        self = self.sudo().with_context(active_test=False, tracking_disable=True)
        files, persons = set(), []
        tombstones = self.env["consent.erasure"]
        for partner in partners.with_env(self.env):
            try:
                person, tombstone, counts = self._erase_rows(
                    partner, reason, files, blank=blank, suppress=suppress
                )
            except UserError as error:
                _logger.info("Contact %s stays: %s", partner.id, error)
                continue
            persons.append(person)
            tombstones |= tombstone
            tombstone._finish(counts)
        self._sweep(persons)
        self._forget_files(files)
        return tombstones

    @api.model
    def _erase_rows(self, partners, reason, files, *, blank, suppress, request=None):
        """The rows that are about a person. Returns (person, tombstone, counts)."""
        self._check_erasable(partners)
        registry = self.env["consent.data.registry"]
        person = registry._person(partners)
        partners = partners.browse(person.partner_ids)
        tombstone = self.env["consent.erasure"]._bury(partners, reason, request)
        self._close_consents(partners, person, suppress)
        found = registry._find(person)
        self._end_sessions(person)
        counts = self._treat(found, person, files, blank)
        self._cut_ledger(partners)
        self._remove_partners(person, files, counts, blank)
        self.env.invalidate_all()
        return person, tombstone, counts

    # ---------------------------------------------------------------- a whole controller

    @api.model
    def _controller_partners(self, company):
        """A controller's people: its users and its own card are no data of its people."""
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        found = partners.search([("company_id", "=", company.id)])
        staff = found.user_ids.filtered(lambda u: u.active and not u.share).partner_id
        return found - staff - company.partner_id

    @api.model
    def _controller_people(self, company):
        """All that is held of a controller's people (R-79): a generator of dicts, one a person."""
        access = self.env["consent.access"].sudo()
        for partner in self._controller_partners(company):
            yield access._collect(partner, company)

    @api.model
    def _purge_controller(self, company):
        """Erase every person of a controller that leaves; others' rows are not touched (R-79).

        Its ledger stays, whole and without anybody's name.

        :returns: number of people erased, each with a tombstone
        """
        done = 0
        while batch := self._controller_partners(company).filtered("active")[:PURGE_BATCH]:
            buried = self._erase_each(batch, "controller")
            done += len(buried)
            if len(buried) < len(batch):
                break
        archived = self._controller_partners(company).filtered(
            lambda p: not (p.name or "").startswith(identities.MASK)
        )
        done += len(self._erase_each(archived, "controller"))
        self.env["consent.suppression"].sudo().search([("company_id", "=", company.id)]).unlink()
        return done

    @api.model
    def _close_consents(self, partners, person, suppress):
        """Say in the ledger that all has ended, while there is still somebody to say it of."""
        states = self.env["consent.state"].search(
            [("subject_id.partner_id", "in", partners.ids), ("action", "=", "given")]
        )
        states._record_end("withdrawn", "erasure")
        digests = self.env["consent.key"]._digests
        keys = [key for email in person.identity.emails for key in digests("email", email)]
        keys += [key for phone in person.identity.phones for key in digests("phone", phone)]
        self.env["consent.conversation"].search([("identifier_key", "in", keys)]).unlink()
        if not suppress:
            return
        current = f"{self.env['consent.key']._current()[0]}:"
        keys = [key for key in keys if key.startswith(current)]
        companies = partners.consent_subject_ids.company_id | partners.company_id
        for company in companies or self.env.company:
            self.env["consent.suppression"]._add(company, keys, "erased")

    @api.model
    def _cut_ledger(self, partners):
        """Delete the only links between the ledger and these people; answers go with them."""
        events = self.env["consent.data.registry"]._ledger_events(partners.ids)
        self.env.cr.execute(
            SQL("DELETE FROM consent_evidence_event WHERE event_id = ANY(%s)", events.ids)
        )
        self.env.cr.execute(
            SQL("DELETE FROM consent_subject WHERE partner_id = ANY(%s)", list(partners.ids))
        )

    @api.model
    def _end_sessions(self, person):
        if not person.user_ids:
            return
        logs = self.env["res.device.log"].search([("user_id", "in", list(person.user_ids))])
        identifiers = list(set(filter(None, logs.mapped("session_identifier"))))
        if identifiers:
            from odoo.http import root

            self.env.cr.postcommit.add(
                lambda: root.session_store.delete_from_identifiers(identifiers)
            )
