"""Examples of what is sent about feeds, part of `BODIES` and `PARAMETERS` in `examples.py`."""

from collections.abc import Mapping
from typing import Any

from market.api.example_ids import STANDS_FOR
from market.oversight.pushed import CSV, JSON, NDJSON

_ITS = STANDS_FOR
_ROW = {
    "uscc": _ITS["agency"],
    "month": "2026-08",
    "contributors": 12,
    "paid_fen": 1_860_000,
}

FEEDS: Mapping[str, Any] = {
    "feed_sender_name": {"organisation": _ITS["supervisor"]},
}

FEED_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "feed_sender_name": {"feed": "housing_fund"},
    "feed_sender_dismiss": {"feed": "housing_fund"},
    "feed_receipt_list": {"feed": "housing_fund"},
    "feed_batch_send": {"feed": "housing_fund"},
    "feed_receipt_show": {"batch": _ITS["feed-batch"]},
    "connector_pull": {"connector": "housing_fund_centre"},
    "connector_pull_list": {"connector": "housing_fund_centre"},
}

BY_MEDIA_TYPE: Mapping[str, Mapping[str, Any]] = {
    "feed_batch_send": {
        CSV: "uscc,month,contributors,paid_fen\n" + ",".join(str(one) for one in _ROW.values()),
        NDJSON: f'{{"uscc": "{_ITS["agency"]}", "month": "2026-08", "contributors": 12}}\n',
        JSON: [_ROW],
    },
}
"""operation_id → media type → the body, where a route takes several."""
