"""Loading libraries without those that they look for and our commands do not pass to them.

What a notebook or another program loads is left alone: only the command line asks for this.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

UNUSED = ("sklearn", "pandas", "dask", "matplotlib", "graphviz")
"""What LightGBM looks for beside its own interface, which is all that we use of it. To load these
took most of its time, and as much memory as all else that was loaded."""


X86_64 = ("x86_64", "AMD64")


def load_arrow() -> None:
    """Load Arrow, and let it look for pandas in vain unless that is loaded already.

    Arrow looks for it at the first list that it is given, and would load it, for 0.2 CPU s and 40
    MB; what asks Arrow for a frame later still loads it.
    """
    import pyarrow as pa

    if "pandas" not in sys.modules:
        with _hide(("pandas",)):
            pa.array(["a list"])


def lighten_lightgbm() -> None:
    """Let LightGBM look in vain for the libraries of :data:`UNUSED` when it is loaded.

    Elsewhere than on x86-64 it loads as its authors have it: there scikit-learn must be loaded
    before it, or the memory of their threads may not be found (LightGBM's issue 6509).
    """
    if not any(isinstance(finder, _CompatFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _CompatFinder())


class _CompatFinder(MetaPathFinder):
    """Finds the module in which LightGBM looks for others."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Wrap the loader of that module; of any other know nothing."""
        if fullname != "lightgbm.compat":
            return None
        import platform  # late: this finder stands before every command

        if platform.machine() not in X86_64:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _HidingLoader(spec.loader)
        return spec


class _HidingLoader(Loader):
    """Loads a module while others are hidden from it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as its own loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module while what it looks for is not to be found."""
        with _hide(UNUSED):
            self._loader.exec_module(module)


class _Blocker(MetaPathFinder):
    """Says that there are no such modules."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Refuse these modules; of any other know nothing."""
        if fullname in self._names:
            raise ModuleNotFoundError(fullname, name=fullname)


@contextmanager
def _hide(names: Sequence[str]) -> Iterator[None]:
    """Make modules look as if they were not installed, also those that are loaded."""
    blocker = _Blocker(names)
    loaded = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.meta_path.insert(0, blocker)
    try:
        yield
    finally:
        sys.meta_path.remove(blocker)
        sys.modules.update(loaded)
