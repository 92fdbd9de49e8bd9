"""One operation of the API as data, and the parameters that several share."""

from collections.abc import Mapping
from dataclasses import dataclass

from clientela.i18n import LANGS
from clientela.serving.auth import READ

Json = Mapping[str, object]
CSV = "text/csv"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path."""

    path: str
    name: str
    summary: str
    description: str
    answer: type
    example: Json
    tag: str
    method: str = "get"
    scope: str | None = READ
    parameters: tuple[Json, ...] = ()
    body: tuple[type, Json] | None = None
    refusals: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def _query(name: str, description: str, schema: Json, **more: object) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


LANG = _query(
    "lang",
    "Language of names; else Accept-Language decides",
    {"type": "string", "enum": list(LANGS)},
)
ID = _query(
    "id",
    "Customer id, once for each: ?id=17850&id=13047",
    {"type": "array", "items": {"type": "string"}, "minItems": 1},
    required=True,
    example=["17850", "13047"],
)
CUSTOMER_ID = {
    "name": "customer_id",
    "in": "path",
    "required": True,
    "description": "In any form: 17850 or 17850.0; slashes may stand as they are",
    "schema": {"type": "string", "minLength": 1},
    "example": "17850",
}
SEGMENT = _query(
    "segment",
    "Only customers of this segment",
    {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    example=2,
)
LIMIT = _query(
    "limit",
    "Most customers in the page",
    {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
)
CURSOR = _query("cursor", "next_cursor of the page before, as it came", {"type": "string"})
FORMAT = _query(
    "format",
    "csv gives all customers at once; else Accept decides",
    {"type": "string", "enum": ["json", "csv"]},
)
LIST_FORMAT = _query(
    "format",
    "csv and xlsx give the whole list at once; else Accept decides",
    {"type": "string", "enum": ["json", "csv", "xlsx"]},
)
STATUS = _query(
    "status",
    "member: in and safe; leaving: no longer qualifies; candidate: misses little. "
    "Without it all who are in, leaving or not",
    {"type": "string", "enum": ["member", "leaving", "candidate"]},
    example="candidate",
)
SEGMENT_ID = {
    "name": "segment",
    "in": "path",
    "required": True,
    "description": "Number of the segment",
    "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    "example": 2,
}
