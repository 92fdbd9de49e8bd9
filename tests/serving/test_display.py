"""How a reader wants pages: a tone and keys, kept by a cookie, without scripts."""

import pytest

from tests.serving.conftest import Client


@pytest.mark.parametrize("tone", ["light", "dark"])
def test_a_tone_is_kept_until_another_is_chosen(client: Client, tone: str) -> None:
    assert "data-tone" not in client.get("/app/today").text
    asked = {"page": "customers", "filter": "orders > 1", "tone": tone}
    answer = client.get("/app/display", params=asked, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "customers?filter=orders+%3E+1"
    assert "httponly" in answer.headers["set-cookie"].lower()
    page = client.get("/app/customers").text
    assert f'data-tone="{tone}"' in page
    assert f'name="color-scheme" content="{tone}"' in page
    client.get("/app/display", params={"tone": "system"})
    assert "data-tone" not in client.get("/app/today").text


def test_keys_are_turned_off_and_on(client: Client) -> None:
    assert "<body data-keys" in client.get("/app/today").text
    client.get("/app/display", params={"page": "today", "keys": "off"})
    page = client.get("/app/today").text
    assert "data-keys" not in page
    assert 'name="keys" value="on"' in page


@pytest.mark.parametrize("page", ["//evil.example", "../v1/segments", "customers/file", ""])
def test_a_choice_leads_to_our_pages_alone(client: Client, page: str) -> None:
    asked = {"page": page, "tone": "pink"}
    answer = client.get("/app/display", params=asked, follow_redirects=False)
    expected = "customers/file" if page == "customers/file" else "today"
    assert answer.headers["location"] == expected
    assert "set-cookie" not in answer.headers
