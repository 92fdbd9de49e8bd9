"""The business's questions, one module each, answered from what a run has in hand."""

from clientela.report.answers.every import answer_questions, build_answers_table

__all__ = ["answer_questions", "build_answers_table"]
