"""The scripts and the style of the page."""

from functools import cache
from importlib import resources

ECHARTS = "echarts-6.1.0.js"
SCRIPT = "report.js"


@cache
def load_assets() -> dict[str, bytes]:
    """Give the scripts by the names under which a served page asks for them, in their order."""
    folder = resources.files("clientela.report.page") / "static"
    return {
        ECHARTS: (folder / "echarts" / "echarts.min.js").read_bytes(),
        SCRIPT: (folder / "report.js").read_bytes(),
    }


@cache
def load_style() -> str:
    """Give the style sheet, which stands inside the page."""
    file = resources.files("clientela.report.page") / "static" / "report.css"
    return file.read_text("utf-8")
