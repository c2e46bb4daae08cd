from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import html2plaintext

from ..lib import script, snapshot

KIND_OF = {"simple_choice": "choice", "multiple_choice": "multiple", "scale": "scale"}
LANGUAGES = ("fr", "en")


class SurveySurvey(models.Model):
    """Scripts for the door are surveys that nobody fills in as such.

    A turf gets the compiled script at its publication. No ``survey.user_input`` is ever made: it
    holds a person beside the answers, which only a consent allows (R-08).
    """

    _inherit = "survey.survey"

    survey_type = fields.Selection(
        selection_add=[("canvass", "Canvass script")], ondelete={"canvass": "set default"}
    )
    canvass_operation_count = fields.Integer(compute="_compute_canvass_operation_count")

    def _compute_canvass_operation_count(self):
        counts = dict(
            self.env["canvass.operation"]._read_group(
                [("script_id", "in", self.ids)], ["script_id"], ["__count"]
            )
        )
        for survey in self:
            survey.canvass_operation_count = counts.get(survey._origin, 0)

    @api.depends("survey_type")
    @api.depends_context("uid")
    def _compute_allowed_survey_types(self):  # pylint: disable=missing-return
        super()._compute_allowed_survey_types()
        if self.env.user.has_group("political_canvass.group_canvass_organiser"):
            self.allowed_survey_types = [*(self.allowed_survey_types or []), "canvass"]

    def get_formview_id(self, access_uid=None):
        """The form without sharing, certificates and sessions; returns a view id."""
        if self.survey_type == "canvass":
            return self.env.ref("political_canvass.canvass_script_view_form").id
        return super().get_formview_id(access_uid=access_uid)

    def _create_answer(self, *args, **kwargs):
        self._refuse_inputs()
        return super()._create_answer(*args, **kwargs)

    def _refuse_inputs(self):
        if any(survey.survey_type == "canvass" for survey in self.sudo()):
            raise UserError(
                self.env._(
                    "A canvass script is used on the phones of canvassers. It is not shared, and "
                    "nobody's answers are kept with it (R-08)."
                )
            )

    def _check_is_script(self):
        """
        :raises ValidationError: for an ordinary survey
        """
        for survey in self.sudo():
            if survey.survey_type != "canvass":
                raise ValidationError(
                    self.env._(
                        "“%(survey)s” is an ordinary survey. Choose a canvass script.",
                        survey=survey.title,
                    )
                )

    def action_check_script(self):
        """Compile the script as a turf would, and tell what it holds.

        :returns: a notification
        :raises UserError: with what cannot be asked at a door
        """
        self.ensure_one()
        self.check_access("read")
        compiled = self._compiled()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "This script can go into turfs: %(count)s screens.",
                    count=len(compiled["questions"]),
                ),
            },
        }

    def _compiled(self):
        """The script of ``docs/canvass-protocol.md``, its hash included.

        :raises UserError: with what cannot be asked at a door
        """
        self.ensure_one()
        questions = [question._canvass_question() for question in self.question_and_page_ids]
        try:
            compiled = script.compile_script([one for one in questions if one])
        except script.ScriptError as error:
            raise UserError(self._script_sentence(error)) from error
        text = snapshot.canonical(compiled)
        return {"hash": snapshot.fingerprint(text), **compiled}

    def _script_sentence(self, error):
        question = self.env["survey.question"].browse(error.question or [])
        return {
            "empty": self.env._("“%(script)s” asks nothing yet.", script=self.title),
            "several": self.env._(
                "“%(question)s” takes several answers: all of them that lead on must lead to the "
                "same questions, since a person may choose more than one.",
                question=question.title,
            ),
            "large": self.env._(
                "“%(script)s” has too many conditions that reach far back. Put a question that "
                "depends on an answer right after the question it depends on.",
                script=self.title,
            ),
        }[str(error)]


class SurveyQuestion(models.Model):
    _inherit = "survey.question"

    survey_type = fields.Selection(related="survey_id.survey_type")
    canvass_level = fields.Selection(
        [("door", "At the door: sums only"), ("person", "About the person: with their consent")],
        "Kept",
        default="door",
        required=True,
        help="Answers at the door are added up per polling station and forgotten. Answers about "
        "the person are kept with their contact, after their consent to be contacted again "
        "(R-08).",
    )

    @api.constrains("question_type", "survey_id", "comments_allowed")
    def _check_canvass_type(self):
        for question in self:
            if question.survey_id.survey_type != "canvass" or question.is_page:
                continue
            if question.question_type not in KIND_OF or question.comments_allowed:
                raise ValidationError(
                    self.env._(
                        "“%(question)s”: at a door one ticks answers of a closed list. Free text "
                        "about people is not kept (R-47). Choose one answer, several answers or a "
                        "scale, without comments.",
                        question=question.title,
                    )
                )

    def _canvass_question(self):
        """The question as the compiler takes it; nothing for a section without words."""
        self.ensure_one()
        words = self._in_languages(lambda question: question.title)
        explained = self._in_languages(
            lambda question: html2plaintext(question.description or "").strip()
        )
        if self.is_page:
            if not any(explained.values()):
                return None
            return script.Question(self.id, "statement", "door", words, explained)
        self._check_canvass_type()
        return script.Question(
            self.id,
            KIND_OF[self.question_type],
            self.canvass_level,
            words,
            explained if any(explained.values()) else {},
            self._canvass_answers(),
            frozenset(str(answer.id) for answer in self.triggering_answer_ids),
        )

    def _canvass_answers(self):
        if self.question_type == "scale":
            labels = {self.scale_min: "scale_min_label", self.scale_max: "scale_max_label"}
            return tuple(
                (str(number), self._in_languages(lambda q, n=number: q._step(n, labels.get(n))))
                for number in range(self.scale_min, self.scale_max + 1)
            )
        if not self.suggested_answer_ids:
            raise UserError(
                self.env._("“%(question)s” has no answers to choose from.", question=self.title)
            )
        return tuple(
            (str(answer.id), self._in_languages(lambda one: one.value, answer))
            for answer in self.suggested_answer_ids
        )

    def _step(self, number, label):
        return f"{number} ({self[label]})" if label and self[label] else str(number)

    def _in_languages(self, read, record=None):
        """``{"fr": ..., "en": ...}``, in the languages that are installed."""
        record = record or self
        codes = {code for code, _name in self.env["res.lang"].get_installed()}
        return {
            code[:2]: read(record.with_context(lang=code)) or ""
            for code in sorted(codes, reverse=True)
            if code[:2] in LANGUAGES
        }


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    @api.model_create_multi
    def create(self, vals_list):
        surveys = self.env["survey.survey"].browse(
            {vals["survey_id"] for vals in vals_list if vals.get("survey_id")}
        )
        surveys._refuse_inputs()
        return super().create(vals_list)
