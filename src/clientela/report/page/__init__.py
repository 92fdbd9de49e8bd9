"""The report as one HTML page: for a file that stands alone, and for the server."""

from clientela.report.page.assets import load_assets
from clientela.report.page.page import PageFacts, render_page

__all__ = ["PageFacts", "load_assets", "render_page"]
