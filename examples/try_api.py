"""Call every endpoint of a running Clientela API, with nothing but the standard library.

Start the API with ``clientela serve``, then::

    python examples/try_api.py http://127.0.0.1:8000

Where keys are in use, put one with the scopes read and export in ``CLIENTELA_API_KEY``; what other
scopes allow is asked too, and answered with a problem.
"""

import csv
import io
import json
import os
import sys
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

KEY = os.environ.get("CLIENTELA_API_KEY", "")


def call(
    url: str,
    *,
    body: object = None,
    accept: str = "application/json",
    method: str | None = None,
    once: str = "",
) -> Any:
    """Call once and return the answer: parsed JSON, or text where it is CSV.

    What creates something takes ``once``, an Idempotency-Key: sent again, as after a time-out, the
    same request creates nothing more and is answered as before.
    """
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {KEY}"} if KEY else {})
    headers |= {"Idempotency-Key": once} if once else {}
    data = None
    if body is not None:
        data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = Request(url, data, headers, method=method)  # noqa: S310 - the caller's own address
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        text = answer.read().decode()
    return json.loads(text) if accept == "application/json" else text


def state(url: str) -> None:
    """Print whether it lives and can answer, and which run it serves."""
    print("health  ", call(f"{url}/health"))
    print("ready   ", call(f"{url}/ready"))
    run = call(f"{url}/v1/runs/current")
    print(f"run     {run['run_id']} as of {run['as_of']}: {run['customers']} customers")


def compare_runs(url: str) -> None:
    """Compare the last two runs; where there is one alone, the problem says so."""
    print("runs    ", len(call(f"{url}/v1/runs")["runs"]))
    changes = try_call(url, "/v1/runs/comparison?lang=en")
    if changes:
        print(f"since {changes['before']['run_id']} other: {changes['causes']}")


def figures(url: str) -> None:
    """Print each published quantity with its meaning."""
    for figure in call(f"{url}/v1/figures?lang=en")["figures"]:
        print(f"{figure['name']} = {figure['value']:,.4g}: {figure['meaning']}")


def business_case(url: str) -> None:
    """Print the verdict on the programme and what each of its sizes would cost."""
    case = call(f"{url}/v1/programme/case?lang=en")
    try_call(url, "/v1/programme/proposals?lang=en")
    try_call(url, "/v1/programme/proposals", body={"enter": ["orders >= 2"]}, once=str(uuid4()))
    try_call(url, "/v1/programme/proposals/999999/approve", body={})
    try_call(url, "/v1/programme/proposals/999999/refuse", body={})
    print("programme", " ".join(part["sentence"] for part in case["verdict"]))
    for size in case["sizes"]:
        print(f"{size['option']} of {size['members']}: expected {size['expected_revenue']:,.0f}")


def segments(url: str) -> int:
    """Print the segments, and return the number of the one with most revenue."""
    answer = call(f"{url}/v1/segments?lang=en")
    for segment in answer["segments"]:
        money = f"{segment['revenue']:,.2f} {answer['currency'] or ''}"
        label = f"segment {segment['segment']} {segment['name']}"
        print(f"{label}: {segment['customers']} customers, {money}")
    best: int = max(answer["segments"], key=lambda segment: segment["revenue"])["segment"]
    return best


def pages(url: str, segment: int) -> list[str]:
    """Page through a segment and return its customers' ids."""
    ids: list[str] = []
    query: dict[str, object] = {"segment": segment, "limit": 500}
    while True:
        page = call(f"{url}/v1/customers?{urlencode(query)}")
        ids += [customer["customer_id"] for customer in page["customers"]]
        if page["next_cursor"] is None:
            return ids
        query["cursor"] = page["next_cursor"]


def export(url: str, segment: int) -> list[dict[str, str]]:
    """Read the same customers as CSV, in one answer."""
    text = call(f"{url}/v1/customers?segment={segment}", accept="text/csv")
    return list(csv.DictReader(io.StringIO(text)))


