"""Commands of the consent addon, for whoever runs the server.

::

    odoo consent replay -c odoo.conf -d DB [--file erasures.jsonl]
    odoo consent verify -c odoo.conf -d DB
    odoo consent ledger -c odoo.conf -d DB --company ID > ledger.jsonl
    odoo consent people -c odoo.conf -d DB --company ID > people.jsonl
    odoo consent purge  -c odoo.conf -d DB --company ID --name "Name of the controller"
"""

import json
import sys
from pathlib import Path

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.cli.command import Command
from odoo.modules.registry import Registry
from odoo.tools import config


class Consent(Command):
    """Replay erasures after a restored backup, verify or export a ledger, export or purge a
    controller."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        commands = self.parser.add_subparsers(dest="subcommand", required=True)
        for name, method in (
            ("replay", self._replay),
            ("verify", self._verify),
            ("ledger", self._ledger),
            ("people", self._people),
            ("purge", self._purge),
        ):
            parser = commands.add_parser(name, help=method.__doc__)
            parser.set_defaults(func=method)
            parser.add_argument("-c", "--config")
            parser.add_argument("-d", "--database", required=True)
            if name == "replay":
                parser.add_argument("--file", help="tombstones; by default those of the server")
            elif name != "verify":
                parser.add_argument("--company", type=int, required=True)
            if name == "purge":
                parser.add_argument("--name", required=True, help="the controller's, to be sure")

    def run(self, cmdargs):
        options = self.parser.parse_args(args=cmdargs)
        settings = ["--no-http", "-d", options.database]
        if options.config:
            settings += ["-c", options.config]
        config.parse_config(settings, setup_logging=True)
        with Registry(options.database).cursor() as cr:
            status = options.func(Environment(cr, SUPERUSER_ID, {}), options)
        sys.exit(status or 0)

    def _replay(self, env, options):
        """erase again who was erased after the backup"""
        lines = None
        if options.file:
            text = Path(options.file).read_text("utf-8")
            lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        self._say(f"{env['consent.erasure']._replay(lines)} people erased again")

    def _verify(self, env, _options):
        """verify the ledger of every controller"""
        checks = [env["consent.chain.check"]._verify(one) for one in env["res.company"].search([])]
        for check in checks:
            verdict = "whole" if check.ok else f"BROKEN at event {check.first_broken}"
            self._say(f"{check.company_id.name}: {verdict}, {check.checked} events, {check.head}")
        return 0 if all(check.ok for check in checks) else 1

    def _ledger(self, env, options):
        """write a controller's ledger, one JSON object a line"""
        for line in env["consent.chain.check"]._lines(self._company(env, options)):
            self._say(line)

    def _people(self, env, options):
        """write all that is held of a controller's people, one JSON object a line"""
        company = self._company(env, options)
        for data in env["consent.eraser"]._controller_people(company):
            self._say(json.dumps(data, ensure_ascii=False, default=str))

    def _purge(self, env, options):
        """erase all people of a controller; the certificate is in the log of erasures"""
        company = self._company(env, options)
        if company.name != options.name:
            self.parser.error(f"company {company.id} has another name")
        self._say(f"{env['consent.eraser']._purge_controller(company)} people erased")

    def _company(self, env, options):
        company = env["res.company"].browse(options.company).exists()
        return company or self.parser.error(f"there is no company {options.company}")

    def _say(self, text):
        sys.stdout.write(f"{text}\n")
