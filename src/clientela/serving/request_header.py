"""One header of a request, read without building an index of all."""

from clientela.serving.problems import AnyRequest


def header(request: AnyRequest, name: bytes) -> str | None:
    """Give the first value of a header, its name in lower case; None where it is not sent."""
    for each, value in request.scope["headers"]:
        if each == name:
            return value.decode("latin-1")
    return None
