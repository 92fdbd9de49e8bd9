"""Load the dashboard beside this file into Metabase, with nothing but the standard library.

Add the results database to Metabase first, then, for a database that Metabase calls Clientela::

    export METABASE_API_KEY=mb_...          # or METABASE_USER and METABASE_PASSWORD
    python examples/metabase/load.py http://127.0.0.1:3000 Clientela --lang pt_BR

On PostgreSQL add ``--schema clientela``. A second load makes a second collection: archive the
first.
"""

import argparse
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

DASHBOARD = Path(__file__).with_name("dashboard.json")
VIEW = re.compile(r"\bcurrent_(?=\w)")


class Metabase:
    """The API of a Metabase server, with the key or the session of the environment."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.headers = {"Content-Type": "application/json"}
        key = os.environ.get("METABASE_API_KEY")
        if key:
            self.headers["x-api-key"] = key
        else:
            login = {
                "username": os.environ["METABASE_USER"],
                "password": os.environ["METABASE_PASSWORD"],
            }
            self.headers["X-Metabase-Session"] = self.call("POST", "session", login)["id"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call once and return the answer."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 - the address is the caller's own
            f"{self.url}/api/{path}", data, self.headers, method=method
        )
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read())

    def find_database(self, name: str) -> int:
        """Return the number of a database by its name."""
        answer = self.call("GET", "database")
        databases = answer["data"] if isinstance(answer, dict) else answer
        numbers = {database["name"]: int(database["id"]) for database in databases}
        if name not in numbers:
            raise SystemExit(f"Metabase has no database {name!r}; it has {', '.join(numbers)}.")
        return numbers[name]


def write_query(query: str, lang: str, schema: str) -> str:
    """Write a card's query in a language, its views in a schema."""
    views = VIEW.sub(f"{schema}.current_", query) if schema else query
    return views.replace("{lang}", lang.lower())


def load(metabase: Metabase, database: str, lang: str, schema: str) -> int:
    """Make a collection with the cards and the dashboard, and return the dashboard's number."""
    content = json.loads(DASHBOARD.read_text("utf-8"))
    number, texts = metabase.find_database(database), {"name": content["name"][lang]}
    texts["description"] = content["description"][lang]
    collection = metabase.call("POST", "collection", texts)["id"]
    placed = []
    for position, card in enumerate(content["cards"], 1):
        query = write_query(card["query"], lang, schema)
        question = {
            "name": card["name"][lang],
            "display": card["display"],
            "collection_id": collection,
            "dataset_query": {"type": "native", "database": number, "native": {"query": query}},
            "visualization_settings": card["visualization_settings"],
        }
        card_id = metabase.call("POST", "card", question)["id"]
        placed.append({"id": -position, "card_id": card_id, **card["at"]})
    dashboard = metabase.call("POST", "dashboard", {**texts, "collection_id": collection})["id"]
    metabase.call("PUT", f"dashboard/{dashboard}", {"dashcards": placed})
    return int(dashboard)


def main() -> None:
    """Load the dashboard that the command line asks for."""
    parser = argparse.ArgumentParser(description="Load the dashboard into Metabase.")
    parser.add_argument("url", help="Address of Metabase")
    parser.add_argument("database", help="Name of the results database in Metabase")
    parser.add_argument("--lang", choices=["en", "pt_BR"], default="en")
    parser.add_argument("--schema", default="", help="Schema of the views, on PostgreSQL")
    arguments = parser.parse_args()
    metabase = Metabase(arguments.url)
    number = load(metabase, arguments.database, arguments.lang, arguments.schema)
    print(f"{metabase.url}/dashboard/{number}")


if __name__ == "__main__":
    main()
