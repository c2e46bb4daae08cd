import base64
import csv
import hashlib
import io
import json
import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL


class PoliticalMemberList(models.Model):
    """Who may vote in the party on a day: closed, counted and sealed, then never changed.

    Each line's digest is salted, so that an erased person's name and salt can go while the seal
    still verifies.
    """

    _name = "political.member.list"
    _description = "Closed list of members"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, help="The vote it is for.")
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    branch_id = fields.Many2one(
        "political.branch",
        check_company=True,
        ondelete="restrict",
        help="With its sub-branches. Empty: the whole party.",
    )
    date = fields.Date(
        "Closed at the end of",
        required=True,
        default=lambda self: self.env.company._membership_today(),
    )
    only_paid = fields.Boolean("Up to date only", default=True)
    min_months = fields.Integer("Member for at least (months)", default=0)
    state = fields.Selection(
        [("draft", "Being prepared"), ("closed", "Closed")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    line_ids = fields.One2many("political.member.list.line", "list_id", "Members", readonly=True)
    member_count = fields.Integer("Members counted", readonly=True, copy=False)
    closed_at = fields.Datetime("Closed on", readonly=True, copy=False)
    seal = fields.Char(readonly=True, copy=False)

    def action_close(self):
        """Count the members of the day and seal the list.

        :raises UserError: when it is closed, or the day has not come
        """
        self.check_access("write")
        for member_list in self:
            if member_list.state == "closed":
                raise UserError(self.env._("This list is closed already."))
            if member_list.date > member_list.company_id._membership_today():
                raise UserError(self.env._("A list is closed on its day, not before."))
            member_list.sudo()._close()
        return True

    def _close(self):
        self.env.flush_all()
        self.env.cr.execute(self._sql_members())
        rows = self.env.cr.dictfetchall()
        lines = []
        for row in rows:
            salt = secrets.token_hex(16)
            lines.append({**row, "list_id": self.id, "salt": salt, "digest": _digest(salt, row)})
        self.env["political.member.list.line"].create(lines)
        self.write(
            {
                "state": "closed",
                "member_count": len(lines),
                "closed_at": fields.Datetime.now(),
                "seal": _seal(line["digest"] for line in lines),
            }
        )

    def _sql_members(self):
        """Who was a member at the end of the day: one row a person, the latest line of theirs."""
        scope = SQL("TRUE")
        if self.branch_id:
            scope = SQL("b.parent_path LIKE %s", f"{self.branch_id.parent_path}%")
        states = (
            ("active", "renewed", "transferred")
            if self.only_paid
            else (
                "active",
                "arrears",
                "renewed",
                "transferred",
                "lapsed",
                "resigned",
                "excluded",
            )
        )
        return SQL(
            """
            SELECT DISTINCT ON (m.partner_id) m.partner_id, p.complete_name AS name,
                   b.complete_name AS branch, first.day::text AS member_since
              FROM political_membership m
              JOIN res_partner p ON p.id = m.partner_id
              LEFT JOIN political_branch b ON b.id = m.branch_id
              JOIN LATERAL (SELECT min(f.date_start) AS day FROM political_membership f
                             WHERE f.partner_id = m.partner_id
                               AND f.company_id = m.company_id) first ON TRUE
             WHERE m.company_id = %(company)s AND m.state = ANY(%(states)s)
               AND m.date_start <= %(day)s::date AND m.date_end >= %(day)s::date
               AND first.day <= %(day)s::date - make_interval(months => %(months)s)
               AND %(scope)s
             ORDER BY m.partner_id, m.date_start DESC, m.id DESC
            """,
            company=self.company_id.id,
            states=list(states),
            day=self.date,
            months=self.min_months,
            scope=scope,
        )

    def action_verify(self):
        """Say whether the closed list still is what was sealed."""
        self.check_access("read")
        self.ensure_one()
        good = self._verify()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if good else "danger",
                "message": self.env._("The seal holds: %(count)s members.", count=self.member_count)
                if good
                else self.env._(
                    "The seal does not hold: the list was changed after it was closed."
                ),
            },
        }

    def _verify(self):
        lines = self.sudo().line_ids.sorted("id")
        whole = all(
            line.digest == _digest(line.salt, line._content()) for line in lines if line.salt
        )
        return (
            whole and len(lines) == self.member_count and self.seal == _seal(lines.mapped("digest"))
        )

    def action_export(self):
        """The list as CSV for the vote's tool: name, branch, since when, and a code to vote with.

        :returns: the action that downloads it
        :raises AccessError: without the right to export people, or a reason given before

        The file's name says who took it and when (R-42): a line in it would be one voter more.
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("political_crm.group_manager"):
            raise AccessError(self.env._("Only a party administrator takes the list out."))
        if self.state != "closed":
            raise UserError(self.env._("Close the list first."))
        self.env["consent.access.log"].sudo()._take_out("export", self._name, self.member_count)
        content = io.StringIO()
        writer = csv.writer(content, delimiter=";", lineterminator="\n")
        writer.writerow(["code", "nom", "section", "adherent_depuis"])
        for line in self.sudo().line_ids.sorted("id"):
            writer.writerow(
                [line.digest[:16], line.name or "", line.branch or "", line.member_since or ""]
            )
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"liste-{self.id}-{self.date}-{self._taken_by()}.csv",
                "datas": base64.b64encode(content.getvalue().encode("utf-8-sig")),
                "res_model": self._name,
                "res_id": self.id,
                "mimetype": "text/csv",
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    def _taken_by(self):
        moment = fields.Datetime.context_timestamp(self, fields.Datetime.now())
        return f"{self.env.user.login}-{moment:%Y%m%d-%H%M}"

    def write(self, vals):
        sealed = {"state", "member_count", "closed_at", "seal"} & set(vals)
        if not self.env.su and (sealed or any(m.state == "closed" for m in self)):
            raise UserError(self.env._("A closed list stays as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        if any(member_list.state == "closed" for member_list in self):
            raise UserError(self.env._("A closed list is kept: a vote rests on it."))


class PoliticalMemberListLine(models.Model):
    _name = "political.member.list.line"
    _description = "Member of a closed list"
    _order = "name, id"
    _log_access = False

    list_id = fields.Many2one(
        "political.member.list", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", readonly=True, index="btree_not_null", ondelete="set null"
    )
    name = fields.Char(readonly=True)
    branch = fields.Char(readonly=True)
    member_since = fields.Char(readonly=True)
    salt = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    digest = fields.Char("Fingerprint", readonly=True)

    def _content(self):
        self.ensure_one()
        return {"name": self.name, "branch": self.branch, "member_since": self.member_since}


def _digest(salt, row):
    content = [salt, *(row[name] or "" for name in ("name", "branch", "member_since"))]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _seal(digests):
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
