import itertools

from odoo.tests import TransactionCase, tagged

from ..lib import script
from ..lib.script import Question


def ask(number, answers="", shown_if="", kind="choice", level="door"):
    return Question(
        number,
        kind,
        level,
        {"fr": f"Question {number}"},
        {},
        tuple((answer, {"fr": answer}) for answer in answers.split()),
        frozenset(shown_if.split()),
    )


def shown(questions, choose):
    """What Odoo's survey shows: the plain reading of the conditions."""
    chosen, path = set(), []
    for question in questions:
        if not question.shown_if or question.shown_if & chosen:
            path.append(question.id)
            chosen |= choose(question)
    return path


def followed(compiled, choose):
    """What a phone shows: it knows the node's successors and nothing else."""
    nodes = {node["id"]: node for node in compiled["questions"]}
    path, at = [], compiled["start"]
    while at:
        node = nodes[at]
        path.append(script.question_of(at))
        chosen = choose(node)
        leading = [a["next"] for a in node["answers"] if a["id"] in chosen]
        # several answers: the first chosen one that leads elsewhere than the question itself
        at = next((one for one in leading if one != node["next"]), leading[0] if leading else None)
        at = at if leading else node["next"]
    return path


@tagged("post_install", "-at_install")
class TestScriptLib(TransactionCase):
    def _same_paths(self, questions):
        """Every combination of answers leads through the same questions, both ways."""
        compiled = script.compile_script(questions)
        options = []
        for question in questions:
            ids = [answer_id for answer_id, _text in question.answers]
            choices = [set(), *({one} for one in ids)]
            if question.kind == "multiple":
                choices = [
                    set(c) for n in range(len(ids) + 1) for c in itertools.combinations(ids, n)
                ]
            options.append(choices)
        for choice in itertools.product(*options):
            picked = dict(zip((q.id for q in questions), choice, strict=True))
            self.assertEqual(
                followed(compiled, lambda node, p=picked: p[script.question_of(node["id"])]),
                shown(questions, lambda question, p=picked: p[question.id]),
                picked,
            )
        return compiled

    def test_branches(self):
        compiled = self._same_paths(
            [
                ask(1, "yes no"),
                ask(2, "a b", "yes"),
                ask(3, "c d", "a"),
                ask(4, "e f", "no"),
                ask(5, "g h"),
            ]
        )
        self.assertEqual(len(compiled["questions"]), 5)

    def test_far_condition_is_remembered(self):
        """A condition on an answer two questions back: the question between becomes two nodes."""
        compiled = self._same_paths(
            [ask(1, "yes no"), ask(2, "a b"), ask(3, "c d", "yes"), ask(4, "e f", "no b")]
        )
        self.assertIn("2/2", [node["id"] for node in compiled["questions"]])

    def test_several_answers(self):
        self._same_paths([ask(1, "x y z", kind="multiple"), ask(2, "a b", "x y"), ask(3, "c d")])
        with self.assertRaisesRegex(script.ScriptError, "several"):
            script.compile_script(
                [ask(1, "x y", kind="multiple"), ask(2, "a b", "x"), ask(3, "c d", "y")]
            )

    def test_nothing_to_ask(self):
        for questions in ([], [ask(1, kind="statement")]):
            with self.assertRaisesRegex(script.ScriptError, "empty"):
                script.compile_script(questions)

    def test_explosion_is_refused(self):
        questions = [ask(n, f"y{n} n{n}") for n in range(10)]
        questions += [ask(100 + n, "", f"y{n}", kind="statement") for n in range(10)]
        with self.assertRaisesRegex(script.ScriptError, "large"):
            script.compile_script(questions)

    def test_answers_are_checked(self):
        compiled = script.compile_script(
            [
                ask(1, "yes no"),
                ask(2, "x y", kind="multiple"),
                ask(3, "0 1 2", kind="scale", level="person"),
                ask(4, kind="statement"),
            ]
        )
        self.assertEqual(
            script.read_answers(compiled, {"1": "yes", "2": ["y", "x"]}, "door"),
            [(1, ("yes",)), (2, ("x", "y"))],
        )
        self.assertEqual(script.read_answers(compiled, {"3": "2"}, "person"), [(3, ("2",))])
        for wrong in (
            None,
            {},
            {"1": "maybe"},
            {"1": ["yes"]},
            {"2": "x"},
            {"2": []},
            {"2": ["x", "q"]},
            {"2": [["x"]]},
            {"3": "2"},  # another level
            {"4": "x"},
            {"9": "yes"},
            {"1": {"text": "free"}},
        ):
            with self.subTest(wrong), self.assertRaises(ValueError):
                script.read_answers(compiled, wrong, "door")