def filter_customers(url: str) -> None:
    """Count the customers of a filter, and print the first of them."""
    columns = call(f"{url}/v1/filters/columns?lang=en")["columns"]
    call(f"{url}/v1/filters/phrase?{urlencode({'words': 'champions', 'lang': 'en'})}")
    call(f"{url}/v1/filters/phrase/suggestions?{urlencode({'words': 'mem', 'lang': 'en'})}")
    query = {"filter": "orders >= 2 and days_since_last > 30", "sort": "-revenue", "limit": 1}
    count = call(f"{url}/v1/filters/count?{urlencode({'filter': query['filter']})}")
    first = call(f"{url}/v1/customers?{urlencode(query)}")["customers"]
    ids = [customer["customer_id"] for customer in first]
    print(
        f"filter   {count['filter']}, of {len(columns)} columns: {count['customers']}, first {ids}"
    )


def look_up(url: str, ids: list[str]) -> None:
    """Look up customers one by one and many at once; one of them does not exist."""
    few = [*ids[:2], "no such customer"]
    got = call(f"{url}/v1/segments/lookup?{urlencode({'id': few}, doseq=True)}")
    posted = call(f"{url}/v1/segments/lookup", body={"ids": few})
    assert got == posted  # noqa: S101 - both ways answer the same
    for result in posted["results"]:
        print(f"look-up {result['id']}: {result['segment_name'] or result['reason']}")
    customer = call(f"{url}/v1/customers/{quote(ids[0], safe='')}")["customer"]
    print(f"customer {customer['customer_id']}: {customer['features']['orders']} orders")


def problem(url: str) -> None:
    """Print what a failure looks like: always this shape."""
    try:
        call(f"{url}/v1/customers/no-such-customer")
    except HTTPError as error:
        with error:
            print("problem ", json.loads(error.read()))


def try_call(url: str, path: str, **options: Any) -> Any:
    """Call what a run may not hold or a key not allow; say so, and return nothing then."""
    try:
        answer = call(f"{url}{path}", **options)
    except HTTPError as error:
        with error:
            print(f"{path}: {error.code} {json.loads(error.read())['title']}")
        return None
    print(f"{path}: {', '.join(answer)}")
    return answer


def lists(url: str, segment: int) -> None:
    """Read the lists for people: of a segment, the programme, those at risk, an action."""
    try_call(url, f"/v1/segments/{segment}/customers?limit=1")
    try_call(url, f"/v1/segments/{segment}/changes?limit=1")
    try_call(url, f"/v1/segments/{segment}?lang=en")
    try_call(url, "/v1/rfm")
    try_call(url, "/v1/programme?lang=en")
    try_call(url, "/v1/programme/changes?limit=1")
    try_call(url, "/v1/programme/members?limit=1")
    try_call(url, "/v1/churn/at-risk?limit=1")
    try_call(url, "/v1/churn/at-risk/past")
    call(f"{url}/v1/products/unsold")
    call(f"{url}/v1/segments/flows")
    call(f"{url}/v1/revenue")
    try_call(url, "/v1/churn/bands")
    try_call(url, "/v1/churn/thresholds")
    try_call(url, "/v1/value/horizons?lang=en")
    try_call(url, "/v1/value/cohorts?cohort=quarter")
    try_call(url, "/v1/value/orders?days=7")
    try_call(url, "/v1/value/concentration")
    actions = (try_call(url, "/v1/actions?lang=en") or {}).get("actions")
    action = actions[0]["action_id"] if actions else "none"
    try_call(url, f"/v1/actions/{quote(action, safe='')}/customers?limit=1")
    targets = (try_call(url, "/v1/propensity") or {}).get("targets")
    target = targets[0]["target"] if targets else "insider"
    try_call(url, f"/v1/propensity/customers?target={quote(target, safe='')}&limit=1")
    try_call(url, "/v1/products")
    try_call(url, "/v1/annotations")
    for path in ("/v1/report", "/v1/value", "/v1/models", "/v1/experiments"):
        try_call(url, f"{path}?lang=en")


def predict(url: str, ids: list[str]) -> None:
    """Ask the stored models about known customers, as of the last day of the run."""
    body = {"items": [{"id": customer_id} for customer_id in ids[:2]]}
    try_call(url, "/v1/churn/predictions", body=body)
    try_call(url, "/v1/segments/predictions", body=body)


def person(url: str, customer_id: str) -> None:
    """Read all that is held of a person, and erase one who is not there."""
    try_call(url, f"/v1/persons/{quote(customer_id, safe='')}/data")
    try_call(url, f"/v1/persons/{quote(customer_id, safe='')}/orders")
    try_call(url, f"/v1/persons/{quote(customer_id, safe='')}/standing")
    try_call(url, f"/v1/persons/{quote(customer_id, safe='')}/history")
    try_call(url, "/v1/customers/no-such-customer", method="DELETE")


