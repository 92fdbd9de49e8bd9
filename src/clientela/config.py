"""The settings of one ``clientela.toml``: frozen, typed, each key with its meaning and default.

The documentation page of the configuration is generated from the classes below.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from clientela.errors import ConfigError

Decision = Literal["keep", "fix", "quarantine", "refuse"]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
SpaceName = Literal["log", "minmax", "rank", "pca", "leaves"]
AlgorithmName = Literal["kmeans", "gaussian_mixture", "ward", "dbscan", "hdbscan"]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class Source(Section, frozen=True):
    """How a firm's files are read; what is left out is detected and announced."""

    preset: Annotated[
        str | None, Meta(description="Name of a known layout; detected if absent")
    ] = None
    columns: Annotated[
        dict[str, str], Meta(description="Our column = the column of the transactions file")
    ] = {}
    customer_columns: Annotated[
        dict[str, str], Meta(description="Our column = the column of the customers file")
    ] = {}
    delimiter: Annotated[str | None, Meta(description="Field separator of CSV; detected")] = None
    encoding: Annotated[
        str | None, Meta(description="Encoding of CSV, as Python names it; detected")
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None, Meta(description="Decimal mark; detected from the whole column")
    ] = None
    date_order: Annotated[
        Literal["ymd", "dmy", "mdy"] | None,
        Meta(description="Order of day, month and year; detected from the whole column"),
    ] = None
    timezone: Annotated[
        str | None,
        Meta(description="IANA zone of the dates in the files, the firm's own; UTC if absent"),
    ] = None
    currency: Annotated[
        str | None, Meta(description="ISO 4217 code of all amounts, where no column tells")
    ] = None
    keep_currency: Annotated[
        str | None, Meta(description="Where a column holds several currencies: the one to keep")
    ] = None
    sheet: Annotated[str | None, Meta(description="Sheet of an xlsx file; the first")] = None


class Cleaning(Section, frozen=True):
    """Which rules change what, and how much may be refused."""

    rules: Annotated[
        dict[str, Decision], Meta(description="Rule = keep, fix, quarantine or refuse")
    ] = {}
    fee_codes: Annotated[
        tuple[str, ...], Meta(description="Further product codes that are fees, not products")
    ] = ()
    max_refused_rows_share: Annotated[
        Share, Meta(description="Refused over all rows; beyond it nothing is published")
    ] = 0.05
    max_refused_money_share: Annotated[
        Share,
        Meta(description="Refused over all absolute money; beyond it nothing is published"),
    ] = 0.05


class Privacy(Section, frozen=True):
    """What is removed before anything is stored."""

    drop_columns: Annotated[
        tuple[str, ...], Meta(description="Columns of the source never stored")
    ] = ()
    hash_ids: Annotated[
        bool, Meta(description="Replace customer ids by HMAC-SHA-256 under the key in key_env")
    ] = False
    key_env: Annotated[str, Meta(description="Environment variable that holds the key")] = (
        "CLIENTELA_HMAC_KEY"
    )


class Segments(Section, frozen=True):
    """How the segments are fitted."""

    features: Annotated[
        tuple[str, ...],
        Meta(description="Features of the common space; the documented default if empty"),
    ] = ()
    spaces: Annotated[
        tuple[SpaceName, ...],
        Meta(min_length=1, description="Spaces tried, in this order; leaves needs the extra umap"),
    ] = ("log", "minmax", "rank", "pca")
    algorithms: Annotated[
        tuple[AlgorithmName, ...],
        Meta(min_length=1, description="Algorithms tried, in this order"),
    ] = ("kmeans", "gaussian_mixture", "ward", "dbscan", "hdbscan")
    budget: Annotated[
        int, Meta(ge=1, description="Most candidates fitted; those left untried are listed")
    ] = 24
    force: Annotated[
        str | None,
        Meta(description="A candidate to take whatever the rule says, such as minmax/kmeans/k=3"),
    ] = None
    picture: Annotated[
        Literal["pca", "tsne"], Meta(description="How the map of customers is drawn")
    ] = "tsne"
    k_min: Annotated[int, Meta(ge=2, description="Fewest segments tried")] = 4
    k_max: Annotated[int, Meta(ge=2, description="Most segments tried")] = 8
    bootstraps: Annotated[int, Meta(ge=0, description="Refits on resampled customers per k")] = 20
    min_share: Annotated[Share, Meta(description="Smallest allowed share of customers")] = 0.01
    max_share: Annotated[Share, Meta(description="Largest allowed share of customers")] = 0.60
    sample_rows: Annotated[
        int, Meta(ge=100, description="Customers sampled for silhouettes and fits beyond this many")
    ] = 20_000
    seed: Annotated[int, Meta(ge=0, description="Seed of every random draw")] = 42
    rfm_preset: Annotated[
        Literal["putler10", "shopify11", "klaviyo6"],
        Meta(description="Named RFM map of rfm_segment"),
    ] = "putler10"


