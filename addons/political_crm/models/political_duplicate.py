import contextlib
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

from odoo import api, fields, models, modules
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# What is worth a look. Above a higher mark, set by company, pairs may be merged by themselves.
THRESHOLD = 0.5
# More contacts than that are searched by the scheduled job, not while somebody waits.
AT_ONCE = 50_000
STATES = [
    ("open", "To review"),
    ("distinct", "Not the same"),
    ("household", "Same household"),
]
# What is sent to the search, in the order of lib/duplicates.
COLUMNS = SQL(
    "p.id, p.firstname, p.lastname, p.birthdate, COALESCE(p.email_normalized, p.email), "
    "COALESCE(p.phone_sanitized, p.phone), COALESCE(p.street, p.street2), p.zip, p.city, p.ref"
)


class PoliticalDuplicate(models.Model):
    """Two contacts that may be one person, with what speaks for it.

    A pair holds no data of its own: which fields agree, not what they say. What somebody decided
    (not the same, same household) is kept, so that the pair is not shown again.
    """

    _name = "political.duplicate"
    _description = "Possible duplicate"
    _order = "score desc, id"
    _rec_name = "left_id"

    left_id = fields.Many2one(
        "res.partner", "One", required=True, readonly=True, ondelete="cascade", index=True
    )
    right_id = fields.Many2one(
        "res.partner", "Other", required=True, readonly=True, ondelete="cascade", index=True
    )
    score = fields.Float(
        "Probability",
        readonly=True,
        digits=(7, 6),
        aggregator="avg",
        help="How likely the two are one person, from 0 to 1.",
    )
    levels = fields.Char(readonly=True, help="What each field says, as the search wrote it.")
    explanation = fields.Text(compute="_compute_explanation")
    state = fields.Selection(STATES, required=True, default="open", readonly=True, index=True)
    decided_uid = fields.Many2one("res.users", "Decided by", readonly=True)
    decided_at = fields.Datetime("Decided on", readonly=True)
    # Whom the decision “same household” put there: taken back with it.
    left_joined = fields.Boolean(readonly=True)
    right_joined = fields.Boolean(readonly=True)

    _pair_unique = models.Constraint(
        "UNIQUE (left_id, right_id)", "This pair of contacts is known already."
    )
    _pair_ordered = models.Constraint(
        "CHECK (left_id < right_id)", "A pair is written once, the older contact first."
    )

    @api.depends("left_id", "right_id")
    def _compute_display_name(self):
        for pair in self:
            pair.display_name = f"{pair.left_id.display_name} / {pair.right_id.display_name}"

    # ---------------------------------------------------------------- in words

    @api.depends("levels")
    @api.depends_context("lang")
    def _compute_explanation(self):
        words = self._words()
        for pair in self:
            pair.explanation = "\n".join(pair._said(words))

    def _said(self, words=None):
        """The sentences that explain the pair, one a field.

        :rtype: list[str]
        """
        self.ensure_one()
        words = words or self._words()
        # Mixed-up boxes are one sentence, not two: that of the first name.
        return [words[part] for part in (self.levels or "").split(",") if part in words]

    @api.model
    def _words(self):
        """What each level of lib/duplicates/scoring.py means: ``{"field:level": sentence}``."""
        _ = self.env._
        return {
            "firstname:same": _("Same first name"),
            "firstname:short": _("One first name is a short form of the other"),
            "firstname:part": _("One first name is a part of the other"),
            "firstname:initial": _("One first name is the initial of the other"),
            "firstname:typo": _("First names differ by a slip of the pen"),
            "firstname:other": _("Different first names"),
            "firstname:swapped": _("Same names, first and last name swapped"),
            "lastname:same": _("Same last name"),
            "lastname:part": _("One last name is a part of the other (married or double name)"),
            "lastname:typo": _("Last names differ by a slip of the pen"),
            "lastname:other": _("Different last names"),
            "birthdate:same": _("Same date of birth"),
            "birthdate:turned": _("Dates of birth with day and month swapped"),
            "birthdate:year": _("Same year of birth, one date is 1 January"),
            "birthdate:close": _("Dates of birth differ in the day, the month or the year"),
            "birthdate:other": _("Different dates of birth"),
            "email:same": _("Same e-mail address"),
            "email:name": _("Same e-mail address, made of the name"),
            "email:local": _("Same e-mail name at another provider"),
            "email:alike": _("E-mail addresses made of the name, at two providers"),
            "email:typo": _("E-mail addresses differ by a slip of the pen"),
            "email:other": _("Different e-mail addresses"),
            "phone:same": _("Same telephone number"),
            "phone:typo": _("Telephone numbers differ by one digit"),
            "phone:other": _("Different telephone numbers"),
            "address:same": _("Same address"),
            "address:typo": _("Addresses differ by their spelling"),
            "address:street": _("Same street"),
            "address:place": _("Same town, other address"),
            "address:other": _("Different addresses"),
            "ref:same": _("Same reference"),
            "ref:typo": _("References differ by one character"),
            "ref:other": _("Different references"),
        }

    # ---------------------------------------------------------------- searching

    @api.model
    def find(self, domain=None):
        """Look for contacts that are one person, and fill the pairs.

        Only contacts that the user may read are compared, natural persons of one controller.
        Pairs that were decided on stay decided; open pairs among these contacts that are no
        longer likely go. The search runs in a process of its own.

        :param list domain: on ``res.partner``; empty or none for everybody
        :returns: the open pairs of these contacts, likeliest first (their ids over RPC)
        :raises AccessError: without the right to review duplicates
        :raises UserError: when the search could not be run
        """
        self._check_reviewer()
        searched = self._searched(domain)
        self.env.flush_all()
        # Written by SQL for whoever may review: the rules have chosen the contacts above.
        self._compare_outside(searched)
        return self._stored(searched)

    @api.model
    def _check_reviewer(self):
        if not (self.env.su or self.env.user.has_group("political_crm.group_branch_lead")):
            raise AccessError(
                self.env._("Only party staff and local leads look for duplicate contacts.")
            )

    @api.model
    def _searched(self, domain):
        """The contacts to compare, as the user may see them: an SQL subquery of ids."""
        Partner = self.env["res.partner"].with_context(active_test=True)
        people = Domain("is_company", "=", False) & Domain("type", "=", "contact")
        return Partner._search(Domain(domain or Domain.TRUE) & people).subselect()

    @api.model
    def _compare_outside(self, searched):
        """Stream the contacts out, and the pairs back into a temporary table."""
        cr = self.env.cr
        contacts = SQL(
            "COPY (SELECT %s FROM res_partner p WHERE p.id IN %s) TO STDOUT (NULL '')",
            COLUMNS,
            searched,
        )
        copy_out = cr.mogrify(contacts).decode()
        cr.execute(
            "CREATE TEMP TABLE IF NOT EXISTS political_duplicate_found "
            "(left_id int, right_id int, score float8, levels varchar) ON COMMIT DROP"
        )
        cr.execute("TRUNCATE political_duplicate_found")
        lib = Path(modules.get_module_path("political_crm")) / "lib"
        command = [sys.executable, "-m", "duplicates", str(THRESHOLD), str(self._population())]
        with (
            tempfile.TemporaryFile() as faults,
            subprocess.Popen(
                command, cwd=lib, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=faults
            ) as process,
        ):
            try:
                with contextlib.suppress(BrokenPipeError):
                    cr.copy_expert(copy_out, process.stdin)
                    process.stdin.close()
                cr.copy_expert("COPY political_duplicate_found FROM STDIN", process.stdout)
            except BaseException:
                process.kill()
                raise
            if process.wait():
                faults.seek(0)
                _logger.error(
                    "The search for duplicates ended with %s: %s",
                    process.returncode,
                    faults.read().decode(errors="replace"),
                )
                raise UserError(
                    self.env._("The search for duplicates could not be run: see the server's log.")
                )

    @api.model
    def _population(self):
        """About how many contacts the base holds: what is rare among them tells more."""
        self.env.cr.execute(
            "SELECT GREATEST(reltuples, 0)::bigint FROM pg_class "
            "WHERE oid = 'res_partner'::regclass"
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _stored(self, searched):
        """Bring the pairs up to what was found among the searched contacts."""
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                DELETE FROM political_duplicate d
                 WHERE d.state = 'open' AND d.left_id IN %s AND d.right_id IN %s
                   AND NOT EXISTS (SELECT FROM political_duplicate_found f
                                    WHERE f.left_id = d.left_id AND f.right_id = d.right_id)
                """,
                searched,
                searched,
            )
        )
        # a contact of one controller is never put beside another's.
        cr.execute(
            """
            INSERT INTO political_duplicate (left_id, right_id, score, levels, state,
                   create_uid, create_date, write_uid, write_date)
            SELECT f.left_id, f.right_id, f.score, f.levels, 'open', %(uid)s, now() AT TIME ZONE
                   'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
              FROM political_duplicate_found f
              JOIN res_partner l ON l.id = f.left_id
              JOIN res_partner r ON r.id = f.right_id
             WHERE COALESCE(l.company_id, r.company_id) IS NOT DISTINCT FROM
                   COALESCE(r.company_id, l.company_id)
            ON CONFLICT (left_id, right_id) DO UPDATE
               SET score = EXCLUDED.score, levels = EXCLUDED.levels
             WHERE (political_duplicate.score, political_duplicate.levels)
                   IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.levels)
            """,
            {"uid": self.env.uid},
        )
        self.invalidate_model()
        cr.execute(
            "SELECT d.id FROM political_duplicate d JOIN political_duplicate_found f "
            "USING (left_id, right_id) WHERE d.state = 'open' ORDER BY d.score DESC, d.id"
        )
        found = self.browse([pair_id for (pair_id,) in cr.fetchall()])
        return found._filtered_access("read")

    @api.model
    def action_search(self):
        """Search all contacts that the user may see: at once, or by the scheduled job when they
        are many.

        :returns: dict with ``found`` (number of open pairs) or ``later`` (true)
        """
        self._check_reviewer()
        number = self.env["res.partner"].search_count([], limit=AT_ONCE + 1)
        if number > AT_ONCE:
            self.env.ref("political_crm.ir_cron_duplicates").sudo()._trigger()
            return {"later": True}
        return {"found": len(self.find())}
