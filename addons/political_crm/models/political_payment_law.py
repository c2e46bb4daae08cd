from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..lib import finance_rules as law
from .political_payment import COUNTED


class PoliticalPayment(models.Model):
    """What the law forbids about money, whoever writes it: payers, caps, cash (R-53 to R-59)."""

    _inherit = "political.payment"

    @api.model
    def _totals(self, payer, year, election=False, without=()):
        """What a payer gave so far.

        :param int year: civil year
        :param str election: for gifts to candidates
        :param without: ids of payments left out
        :returns: ``{"party": Decimal, "campaign": Decimal}`` in EUR
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT COALESCE(sum(p.amount) FILTER (WHERE p.year = %(year)s
                           AND (p.kind = 'gift' OR p.kind = 'dues' AND p.elected IS NOT TRUE)), 0),
                       COALESCE(sum(p.amount) FILTER (WHERE p.kind = 'campaign'
                           AND a.election = %(election)s), 0)
                  FROM political_payment p JOIN political_financial_agent a ON a.id = p.agent_id
                 WHERE p.payer_id = %(payer)s AND p.state = ANY(%(counted)s)
                   AND NOT p.id = ANY(%(without)s)
                """,
                year=year,
                election=election or "",
                payer=payer.id,
                counted=list(COUNTED),
                without=list(without),
            )
        )
        party, campaign = self.env.cr.fetchone()
        return {"party": law.money(party), "campaign": law.money(campaign)}

    def _faults(self):
        """Codes of what forbids this payment (see :func:`~..lib.finance_rules.faults`)."""
        self.ensure_one()
        totals = self._totals(self.payer_id, self.date.year, self.agent_id.election, self.ids)
        entry = law.Entry(
            kind=self.kind,
            mode=self.mode,
            amount=law.money(self.amount),
            elected=self.elected,
            natural=not self.partner_id.is_company,
            nationality=self.nationality_id.code or "",
            residence=self.residence_id.code or "",
            candidate_agent=self.agent_id.kind == "candidate",
        )
        return law.faults(entry, totals["party"], totals["campaign"])

    @api.model
    def _fault_sentences(self):
        _ = self.env._
        return {
            "amount": _("The amount must be above zero."),
            "legal_person": _(
                "Only a natural person may give or pay dues to a party: companies and "
                "associations may not (law 88-227, article 11-4)."
            ),
            "unknown_payer": _(
                "Say the payer's nationality and country of residence: only French nationals and "
                "residents of France may give (law 88-227, article 11-4)."
            ),
            "foreign": _(
                "Only French nationals and residents of France may give to a party (law 88-227, "
                "article 11-4). For dues the same check is made; ask the CNCCFP in case of doubt."
            ),
            "mixed_agent": _(
                "Gifts to a candidate go to the candidate's agent, gifts and dues to the party to "
                "the party's: choose the other agent."
            ),
            "cash": _("More than 150 EUR is not taken in cash: ask for a cheque or a transfer."),
            "party_cap": _(
                "With this payment the person would pass 7,500 EUR of gifts and dues this year "
                "(law 88-227, article 11-4). Nothing was taken. What they gave to other parties "
                "counts too."
            ),
            "campaign_cap": _(
                "With this payment the person would pass 4,600 EUR for the candidates of this "
                "election (code électoral, article L.52-8). Nothing was taken."
            ),
        }

    @api.constrains(
        "amount",
        "date",
        "kind",
        "mode",
        "elected",
        "agent_id",
        "payer_id",
        "nationality_id",
        "residence_id",
    )
    def _check_law(self):
        """Nothing that the law forbids is written, whoever writes it (R-53 to R-55, R-59)."""
        sentences = self._fault_sentences()
        for payment in self.sudo():
            if payment.counter_of_id or payment.state not in COUNTED:
                continue
            found = payment._faults()
            if found:
                raise ValidationError("\n".join(sentences[code] for code in found))

    @api.constrains("elected", "mandate", "kind")
    def _check_mandate(self):
        for payment in self:
            if payment.elected and (payment.kind != "dues" or not payment.mandate):
                raise ValidationError(
                    self.env._("Only dues are outside the cap, and with the mandate named.")
                )

    @api.constrains("membership_id", "partner_id", "kind")
    def _check_allocation(self):
        for payment in self.sudo():
            line = payment.membership_id
            if line and (payment.kind != "dues" or line.partner_id != payment.partner_id):
                raise ValidationError(
                    self.env._("Dues are allocated to a membership of the person who paid them.")
                )
