import re
from pathlib import Path

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path

OURS = "canvass."


@tagged("post_install", "-at_install")
class TestStatic(TransactionCase):
    """What the code must not have, read from the code itself."""

    def _fields(self, *models):
        for name in models or [name for name in self.env.registry if name.startswith(OURS)]:
            for field in self.env[name]._fields.values():
                yield f"{name}.{field.name}", field

    def _sources(self, *suffixes):
        root = Path(file_path("political_canvass"))
        for path in root.rglob("*"):
            parts = path.relative_to(root).parts
            if path.suffix in suffixes and "tests" not in parts and "lib" not in parts[:2]:
                yield path

    def test_no_position_of_volunteers(self):
        """R-49: no coordinates where a phone or a person is meant."""
        position = re.compile(r"lat|lon|geo|gps|position|accuracy", re.I)
        models = ("canvass.lease", "canvass.event", "canvass.turf.door", "canvass.safety")
        for label, field in self._fields(*models):
            name = field.name
            if field.type in ("float", "char", "json", "text"):
                self.assertIsNone(position.search(name.replace("translat", "")), label)

    def test_phone_sends_no_position(self):
        """R-49: nothing that the phone may send has room for one."""
        from ..lib import payload

        self.assertFalse({k for k in payload.CONSENT_KEYS if re.search(r"lat|lon|geo", k)})

    def test_no_person_behind_a_report(self):
        """R-09: no contact, no user, no free text in a report or at a door."""
        for label, field in self._fields("canvass.event", "canvass.door", "canvass.turf.door"):
            if field.name in ("create_uid", "write_uid"):
                continue
            self.assertNotIn(
                field.comodel_name if field.relational else None,
                ("res.partner", "res.users", "crm.lead"),
                label,
            )
            if field.store:
                self.assertNotIn(field.type, ("text", "html"), label)
        self.assertFalse(self.env["canvass.event"]._log_access)

    def test_no_turnout_of_a_person(self):
        """R-51."""
        turnout = re.compile(r"voted|abstain|abstention|turnout|emarge", re.I)
        for label, _field in self._fields():
            self.assertIsNone(turnout.search(label), label)
        for name in self.env["res.partner"]._fields:
            self.assertIsNone(turnout.search(name), name)

    def test_no_audience_for_ad_platforms(self):
        """R-66, R-14: nothing calls out, nothing makes a custom audience."""
        called = re.compile(
            r"^\s*(?:import|from)\s+(?:requests|httpx|aiohttp|urllib\.request|urllib3|http\.client)"
            r"|custom.?audience|lookalike|facebook|adwords",
            re.I | re.M,
        )
        for path in self._sources(".py", ".xml"):
            self.assertIsNone(called.search(path.read_text()), path)

    def test_pure_lib(self):
        """Parsing, walking and reading of reports stand without Odoo."""
        for path in Path(file_path("political_canvass/lib")).glob("*.py"):
            self.assertNotRegex(path.read_text(), r"(?m)^\s*(?:import|from)\s+odoo", path)

    def test_every_public_method_is_known(self):
        """RPC reaches what has no underscore: the list is short, and each one checks rights."""
        allowed = {
            "canvass.operation": {
                "action_start", "action_close", "action_turfs", "action_results",
                "action_new_turf", "action_answers", "action_cut", "action_draw", "action_split",
                "action_join", "action_move_street", "action_undo", "action_board",
                "action_publish_drafts", "board_data", "board_streets", "board_walk",
                "board_box", "action_effect", "export_sums", "board_team_choices",
            },
            "canvass.building": {"action_doors", "action_corrections"},
            "canvass.door": set(),
            "canvass.turf": {
                "action_plan_walk", "action_reissue", "action_take_back", "action_publish",
                "action_close", "action_new_code",
                "action_reports", "action_doors",
            },
            "canvass.turf.door": set(),
            "canvass.lease": {"action_extend", "action_revoke"},
            "canvass.event": set(),
            "canvass.shift": {"action_invite"},
            "canvass.assignment": {"action_send_turf"},
            "canvass.action": {
                "action_calls", "action_record", "action_fill_calls", "action_next_call",
                "action_panels",
            },
            "canvass.action.part": set(),
            "canvass.ground": set(),
            "canvass.checkin": set(),
            "canvass.team": set(),
            "canvass.correction": {"action_accept", "action_reject"},
            "canvass.action.result": set(),
            "canvass.action.record": {"action_note"},
            "canvass.panel": {"action_up", "action_down"},
            "canvass.call": {
                "action_spoke", "action_no_answer", "action_call_back", "action_wrong",
                "action_refused",
            },
            "canvass.proxy": set(),
            "canvass.tally": set(),
            "canvass.arm": set(),
            "canvass.paper.entry": {"action_enter"},
            "canvass.tally.shown": set(),
            "canvass.answer": set(),
            "canvass.receipt": set(),
            "canvass.refusal": set(),
            "canvass.safety": {"action_handled"},
            "canvass.demo": set(),
            "canvass.address.import": {"action_load", "action_buildings"},
            "canvass.turf.around": {"action_cut"},
        }  # fmt: skip
        common = {"create", "write", "unlink", "init"}
        for model, names in allowed.items():
            own = {
                name
                for cls in type(self.env[model]).mro()
                if cls.__module__.startswith("odoo.addons.political_canvass")
                for name, value in vars(cls).items()
                if callable(value) and not name.startswith("_")
            }
            self.assertEqual(own - common, names, model)
        self.assertEqual(
            {name for name in self.env.registry if name.startswith(OURS)}, set(allowed)
        )

    def test_french_is_complete(self):
        """R-78: no term of the addon without French words."""
        import polib

        catalogue = polib.pofile(file_path("political_canvass/i18n/fr.po"))
        template = polib.pofile(file_path("political_canvass/i18n/political_canvass.pot"))
        missing = {entry.msgid for entry in template} - {
            entry.msgid for entry in catalogue if entry.msgstr and not entry.fuzzy
        }
        self.assertFalse(missing)
