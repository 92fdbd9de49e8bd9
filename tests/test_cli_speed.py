"""Help comes at once: the command line loads no heavy library before a command needs it."""

import json
import resource
import subprocess
import sys

HEAVY = (
    "alembic", "babel", "duckdb", "ibis", "litestar", "numpy", "pandas", "pyarrow", "pyspark",
    "rich", "scipy", "sklearn", "sqlalchemy", "structlog", "uvicorn",
)  # fmt: skip
HELP_CPU_SECONDS = 0.4


def test_the_command_line_loads_no_heavy_library() -> None:
    code = "import json, sys, clientela.cli; print(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    loaded = {name.partition(".")[0] for name in json.loads(printed)}
    assert "clientela" in loaded
    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))


def test_the_server_starts_without_columns_and_training() -> None:
    code = "import json, sys, clientela.serving.app; print(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    loaded = {name.partition(".")[0] for name in json.loads(printed)}
    assert loaded.isdisjoint({"pyarrow", "duckdb", "ibis", "pandas", "sklearn", "scipy"})


def test_stages_load_what_learns_only_where_it_learns() -> None:
    stages = "clientela.pipeline.scoring, clientela.pipeline.reporting"
    code = f"import json, sys, {stages}; print(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    learning = {"sklearn", "lightgbm", "optuna", "scipy.stats", "scipy.optimize"}
    pages = {"jinja2", "xlsxwriter"}
    assert (learning | pages).isdisjoint(json.loads(printed))


def test_a_run_loads_no_pandas_and_frames_can_still_be_had() -> None:
    code = """if True:
    import sys
    from clientela.cli.lean_imports import load_arrow
    load_arrow()
    import pyarrow as pa
    rows = pa.table({"n": ["a"]})
    assert "pandas" not in sys.modules
    frame = rows.to_pandas()
    assert pa.Table.from_pandas(frame).to_pylist() == rows.to_pylist()
    assert pa.array(frame["n"]).to_pylist() == ["a"]
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_lightgbm_loads_without_what_it_looks_for_and_that_can_still_be_had() -> None:
    code = """if True:
    import platform, sys
    from clientela.cli.lean_imports import UNUSED, X86_64, lighten_libraries
    lighten_libraries()
    import lightgbm, numpy as np
    rows = np.arange(200.0).reshape(100, 2)
    data = lightgbm.Dataset(rows, rows[:, 0], params={"verbose": -1})
    assert lightgbm.train({"verbose": -1}, data, 2).predict(rows).shape == (100,)
    found = set(UNUSED) & set(sys.modules)
    assert platform.machine() not in X86_64 or not found, found
    import sklearn.linear_model
    assert sys.modules["sklearn"] is not None
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_learns_loads_no_pandas_and_distributions_when_they_are_asked_for() -> None:
    code = """if True:
    import sys
    from clientela.cli.lean_imports import lighten_libraries
    lighten_libraries()
    import sklearn.cluster, sklearn.ensemble, sklearn.linear_model, sklearn.manifold
    loaded = {"pandas", "scipy.stats._stats_py", "numpy.f2py.f2py2e"} & set(sys.modules)
    assert not loaded, loaded
    from scipy.stats import norm, rankdata, rv_continuous
    import scipy.stats
    assert rankdata([30, 10, 20]).tolist() == [3, 1, 2]
    assert norm.cdf(0.0) == 0.5 and scipy.stats.norm is not norm
    assert scipy.stats.norm.__class__.__name__ == "norm_gen"
    import numpy.f2py
    assert numpy.f2py.get_include().endswith("src")
    assert rankdata([2, 1]).tolist() == [2, 1]
    class Flat(rv_continuous): pass
    assert isinstance(Flat(), rv_continuous) and not isinstance(1, rv_continuous)
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_clusters_load_no_linear_models_and_no_optimisers_but_those_they_use() -> None:
    code = """if True:
    import sys
    from clientela.cli.lean_imports import lighten_libraries
    lighten_libraries()
    import numpy as np, scipy.optimize
    from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering, KMeans
    from sklearn.manifold import TSNE
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import NearestNeighbors
    points = np.arange(40.0).reshape(20, 2)
    clusters = KMeans(2), HDBSCAN(copy=True), DBSCAN(), AgglomerativeClustering()
    for model in (*clusters, GaussianMixture(2), TSNE(perplexity=5), NearestNeighbors()):
        model.fit(points)
    lines = {"sklearn.linear_model._logistic", "sklearn.preprocessing._data"}
    loaded = (lines | {"scipy.optimize._highspy", "scipy.interpolate._rbf"}) & set(sys.modules)
    assert not loaded, loaded
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import cross_val_score
    assert cross_val_score(LinearRegression(), points[:, :1], points[:, 1], cv=2).min() > 0.9
    found = scipy.optimize.linprog([1.0], bounds=[(2.0, 3.0)])
    assert found.fun == 2.0, found
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier
    for model in (KNeighborsClassifier(), ExtraTreesClassifier(2), RandomForestClassifier(2)):
        assert model.fit(points, points[:, 0] > 20).predict(points).shape == (20,)
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ibis_loads_the_dialect_that_is_asked_for_and_the_others_can_still_be_had() -> None:
    code = """if True:
    import sys
    from clientela.cli.lean_imports import DIALECTS, lighten_libraries
    lighten_libraries()
    import ibis
    table = ibis.table({"n": "int64"}, name="t")
    assert "SUM" in ibis.duckdb.compile(table.n.sum())
    loaded = {name for name in sys.modules if name.startswith(f"{DIALECTS}.")}
    assert f"{DIALECTS}.trino" not in loaded and f"{DIALECTS}.duckdb" in loaded, loaded
    assert "SUM" in ibis.to_sql(table.n.sum(), dialect="sqlite")
    from ibis.backends.sql.compilers import TrinoCompiler
    assert TrinoCompiler.__name__ == "TrinoCompiler"
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_takes_little_time() -> None:
    command = [sys.executable, "-m", "clientela", "--help"]
    seconds = min(cpu_seconds(command) for _ in range(3))
    assert seconds < HELP_CPU_SECONDS


def cpu_seconds(command: list[str]) -> float:
    """Measure a process by its CPU time, which other load on the machine does not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
