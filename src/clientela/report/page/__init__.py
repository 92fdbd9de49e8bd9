"""The report as one HTML page: for a file that stands alone, and for the server."""

from clientela.report.page.assets import assets
from clientela.report.page.page import Facts, render

__all__ = ["Facts", "assets", "render"]
