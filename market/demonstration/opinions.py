"""What invented people score and write about an engagement."""

from random import Random

import msgspec

from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.evaluations.rules import NEEDS_REASON_BELOW

_COMMENTS: dict[Party, tuple[tuple[float, tuple[str, ...]], ...]] = {
    Party.OWNER: (
        (
            90,
            (
                "提前交付，报告一次通过，沟通很顺畅。",
                "资料清单列得清楚，我们少跑了很多趟。",
                "收费与上架价格一致，没有另外加项。",
                "项目负责人全程到场，问题当天就有答复。",
            ),
        ),
        (
            78,
            (
                "总体满意，成果修改了一次后通过。",
                "质量不错，中间等补充资料耽搁了几天。",
                "服务规范，希望进度能更主动地告知。",
            ),
        ),
        (
            60,
            (
                "成果退回修改两次，时间比约定晚。",
                "联系人换过一次，交接不够清楚。",
                "能完成工作，但每一步都要我们去催。",
            ),
        ),
        (
            0,
            (
                "超过约定期限一个多月，报告三次被退回，影响了开工。",
                "合同签订后要求加价，现场人员与申报人员不符。",
                "多次联系不上负责人，成果数据有明显错误。",
            ),
        ),
    ),
    Party.SUPERVISOR: (
        (90, ("成果符合规范，一次通过审查。", "程序规范，资料齐全。")),
        (78, ("成果基本符合要求，个别章节补正后通过。", "格式需进一步规范。")),
        (60, ("两次补正后通过，深度不足。", "引用的标准版本有误，已要求改正。")),
        (
            0,
            (
                "成果深度严重不足，三次退回；现场人员与备案人员不一致。",
                "编制依据错误，存在套用旧报告的情形。",
            ),
        ),
    ),
    Party.CENTRE: (
        (90, ("合同备案及时，信息报送完整。", "按承诺时限办结。")),
        (78, ("信息报送偶有延迟。", "备案资料补正一次。")),
        (60, ("节点未按时报送，已提醒两次。", "合同备案超期。")),
        (0, ("未按规定备案，节点长期不报送，投诉核查属实。", "逾期严重，多次提醒无回应。")),
    ),
}


_REASONS = {
    "quality": "成果有实质性缺陷，退回后仍未改到位。",
    "timeliness": "超过约定期限交付，事先没有说明。",
    "fee": "签约后提出加价，与上架价格不符。",
    "responsiveness": "多次联系不上负责人，答复拖延。",
    "procedure": "缺少规范要求的现场记录和内部审核。",
    "first-pass": "审查没有一次通过，退回修改。",
    "staff": "到场人员与申报人员不一致。",
    "contract": "合同备案超期，约定的节点没有履行。",
    "integrity": "投诉经核查属实。",
    "reporting": "节点信息长期不报送，提醒后仍未补。",
}


class Opinion(msgspec.Struct, frozen=True):
    scores: dict[str, str]
    reasons: dict[str, str]
    comment: str


def opinion(party: Party, quality: float, random: Random) -> Opinion:
    """Scores in halves around `quality`, a reason at each below 60, and then always a comment."""
    mean = random.gauss(quality, 1.2)
    scores = {}
    for code in WEIGHTS[party]:
        score = round(random.gauss(mean, 2.5) * 2) / 2
        scores[code] = f"{min(max(score, 0.0), 100.0):.1f}"
    reasons = {
        code: _REASONS[code] for code, score in scores.items() if float(score) < NEEDS_REASON_BELOW
    }
    low = bool(reasons)
    if not low and random.random() < 0.35:
        return Opinion(scores, reasons, "")
    texts = next(
        texts
        for least, texts in _COMMENTS[party]
        if (low and least == 0) or (not low and mean >= least)
    )
    return Opinion(scores, reasons, random.choice(texts))
