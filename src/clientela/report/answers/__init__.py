"""The business's questions, one module each, answered from what a run has in hand."""

from clientela.report.answers.every import answers, answers_table

__all__ = ["answers", "answers_table"]
