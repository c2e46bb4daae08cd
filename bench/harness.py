"""Measures each figure on a database of its own, beside the ordinary way in the same run.

`make bench` runs this in the virtual environment.
"""

import importlib
import json
import os
import pkgutil
import sys

import bench
from tools import databases, faults, stamps, template
from tools.commands import say
from tools.faults import SetupError
from tools.live import LiveServer
from tools.odoo_process import Platform
from tools.places import LOGS, ROOT
from tools.setup.everything import platform

RESULTS = ROOT / "bench" / "results.json"
MARK = "FIGURE "
STOCK = "political_stock"
STOCK_LOG = LOGS / "bench-stock.log"


def main():
    """Measure the figures that FIGURES names, all of them without it, at SCALE times their size.

    :return: int, 0 when every figure was measured
    """
    known = figures()
    wanted = os.environ.get("FIGURES", "").split() or list(known)
    for name in set(wanted) - set(known):
        raise SetupError(f"There is no figure {name}: FIGURES are among {', '.join(known)}.")
    try:
        scale = float(os.environ.get("SCALE") or 1)
    except ValueError as error:
        raise SetupError("SCALE is a number, such as 0.1.") from error
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with platform() as made:
        template.ensure(made)
        for name in wanted:
            say(f"Measuring {name} ...")
            found = _measure(made, name, known[name], scale)
            results.update(found)
            RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
            for figure, values in found.items():
                say(line_of(figure, values))
                for line in values.get("details", ()):
                    say(f"  {line}")
    return 0


def figures():
    """Modules of the figures by name, in alphabetical order.

    :return: dict of str to str: ``measure`` inside Odoo (``env``), or outside (``server``)
    """
    found = {}
    for module in pkgutil.iter_modules(bench.__path__):
        source = source_of(module.name)
        if "def measure(" in source:
            found[module.name] = "outside" if "def measure(server" in source else "inside"
    return found


def source_of(name):
    """A figure's module as text: those measured inside Odoo cannot be imported out here.

    :return: str
    """
    return (ROOT / "bench" / f"{name}.py").read_text()


def line_of(name, values):
    """A figure as one line for the screen.

    :param str name: the figure's name
    :param dict values: value, unit, against, ratio, n
    :return: str
    """
    return (
        f"{name}: {values['value']:.4g} {values['unit']}, the ordinary way "
        f"{values['against']:.4g}, ratio {values['ratio']:.3g} (n = {values['n']:,})"
    )


def _measure(made, name, kind, scale):
    """Measure one figure on a clone of the template.

    :return: dict of dict, by the figure's name
    """
    with template.clone(made, f"bench_{name}"[:40]) as database:
        if kind == "outside":
            module = importlib.import_module(f"bench.{name}")
            server = LiveServer(made, database, *getattr(module, "OPTIONS", ()))
            try:
                found = module.measure(server.start(), scale)
            finally:
                server.close()
        else:
            found = _inside(made, name, database, scale)
        if "AGAINST_STOCK = True" in source_of(name):
            found = _against_stock(made, name, found, scale)
    return {name: found}


def _inside(made: Platform, name, database, scale):
    """Run a figure's ``measure(env, scale)`` in Odoo's shell."""
    log = LOGS / f"bench-{name}.log"
    script = (
        f"import json\nfrom bench.{name} import measure\n"
        f"print('\\n{MARK}' + json.dumps(measure(env, {scale!r})))\n"
    )
    status = made.run(log, "--log-level=warn", database=database, subcommand="shell", script=script)
    text = log.read_text(errors="replace")
    lines = [line for line in text.splitlines() if line.startswith(MARK)]
    if status or not lines:
        raise SetupError(f"{name} could not be measured: {text.strip()[-1500:]}")
    return json.loads(lines[-1].removeprefix(MARK))


def _against_stock(made, name, found, scale):
    """Measure the same thing on a database with core's addons only, for the ordinary way."""
    _ensure_stock(made)
    database = f"{STOCK}_{os.getpid()}"
    databases.clone(made.server, STOCK, database)
    try:
        stock = _inside(made, name, database, scale)
    finally:
        databases.drop(made.server, database)
    ratio = found["value"] / stock["value"]
    return {**found, "against": stock["value"], "ratio": ratio}


def _ensure_stock(made):
    """The template's database without our addons, made once for each Odoo."""
    made_from = stamps.digest(ROOT / "requirements.txt", made.odoo.identity, "stock")
    if databases.key(made.server, STOCK) == made_from:
        return
    say("Making a database of core's addons alone, to measure against ...")
    databases.drop(made.server, STOCK)
    databases.create(made.server, STOCK)
    addons = "contacts,mass_mailing_sms,website_mass_mailing,portal,crm,website_event"
    if made.run(STOCK_LOG, f"--init={addons}", database=STOCK):
        raise SetupError(f"Core's addons could not be installed; see {STOCK_LOG}.")
    databases.set_key(made.server, STOCK, made_from)


if __name__ == "__main__":
    sys.exit(faults.told_in_a_sentence(main))
