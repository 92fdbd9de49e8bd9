"""Where results go and are logged, what computes, and what serves."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clientela.config.database_url import add_schema
from clientela.config.section import Section

DONE, REFUSED = "done", "refused"  # folders inside of an inbox, for what a run read


class StoreSettings(Section, frozen=True):
    """Where results are published."""

    url: Annotated[
        str | None,
        Meta(description="sqlite:///… or postgresql://…; results.db in the workspace if absent"),
    ] = None
    schema: Annotated[
        str,
        Meta(
            # Not in PostgreSQL's own name space, and the same with and without quotes
            pattern="^(?!pg_)[a-z_][a-z0-9_]{0,62}$",
            description="PostgreSQL's schema of our tables; nothing beyond it is read or written",
        ),
    ] = "clientela"
    keep_runs: Annotated[
        int, Meta(ge=1, description="Runs whose customer rows are kept, besides each month's last")
    ] = 10

    def choose_url(self, option: str | None, default: str) -> str:
        """Return the URL of the results database: an option's, the file's or the default.

        Examples
        --------
        >>> StoreSettings().choose_url("postgresql://ana@db/shop", "sqlite:///results.db")
        'postgresql://ana@db/shop?schema=clientela'
        """
        return add_schema(option or self.url or default, self.schema)


class EngineSettings(Section, frozen=True):
    """What computes, and within which limits."""

    name: Annotated[
        Literal["duckdb", "spark"], Meta(description="What computes over all customers")
    ] = "duckdb"
    memory_limit_mb: Annotated[int, Meta(ge=128, description="Memory DuckDB may use, in MB")] = 700
    threads: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Threads; if absent every core, and one for up to 100,000 lines"),
    ] = None
    master: Annotated[
        str | None,
        Meta(description="Where Spark runs, such as spark://host:7077; this machine if absent"),
    ] = None
    spark: Annotated[
        dict[str, str], Meta(description="Further options of Spark, by their names")
    ] = field(default_factory=dict)


class AccessLogSettings(Section, frozen=True):
    """Who asked the API for whom, written down."""

    url: Annotated[
        str | None,
        Meta(description="Database of the log; access.db in the workspace if absent"),
    ] = None
    keep_days: Annotated[
        # By convention: LGPD names no period; the Marco Civil asks for six months of such logs
        int,
        Meta(ge=1, description="Days that rows are kept; the server ends older ones once a day"),
    ] = 730


class Oidc(Section, frozen=True):
    """Log in with the firm's own accounts, by OpenID Connect."""

    issuer: Annotated[
        str | None,
        Meta(description="Address of the provider; passwords alone without it"),
    ] = None
    client_id: Annotated[str, Meta(description="What the provider calls this server")] = "clientela"
    public_url: Annotated[
        str | None,
        Meta(description="Where browsers find this server; /app/oidc/callback there is registered"),
    ] = None
    claim: Annotated[
        Literal["email", "preferred_username", "sub"],
        Meta(description="What of an account is the user's id here; an email must be verified"),
    ] = "email"


class Serving(Section, frozen=True):
    """The HTTP API and the dashboard."""

    host: Annotated[str, Meta(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on")] = 8000
    max_ids: Annotated[int, Meta(ge=1, description="Most ids in one lookup")] = 10_000
    max_connections: Annotated[
        int, Meta(ge=1, description="Connections of one address at a time, proxies' apart")
    ] = 256
    proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses or networks of your proxies: they alone are believed who asks "
            "(X-Forwarded-For) and how (X-Forwarded-Proto)"
        ),
    ] = ()
    inbox: Annotated[
        str | None,
        Meta(
            description="Folder that takes the events of POST /v1/transactions until `run --inbox` "
            "of the same folder reads them; none are taken if absent"
        ),
    ] = None
    log_requests: Annotated[
        bool, Meta(description="A line of the log for each request: operation, status, who asked")
    ] = False
    max_body_kb: Annotated[int, Meta(ge=1, description="Largest request body, in KB")] = 1_024


class Tracking(Section, frozen=True):
    """An MLflow server that every run is logged to; needs the extra mlflow."""

    mlflow_uri: Annotated[
        str | None,
        Meta(description="http(s)://… or sqlite:///…; MLFLOW_TRACKING_URI, or none, if absent"),
    ] = None
    experiment: Annotated[str, Meta(min_length=1, description="MLflow's experiment")] = "clientela"
