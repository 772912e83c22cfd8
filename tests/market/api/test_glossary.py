"""Which text explains a field or a parameter of the API."""

from typing import Any

import pytest

from market.api.glossary import explain, parsed

_TABLE = parsed(
    """
    [everywhere]
    id = "Any thing's."
    title = "Never met."
    ["Buy buy_show"]
    id = "A buy's."
    [Page]
    id = "A page's."
    """
)


def _description() -> dict[str, Any]:
    return {
        "components": {
            "schemas": {
                "Buy": {"properties": {"id": {"type": "string"}, "other": {"type": "string"}}},
                "Page_market.Buy_": {"properties": {"id": {"type": "string"}}},
                "Line": {"properties": {"id": {"$ref": "#/components/schemas/Buy"}}},
                "Kind": {"enum": ["a"]},
            }
        },
        "paths": {
            "/buys/{id}": {
                "get": {"operationId": "buy_show", "parameters": [{"name": "id"}]},
                "put": {
                    "operationId": "buy_put",
                    "parameters": [{"name": "id", "description": "Said on the route."}],
                },
            },
            "/buys": {"get": {"operationId": "buy_list"}},
        },
    }


def test_the_own_word_goes_before_the_table_of_the_place_and_that_before_everywhere() -> None:
    made = _description()
    used = explain(made, _TABLE)
    schemas = made["components"]["schemas"]
    assert schemas["Buy"]["properties"] == {
        "id": {"type": "string", "description": "A buy's."},
        "other": {"type": "string"},
    }
    assert schemas["Page_market.Buy_"]["properties"]["id"]["description"] == "A page's."
    assert schemas["Line"]["properties"]["id"]["description"] == "Any thing's."
    shown, put = (made["paths"]["/buys/{id}"][method]["parameters"][0] for method in ("get", "put"))
    assert shown["description"] == "A buy's."
    assert put["description"] == "Said on the route."
    assert used == {("Buy", "id"), ("buy_show", "id"), ("Page", "id"), ("everywhere", "id")}


def test_a_place_has_one_text_for_a_name() -> None:
    with pytest.raises(ValueError, match=r"id.*Buy"):
        parsed('["Buy Line"]\nid = "One."\n["Page Buy"]\nid = "Another."')
