from odoo import models
from odoo.exceptions import AccessError, UserError

GROUP = "political_crm.group_import"


class PoliticalImport(models.Model):
    """What people do with an import, step by step."""

    _inherit = "political.import"

    def _check_may_import(self):
        """Only who may import, in a company of theirs.

        :raises AccessError: for anybody else
        """
        if not (self.env.su or self.env.user.has_group(GROUP)):
            raise AccessError(self.env._("You may not import files. Ask a party administrator."))
        self.check_access("write")

    def action_preview(self):
        """Read, clean and match the rows; no contact is touched.

        :returns: ``True``
        :raises UserError: with a sentence for what is wrong with the file or its columns
        """
        self.ensure_one()
        self._check_may_import()
        self._check_lock("draft", "preview")
        self._check_columns()
        self._forget_rows()
        self.write({"state": "reading", "error": False, "user_id": self.env.user.id})
        if self._is_small():
            worker = self._for_a_run()
            while worker._read_rows():
                pass
            self._match()
        else:
            self._wake_job()
        return True

    def action_apply(self):
        """Write what the preview shows.

        :returns: ``True``
        :raises UserError: when there is no preview
        """
        self.ensure_one()
        self._check_may_import()
        self._check_lock("preview")
        self._check_rental()
        self.write({"state": "applying", "error": False, "user_id": self.env.user.id})
        self._begin_applying()
        if self.total_count <= self._inline_rows():
            worker = self._for_a_run()
            while worker._apply_batch():
                pass
        else:
            self._wake_job()
        return True

    def action_undo(self):
        """Take the import back, as far as nobody changed its contacts since.

        :returns: ``True``
        :raises UserError: when it was not applied or its term has passed
        """
        self.ensure_one()
        self._check_may_import()
        self._check_lock("done")
        if self.is_forgotten:
            raise UserError(
                self.env._(
                    "The values that this import replaced are deleted after their term: it "
                    "cannot be taken back any more."
                )
            )
        self.write({"state": "undoing", "error": False, "done_count": 0})
        if self.created_count + self.updated_count <= self._inline_rows():
            while self._undo_batch():
                pass
        else:
            self._wake_job()
        return True

    def action_back(self):
        """Return from the preview to the columns.

        :returns: ``True``
        """
        self.ensure_one()
        self._check_may_import()
        self._check_lock("preview", "draft")
        self._back_to_draft()
        return True

    def action_save_mapping(self):
        """Keep these columns as a mapping for the next file of the same make.

        :returns: a window action that opens the mapping
        """
        self.ensure_one()
        self._check_may_import()
        mapping = self.env["political.import.mapping"].create(
            {
                "name": self.env._("Columns of %(file)s", file=self.filename or self.name),
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "column": column.name,
                            "target": column.target,
                            "policy": column.policy,
                            "purpose_id": column.purpose_id.id,
                            "channel": column.channel,
                        },
                    )
                    for column in self.column_ids
                    if column.name
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": mapping._name,
            "res_id": mapping.id,
            "view_mode": "form",
        }

    def action_rejects(self):
        """Download the rejected rows as they were, with a column that says why.

        :returns: an URL action
        """
        self.ensure_one()
        self._check_may_import()
        return {
            "type": "ir.actions.act_url",
            "url": f"/political/import/{self.id}/rejects",
            "target": "download",
        }

    def _check_columns(self):
        targets = self.column_ids.filtered("target").mapped("target")
        named = {"firstname", "lastname", "fullname", "email", "company_name"} & set(targets)
        if not named:
            raise UserError(
                self.env._(
                    "Say which column holds the name, or at least the e-mail address: without "
                    "either there is nobody to import."
                )
            )

    def _check_rental(self):
        rental = self.rental_id
        if rental and not rental._is_live():
            raise UserError(rental._fault_sentence())

    def action_resume(self):
        """Go on after a stop.

        :returns: ``True``
        """
        self.ensure_one()
        self._check_may_import()
        self.error = False
        self._wake_job()
        return True

    def _steps(self):
        return {
            "reading": self._read_step,
            "applying": self._apply_batch,
            "undoing": self._undo_batch,
        }

    def _worker(self):
        return super()._worker()._for_a_run()

    def _for_a_run(self):
        """With what all batches of one run of the job have in common, asked once."""
        return self.with_context(import_run={})

    def _kept_for_the_run(self):
        return self.env.context.get("import_run", {})

    def _read_step(self):
        if self._read_rows():
            return True
        self._match()
        return False
