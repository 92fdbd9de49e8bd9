"""Loading Arrow without pandas.

Arrow looks for pandas at the first list that it is given, and would load it, for 0.2 CPU s and 40
MB, where it is installed beside us. No command passes a frame; what asks Arrow for one later still
loads it.
"""

import sys
from importlib.abc import MetaPathFinder


class PandasBlocker(MetaPathFinder):
    """Says that there is no pandas."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Refuse pandas; of any other module know nothing."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


def load_arrow() -> None:
    """Load Arrow, and let it look for pandas in vain unless that is loaded already."""
    import pyarrow as pa

    blocker = PandasBlocker()
    sys.meta_path.insert(0, blocker)
    try:
        pa.array(["a list"])
    finally:
        sys.meta_path.remove(blocker)
