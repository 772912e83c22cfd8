"""Examples of what is sent about shells: cases and policies, part of `BODIES` and `PARAMETERS`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from market.api.example_ids import STANDS_FOR
from ratings.shells.policy import load_policy
from ratings.shells.policy_change import numbers_of
from ratings.shells.visit import checklist

_ITS = STANDS_FOR
_CASE = {"case": _ITS["shell-case"]}
_REPORT = {
    "result": "not-found",
    "on": _ITS["visit-day"],
    "checklist": {one.code: "no" for one in checklist()},
    "note": "登记地址无人，物业称已搬离",
}

# The policy that ships with another wage, under a version that is free.
_NUMBERS = msgspec.structs.replace(
    numbers_of(load_policy(), load_policy()),
    version="example",
    minimum_wage_fen=249_000,
    excuses={"labour_dispatch": 2.5},
    factors={"tax_zero_run": 0.8},
)
_OWN, _OTHERS = ({"draft": _ITS[one]} for one in ("own-screen-policy-draft", "screen-policy-draft"))

SHELL_BODIES: Mapping[str, Any] = {
    "screen_run": {"as_of_month": "2026-08"},
    "shell_case_assign": {"person": _ITS["officer"]},
    "shell_case_desk_check": {"result": "go-on", "reason": "税务、社保、登记三类数据一致"},
    "shell_case_notice": {"text": "近一年零申报且无人参保，请说明，并附合同、工资单或租约。"},
    "shell_case_explain": {"text": "股东纠纷，暂停经营；审计报告已提交。"},
    "shell_case_visit": {"report": msgspec.json.encode(_REPORT).decode()},
    "shell_finding_propose": {
        "finding": "shell",
        "reason": "登记地址无人，无人参保，无法说明业务",
        "severity": "ordinary",
        "until": _ITS["last-day"],
    },
    "shell_finding_refuse": {"reason": "合同缺页，补齐后再议"},
    "shell_case_refer": {"registrar": "示例县市场监督管理局", "document": "示例监移〔2026〕7号"},
    "shell_case_conclude": {"fate": "deregistered", "reason": "已注销登记"},
    "shell_step_object": {"against": 0, "text": "机构正常经营，零申报因季度申报所致。"},
    "shell_step_objection_answer": {
        "against": 0,
        "reply": "upheld",
        "reason": "三类数据一致，仍需核查",
    },
    "reviews_plan": {"budget": 20},
    "screening_policy_draft": {"source": "standard"},
    "screening_policy_draft_change": msgspec.to_builtins(_NUMBERS),
    "screening_policy_propose": {
        "valid_from": _ITS["coming-day"],
        "reason": "本县最低工资标准已调整",
    },
    "screening_policy_refuse": {"reason": "先核对上一次筛查的影响"},
}

SHELL_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "shell_case_list": {"stage": "visit", "undecided": True},
    "shell_case_show": _CASE,
    "shell_case_evidence": _CASE,
    "shell_case_now": _CASE,
    **{name: _CASE for name in SHELL_BODIES if name.startswith("shell_")},
    "shell_finding_adopt": _CASE,
    "finding_now": {"uscc": _ITS["finding"]},
    "screen_finding_list": {"screen": _ITS["screen"], "outcome": "case"},
    "check_up_list": {"month": "2026-09"},
    "review_month_show": {"month": _ITS["planned-month"]},
    "screening_policy_show": {"policy": "standard"},
    "screening_policy_draft_show": _OWN,
    "screening_policy_draft_change": _OWN,
    "screening_policy_draft_impact": _OWN,
    "screening_policy_propose": _OWN,
    "screening_policy_withdraw": _OWN,
    "screening_policy_adopt": _OTHERS,
    "screening_policy_refuse": _OTHERS,
}
