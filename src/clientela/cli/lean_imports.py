"""Loading libraries without those that they look for and our commands do not pass to them.

What a notebook or another program loads is left alone: only the command line asks for this.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

UNUSED = ("sklearn", "pandas", "dask", "matplotlib", "graphviz")
"""What LightGBM looks for beside its own interface, which is all that we use of it. To load these
took most of its time, and as much memory as all else that was loaded."""
LIGHTGBM = "lightgbm.compat"
X86_64 = ("x86_64", "AMD64")
HIDDEN: Mapping[str, Sequence[str]] = {
    LIGHTGBM: UNUSED,
    "sklearn.utils.fixes": ("pandas",),
    **dict.fromkeys(("structlog.dev", "structlog.tracebacks", "ibis.expr.types.rich"), ("rich",)),
}
"""Modules that look for others, and which of these are hidden from them: rich's stack traces and
notebooks, which we do not print, take 0.1 CPU s to load."""
DIALECTS = "ibis.backends.sql.compilers"
"""Ibis loads twenty dialects of SQL in it, of which an engine asks for its own: for 0.14 CPU s and
8 MB."""
DEFERRED = (
    *("scipy.stats", "numpy.f2py"),
    *(f"scipy.{name}" for name in ("integrate", "interpolate", "spatial.transform")),
    *(f"scipy.optimize._{name}" for name in ("differentialevolution", "linprog", "milp", "shgo")),
    *(f"sklearn.{name}" for name in ("linear_model", "model_selection", "preprocessing")),
)
"""scikit-learn and SciPy load these for functions that we do not call, the first of them for 0.5
CPU s and 40 MB, those from the third on for 0.3 CPU s and 18 MB together; SciPy loads the second
with all names that NumPy has."""


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
    """Let libraries look in vain for what :data:`HIDDEN` names, and load packages when asked for.

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
        wrap = _choose_loader(fullname)
        if wrap is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = wrap(spec.loader)
        return spec


def _choose_loader(name: str) -> "type[_LeanLoader] | None":
    if name == DIALECTS:
        return _DialectsLoader
    if name in DEFERRED:
        return _DeferringLoader
    if name == LIGHTGBM:
        import platform  # late: the finder stands before every command

        return _HidingLoader if platform.machine() in X86_64 else None
    return _HidingLoader if name in HIDDEN else None


class _LeanLoader(Loader):
    """Loads a module in another way than its own loader."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._lock, self._is_empty = RLock(), True

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as its own loader does."""
        return self._loader.create_module(spec)

    def load_whole(self, module: ModuleType, name: str) -> Any:
        """Load all of a module that was left empty, and return what it has of a name."""
        with self._lock:
            if self._is_empty:
                self._is_empty = False
                del module.__dict__["__getattr__"]
                self._loader.exec_module(module)
        return getattr(module, name)


class _HidingLoader(_LeanLoader):
    """Loads a module while others are hidden from it."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module while what it looks for is not to be found."""
        with _hide(HIDDEN[module.__name__]):
            self._loader.exec_module(module)


class _DialectsLoader(_LeanLoader):
    """Loads a package of modules, each of them when it is asked for."""

    def exec_module(self, module: ModuleType) -> None:
        """Load no module yet; a name that is none has the package loaded whole."""

        def find(name: str) -> object:
            if name.startswith("__"):
                raise AttributeError(name)
            try:
                return import_module(f"{module.__name__}.{name}")
            except ModuleNotFoundError:
                return self.load_whole(module, name)

        module.__dict__["__getattr__"] = find


class _DeferringLoader(_LeanLoader):
    """Loads a package when one of its functions is called."""

    def exec_module(self, module: ModuleType) -> None:
        """Load nothing yet."""

        def find(name: str) -> object:
            if name.startswith("__"):
                raise AttributeError(name)
            return _Deferred(partial(self.load_whole, module, name))

        module.__dict__["__getattr__"] = find


class _Deferred:
    """What a package has of a name, loaded when it is called or asked for anything."""

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load

    def __call__(self, *values: object, **named: object) -> Any:
        return self._load()(*values, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._load(), name)

    # A class stands for itself where it is asked for instances or inherited from.
    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._load())

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[Any, ...]:
        return (self._load(),)


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
