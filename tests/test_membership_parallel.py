"""Two hands at the same moment on one person's money or membership, on a server of four workers.

Each race ends in one right state: a cap holds to the cent, a request makes one person, a payment
is taken once.
"""

import base64
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tools import ports
from tools.live import RefusedError, Session, links_in

from .membership_party import SERIALISED, Party, served

HANDS = 6


@pytest.fixture(scope="module")
def odoo_server(platform):
    """A server of four workers with core's demo provider."""
    options = ("--workers=4", f"--gevent-port={ports.free()}")
    with served(platform, "membership_race", *options) as server:
        server.expect_in_log(SERIALISED)
        server.expect_in_log("88-227")
        yield server


@pytest.fixture(scope="module")
def party(odoo_server):
    """The party whose money it is."""
    return Party(odoo_server)


def together(work, items):
    """Call ``work`` with each item, all at the same moment; the results in order."""
    items = list(items)
    barrier = threading.Barrier(len(items))

    def begin(item):
        barrier.wait()
        return work(item)

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(begin, items))


def form_of(page):
    """The hidden fields of a page's form."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    return dict(hidden)


def test_cap_holds_under_parallel_cheques(party, odoo_server):
    """R-53: six cheques of 2,000 EUR typed at the same moment: three fit, three are refused."""
    person = party.person("Alix", "Plafond")
    france = party.ref("base.fr")
    sessions = [Session(odoo_server.url, odoo_server.database, "agent") for _hand in range(HANDS)]

    def enter(session):
        try:
            session.call(
                "political.payment",
                "create",
                {
                    "partner_id": person,
                    "amount": 2000,
                    "kind": "gift",
                    "nationality_id": france,
                },
            )
        except RefusedError as error:
            assert "88-227" in error.message, error
            return False
        return True

    assert sorted(together(enter, sessions)) == [False] * 3 + [True] * 3
    total = odoo_server.sql(
        "SELECT sum(amount)::float, count(*) FROM political_payment WHERE partner_id = %s", person
    )
    assert total == [(6000.0, 3)]
    payers = odoo_server.sql("SELECT count(*) FROM political_payer WHERE partner_id = %s", person)
    assert payers == [(1,)]


def join(server, party, email, uid=None):
    """Send the join form as a new visitor; the mailed link."""
    http = requests.Session()
    page = http.get(f"{server.url}/membership/join?lang=fr_FR", timeout=120)
    values = {
        **form_of(page),
        "firstname": "Sacha",
        "lastname": "Course",
        "birthdate": "1990-05-05",
        "email": email,
        "street": "3 rue du Test",
        "zip": "93140",
        "city": "Bondy",
        "country": "FR",
        "nationality": "FR",
        "rate": str(party.rate),
        "statement": "1",
        "declared": "1",
    }
    values.update({"uid": uid} if uid else {})
    answer = http.post(f"{server.url}/membership/join?lang=fr_FR", data=values, timeout=120)
    assert answer.status_code == 200, answer.text[-300:]
    return values


def test_double_click_on_send(party, odoo_server):
    """The same form sent four times at once is one request and one message."""
    odoo_server.mails.clear()
    email = "double@example.org"
    # Fewer than a network may send for one address in an hour
    together(lambda _n: join(odoo_server, party, email, uid="x" * 24), range(4))
    found = odoo_server.sql("SELECT count(*) FROM political_join_request WHERE email = %s", email)
    assert found == [(1,)]
    odoo_server.wait_for_mail(email, seconds=90)
    assert len([m for m in odoo_server.mails if email in m.sent_to]) == 1


def test_two_requests_confirmed_at_once(party, odoo_server):
    """Two requests of one person, and each link pressed three times, all at the same moment: one
    person with one membership; the second request is staged for somebody to look at."""
    odoo_server.mails.clear()
    email = "sacha.course@example.org"
    join(odoo_server, party, email)
    join(odoo_server, party, email)
    odoo_server.wait_for_mail(email, seconds=90)
    messages = []
    while len(messages) < 2:
        messages = [m for m in odoo_server.mails if email in m.sent_to]
    links = [
        next(link for link in links_in(message) if "/membership/confirm/" in link)
        for message in messages
    ]

    def press(link):
        http = requests.Session()
        page = http.get(link, timeout=120)
        return http.post(link, data=form_of(page), timeout=120).url

    landed = together(press, links * 3)
    assert all("/membership/pay/" in url for url in landed)
    found = odoo_server.sql(
        "SELECT state, id FROM political_join_request WHERE email = %s ORDER BY state", email
    )
    assert [state for state, _id in found] == ["accepted", "new"]
    people = odoo_server.sql("SELECT id FROM res_partner WHERE email_normalized = %s", email)
    assert len(people) == 1
    assert party.lines(people[0][0]) == [("requested", 60.0, 0.0)]
    # Either may have come first; it is paid for the one that made the member.
    party.sacha = people[0][0]
    party.pay_url = next(url for url in landed if request_of(url) == found[0][1])


def request_of(url):
    """The join request that a link to pay names, in clear behind its signature."""
    token = url.split("/membership/pay/")[1].split("?")[0]
    _kind, request, _person = json.loads(base64.urlsafe_b64decode(token + "===")[41:])
    return request


def test_double_click_on_pay(party, odoo_server):
    """Six presses on "pay", and each provider's answer twice, at the same moment: the dues are
    paid once, what was taken besides goes back."""
    page = requests.get(party.pay_url, timeout=120)
    [provider] = re.findall(r'data-provider-id="(\d+)"', page.text)[:1]
    [method] = re.findall(r'data-payment-option-id="(\d+)"', page.text)[:1]
    route = f"{party.pay_url.split('?')[0]}/transaction"

    def call(path, **params):
        answer = requests.post(path, json={"params": params}, timeout=120).json()
        return answer["error"]["data"]["message"] if "error" in answer else answer.get("result")

    def press(_number):
        return call(
            route,
            provider_id=int(provider),
            payment_method_id=int(method),
            flow="direct",
            amount=60,
        )

    opened = [answer for answer in together(press, range(HANDS)) if isinstance(answer, dict)]
    assert opened
    simulate = f"{odoo_server.url}/payment/demo/simulate_payment"
    references = [answer["reference"] for answer in opened]

    def answer(reference):
        return call(simulate, reference=reference, simulated_state="done", payment_details="4242")

    odoo_server.expect_in_log("Refused to update transaction")
    together(answer, references * 2)
    cron = party.ref("payment.cron_post_process_payment_tx")
    for _time in range(2):
        odoo_server.call("ir.cron", "method_direct_trigger", [cron])
    assert party.lines(party.sacha) == [("active", 60.0, 60.0)]
    states = odoo_server.sql(
        """
        SELECT p.state, count(*) FROM political_payment p
          JOIN payment_transaction t ON t.id = p.transaction_id
         WHERE p.partner_id = %s AND t.state = 'done' GROUP BY 1
        """,
        party.sacha,
    )
    found = dict(states)
    assert found.pop("received") == 1
    assert set(found) <= {"to_refund", "refunded"}
    assert sum(found.values()) == len(references) - 1


def test_two_branches_below_each_other(party, odoo_server):
    """Two administrators move one branch below the other, each the other way round, at the same
    moment: one move holds, the other is refused in words, and no cycle is left."""
    odoo_server.expect_in_log("sub-branches")
    odoo_server.expect_in_log("sous-structures")
    sessions = [Session(odoo_server.url, odoo_server.database, "admin") for _hand in range(2)]

    def move(task):
        session, branch, parent = task
        try:
            session.call("political.branch", "write", [branch], {"parent_id": parent})
        except RefusedError as error:
            assert error.name.endswith("ValidationError"), error
            return False
        return True

    for number in range(4):
        one, other = (
            odoo_server.call(
                "political.branch", "create", {"name": name, "company_id": party.company}
            )
            for name in (f"Une {number}", f"Autre {number}")
        )
        tasks = [(sessions[0], one, other), (sessions[1], other, one)]
        assert sorted(together(move, tasks)) == [False, True]
        tops = odoo_server.sql(
            "SELECT count(*) FROM political_branch WHERE id IN (%s, %s) AND parent_id IS NULL",
            one,
            other,
        )
        assert tops == [(1,)]


def test_resign_while_paying(party, odoo_server):
    """Leaving and a new payment at the same moment end in one state that fits: a member no more,
    or one whose payment is noted; never money without a trace."""
    person = party.person("Robin", "Depart")
    france = party.ref("base.fr")
    request = odoo_server.call(
        "political.join.request",
        "create",
        {
            "firstname": "Robin",
            "lastname": "Depart",
            "birthdate": "1990-05-05",
            "rate_id": party.rate,
            "branch_id": party.north,
            "nationality_id": france,
        },
    )
    odoo_server.call("political.join.request", "action_accept", [request])
    [(partner, line)] = odoo_server.sql(
        "SELECT partner_id, membership_id FROM political_join_request WHERE id = %s", request
    )
    assert partner != person
    agent = Session(odoo_server.url, odoo_server.database, "agent")
    values = {
        "partner_id": partner,
        "amount": 60,
        "kind": "dues",
        "membership_id": line,
        "nationality_id": france,
    }
    lead = Session(odoo_server.url, odoo_server.database, "lead")

    def act(what):
        try:
            return what()
        except RefusedError as error:
            return error.name

    together(
        act,
        [
            lambda: agent.call("political.payment", "create", values),
            lambda: lead.call("political.membership", "action_resign", [line]),
        ],
    )
    [(state, _due, paid)] = party.lines(partner)
    assert paid == 60.0
    assert state in ("active", "cancelled", "resigned")