class Programme(Section, frozen=True):
    """The loyalty programme: how large, judged over which days, entered and left how."""

    name: Annotated[str, Meta(min_length=1, description="What the firm calls it")] = "Insiders"
    budget_share: Annotated[
        Annotated[float, Meta(gt=0.0, le=0.5)],
        Meta(description="Largest share of customers that may be members"),
    ] = 0.10
    policy: Annotated[
        Literal["auto", "segments", "revenue", "expected_value", "rules"],
        Meta(description="How members are chosen; auto compares all and takes readable rules"),
    ] = "auto"
    max_conditions: Annotated[
        int, Meta(ge=1, le=3, description="Most conditions of the entry rule")
    ] = 3
    horizon_days: Annotated[
        int, Meta(ge=7, description="Days after a date over which its choice is judged")
    ] = 90
    grace_days: Annotated[
        int, Meta(ge=0, description="Days a member who no longer qualifies stays")
    ] = 30
    hypotheses: Annotated[str | None, Meta(description="A hypotheses.toml; ours if absent")] = None
    resamples: Annotated[
        int, Meta(ge=100, description="Resamples of customers behind every interval")
    ] = 2_000
    seed: Annotated[int, Meta(ge=0, description="Seed of every random draw")] = 42


class StoreSettings(Section, frozen=True):
    """Where results are published."""

    url: Annotated[
        str | None,
        Meta(description="sqlite:///… or postgresql://…; results.db in the workspace if absent"),
    ] = None
    keep_runs: Annotated[
        int, Meta(ge=1, description="Runs whose customer rows are kept, besides each month's last")
    ] = 10


class EngineSettings(Section, frozen=True):
    """What computes, and within which limits."""

    name: Annotated[Literal["duckdb", "spark"], Meta(description="Engine of the snapshots")] = (
        "duckdb"
    )
    memory_limit_mb: Annotated[int, Meta(ge=128, description="Memory DuckDB may use, in MB")] = 700
    threads: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="Threads; every core if absent")
    ] = None


class Serving(Section, frozen=True):
    """The HTTP API."""

    host: Annotated[str, Meta(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on")] = 8000
    max_ids: Annotated[int, Meta(ge=1, description="Most ids in one lookup")] = 10_000
    max_body_kb: Annotated[int, Meta(ge=1, description="Largest request body, in KB")] = 1_024


class Settings(Section, frozen=True):
    """The whole file."""

    source: Source = Source()
    cleaning: Cleaning = Cleaning()
    privacy: Privacy = Privacy()
    segments: Segments = Segments()
    programme: Programme = Programme()
    store: StoreSettings = StoreSettings()
    engine: EngineSettings = EngineSettings()
    serving: Serving = Serving()


def load(path: Path | None) -> Settings:
    """Read the settings of a file, or the defaults where there is none.

    Raises
    ------
    ConfigError
        The file is missing, is no TOML, or holds an unknown key or impossible value.

    Examples
    --------
    >>> load(None).segments.k_min
    4
    """
    if path is None:
        return Settings()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the file cannot be read: {error.strerror}", where=str(path), do="check --config"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"not valid TOML: {error}", where=str(path), do="correct the line"
        ) from None
    return parse(content, where=str(path))


def parse(content: dict[str, Any], where: str = "clientela.toml") -> Settings:
    """Check a parsed file and make the settings of it.

    Raises
    ------
    ConfigError
        A key is unknown or a value impossible.

    Examples
    --------
    >>> parse({"segments": {"k_max": 1}})
    Traceback (most recent call last):
    ...
    clientela.errors.ConfigError: Expected `int` >= 2 - at `$.segments.k_max` (clientela.toml)...
    """
    try:
        settings = msgspec.convert(content, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(
            str(error),
            where=where,
            do="correct the key; docs/reference/configuration.md lists them all",
        ) from None
    if settings.segments.k_min > settings.segments.k_max:
        raise ConfigError(
            "segments.k_min is above segments.k_max", where=where, do="make k_min the smaller one"
        )
    return settings
