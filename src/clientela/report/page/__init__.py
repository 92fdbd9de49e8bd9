"""The report as one HTML page, for a file and for the server."""

from clientela.report.page.page import load_assets, render_page

__all__ = ["load_assets", "render_page"]
