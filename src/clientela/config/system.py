"""Where results go, what computes, and what serves."""

from typing import Annotated, Literal

from msgspec import Meta

from clientela.config.section import Section


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
