"""Logging in with the firm's own accounts: OpenID Connect's code flow with PKCE, by Authlib.

The provider proves who somebody is; who may log in, and with which roles, stands in ``users``. At
their first login a user is tied to the account (issuer and subject), so that a later account with
the same address is not taken for them.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from clientela.config import Oidc
from clientela.config.database_url import read_secret
from clientela.errors import MissingExtra, PlatformError
from clientela.serving.problems import ForbiddenProblem
from clientela.telemetry import logger

SECRET = "CLIENTELA_OIDC_SECRET"  # noqa: S105 - the variable's name
SCOPE = "openid email profile"
TIMEOUT_SECONDS = 10.0  # by convention: a person waits for the answer
DISCOVERY = "/.well-known/openid-configuration"
CALLBACK = "/app/oidc/callback"
ALGORITHMS = "id_token_signing_alg_values_supported"
STEP = ("state", "nonce", "code_verifier")
"""What a browser keeps between leaving for the provider and coming back."""


class Provider:
    """The provider of a firm's accounts; its addresses and keys are read at the first login.

    Raises
    ------
    MissingExtra
        Authlib is not installed.
    """

    def __init__(self, settings: Oidc) -> None:
        self._settings = settings
        self._app = _build_app(settings)

    def begin(self) -> tuple[str, dict[str, str]]:
        """Return where a browser logs in, and what it must keep until it comes back.

        Raises
        ------
        PlatformError
            The provider cannot be reached.
        """
        with _translate():
            answer = self._app.create_authorization_url(self._redirect_url(), scope=SCOPE)
        return answer["url"], {name: answer[name] for name in STEP}

    def finish(self, query: Mapping[str, str], step: Mapping[str, str]) -> tuple[str, str]:
        """Return the user's id and the account's subject, of a browser that came back.

        Raises
        ------
        ForbiddenProblem
            It is not the browser that left, the provider refused, or its answer proves nothing.
        PlatformError
            The provider cannot be reached.
        """
        if not query.get("state") or query["state"] != step.get("state") or "code" not in query:
            raise _refuse()
        with _translate():
            self._keep_key_pairs()
            token = self._app.fetch_access_token(
                self._redirect_url(), code=query["code"], code_verifier=step["code_verifier"]
            )
            claims = self._app.parse_id_token(token, step["nonce"])
        return self._read_claims(claims or {})

    def _keep_key_pairs(self) -> None:
        """Check tokens by algorithms of key pairs alone, whatever else the provider names."""
        metadata: dict[str, Any] = self._app.load_server_metadata()
        names = metadata.get(ALGORITHMS, ["RS256"])
        metadata[ALGORITHMS] = [name for name in names if name[:2] in ("RS", "PS", "ES", "Ed")]

    def _read_claims(self, claims: Mapping[str, Any]) -> tuple[str, str]:
        claim = self._settings.claim
        proven = claim != "email" or claims.get("email_verified") is True
        if claims.get("iss") != self._settings.issuer or not claims.get(claim) or not proven:
            raise ForbiddenProblem(
                f"your account has no verified {claim}",
                do="ask whoever keeps the accounts, or set oidc.claim to what they have",
            )
        return str(claims[claim]), json.dumps([claims["iss"], claims["sub"]])

    def _redirect_url(self) -> str:
        return f"{str(self._settings.public_url).rstrip('/')}{CALLBACK}"


def _refuse() -> ForbiddenProblem:
    return ForbiddenProblem(
        "the firm's accounts did not let you in", do="go back to the login and try again"
    )


@contextmanager
def _translate() -> Iterator[None]:
    """Turn what fails between server and provider into our errors; the log says what it was."""
    from authlib.common.errors import AuthlibBaseError
    from httpx2 import HTTPError
    from joserfc.errors import JoseError

    try:
        yield
    except HTTPError as error:
        logger(sys.stderr).error("oidc_failed", why=type(error).__name__)
        raise PlatformError(
            "the provider of the firm's accounts does not answer", do="try again in a minute"
        ) from None
    except (AuthlibBaseError, JoseError, RuntimeError, ValueError) as error:
        logger(sys.stderr).error("oidc_refused", why=type(error).__name__)
        raise _refuse() from None


def _build_app(settings: Oidc) -> Any:
    """Build Authlib's client of a provider."""
    try:
        from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OpenIDMixin
        from authlib.integrations.httpx_client import OAuth2Client
    except ModuleNotFoundError:
        raise MissingExtra.of("oidc", "logging in with the firm's accounts") from None

    app = type("App", (OAuth2Mixin, OpenIDMixin, BaseApp), {"client_cls": OAuth2Client})
    return app(
        None,
        client_id=settings.client_id,
        client_secret=read_secret(SECRET) or None,
        server_metadata_url=f"{str(settings.issuer).rstrip('/')}{DISCOVERY}",
        client_kwargs={
            "scope": SCOPE,
            "code_challenge_method": "S256",
            "timeout": TIMEOUT_SECONDS,
        },
    )
