"""The interactive documentation, which loads nothing from outside, and the document it shows."""

from collections.abc import Callable
from importlib import resources
from typing import cast

from litestar import Response

from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest

RAPIDOC = "docs/rapidoc-9.3.8.js"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# The addresses are relative, so that the page works behind a proxy that adds a prefix.
PAGE = f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Clientela API</title>
    <link rel="icon" href="data:,">
    <script type="module" src="{RAPIDOC}"></script>
  </head>
  <body>
    <rapi-doc spec-url="v1/openapi.json" load-fonts="false" render-style="read" theme="light"
      primary-color="#0b6e4f" allow-server-selection="false" allow-spec-url-load="false"
      allow-spec-file-load="false" show-header="false" schema-style="table"
      sort-endpoints-by="none"></rapi-doc>
    <noscript>This page needs JavaScript; the document itself is v1/openapi.json.</noscript>
  </body>
</html>
"""


@read("/v1/openapi.json", sync_to_thread=True)  # the first request builds it: 0.2 s
def show_document(request: AnyRequest) -> Response[bytes]:
    """Return the OpenAPI document."""
    build = cast(Callable[[], bytes], request.app.state.document)
    return Response(build(), media_type="application/json")


@read("/docs", sync_to_thread=False)
def show_docs() -> Response[str]:
    """Show the interactive documentation."""
    headers = {"content-security-policy": CONTENT_SECURITY_POLICY}
    return Response(PAGE, media_type="text/html", headers=headers)


@read("/" + RAPIDOC, sync_to_thread=False)
def show_docs_script() -> Response[bytes]:
    """Return the vendored script of the documentation."""
    file = resources.files("clientela.serving") / "static" / "rapidoc" / "rapidoc-min.js"
    headers = {"cache-control": "public, max-age=86400"}
    return Response(file.read_bytes(), media_type="text/javascript", headers=headers)
