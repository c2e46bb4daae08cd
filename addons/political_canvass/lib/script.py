"""From a survey with conditions to a walk of questions that a phone follows without thinking.

A survey says when a question is *shown* (one of these answers was chosen before). A phone wants
to know what comes *next*. Both are the same as long as what was chosen earlier is remembered: a
question that is reached with different memories, and goes on differently, becomes several nodes
with the same words (``12``, ``12/2``).

The result is the ``script`` of ``docs/canvass-protocol.md``, without its hash.
"""

from typing import NamedTuple

KINDS = ("choice", "multiple", "scale", "statement")
LEVELS = ("door", "person")
MAX_NODES = 300


class Question(NamedTuple):
    id: int
    kind: str  # one of KINDS
    level: str  # one of LEVELS
    text: dict  # language -> str
    help: dict  # language -> str
    answers: tuple = ()  # of (id as str, {language: str})
    shown_if: frozenset = frozenset()  # ids of answers, any of which shows it; empty: always


class ScriptError(ValueError):
    """``str(error)`` is ``empty``, ``several`` or ``large``; ``question`` the id it is about."""

    def __init__(self, code, question=None):
        super().__init__(code)
        self.question = question


def compile_script(questions):
    """Lay out the questions as nodes that name their successors.

    :param questions: sequence of :class:`Question`, in the survey's order
    :returns: ``{"start": id, "questions": [...]}``
    :raises ScriptError: without a question; where two answers of one question with several
        answers lead to different questions (``several``); beyond :data:`MAX_NODES` nodes
    """
    if not any(question.kind != "statement" for question in questions):
        raise ScriptError("empty")
    return _Compiler(list(questions)).run()


def read_answers(script, answers, level):
    """What was answered, checked against the script.

    :param dict script: as compiled
    :param answers: as sent, ``{node id: answer id or list of answer ids}``
    :param str level: the level that all of them must have
    :returns: list of ``(question id, answer ids as tuple)``; one entry a question
    :raises ValueError: for anything that this script does not ask or offer
    """
    if not isinstance(answers, dict) or not answers:
        raise ValueError("answers")
    nodes = {node["id"]: node for node in script["questions"]}
    found = {}
    for node_id, said in answers.items():
        node = nodes.get(node_id)
        if not node or node["kind"] == "statement" or node["level"] != level:
            raise ValueError("question")
        said = _said(node, said)
        if found.setdefault(question_of(node_id), said) != said:
            raise ValueError("twice")
    return list(found.items())


def question_of(node_id):
    """The survey's question that a node asks."""
    return int(node_id.split("/")[0])


def _said(node, said):
    several = node["kind"] == "multiple"
    if isinstance(said, list) != several:
        raise ValueError("answer")
    chosen = said if several else [said]
    offered = {answer["id"] for answer in node["answers"]}
    if not chosen or len(chosen) > len(offered):
        raise ValueError("answer")
    if not all(isinstance(one, str) and one in offered for one in chosen):
        raise ValueError("answer")
    return tuple(sorted(set(chosen)))


class _Compiler:
    def __init__(self, questions):
        self.questions = questions
        self.same = self._branches()
        # What is worth remembering when a question is reached: answers that show a later one.
        self.later, needed = [frozenset()] * len(questions), frozenset()
        for index in range(len(questions) - 1, -1, -1):
            self.later[index] = needed
            needed |= self._named(questions[index].shown_if)
        self.ids, self.copies, self.waiting = {}, {}, []

    def _branches(self):
        """Answer id -> the answer that stands for it: those of one question with several answers
        lead to the same questions, whichever of them are chosen."""
        same = {}
        for question in self.questions:
            ids = {answer_id for answer_id, _text in question.answers}
            used = [later.shown_if & ids for later in self.questions if later.shown_if & ids]
            if question.kind == "multiple" and len(set(used)) > 1:
                raise ScriptError("several", question.id)
            for answer_id in frozenset().union(*used):
                same[answer_id] = min(used[0]) if question.kind == "multiple" else answer_id
        return same

    def _named(self, answer_ids):
        return frozenset(self.same.get(answer_id, answer_id) for answer_id in answer_ids)

    def run(self):
        start = self._next(-1, frozenset())
        if start is None:
            raise ScriptError("empty")
        nodes = []
        while self.waiting:
            nodes.append(self._node(*self.waiting.pop(0)))
        nodes.sort(key=lambda node: node.pop("place"))
        return {"start": start, "questions": nodes}

    def _next(self, index, memory):
        """Id of the first question after ``index`` that is shown with this memory."""
        for later in range(index + 1, len(self.questions)):
            wanted = self._named(self.questions[later].shown_if)
            if not wanted or wanted & memory:
                return self._id(later, memory & self.later[later])
        return None

    def _id(self, index, memory):
        key = (index, memory)
        if key not in self.ids:
            if len(self.ids) >= MAX_NODES:
                raise ScriptError("large")
            copy = self.copies[index] = self.copies.get(index, 0) + 1
            name = str(self.questions[index].id)
            self.ids[key] = name if copy == 1 else f"{name}/{copy}"
            self.waiting.append((index, memory, copy))
        return self.ids[key]

    def _node(self, index, memory, copy):
        question = self.questions[index]
        return {
            "place": (index, copy),
            "id": self.ids[index, memory],
            "kind": question.kind,
            "level": question.level,
            "text": question.text,
            "help": question.help,
            "answers": [
                {
                    "id": answer_id,
                    "text": text,
                    "next": self._next(index, memory | self._named({answer_id} & set(self.same))),
                }
                for answer_id, text in question.answers
            ],
            "next": self._next(index, memory),
        }
