"""Examples of what is sent: the body of every operation that takes one, and values of parameters.

They stand in the description of the API and in the commands of the pages for programmers, and the
tests send each of them to a running market. Firms, people, offices and documents are invented; the
codes carry the region 339900, which is assigned to no county. Money is in fen.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from market.api.example_cells import CELL_BODIES, CELL_PARAMETERS
from market.api.example_evaluations import EVALUATIONS
from market.api.example_feeds import BY_MEDIA_TYPE, FEED_PARAMETERS, FEEDS
from market.api.example_ids import NAMES, STANDS_FOR
from market.api.example_shells import SHELL_BODIES, SHELL_PARAMETERS
from ratings.stars.policy import load_policy

Schema = dict[str, Any]

_ITS = STANDS_FOR
_FACTS = {"investment_wan": "10000", "building_area_m2": "20000"}
# The standard policy with another limit, under a version that is free.
_POLICY = msgspec.to_builtins(
    msgspec.structs.replace(
        load_policy("standard"),
        version="example",
        feedback=msgspec.structs.replace(load_policy("standard").feedback, limit=Decimal(12)),
        digest="",
    )
)
_NEW_PASSWORD = "three boats at the ferry"
_WEBHOOK = {
    "url": "https://erp.songhe.example/steelyard",
    "events": ["group_buy.*", "engagement.settled"],
    "description": "采购系统",
}
_SURVEYS = {
    "code": "as-built-survey",
    "name_zh": "竣工测绘套餐",
    "name_en": "As-built survey package",
    "description_zh": "放线与规划核实一次委托。",
    "description_en": "Setting-out and planning survey in one commission.",
    "items": ["39", "40"],
    "related": ["38"],
    "waits": {"40": ["39"]},
    "fee_lines": [
        {
            "items": ["39"],
            "parts": [
                {"standard": "surveying-17", "kind": "setting-out", "figure": "setting_out_jobs"}
            ],
        },
        {
            "items": ["40"],
            "parts": [
                {"standard": "surveying-17", "kind": "check-plane-position", "figure": "sides"}
            ],
        },
    ],
    "discount_percent": "5",
}
_REASON = {"reason": "本人持身份证到窗口申请，已核实"}

BODIES: Mapping[str, Any] = {
    # Accounts
    "session_open": {"login": _ITS["login"], "password": _ITS["password"]},
    "password_change": {"old": _ITS["password"], "new": _NEW_PASSWORD},
    "enterprise_register": {
        "organisation_name": "云溪松和精密机械有限公司",
        "organisation_name_en": "Yunxi Songhe Precision Machinery Co., Ltd.",
        "uscc": "91339900MA1618033Q",
        "login": "shen-songhe",
        "password": _NEW_PASSWORD,
        "person_name": "沈知远",
    },
    "second_factor_enrol": {
        "ticket": _ITS["ticket"],
        "code": _ITS["code"],
        "password": _ITS["password"],
    },
    "recovery_codes_renew": {"code": _ITS["code"]},
    "second_factor_remove": {"code": _ITS["code"]},
    "second_factor_reset": {"reason": "手机遗失，已当面核对身份证"},
    "membership_join": {"invitation": _ITS["invitation-link"]},
    "hat_change": {"organisation": _ITS["hat"]},
    "member_register": {
        "invitation": _ITS["invitation-link"],
        "login": "gu-songhe",
        "password": _NEW_PASSWORD,
        "person_name": "顾晓岚",
    },
    "organisation_change": {"name_en": "Yunxi Songhe Precision Machinery Co., Ltd."},
    "agency_details_change": {
        "name_en": "Qinglan Qiushi Engineering Consulting Co., Ltd.",
        "introduction": "为工业项目编制可行性研究报告和项目申请报告。",
        "address": "云溪县青岚镇河滨路18号",
        "contact_name": "陆明",
        "contact_phone": "0000-8812345",
    },
    "member_administrator": {"administrator": True},
    "invitation_make": {"administrator": False, "note": "新来的采购员小顾"},
    "office_invite": {
        "kind": "supervisor",
        "name": "云溪县水利局",
        "name_en": "Yunxi County Water Resources Bureau",
        "note": "评审套餐",
    },
    "person_deactivate": {"reason": "账号被盗用，本人来电要求停用"},
    "person_reactivate": {"reason": "已当面核实本人并换了密码"},
    "personal_name_change": {"name": "沈知渊"},
    "personal_data_erase": {"password": _ITS["password"]},
    "person_erase": _REASON,
    # Catalogue
    "package_supervisor_assign": {"supervisor": _ITS["supervisor"]},
    "edition_draft": {
        "title_zh": "清单2.1",
        "title_en": "List 2.1",
        "note_zh": "2027年度评估后的调整",
        "note_en": "Changes after the assessment of 2027",
    },
    "edition_change_propose": {
        "kind": "amend",
        "code": "16",
        "reason_zh": "取水许可窗口承诺提速",
        "reason_en": "The window of the permit promises to be faster",
        "fields": {"working_days": 15, "days_basis": "promised"},
    },
    "edition_adopt": {"effective_on": _ITS["coming-day"]},
    "edition_discard": {"reason": "与上级清单一并调整"},
    "package_draft_begin": {
        "record": {
            "code": "fire-tests",
            "name_zh": "消防检测套餐",
            "name_en": "Fire test package",
            "description_zh": "消防设施检测。",
            "description_en": "The test of the fire facilities.",
            "items": ["44"],
            "fee_lines": [{"items": ["44"]}],
        },
        "reason": "消防检测单独成套，便于改造项目选购",
    },
    "package_draft_change": {"record": _SURVEYS, "reason": "房产测绘另行委托"},
    "package_preview": {"record": _SURVEYS, "facts": _FACTS},
    "package_draft_adopt": {"effective_on": _ITS["coming-day"]},
    "package_draft_discard": {"reason": "先征求行业主管部门意见"},
    "policy_draft": {"source": "standard"},
    "policy_draft_change": _POLICY,
    "policy_propose": {"valid_from": _ITS["coming-day"], "reason": "年度评估后放宽外部扣分上限"},
    "policy_refuse": {"reason": "先看一个季度的影响"},
    "county_range_propose": {
        "item": "12",
        "size_class": "medium",
        "low_fen": 6_000_000,
        "high_fen": 24_000_000,
        "set_on": _ITS["coming-day"],
        "reason": "本县近两年36份合同的中间八成",
    },
    "county_range_refuse": {"reason": "样本太少，请补充询价"},
    "fee_proposal_submit": {"reason": "按县发改局2027年第3号文调整"},
    "fee_proposal_adopt": {"reason": "与文件原文核对无误"},
    "fee_proposal_refuse": {"reason": "第三档与文件原文不符"},
    "item_supervisor_assign": {"supervisor": _ITS["supervisor"]},
    "guide_draft_save": {
        "scope": {
            "text_zh": "本县行政区域内的固定资产投资项目",
            "text_en": "Fixed-asset investment projects within the county",
            "mark": "department",
        },
        "materials": [
            {
                "key": 1,
                "name_zh": "项目基本情况表",
                "name_en": "Sheet on the project",
                "note_zh": "一份，加盖公章",
                "note_en": "one copy, with the seal",
                "needed": "always",
                "mark": "department",
            }
        ],
        "steps": [
            {
                "text_zh": "业主在超市选定中介机构并签订合同",
                "text_en": "The owner chooses an agency on the market and signs the contract",
                "by_zh": "项目业主",
                "by_en": "the owner",
                "mark": "department",
            }
        ],
    },
    "guide_draft_return": {"reason": "材料清单缺少来源文件，请补充"},
    # Agencies and their listings
    "agency_apply": {
        "uscc": "91339900MA17320508",
        "name": "青岚求实工程咨询有限公司",
        "name_en": "Qinglan Qiushi Engineering Consulting Co., Ltd.",
        "established_on": "2014-06-18",
        "staff": 23,
        "address": "云溪县青岚镇河滨路18号",
        "contact_name": "陆明",
        "contact_phone": "0000-8812345",
        "login": "lu-qiushi",
        "password": _NEW_PASSWORD,
        "person_name": "陆明",
        "introduction": "为工业项目编制可行性研究报告和项目申请报告。",
        "qualifications": [
            {"name": "工程咨询单位资信", "level": "乙级", "number": "示例-2024-0117"}
        ],
    },
    "agency_admission_decide": {"admit": True, "reason": "证照齐全，社保在缴23人"},
    "listing_put_up": {
        "package": "consulting",
        "price_fen": 8_500_000,
        "working_days": 20,
        "facts": _FACTS,
    },
    # Purchases and engagements
    "group_buy_open": {
        "package": "consulting",
        "title": "产业园三期前期咨询团购",
        "facts": _FACTS,
        "tiers": [
            {"at_least": 2, "price_fen": 9_000_000},
            {"at_least": 3, "price_fen": 8_500_000},
            {"at_least": 5, "price_fen": 8_000_000},
        ],
        "places": 10,
        "deadline": _ITS["deadline"],
        "project_name": "松和精密装配车间",
        "description": "园区内规模相近的厂房，一起采购前期咨询。",
    },
    "group_buy_join": {"project_name": "松和精密研发楼"},
    "group_buy_choose": {"uscc": _ITS["agency"], "reason": "做过园区二期，星级最高"},
    "purchase_make": {"listing": _ITS["listing"], "project_name": "松和精密成品仓库"},
    "dispute_open": {
        "subject": "地勘孔数",
        "text": "合同约定12个孔，现场只做了9个，机构认为业主已口头同意。",
    },
    "dispute_resolve": {"outcome": "双方同意补做3个孔，费用不变。"},
    "engagement_milestone_report": {"note": "初稿已交业主审阅"},
    # Evaluations and sanctions
    **EVALUATIONS,
    "case_answer": {"text": "两份报告已重做并通过复审，附审查意见。"},
    **SHELL_BODIES,
    "integrity_flag_dismiss": {"reason": "长期合作客户，已抽查两份成果"},
    "integrity_flag_order": {"reason": "七日内集中出现的低分，核实前暂不计入"},
    "integrity_flag_order_lift": {"reason": "已逐件核实，评价属实"},
    "integrity_flag_take_up": {"reason": "约谈双方，并请主管部门复核三份成果"},
    "case_dismiss": {"reason": "复审意见属实，问题已整改"},
    "delisting_refuse": {"reason": "缺一份审查意见，补齐后再议"},
    "delisting_propose": {
        "severity": "ordinary",
        "until": _ITS["last-day"],
        "reason": "一年内三份报告未通过审查，且未整改",
    },
    "case_open": {"uscc": _ITS["agency"], "kind": "two-star", "reason": "抽查发现两份报告缺页"},
    "misconduct_report": {
        "uscc": _ITS["agency"],
        "act": "false-report",
        "document": "示例鉴〔2026〕5号",
        "reason": "两份报告所附检测数据系编造",
    },
    "misconduct_uphold": {"reason": "逾期系自身原因，属实"},
    "rectification_order": {"instructions": "补齐缺页，建立交付前复核台账"},
    "rectification_plan": {"text": "两周内补齐，复核台账自下月起启用"},
    "rectification_evidence": {"text": "已补齐并启用台账，见附件"},
    "rectification_check": {"passed": True, "reason": "复查合格"},
    "repair_apply": {"references": ["示例税通〔2026〕31号"], "text": "罚款已缴清，附缴款凭证"},
    "repair_decide": {"granted": True, "reason": "义务已履行"},
    "objection_file": {"text": "两次退件系规划条件调整，附主管部门变更通知"},
    "objection_answer": {"outcome": "upheld", "reason": "通知单不涉及第三次退件"},
    "outside_event_report": {
        "uscc": _ITS["agency"],
        "on": "2026-05-20",
        "source": "云溪县税务局",
        "document": "示例税通〔2026〕31号",
        "severity": "minor",
    },
    "event_proposal_confirm": {
        "source": "云溪县税务局",
        "document": "示例税评〔2026〕8号",
        "on": "2026-05-20",
        "reason": "已向税务局核对纳税信用评价结果",
    },
    "event_proposal_dismiss": {"reason": "税务局确认该评级已复评更正"},
    # For programs
    "webhook_subscribe": _WEBHOOK,
    "webhook_change": _WEBHOOK | {"events": ["*"]},
    "api_key_make": {
        "name": "采购系统",
        "scopes": ["catalogue:read", "purchasing:write"],
        "valid_days": 180,
    },
    "catalogue_import": {"items.csv": "code,working_days,days_basis\n02,18,promised\n"},
    **FEEDS,
    **CELL_BODIES,
    # A file for each feed, under the name of the file.
    "feed_delivery_take_in": {
        "tax_filing.csv": "uscc,month,state,sales_fen\n"
        + f"{_ITS['agency']},2026-08,POS,48600000\n"
    },
}
"""operation_id → the body, as JSON has it; of a form with files, name of a part → its content."""

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "second_factor_reset": {"person": _ITS["enrolled"]},
    "invitation_offer": {"invitation": _ITS["invitation-link"]},
    "person_find": {"q": "沈"},
    "item_list": {"active": True},
    "item_show": {"code": "05"},
    "project_needs": {"works": "public", "investment_wan": "8000", "land_ha": "6"},
    "catalogue_search": {"q": "环评", "days": 15, "fee_wan": 5, "investment_wan": "10000"},
    "package_show": {"code": "consulting"},
    "package_fee_range": {"code": "consulting", **_FACTS},
    "package_listings": {"code": "consulting"},
    "package_supervisor_assign": {"code": "consulting"},
    "package_version_list": {"code": "consulting"},
    "package_version_show": {"code": "consulting", "number": 1},
    "package_draft_show": {"code": "as-built-survey"},
    "package_draft_change": {"code": "as-built-survey"},
    "package_draft_adopt": {"code": "as-built-survey"},
    "package_draft_discard": {"code": "as-built-survey"},
    "fee_standard_estimate": {"code": "design-10", "kind": "design", "amount_wan": "10000"},
    "fee_standard_show": {"code": "design-10"},
    "fee_standard_workbook": {"code": "design-10"},
    "fee_proposal_show": {"proposal": _ITS["fee-draft"]},
    "fee_proposal_submit": {"proposal": _ITS["fee-draft"]},
    "fee_proposal_withdraw": {"proposal": _ITS["fee-draft"]},
    "fee_proposal_adopt": {"proposal": _ITS["fee-proposal"]},
    "fee_proposal_refuse": {"proposal": _ITS["fee-proposal"]},
    "county_range_list": {"as_of": "2026-09-01"},
    "county_range_proposal_list": {"state": "proposed"},
    "county_range_proposal_withdraw": {"proposal": _ITS["own-proposal"]},
    "edition_show": {"edition": "list-2.0"},
    "edition_differences": {"edition": _ITS["edition"], "since": "list-2.0"},
    "edition_change_drop": {"position": 1},
    "catalogue_import": {"title_zh": "清单 2.1", "note_zh": "按市级事项清单调整办理时限"},
    "guide_show": {"item": "05"},
    "guide_versions": {"item": "05"},
    "guide_version_show": {"item": "05", "number": 1},
    "guide_paper": {"item": "05", "lang": "en"},
    "item_supervisor_assign": {"item": "05"},
    "guide_draft_show": {"item": "07"},
    "guide_draft_save": {"item": "07"},
    "guide_draft_discard": {"item": "07"},
    "guide_template_add": {"item": "07", "material": 1, "filename": "project-sheet.pdf"},
    "guide_draft_submit": {"item": "07"},
    "guide_draft_withdraw": {"item": "10"},
    "guide_draft_publish": {"item": "10"},
    "guide_draft_return": {"item": "10"},
    "policy_show": {"policy": "standard"},
    "policy_document": {"policy": "standard-1"},
    "policy_estimates": {"policy": "robust-1"},
    "policy_draft_show": {"draft": _ITS["own-policy-draft"]},
    "policy_draft_change": {"draft": _ITS["own-policy-draft"]},
    "policy_draft_impact": {"draft": _ITS["own-policy-draft"]},
    "policy_propose": {"draft": _ITS["own-policy-draft"]},
    "policy_withdraw": {"draft": _ITS["own-policy-draft"]},
    "policy_adopt": {"draft": _ITS["policy-draft"]},
    "policy_refuse": {"draft": _ITS["policy-draft"]},
    "market_fees_show": {"year": 2026},
    "agency_list": {"package": "consulting", "stars": 3},
    "agency_name_check": {"uscc": _ITS["applicant"]},
    "agency_admission_decide": {"uscc": _ITS["applicant"]},
    "group_buy_list": {"state": "open"},
    "engagement_list": {"state": "delivered"},
    "engagement_milestone_report": {"position": 3},
    "engagement_deliverable_add": {"filename": "feasibility-study.pdf"},
    "docket_attach": {"filename": "review-opinion.pdf"},
    "case_document_add": {"filename": "rectification-report.pdf"},
    "case_list": {"state": "open"},
    "integrity_flag_list": {"state": "open"},
    "event_proposal_list": {"state": "open"},
    "finding_show": {"uscc": _ITS["finding"]},
    "ledger_list": {"subject_kind": "agency", "subject": _ITS["agency"]},
    "change_list": {"type": "group_buy.*"},
    "webhook_deliveries": {"state": "failed"},
    **SHELL_PARAMETERS,
    **CELL_PARAMETERS,
    "feed_delivery_take_in": {"as_of": "2026-08"},
    **FEED_PARAMETERS,
}
"""operation_id → parameter → value."""


def with_examples(operation: Schema) -> None:
    """Put the examples of an operation of the description (OpenAPI 3.1) into it."""
    name = operation["operationId"]
    given = PARAMETERS.get(name, {})
    for parameter in operation.get("parameters", ()):
        known = given if parameter["name"] in given or parameter["in"] != "path" else NAMES
        if parameter["name"] in known:
            parameter["example"] = known[parameter["name"]]
    if name in BODIES:
        for content in operation["requestBody"]["content"].values():
            content["example"] = BODIES[name]
    for media_type, body in BY_MEDIA_TYPE.get(name, {}).items():
        operation["requestBody"]["content"][media_type]["example"] = body
