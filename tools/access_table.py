"""Who may do what: the table of docs/access.md, measured and written.

    .build/venv/bin/python -m tools.access_table

measures every group of the three addons on every model of theirs, on a clone of the template
database, and writes the table; tests/test_access_matrix.py measures again and compares.
"""

import json
import re
import sys

from tools import faults, template
from tools.commands import say
from tools.faults import SetupError
from tools.odoo_process import Platform
from tools.places import LOGS, ROOT, addons
from tools.setup.everything import platform

DOCUMENT = ROOT / "docs" / "access.md"
START, END = "<!-- table: tools/access_table.py -->", "<!-- end of table -->"
MARK = "ACCESS "
# Whoever has none of our groups, before the groups of our addons.
CORE_GROUPS = ("base.group_portal", "base.group_user", "base.group_system")
# Models of core in which people of the party lie too.
CORE_MODELS = ("res.partner", "crm.lead", "event.registration", "mailing.mailing")
LETTERS = {"read": "R", "write": "W", "create": "C", "unlink": "U"}


def main():
    """Measure, and write the document.

    :return: int, 0
    """
    with platform() as made:
        template.ensure(made)
        with template.clone(made, "access") as database:
            table = measure_on(made, database)
    write(table)
    say(f"docs/access.md: {len(table['models'])} models, {len(table['groups'])} groups")
    return 0


def measure_on(made: Platform, database):
    """The table of a database, measured in Odoo's shell.

    :param Platform made: Odoo and PostgreSQL
    :param str database: its name
    :return: dict ``groups`` (list of str), ``models`` (model to list of cells), ``rules`` (model to
        list of str)
    """
    log = LOGS / "access-table.log"
    script = (
        "import json\nfrom tools.access_table import measure\n"
        f"print('\\n{MARK}' + json.dumps(measure(env, {addons()!r})))\n"
    )
    status = made.run(log, "--log-level=warn", database=database, subcommand="shell", script=script)
    text = log.read_text(errors="replace")
    lines = [line for line in text.splitlines() if line.startswith(MARK)]
    if status or not lines:
        raise SetupError(f"The access table could not be measured: {text.strip()[-1500:]}")
    return json.loads(lines[-1].removeprefix(MARK))


def measure(env, modules):
    """Ask for every right of every group, through the door that remote calls take.

    :param env: Odoo's environment
    :param list modules: names of the addons
    :return: as :func:`measure_on`
    """
    groups = [*CORE_GROUPS, *_groups(env, modules)]
    models = [*_models(env, modules), *CORE_MODELS]
    cells = {model: [] for model in models}
    for group in groups:
        user = _user(env, group)
        for model in models:
            cells[model].append(_cell(env(user=user.id, su=False), model))
    return {"groups": groups, "models": cells, "rules": _rules(env, models)}


def _groups(env, modules):
    data = env["ir.model.data"].search(
        [("model", "=", "res.groups"), ("module", "in", modules)], order="module, name"
    )
    return [
        one.complete_name
        for one in sorted(data, key=lambda d: (modules.index(d.module), d.name))
        if not one.name.startswith("base_")
    ]


def _models(env, modules):
    """Models that these addons define, by addon; those without rows or rights are services."""
    env.cr.execute(
        """
        SELECT m.model, (array_agg(d.module ORDER BY d.id))[1]
          FROM ir_model m JOIN ir_model_data d ON d.model = 'ir.model' AND d.res_id = m.id
         GROUP BY m.id, m.model
        HAVING bool_and(d.module = ANY(%s))
           AND EXISTS (SELECT FROM ir_model_access a WHERE a.model_id = m.id)
        """,
        [modules],
    )
    found = sorted((modules.index(module), model) for model, module in env.cr.fetchall())
    return [model for _order, model in found]


def _user(env, group):
    company = env.ref("base.main_company")
    return (
        env["res.users"]
        .with_context(no_reset_password=True, tracking_disable=True)
        .create(
            {
                "name": f"Table {group}",
                "login": f"table_{group}",
                "group_ids": [(6, 0, env.ref(group).ids)],
                "company_id": company.id,
                "company_ids": [(6, 0, company.ids)],
            }
        )
    )


def _cell(env, model):
    """The letters of what a user may do with a model, ``-`` for nothing."""
    from odoo.service.model import call_kw

    records = env[model]
    letters = "".join(
        letter
        for operation, letter in LETTERS.items()
        if call_kw(records, "has_access", [[], operation], {})
    )
    if "R" in letters and _passes(env, model, "search_read", [[]], {"fields": ["id"], "limit": 1}):
        if _passes(env, model, "export_data", [[], ["id"]], {}):
            letters += "X"
    else:
        letters = letters.replace("R", "")
    return letters or "-"


def _passes(env, model, method, args, kwargs):
    from odoo.exceptions import AccessError, UserError
    from odoo.service.model import call_kw

    try:
        with env.cr.savepoint():
            call_kw(env[model], method, args, kwargs)
    except (AccessError, UserError):
        return False
    return True


def _rules(env, models):
    found = {}
    rules = env["ir.rule"].with_context(lang="en_US")
    for rule in rules.search([("model_id.model", "in", models)], order="id"):
        if any(rule._get_external_ids()[rule.id]):
            scope = ", ".join(sorted(rule.groups.mapped("full_name"))) or "everybody"
            found.setdefault(rule.model_id.model, []).append(f"{rule.name} ({scope})")
    return {model: sorted(names) for model, names in sorted(found.items())}


# ---------------------------------------------------------------- the document


def render(table):
    """The table as Markdown.

    :param dict table: from :func:`measure_on`
    :return: str
    """
    names = [short(group) for group in table["groups"]]
    lines = [
        f"| model | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
        *(f"| {model} | {' | '.join(cells)} |" for model, cells in table["models"].items()),
        "",
        "## Record rules",
        "",
        *(
            line
            for model, names in table["rules"].items()
            for line in (f"- **{model}**", *(f"  - {name}" for name in names))
        ),
    ]
    return "\n".join(lines)


def short(group):
    """A group's name in the table: ``consent_dpo``, ``branch_lead``, ``portal``.

    :param str group: its xml id
    :return: str
    """
    return group.split(".")[-1].removeprefix("group_")


def parse(text):
    """The rights that the document states.

    :param str text: the document
    :return: dict of dict: model to group's short name to letters
    """
    body = text.split(START)[1].split(END)[0]
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in body.splitlines()
        if line.startswith("|") and not re.match(r"\|-", line)
    ]
    header = rows[0][1:]
    return {row[0]: dict(zip(header, row[1:], strict=True)) for row in rows[1:]}


def parse_rules(text):
    """The record rules that the document states, as lines.

    :param str text: the document
    :return: str
    """
    return text.split(START)[1].split(END)[0].split("## Record rules")[1].strip()


def write(table):
    """Put a measured table into the document.

    :param dict table: from :func:`measure_on`
    """
    text = DOCUMENT.read_text()
    before, after = text.split(START)[0], text.split(END)[1]
    DOCUMENT.write_text(f"{before}{START}\n\n{render(table)}\n\n{END}{after}")


if __name__ == "__main__":
    sys.exit(faults.told_in_a_sentence(main))
