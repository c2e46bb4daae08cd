from odoo import api, fields, models, tools
from odoo.tools import SQL

SMALLEST = 10  # fewer people than this are not shown
STEP = 5  # shown figures are rounded, so that one more answer cannot be read from two looks


class CanvassTally(models.Model):
    """Answers given at doors, added up per polling station the moment they come in.

    What one door said is in no row of the database (R-08): the event that brings the answers is
    stored without them. A row with neither answer nor step counts who answered the question.
    """

    _name = "canvass.tally"
    _description = "Sum of answers at doors"
    _log_access = False
    _rec_name = "question_id"

    operation_id = fields.Many2one("canvass.operation", required=True, ondelete="cascade")
    station_id = fields.Many2one("political.zone", ondelete="restrict")
    question_id = fields.Many2one("survey.question", required=True, ondelete="restrict")
    answer_id = fields.Many2one("survey.question.answer", ondelete="restrict")
    step = fields.Integer(help="Of a scale; -1 elsewhere.", default=-1)
    count = fields.Integer(required=True)

    _key_unique = models.UniqueIndex(
        "(operation_id, coalesce(station_id, 0), question_id, coalesce(answer_id, 0), step)"
    )

    @api.model
    def _add(self, lease, rows):
        """Add the answers of stored events.

        :param lease: the lease that reports, as superuser
        :param list rows: dicts with ``door_id`` and ``answers``, the list of
            :func:`~..lib.script.read_answers`
        """
        stations = self._stations({row["door_id"] for row in rows})
        sums = {}
        for row in rows:
            for question, said in row["answers"]:
                kinds = [(None, -1), *(self._kind(question, one) for one in said)]
                for answer, step in kinds:
                    key = (stations.get(row["door_id"]), question, answer, step)
                    sums[key] = sums.get(key, 0) + 1
        for (station, question, answer, step), count in sorted(
            sums.items(), key=lambda item: tuple(part or 0 for part in item[0])
        ):
            self._add_one(lease.operation_id, station, question, answer, step, count)

    def _kind(self, question, said):
        """``(answer id, step)`` of what the phone sent."""
        scale = self.env["survey.question"].browse(question).question_type == "scale"
        return (None, int(said)) if scale else (int(said), -1)

    @api.model
    def _stations(self, door_ids):
        self.env.cr.execute(
            SQL(
                "SELECT d.id, b.polling_station_id FROM canvass_door d "
                "JOIN canvass_building b ON b.id = d.building_id WHERE d.id = ANY(%s)",
                sorted(door_ids),
            )
        )
        return dict(self.env.cr.fetchall())

    def _add_one(self, operation, station, question, answer, step, count):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO canvass_tally AS sums
                       (operation_id, station_id, question_id, answer_id, step, count)
                SELECT %(operation)s, %(station)s, q.id, a.id, %(step)s, %(count)s
                  FROM survey_question q
                  LEFT JOIN survey_question_answer a ON a.id = %(answer)s AND a.question_id = q.id
                 WHERE q.id = %(question)s AND (%(answer)s IS NULL OR a.id IS NOT NULL)
                ON CONFLICT (operation_id, coalesce(station_id, 0), question_id,
                             coalesce(answer_id, 0), step)
                DO UPDATE SET count = sums.count + EXCLUDED.count
                """,
                operation=operation.id,
                station=station,
                question=question,
                answer=answer,
                step=step,
                count=count,
            )
        )


class CanvassTallyShown(models.Model):
    """The sums that may be looked at (R-50).

    A station is shown for a question when at least ten people answered it there. The others are
    one row; where that row alone would be smaller, it takes the smallest of the shown ones in, so
    that no subtraction tells what a hidden station said. Figures are rounded to five.
    """

    _name = "canvass.tally.shown"
    _description = "Answers at doors"
    _auto = False
    _order = "operation_id, question_id, station_id, step, answer_id"
    _rec_name = "question_id"

    operation_id = fields.Many2one("canvass.operation", readonly=True)
    company_id = fields.Many2one("res.company", "Controller", readonly=True)
    branch_id = fields.Many2one("political.branch", readonly=True)
    station_id = fields.Many2one(
        "political.zone", "Polling station", readonly=True, help="Empty: the other stations."
    )
    question_id = fields.Many2one("survey.question", readonly=True)
    answer_id = fields.Many2one("survey.question.answer", readonly=True)
    step = fields.Integer(readonly=True, aggregator=None, help="Of a scale; -1 elsewhere.")
    count = fields.Integer("Answers (rounded to 5)", readonly=True)
    asked = fields.Integer("People (rounded to 5)", readonly=True, aggregator=None)
    share = fields.Float("Share (%)", readonly=True, aggregator="avg", digits=(5, 0))

    def init(self):
        result = super().init()
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL(
                """
                CREATE VIEW canvass_tally_shown AS
                WITH asked AS (
                    SELECT operation_id, question_id, station_id, count,
                           coalesce(sum(count) OVER (
                               PARTITION BY operation_id, question_id
                               ORDER BY count, station_id NULLS FIRST
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS smaller
                      FROM canvass_tally WHERE answer_id IS NULL AND step = -1
                ), places AS (
                    SELECT operation_id, question_id, station_id, count,
                           CASE WHEN station_id IS NOT NULL AND count >= %(smallest)s
                                 AND (smaller = 0 OR smaller >= %(smallest)s)
                                THEN station_id END AS shown_id
                      FROM asked
                ), shown AS (
                    SELECT operation_id, question_id, shown_id, sum(count) AS asked
                      FROM places GROUP BY 1, 2, 3 HAVING sum(count) >= %(smallest)s
                ), said AS (
                    SELECT t.operation_id, t.question_id, p.shown_id, t.answer_id, t.step,
                           min(t.id) AS id, sum(t.count) AS count
                      FROM canvass_tally t
                      JOIN places p ON p.operation_id = t.operation_id
                       AND p.question_id = t.question_id
                       AND p.station_id IS NOT DISTINCT FROM t.station_id
                     WHERE t.answer_id IS NOT NULL OR t.step >= 0
                     GROUP BY 1, 2, 3, 4, 5
                )
                SELECT said.id, said.operation_id, o.company_id, o.branch_id,
                       said.shown_id AS station_id, said.question_id, said.answer_id, said.step,
                       (round(said.count::numeric / %(step)s) * %(step)s)::int AS count,
                       (round(shown.asked::numeric / %(step)s) * %(step)s)::int AS asked,
                       round(20.0 * said.count / shown.asked) * 5 AS share
                  FROM said
                  JOIN shown ON shown.operation_id = said.operation_id
                   AND shown.question_id = said.question_id
                   AND shown.shown_id IS NOT DISTINCT FROM said.shown_id
                  JOIN canvass_operation o ON o.id = said.operation_id
                """,
                smallest=SQL(str(SMALLEST)),
                step=SQL(str(STEP)),
            )
        )
        return result


class CanvassAnswer(models.Model):
    """What a person said at the door, kept with their contact because they agreed to it (R-08).

    Written with the consent of the purpose ``canvass_followup`` and by nothing else; deleted in
    the transaction that ends the last such consent.
    """

    _name = "canvass.answer"
    _description = "Answer at the door"
    _log_access = False
    _order = "answered_on desc, id"
    _rec_name = "question_id"

    partner_id = fields.Many2one(
        "res.partner", "Contact", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", "Controller", required=True, readonly=True, ondelete="cascade"
    )
    operation_id = fields.Many2one("canvass.operation", readonly=True, ondelete="set null")
    question_id = fields.Many2one(
        "survey.question", required=True, readonly=True, ondelete="restrict"
    )
    answer_ids = fields.Many2many(
        "survey.question.answer",
        "canvass_answer_choice_rel",
        "said_id",
        "answer_id",
        "Answers",
        readonly=True,
    )
    step = fields.Integer(readonly=True, default=-1, aggregator=None)
    answered_on = fields.Date(required=True, readonly=True)

    _question_once = models.Constraint(
        "UNIQUE (partner_id, operation_id, question_id)", "A person answers a question once."
    )

    @api.model
    def _keep(self, lease, partner, answers, moment):
        """Keep what a person said beside the consent that was just recorded.

        :param answers: list of :func:`~..lib.script.read_answers`
        :param moment: naive UTC time of the talk
        """
        found = self.env["survey.question"].browse(q for q, _said in answers).exists()
        kinds = {question.id: question.question_type for question in found}
        self.search(
            [
                ("partner_id", "=", partner.id),
                ("operation_id", "=", lease.operation_id.id),
                ("question_id", "in", found.ids),
            ]
        ).unlink()
        self.create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": lease.company_id.id,
                    "operation_id": lease.operation_id.id,
                    "question_id": question,
                    "answered_on": moment.date(),
                    **(
                        {"step": int(said[0])}
                        if kinds[question] == "scale"
                        else {"answer_ids": [(6, 0, [int(one) for one in said])]}
                    ),
                }
                for question, said in answers
                if question in kinds
            ]
        )


class ConsentEvent(models.Model):
    _inherit = "consent.event"

    def _after_closing(self):  # pylint: disable=missing-return
        """Answers live no longer than the consent to follow up (R-08)."""
        super()._after_closing()
        if "canvass_followup" not in self.mapped("purpose_code"):
            return
        for model in ("consent.state", "consent.subject", "canvass.answer"):
            self.env[model].flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM canvass_answer said
                 WHERE said.company_id = ANY(%(companies)s)
                   AND NOT EXISTS (
                    SELECT FROM consent_subject s
                      JOIN consent_state t ON t.subject_id = s.id
                      JOIN consent_purpose p ON p.id = t.purpose_id
                     WHERE s.partner_id = said.partner_id AND p.code = 'canvass_followup'
                       AND p.company_id = said.company_id AND t.action = 'given')
                """,
                companies=self.company_id.ids,
            )
        )
        self.env["canvass.answer"].invalidate_model()


class ResPartner(models.Model):
    _inherit = "res.partner"

    canvass_answer_ids = fields.One2many(
        "canvass.answer",
        "partner_id",
        "Said at the door",
        groups="political_crm.group_support",
        exportable=False,
    )
