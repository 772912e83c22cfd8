"""Examples of what is sent about the store of cells, part of `BODIES` and `PARAMETERS`."""

from collections.abc import Mapping
from typing import Any

from market.api.example_ids import STANDS_FOR

CELL_BODIES: Mapping[str, Any] = {
    "feed_batch_release": {"reason": "已与税务局核实，单位无误"},
    "feed_batch_reject": {"reason": "税务局来电：误填为元，将重新报送"},
    "unmatched_row_mend": {
        "values": {"uscc": STANDS_FOR["agency"]},
        "reason": "法院来函更正统一社会信用代码",
    },
    "unmatched_row_dismiss": {"reason": "该单位不是中介机构"},
    "cells_look": {"uscc": STANDS_FOR["agency"], "reason": "核查案件需要核对社保报送情况"},
}

CELL_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "feed_batch_list": {"state": "held"},
    "feed_batch_show": {"batch": STANDS_FOR["held-batch"]},
    "feed_batch_release": {"batch": STANDS_FOR["held-batch"]},
    "feed_batch_reject": {"batch": STANDS_FOR["held-batch"]},
    "unmatched_row_list": {"state": "open"},
}
