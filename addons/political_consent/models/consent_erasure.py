import json
import logging
import uuid
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, config

_logger = logging.getLogger(__name__)

PARAMETER = "political_consent.tombstone_file"


class ConsentErasure(models.Model):
    """That somebody was erased, when, and how much that was: never who (R-30, R-70).

    The hashes let a restored backup be rid of the same people again: they are written to a file
    outside the database too, for a backup knows nothing of what came after it.
    """

    _name = "consent.erasure"
    _description = "Erasure done"
    _order = "erased_at desc, id desc"
    _rec_name = "uid"

    uid = fields.Char(required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    erased_at = fields.Datetime(required=True, readonly=True)
    reason = fields.Selection(
        [
            ("request", "Request of the person"),
            ("retention", "End of the term"),
            ("replay", "Replay after a restored backup"),
            ("controller", "Deletion of a controller's data"),
        ],
        required=True,
        readonly=True,
    )
    request_ref = fields.Char("Request", readonly=True)
    user_id = fields.Many2one("res.users", "Done by", readonly=True, ondelete="set null")
    digests = fields.Json(readonly=True, groups=".")
    record_keys = fields.Json(readonly=True, groups=".")
    counts = fields.Json(readonly=True)
    row_count = fields.Integer("Rows treated", readonly=True)
    summary = fields.Text("What was treated", compute="_compute_summary")
    unreadable_count = fields.Integer(
        "Files to look at",
        readonly=True,
        help="Files that name the person in a form that cannot be rewritten, such as a PDF.",
    )

    _uid_unique = models.Constraint("UNIQUE (uid)", "An erasure is logged once.")

    @api.depends("counts")
    def _compute_summary(self):
        for erasure in self:
            erasure.summary = "\n".join(
                f"{name}: {count}" for name, count in sorted((erasure.counts or {}).items())
            )

    @api.model
    def _bury(self, partners, reason, request=None):
        """Open the tombstone of contacts while their addresses can still be hashed."""
        keys = self.env["consent.key"]
        digests = set()
        for partner in partners:
            digests |= set(keys._digests("email", partner.email_normalized))
            digests |= set(keys._digests("phone", partner.phone_sanitized))
        company = (partners.company_id | partners.consent_subject_ids.company_id)[:1]
        return self.sudo().create(
            {
                "uid": str(uuid.uuid4()),
                "company_id": (company or self.env.company).id,
                "erased_at": fields.Datetime.now(),
                "reason": reason,
                "request_ref": request.name if request else False,
                "user_id": False if self.env.user._is_superuser() else self.env.uid,
                "digests": sorted(digests),
                "record_keys": self._record_keys(partners),
            }
        )

    @api.model
    def _record_keys(self, partners):
        """Keyed hashes of the contacts' very rows, under every key: a backup has the same ids."""
        found = []
        for key in self.env["consent.key"]._all():
            self.env.cr.execute(
                SQL(
                    "SELECT %s FROM res_partner WHERE id = ANY(%s)",
                    self._sql_record_key(key),
                    list(partners.ids),
                )
            )
            found += [digest for (digest,) in self.env.cr.fetchall()]
        return found

    @api.model
    def _sql_record_key(self, key):
        value = SQL("concat(res_partner.id, '/', res_partner.create_date)")
        return self.env["consent.key"]._sql_digest("partner", value, key)

    def _finish(self, counts):
        """Write what was done, and copy the tombstone out of the database once it is committed."""
        self.ensure_one()
        self.write(
            {
                "counts": dict(counts),
                "row_count": sum(counts.values()),
                "unreadable_count": counts.get("ir_attachment:unreadable", 0),
            }
        )
        registry = self.env.registry

        def copy_out():
            with registry.cursor() as cr:
                api.Environment(cr, api.SUPERUSER_ID, {})["consent.erasure"]._export()

        self.env.cr.postcommit.add(copy_out)

    # ---------------------------------------------------------------- outside the database

    @api.model
    def _path(self):
        """File of the tombstones: a setting, or beside the filestore."""
        chosen = self.env["ir.config_parameter"].sudo().get_param(PARAMETER)
        if chosen:
            return Path(chosen)
        return Path(config["data_dir"]) / "political_consent" / f"{self.env.cr.dbname}.jsonl"

    @api.model
    def _known_lines(self, path=None):
        path = path or self._path()
        if not path.is_file():
            return []
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]

    @api.model
    def _export(self):
        """Append the tombstones that the file lacks. It is never rewritten: after a restore it
        knows more than the database."""
        path = self._path()
        known = {line["uid"] for line in self._known_lines(path)}
        missing = self.sudo().search([]).filtered(lambda e: e.uid not in known)  # pylint: disable=no-search-all
        if not missing:
            return 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as out:
            out.writelines(f"{json.dumps(erasure._line())}\n" for erasure in missing.sorted("id"))
        return len(missing)

    def _line(self):
        self.ensure_one()
        erasure = self.sudo()
        return {
            "uid": erasure.uid,
            "controller": erasure.company_id._consent_controller_code(),
            "erased_at": fields.Datetime.to_string(erasure.erased_at),
            "reason": erasure.reason,
            "digests": erasure.digests or [],
            "records": erasure.record_keys or [],
        }

    @api.model
    def _to_replay(self, lines=None):
        """Tombstones of the file that this database does not know: it was restored."""
        lines = self._known_lines() if lines is None else lines
        known = set(self.sudo().search([]).mapped("uid"))  # pylint: disable=no-search-all
        return [line for line in lines if line["uid"] not in known]

    @api.model
    def _replay(self, lines=None):
        """Erase again the people who were erased after the backup that was restored.

        :param lines: tombstones (dicts); by default those of the file
        :returns: number of contacts erased
        """
        erased = 0
        for line in self._to_replay(lines):
            erased += self._replay_one(line)
        return erased

    @api.model
    def _replay_one(self, line):
        company = self.env["res.company"].search(
            [("consent_controller_code", "=", line["controller"])], limit=1
        )
        company = company or self.env.company
        partners = self._find_records(line["records"])
        if line["reason"] != "retention":
            self.env["consent.suppression"]._add(company, line["digests"], "erased")
        if partners:
            tombstone = self.env["consent.eraser"]._erase(partners, "replay", suppress=False)
        else:
            tombstone = self.sudo().create(
                {
                    "company_id": company.id,
                    "erased_at": fields.Datetime.now(),
                    "reason": "replay",
                    "uid": line["uid"],
                }
            )
        tombstone.sudo().write(
            {"uid": line["uid"], "digests": line["digests"], "record_keys": line["records"]}
        )
        return len(partners)

    @api.model
    def _find_records(self, record_keys):
        found = set()
        for key in self.env["consent.key"]._all():
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM res_partner WHERE %s = ANY(%s)",
                    self._sql_record_key(key),
                    list(record_keys),
                )
            )
            found |= {partner_id for (partner_id,) in self.env.cr.fetchall()}
        return self.env["res.partner"].sudo().with_context(active_test=False).browse(sorted(found))

    @api.model
    def action_replay(self):
        """Replay the erasures that the file knows and this database does not.

        :returns: a notification with the number of people erased
        :raises AccessError: for anybody but the data protection officer
        """
        if not self.env.user.has_group("political_consent.group_consent_dpo"):
            raise AccessError(self.env._("Only the data protection officer replays erasures."))
        count = self.sudo()._replay()
        return self._notify(self.env._("%(count)s people were erased again.", count=count))

    @api.model
    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "next": {"type": "ir.actions.act_window_close"}},
        }

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("The log of erasures is not edited."))
        return super().write(vals)

    def unlink(self):  # pylint: disable=method-required-super
        raise UserError(self.env._("The log of erasures is kept: a backup may need it."))  # pylint: disable=no-raise-unlink