def audiences(url: str) -> None:
    """Save an audience, read and change it, and remove it again."""
    draft = {"name": "tried by try_api", "filter": "orders >= 2", "frozen": False}
    key = str(uuid4())
    first, again = (try_call(url, "/v1/audiences", body=draft, once=key) for _ in range(2))
    assert first == again  # noqa: S101 - the second created nothing
    made = (first or {}).get("audience")
    path = f"/v1/audiences/{made['audience_id'] if made else 'none'}"
    try_call(url, "/v1/audiences")
    try_call(url, path)
    try_call(url, f"{path}/members?limit=1")
    try_call(url, f"{path}/changes?limit=1")
    try_call(url, path, body=draft | {"frozen": True}, method="PUT")
    wish = {"subject": f"audience:{made['audience_id'] if made else 'none'}", "every": "week"}
    told = try_call(url, "/v1/subscriptions", body=wish, once=str(uuid4())) or {}
    own = (told.get("subscriptions") or [{"subscription_id": "none"}])[-1]["subscription_id"]
    try_call(url, "/v1/subscriptions")
    try_call(url, f"/v1/subscriptions/{own}", method="DELETE")
    try_call(url, path, method="DELETE")


def campaigns(url: str) -> None:
    """Put a campaign on the board, read and change it, and take it off again."""
    draft = {"title": "tried by try_api", "customer_group": "insiders", "channel": "email"}
    made = (try_call(url, "/v1/campaigns", body=draft, once=str(uuid4())) or {}).get("campaign")
    path = f"/v1/campaigns/{made['campaign_id'] if made else 'none'}"
    try_call(url, "/v1/campaigns?lang=en")
    try_call(url, path)
    try_call(url, path, body=draft | {"state": "ready"}, method="PUT")
    try_call(url, path, method="DELETE")
    try_call(url, "/v1/recipes?lang=en")


def list_changes(url: str, customer_id: str) -> None:
    """Tag a customer, ask who has the tag, and undo it."""
    draft = {"kind": "tag", "tag": "tried by try_api", "customers": [customer_id]}
    made = try_call(url, "/v1/list-changes", body=draft, once=str(uuid4()))
    try_call(url, "/v1/tags")
    try_call(url, "/v1/list-changes")
    change_id = made["change"]["change_id"] if made else "none"
    try_call(url, f"/v1/list-changes/{change_id}", method="DELETE")


def transactions(url: str, customer_id: str) -> None:
    """Append an order that nobody placed: a wrong one, which is refused."""
    line = {"customer_id": customer_id, "order_id": "tried by try_api", "line": 1, "amount": 9.9}
    event = line | {"ordered_local": "2999-01-01T00:00:00"}
    try_call(url, "/v1/transactions", body={"events": [event]}, once=str(uuid4()))


def access(url: str) -> None:
    """Read keys, users and the log; what would change them is asked so that it is refused."""
    for path in ("/v1/keys", "/v1/users", "/v1/access-log", "/v1/monitoring"):
        try_call(url, path)
    for path in ("/v1/keys", "/v1/users"):
        try_call(url, path, body={"roles": "none"}, once=str(uuid4()))
    try_call(url, "/v1/users/nobody", body={"roles": "none"})
    try_call(url, "/v1/keys/none", method="DELETE")


def main(url: str = "http://127.0.0.1:8000") -> None:
    """Call every endpoint."""
    state(url)
    compare_runs(url)
    figures(url)
    business_case(url)
    best = segments(url)
    ids = pages(url, best)
    rows = export(url, best)
    print(f"pages hold {len(ids)} customers of segment {best}, the CSV {len(rows)}")
    filter_customers(url)
    look_up(url, ids)
    problem(url)
    lists(url, best)
    predict(url, ids)
    person(url, ids[0])
    audiences(url)
    campaigns(url)
    list_changes(url, ids[0])
    transactions(url, ids[0])
    access(url)
    print("document", call(f"{url}/v1/openapi.json")["info"]["title"])


if __name__ == "__main__":
    main(*sys.argv[1:2])
