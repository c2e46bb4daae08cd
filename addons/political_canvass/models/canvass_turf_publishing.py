import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..lib import snapshot
from ..lib.payload import OUTCOMES

# No I, L, O, 0 and 1: codes are read from paper and typed with gloves.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10  # 31^10: at the allowed rate of guesses, a network needs billions of years
MAX_DOORS = 1000
LANGUAGES = ("fr_FR", "en_US")


class CanvassTurf(models.Model):
    """From a draft to a snapshot with a code, and to its end."""

    _inherit = "canvass.turf"

    def action_publish(self):
        """Freeze the drafts, give each a code, and set their operations running.

        :raises UserError: for a turf without doors, with too many, or not a draft
        """
        self.check_access("write")
        for turf in self.sudo():
            turf._check_draft()
            turf._check_publishable()
            text = snapshot.canonical(turf._snapshot())
            turf.write(
                {
                    "snapshot": text,
                    "snapshot_sha256": snapshot.fingerprint(text),
                    "published_at": fields.Datetime.now(),
                    "code": self._new_code(),
                    "state": "published",
                }
            )
        drafts = self.sudo().operation_id.filtered(lambda operation: operation.state == "draft")
        drafts.action_start()

    def _check_publishable(self):
        if not self.line_ids:
            raise UserError(self.env._("There is no door in “%(turf)s” yet.", turf=self.name))
        if len(self.line_ids) > MAX_DOORS:
            raise UserError(
                self.env._(
                    "“%(turf)s” has %(count)s doors; a phone takes %(most)s. Cut it smaller.",
                    turf=self.name,
                    count=len(self.line_ids),
                    most=MAX_DOORS,
                )
            )
        if self.operation_id.state == "closed":
            raise UserError(self.env._("The operation is closed."))

    @api.model
    def _new_code(self):
        return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))

    def _snapshot(self):
        """What a phone will hold, as plain data: see ``docs/canvass-protocol.md``."""
        wordings = self.operation_id.sudo().wording_ids.filtered(
            lambda wording: wording.state == "published" and wording.company_id == self.company_id
        )
        languages = [*LANGUAGES, *sorted(set(wordings.mapped("lang")) - set(LANGUAGES))]
        start = self._start()
        return {
            "v": 1,
            "name": self.name,
            "operation": self.operation_id.name,
            "party": self.company_id.sudo().name,
            "languages": languages,
            "start": start and {"lat": start[0], "lon": start[1]},
            "length_m": round(self.walk_length),
            "minutes": round(self.walk_minutes),
            "doors": [line.door_id._snapshot() for line in self.line_ids.sorted("sequence")],
            "outcomes": self._snapshot_outcomes(),
            "consents": [self._snapshot_wording(wording) for wording in wordings],
            "script": self._snapshot_script(),
        }

    def _snapshot_outcomes(self):
        field = self.env["canvass.turf.door"]._fields["outcome"]
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        labels = {
            lang: dict(field._description_selection(self.with_context(lang=lang).env))
            for lang in LANGUAGES
            if lang in installed
        }
        return [
            {"code": code, "labels": {lang: labels[lang][code] for lang in labels}}
            for code in OUTCOMES
        ]

    def _snapshot_script(self):
        survey = self.operation_id.script_id
        return survey._compiled() if survey else None

    @api.model
    def _snapshot_wording(self, wording):
        return {
            "purpose": wording.purpose_id.code,
            "channel": wording.channel,
            "wording_code": wording.code,
            "version": wording.version,
            "lang": wording.lang,
            "text": wording.text,
            "notice": wording.notice,
        }

    def action_close(self):
        """End the published turfs: their codes open nothing and their leases end now."""
        self.check_access("write")
        open_turfs = self.sudo().filtered(lambda turf: turf.state == "published")
        open_turfs.lease_ids.action_revoke()
        open_turfs.write({"state": "closed", "code": False})

    def action_new_code(self):
        """Draw another code, for one that got about. Phones that are out go on."""
        self.check_access("write")
        for turf in self.sudo():
            if turf.state != "published":
                raise UserError(self.env._("Only a published turf has a code."))
            turf.code = self._new_code()
