"""Examples of what is sent about evaluations, part of `BODIES` in `examples.py`."""

from collections.abc import Mapping
from typing import Any

_SCORES = {
    "quality": "92",
    "timeliness": "88",
    "fee": "90",
    "responsiveness": "95",
    "procedure": "90",
    "staff": "85",
    "contract": "90",
    "integrity": "100",
}

EVALUATIONS: Mapping[str, Any] = {
    "docket_answer": {"scores": _SCORES, "comment": "报告扎实，交付晚了两天。"},
    "docket_revise": {
        "scores": _SCORES | {"timeliness": "55"},
        "reasons": {"timeliness": "比约定晚了三周，事先没有说明。"},
        "comment": "报告扎实，交付太晚。",
        "final": True,
    },
    "docket_step_back": {"reason": "配偶在该机构任职"},
    "docket_comment_hide": {"party": "owner", "reason": "评语点名了一位工作人员"},
    "docket_comment_show": {"party": "owner", "reason": "经本人同意"},
    "docket_answer_leave_out": {"party": "owner", "reason": "核查认定该评价与竞争对手串通"},
    "docket_answer_take_in": {"party": "owner", "reason": "复查推翻了原认定"},
}
