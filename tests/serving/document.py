"""The API's own document, built once a process: that takes most of a second."""

from functools import cache
from typing import Any

from clientela.config import Serving
from clientela.serving.app import ROUTES
from clientela.serving.openapi import build_document


@cache
def read_document() -> dict[str, Any]:
    """Return the document, which nobody may change."""
    return build_document(Serving(), ROUTES)
