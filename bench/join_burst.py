"""p95 seconds of 100 requests to join at once, then of their 100 confirmations at once: the larger.

None is lost and none doubled: each visitor ends with one person and one membership. Against: the
p95 of the same number of posts at once to the contact form of core's website, on the same server.
"""

from bench.signup_burst import (
    OPTIONS as SERVER_OPTIONS,
)
from bench.signup_burst import (
    PATIENCE,
    _open,
    _plain_form,
    _together,
)
from tools.live import links_in

OPTIONS = SERVER_OPTIONS
VISITORS = 100
JOIN = "/membership/join?lang=fr_FR"


def measure(server, scale):
    number = max(int(VISITORS * scale), 10)
    server.call("ir.config_parameter", "set_param", "web.base.url", server.url)
    company = server.call("res.company", "search", [], limit=1, order="id")
    server.call("res.company", "write", company, {"email": "contact@parti.example.org"})
    rate = server.call("political.membership.rate", "create", {"name": "Plein tarif", "amount": 60})
    for limit in ("join_network", "pay_network"):
        # A whole stadium behind one address: the limit is raised, its work is done all the same
        name = f"political_consent.rate_{limit}"
        server.call("ir.config_parameter", "set_param", name, "100000")
    _join(server, rate, ["chaud0@example.org", "chaud1@example.org"])
    _plain_form(server, ["chaud2@example.org", "chaud3@example.org"])
    server.mails.clear()
    addresses = [f"adherent{n}@example.org" for n in range(number)]
    against = _plain_form(server, [f"simple-{address}" for address in addresses])
    joined = _join(server, rate, addresses)
    confirmed = _confirm(_links(server, addresses))
    _nothing_lost_nor_doubled(server, addresses)
    value = max(joined, confirmed)
    return {
        "value": value,
        "unit": "s",
        "against": against,
        "ratio": value / against,
        "n": number,
        "join_p95": joined,
        "confirmation_p95": confirmed,
    }


def _join(server, rate, addresses):
    visitors = _open([server.url + JOIN] * len(addresses))

    def send(pair):
        visitor, address = pair
        uid = visitor.text.split('name="uid"')[1].split('value="')[1].split('"')[0]
        return visitor.press(
            uid=uid,
            firstname=address.split("@")[0].capitalize(),
            lastname="Essai",
            birthdate="1990-05-05",
            email=address,
            street="3 rue du Test",
            zip="93140",
            city="Bondy",
            country="FR",
            nationality="FR",
            rate=rate,
            declared="1",
        )

    spent, answers = _together(send, list(zip(visitors, addresses, strict=True)))
    assert all("<h1" in answer.text for answer in answers)
    return spent


def _links(server, addresses):
    """The link mailed to each address; one message each."""
    found = {}
    for address in addresses:
        message = server.wait_for_mail(address, seconds=PATIENCE)
        found[address] = [m for m in server.mails if address in m.sent_to]
        assert len(found[address]) == 1, (address, len(found[address]), message["Subject"])
    return [
        next(link for link in links_in(found[address][0]) if "/membership/confirm/" in link)
        for address in addresses
    ]


def _confirm(links):
    spent, answers = _together(lambda visitor: visitor.press(), _open(links))
    assert all("/membership/pay/" in answer.url for answer in answers)
    return spent


def _nothing_lost_nor_doubled(server, addresses):
    counted = server.sql(
        """
        SELECT p.email_normalized, count(DISTINCT p.id), count(DISTINCT m.id),
               count(DISTINCT r.id), min(r.state)
          FROM res_partner p
          JOIN political_membership m ON m.partner_id = p.id
          JOIN political_join_request r ON r.partner_id = p.id
         WHERE p.email_normalized = ANY(%s)
         GROUP BY 1
        """,
        addresses,
    )
    assert len(counted) == len(addresses), (len(counted), len(addresses))
    wrong = [row for row in counted if row[1:] != (1, 1, 1, "accepted")]
    assert not wrong, wrong
