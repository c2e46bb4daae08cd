"""What French law lets a party take from one person (law 88-227, article 11-4; code électoral,
article L.52-8). Pure: amounts come in, codes of what is wrong come out."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# EUR per civil year and person: gifts and dues to all parties, dues of elected people apart.
PARTY_CAP = Decimal("7500.00")
# EUR per election and person: gifts to all candidates.
CAMPAIGN_CAP = Decimal("4600.00")
# EUR: more than this is never taken in cash.
CASH_CAP = Decimal("150.00")
CENT = Decimal("0.01")
# Residence in any of these is residence in France.
FRENCH_TERRITORIES = frozenset(
    ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC")
)


def money(amount):
    """An amount in EUR as a decimal number of cents' precision.

    :param amount: float, int, str or Decimal
    :rtype: Decimal
    """
    return Decimal(str(amount or 0)).quantize(CENT, rounding=ROUND_HALF_UP)


def cents(amount):
    """An amount in EUR as a whole number of cents."""
    return int(money(amount) * 100)


@dataclass(frozen=True)
class Entry:
    """A payment that is about to be taken."""

    kind: str
    """``dues``, ``gift`` or ``campaign`` (gift to a candidate)."""
    mode: str
    """``card``, ``cheque``, ``transfer``, ``debit`` or ``cash``."""
    amount: Decimal
    elected: bool = False
    """Dues that an elected person owes because of the mandate: outside the cap."""
    natural: bool = True
    nationality: str = ""
    """ISO code of the payer's nationality."""
    residence: str = ""
    """ISO code of the country where the payer lives for tax."""
    candidate_agent: bool = False
    """Whether the money goes to a candidate's agent rather than to a party's."""


def is_french(country_code):
    return country_code in FRENCH_TERRITORIES


def counts_for_party_cap(kind, elected):
    """Whether a payment counts within 7,500 EUR (R-53)."""
    return kind == "gift" or (kind == "dues" and not elected)


def faults(entry, party_total, campaign_total):
    """Everything that forbids taking a payment.

    :param Entry entry: the payment, not counted in the totals
    :param Decimal party_total: EUR already taken from this person this civil year within the cap
    :param Decimal campaign_total: EUR already taken from this person for this election
    :returns: codes, worst first: ``amount``, ``legal_person``, ``unknown_payer``, ``foreign``,
        ``mixed_agent``, ``cash``, ``party_cap``, ``campaign_cap``
    :rtype: list[str]
    """
    found = []
    if entry.amount <= 0:
        found.append("amount")
    if not entry.natural:
        found.append("legal_person")
    if not (is_french(entry.nationality) or is_french(entry.residence)):
        known = entry.nationality and entry.residence
        found.append("foreign" if known else "unknown_payer")
    if (entry.kind == "campaign") != entry.candidate_agent:
        found.append("mixed_agent")
    if entry.mode == "cash" and entry.amount > CASH_CAP:
        found.append("cash")
    if counts_for_party_cap(entry.kind, entry.elected) and party_total + entry.amount > PARTY_CAP:
        found.append("party_cap")
    if entry.kind == "campaign" and campaign_total + entry.amount > CAMPAIGN_CAP:
        found.append("campaign_cap")
    return found
