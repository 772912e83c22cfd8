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

_AGAIN = {
    "timeliness": "78",
    "fee": "70",
    "procedure": "82",
    "first-pass": "75",
    "staff": "85",
    "contract": "66",
    "reporting": "80",
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
    "integrity_flag_tell_rater": {"reason": "十二次评价几乎同分，先提示该单位"},
    "rating_notice_remark": {"text": "这些项目由同一机构承担，质量确实相近。"},
    "rerating_open": {"reason": "该业主与机构往来过密，请对所涉项目复评"},
    "rerating_give": {
        "scores": _AGAIN,
        "reason": "复核合同、发票和节点记录后重新评价",
        "reasons": {"contract": "补充合同未备案"},
    },
    "rerating_object": {"text": "补充合同已于交付前备案，附备案回执编号。"},
    "rerating_objection_answer": {"outcome": "upheld", "reason": "备案回执晚于交付日"},
    "rerating_lift": {"reason": "复核依据有误，恢复原评价"},
    "docket_answer_take_in": {"party": "owner", "reason": "复查推翻了原认定"},
}
