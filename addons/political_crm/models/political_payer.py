from odoo import api, fields, models
from odoo.tools import SQL


class PoliticalPayer(models.Model):
    """Who paid, as the law asks to know them: apart from the contact, so that the accounts keep
    what they must when the contact is erased (GDPR, article 17, 3, b), and nothing else does.

    Each payment of a person bumps ``turn``: transactions about the same person's money follow
    each other, the second one fails to serialise and is played again on what the first one left.
    """

    _name = "political.payer"
    _description = "Payer"
    _order = "lastname, firstname, id"

    company_id = fields.Many2one("res.company", "Controller", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Contact", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    code = fields.Char(
        "Payer identifier", required=True, readonly=True, help="Stable and random, for the CNCCFP."
    )
    turn = fields.Integer(readonly=True, default=0)
    civility = fields.Selection([("mrs", "Mrs"), ("mr", "Mr")])
    firstname = fields.Char("First name")
    lastname = fields.Char("Last name", required=True)
    street = fields.Char("Tax address")
    zip = fields.Char("Postcode")
    city = fields.Char("Town")
    country_id = fields.Many2one("res.country", "Tax residence", ondelete="restrict")
    nationality_id = fields.Many2one("res.country", ondelete="restrict")
    payment_ids = fields.One2many("political.payment", "payer_id", "Payments")

    _code_unique = models.Constraint("UNIQUE (code)", "A payer's identifier is drawn once.")
    _partner_unique = models.UniqueIndex(
        "(company_id, partner_id) WHERE partner_id IS NOT NULL", "This contact is a payer already."
    )

    @api.depends("firstname", "lastname")
    def _compute_display_name(self):
        for payer in self:
            payer.display_name = " ".join(filter(None, (payer.firstname, payer.lastname)))

    @api.model
    def _ensure(self, partners):
        """The payers of contacts, made where they are missing, and locked: in one statement.

        :returns: ``{partner id: payer}``
        """
        if not partners:
            return {}
        partners.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO political_payer (company_id, partner_id, code, turn, firstname,
                       lastname, street, zip, city, country_id, create_uid, write_uid, create_date,
                       write_date)
                SELECT company_id, id, replace(gen_random_uuid()::text, '-', ''), 0, firstname,
                       COALESCE(NULLIF(lastname, ''), name, ''),
                       NULLIF(concat_ws(', ', NULLIF(street, ''), NULLIF(street2, '')), ''),
                       zip, city, country_id, %(user)s, %(user)s, %(now)s, %(now)s
                  FROM res_partner WHERE id = ANY(%(ids)s) ORDER BY id
                ON CONFLICT (company_id, partner_id) WHERE partner_id IS NOT NULL
                DO UPDATE SET turn = political_payer.turn + 1
                RETURNING partner_id, id
                """,
                ids=list(partners.ids),
                user=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        found = dict(self.env.cr.fetchall())
        self.invalidate_model()
        return {partner_id: self.browse(payer_id) for partner_id, payer_id in found.items()}

    def _lock(self):
        """Put this transaction after every other one about the same people's money."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_payer SET turn = turn + 1 WHERE id IN (
                    SELECT id FROM political_payer WHERE id = ANY(%s) ORDER BY id FOR UPDATE)
                """,
                list(self.ids),
            )
        )

    def _refresh_identity(self):
        """Take the contact's name and address of today: before a receipt has its number."""
        for payer in self.filtered("partner_id"):
            partner = payer.partner_id.sudo()
            payer.write(
                {
                    "firstname": partner.firstname,
                    "lastname": partner.lastname or partner.name or "",
                    "street": ", ".join(filter(None, (partner.street, partner.street2))) or False,
                    "zip": partner.zip,
                    "city": partner.city,
                }
            )
