"""Loading libraries without those that they look for and our commands do not pass to them.

What a notebook or another program loads is left alone: only the command line asks for this.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

UNUSED = ("sklearn", "pandas", "dask", "matplotlib", "graphviz")
"""What LightGBM looks for beside its own interface, which is all that we use of it. To load these
took most of its time, and as much memory as all else that was loaded."""

X86_64 = ("x86_64", "AMD64")
HIDDEN: Mapping[str, Sequence[str]] = {
    "lightgbm.compat": UNUSED,
    **dict.fromkeys(("structlog.dev", "structlog.tracebacks", "ibis.expr.types.rich"), ("rich",)),
}
"""Modules that look for others, and which of these are hidden from them: rich's stack traces and
notebooks, which we do not print, take 0.1 CPU s to load."""
DIALECTS = "ibis.backends.sql.compilers"
"""Ibis loads twenty dialects of SQL in it, of which an engine asks for its own: for 0.14 CPU s and
8 MB."""


def load_arrow() -> None:
    """Load Arrow, and let it look for pandas in vain unless that is loaded already.

    Arrow looks for it at the first list that it is given, and would load it, for 0.2 CPU s and 40
    MB; what asks Arrow for a frame later still loads it.
    """
    import pyarrow as pa

    if "pandas" not in sys.modules:
        with _hide(("pandas",)):
            pa.array(["a list"])


def lighten_libraries() -> None:
    """Let libraries look in vain for what :data:`HIDDEN` names, and load dialects when asked for.

    Elsewhere than on x86-64 LightGBM loads as its authors have it: there scikit-learn must be
    loaded before it, or the memory of their threads may not be found (LightGBM's issue 6509).
    """
    if not any(isinstance(finder, _LeanFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _LeanFinder())


class _LeanFinder(MetaPathFinder):
    """Finds the modules in which libraries load what we do not use."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Wrap the loaders of those modules; of any other know nothing."""
        if fullname not in HIDDEN and fullname != DIALECTS:
            return None
        if fullname == "lightgbm.compat" and not _is_x86():
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            loader = spec.loader
            is_package = fullname == DIALECTS
            spec.loader = _LazyPackage(loader) if is_package else _HidingLoader(loader)
        return spec


def _is_x86() -> bool:
    import platform  # late: the finder stands before every command

    return platform.machine() in X86_64


class _HidingLoader(Loader):
    """Loads a module while others are hidden from it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as its own loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module while what it looks for is not to be found."""
        with _hide(HIDDEN[module.__name__]):
            self._loader.exec_module(module)


class _LazyPackage(Loader):
    """Loads a package that imports all its modules: each of them when it is asked for."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the package as its own loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Load no module yet; a name that is none has the package loaded whole."""

        def find(name: str) -> object:
            if name.startswith("__"):
                raise AttributeError(name)
            try:
                return import_module(f"{module.__name__}.{name}")
            except ModuleNotFoundError:
                del module.__dict__["__getattr__"]
                self._loader.exec_module(module)
                return getattr(module, name)

        module.__dict__["__getattr__"] = find


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
