"""p95 seconds of 100 sign-ups at once, then of 100 confirmations at once: the larger of the two.

None is lost and none doubled. Against: the p95 of the same number of posts at once to the contact
form of core's website, on the same server. Ratio: ours over that (below 2).
"""

import re
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from tools import ports
from tools.live import links_in

VISITORS = 100
ROUNDS = 3
OPTIONS = ("--workers=2", "--max-cron-threads=1", f"--gevent-port={ports.free()}")
FORM = "/website/form/crm.lead"
# Odoo listens with a backlog of 8 connections a worker: the proxy in front lets that many through
# and keeps the rest waiting, which counts as time of the visitor.
PROXY = threading.BoundedSemaphore(16)
# Seconds in which every confirmation must have been mailed
PATIENCE = 180


def measure(server, scale):
    number = max(int(VISITORS * scale), 10)
    server.call("ir.config_parameter", "set_param", "web.base.url", server.url)
    company = server.call("res.company", "search", [], limit=1, order="id")
    server.call("res.company", "write", company, {"email": "contact@parti.example.org"})
    # A whole stadium behind one address: the limit is raised, its work is done all the same
    limit = "political_consent.rate_signup_network"
    server.call("ir.config_parameter", "set_param", limit, "100000")
    _warm(server)
    signups, confirmations, plain = [], [], []
    for turn in range(ROUNDS):
        addresses = [f"visiteur{turn}x{n}@example.org" for n in range(number)]
        plain.append(_plain_form(server, [f"simple-{address}" for address in addresses]))
        signups.append(_sign_up(server, addresses))
        confirmations.append(_confirm(server, _links(server, addresses)))
        _nothing_lost_nor_doubled(server, addresses)
    signup, confirmation = statistics.median(signups), statistics.median(confirmations)
    value, against = max(signup, confirmation), statistics.median(plain)
    return {
        "value": value,
        "unit": "s",
        "against": against,
        "ratio": value / against,
        "n": number,
        "signup_p95": signup,
        "confirmation_p95": confirmation,
    }


class Visitor:
    """Somebody with a browser, and a form open in it."""

    def __init__(self, page):
        self.http, self.page = requests.Session(), page
        answer = self.http.get(page, timeout=300)
        answer.raise_for_status()
        self.token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text)
        self.text = answer.text

    def press(self, page=None, **typed):
        """Send the form; seconds until the answer, and the answer."""
        body = {"csrf_token": self.token[1], **typed} if self.token else typed
        started = time.perf_counter()
        with PROXY:
            answer = self.http.post(page or self.page, data=body, timeout=300)
        return time.perf_counter() - started, answer


def _together(work, items):
    """Call ``work`` with every item at the same moment; p95 of the seconds, and the answers."""
    barrier = threading.Barrier(len(items))

    def begin(item):
        barrier.wait()
        return work(item)

    with ThreadPoolExecutor(len(items)) as pool:
        found = list(pool.map(begin, items))
    spent = [seconds for seconds, _answer in found]
    answers = [answer for _seconds, answer in found]
    assert {answer.status_code for answer in answers} == {200}, {a.status_code for a in answers}
    return statistics.quantiles(spent, n=20, method="inclusive")[-1], answers


def _open(pages):
    """A visitor for each page, who has it open; a few at a time, which is not measured."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(Visitor, pages))


def _sign_up(server, addresses):
    visitors = _open([f"{server.url}/consent/signup/newsletter"] * len(addresses))
    box = re.search(r'value="(newsletter-email[^"]*)"', visitors[0].text)[1]
    spent, answers = _together(
        lambda pair: pair[0].press(email=pair[1], box=box),
        list(zip(visitors, addresses, strict=True)),
    )
    assert len({answer.url for answer in answers}) == 1
    return spent


def _links(server, addresses):
    """The link mailed to each address; one message each."""
    limit = time.monotonic() + PATIENCE
    while True:
        found = {}
        for message in list(server.mails):
            for address in set(message.sent_to) & set(addresses):
                found.setdefault(address, []).append(message)
        if len(found) == len(addresses):
            break
        assert time.monotonic() < limit, f"{len(addresses) - len(found)} got no message"
        time.sleep(0.2)
    assert all(len(messages) == 1 for messages in found.values())
    return [
        next(link for link in links_in(found[address][0]) if "/consent/confirm/" in link)
        for address in addresses
    ]


def _confirm(server, links):
    spent, answers = _together(lambda visitor: visitor.press(), _open(links))
    assert all("/consent/receipt/" in answer.text for answer in answers)
    return spent


def _plain_form(server, addresses):
    """Core's contact form, as its page posts it."""
    visitors = _open([server.url] * len(addresses))
    typed = {"name": "Bonjour", "contact_name": "Visiteur", "description": "Une question."}
    spent, answers = _together(
        lambda pair: pair[0].press(server.url + FORM, email_from=pair[1], **typed),
        list(zip(visitors, addresses, strict=True)),
    )
    made = [answer.json().get("id") for answer in answers]
    assert all(made) and len(set(made)) == len(addresses), answers[0].text
    return spent


def _nothing_lost_nor_doubled(server, addresses):
    counted = server.sql(
        """
        SELECT p.email_normalized, count(DISTINCT p.id), count(e.id)
          FROM res_partner p
          JOIN consent_subject s ON s.partner_id = p.id
          JOIN consent_event e ON e.subject = s.code
         WHERE p.email_normalized = ANY(%s) AND e.action = 'given'
         GROUP BY 1
        """,
        addresses,
    )
    assert len(counted) == len(addresses), (len(counted), len(addresses))
    assert all(row[1:] == (1, 1) for row in counted), [r for r in counted if r[1:] != (1, 1)]


def _warm(server):
    """Both workers have loaded what they need before anything is measured."""
    pages = [f"{server.url}/consent/signup/newsletter"] * 8
    for visitor in _open(pages):
        visitor.press()
    for number in range(4):
        _plain_form(server, [f"chaud{number}a@example.org", f"chaud{number}b@example.org"])
