"""The whole job, from files to published results, and the lists that come out of it."""

from clientela.pipeline.reading import Request
from clientela.pipeline.run import run

__all__ = ["Request", "run"]
