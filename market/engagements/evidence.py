"""What the record of an engagement says beside the indicators of its evaluation.

Facts only: none of them sets a score, the person who evaluates does. What the market does not
record is said to be missing, so that nobody takes silence for praise.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from ratings.ledger.clock import is_working_day
from ratings.ledger.errors import Bilingual


class Recorded(msgspec.Struct, frozen=True):
    """What the market knows of one engagement at its settlement; amounts in fen.

    `delivered_on` is the day on which all milestones were reported and a file was there,
    `files_later` counts files after that moment. The range is that of the day of the purchase.
    """

    started_on: date
    working_days: int
    due_on: date
    delivered_on: date | None
    accepted_on: date | None
    settled_on: date | None
    files: int
    files_later: int
    milestones: int
    reported: int
    reporting_days: int
    price_fen: int
    range_low_fen: int | None
    range_high_fen: int | None
    outside_events: int


class EvidenceFact(msgspec.Struct, frozen=True):
    """One line beside an indicator; `known` is false where the market records nothing."""

    indicator: str
    known: bool
    says: Bilingual
    source: Bilingual


_MILESTONES = Bilingual(zh="节点报送与成果上传记录", en="milestones and uploads on record")
_ENGAGEMENT = Bilingual(zh="委托项目记录", en="record of the engagement")
_RANGE = Bilingual(
    zh="购买时上架服务所载收费区间", en="fee range stated in the listing that was bought"
)
_EVENTS = Bilingual(zh="外部反馈记录", en="outside events on record")
_NONE = Bilingual(zh="系统未记录", en="not recorded by the market")
_UNRECORDED = {
    "quality": Bilingual(zh="成果质量的审查结论", en="What a review found about the quality"),
    "responsiveness": Bilingual(zh="答复用时", en="How long answers took"),
    "procedure": Bilingual(zh="服务过程的核查", en="Checks of the procedure"),
    "first-pass": Bilingual(zh="审查退回次数", en="How often a review returned the work"),
    "staff": Bilingual(zh="实际到场人员", en="Who was at work"),
    "contract": Bilingual(zh="合同备案", en="Filing of the contract"),
    "reporting": Bilingual(zh="纳税与社保信息", en="Tax and social security"),
}


def evidence(recorded: Recorded) -> tuple[EvidenceFact, ...]:
    """Every fact there is, and for the indicators what the market does not record."""
    return (
        *_timeliness(recorded),
        _fee(recorded),
        _first_pass(recorded),
        _reporting(recorded),
        _contract(recorded),
        _integrity(recorded),
        *(EvidenceFact(code, False, what, _NONE) for code, what in _UNRECORDED.items()),
    )


def working_days_after(first: date, last: date) -> int:
    """Working days after `first` up to `last`, that one included; none where it is not later."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_working_day(day) for day in days)


def _timeliness(recorded: Recorded) -> Iterable[EvidenceFact]:
    due = recorded.due_on
    yield EvidenceFact(
        "timeliness",
        True,
        Bilingual(
            zh=f"约定{recorded.working_days}个工作日，最迟{due}",
            en=f"Promised in {recorded.working_days} working days, by {due}",
        ),
        _ENGAGEMENT,
    )
    done = recorded.delivered_on
    if done is None:
        says, known = Bilingual(zh="交付日期", en="Day of delivery"), False
    elif done <= due:
        says, known = Bilingual(zh=f"{done}交付，未逾期", en=f"Delivered on {done}, in time"), True
    else:
        late = working_days_after(due, done)
        says = Bilingual(
            zh=f"{done}交付，逾期{late}个工作日",
            en=f"Delivered on {done}, {late} working days late",
        )
        known = True
    yield EvidenceFact("timeliness", known, says, _MILESTONES if known else _NONE)


def _fee(recorded: Recorded) -> EvidenceFact:
    low, high, price = recorded.range_low_fen, recorded.range_high_fen, recorded.price_fen
    paid = _yuan(price)
    if low is None or high is None:
        return EvidenceFact(
            "fee",
            False,
            Bilingual(
                zh=f"成交价{paid}元；购买时的收费区间",
                en=f"Agreed price {paid} yuan; the fee range at the purchase",
            ),
            _NONE,
        )
    where = (
        Bilingual(zh="低于区间", en="below the range")
        if price < low
        else Bilingual(zh="高于区间", en="above the range")
        if price > high
        else Bilingual(zh="在区间内", en="within the range")
    )
    return EvidenceFact(
        "fee",
        True,
        Bilingual(
            zh=f"成交价{paid}元，区间{_yuan(low)}～{_yuan(high)}元，{where.zh}",
            en=f"Agreed price {paid} yuan, range {_yuan(low)} to {_yuan(high)} yuan, {where.en}",
        ),
        _RANGE,
    )


def _first_pass(recorded: Recorded) -> EvidenceFact:
    return EvidenceFact(
        "first-pass",
        True,
        Bilingual(
            zh=f"成果文件{recorded.files}个，其中{recorded.files_later}个在首次交付之后上传",
            en=f"{recorded.files} files delivered, {recorded.files_later} of them after the first"
            " delivery",
        ),
        _MILESTONES,
    )


def _reporting(recorded: Recorded) -> EvidenceFact:
    return EvidenceFact(
        "reporting",
        True,
        Bilingual(
            zh=f"{recorded.milestones}个节点已报送{recorded.reported}个，分{recorded.reporting_days}天报送",
            en=f"{recorded.reported} of {recorded.milestones} milestones reported, on"
            f" {recorded.reporting_days} different days",
        ),
        _MILESTONES,
    )


def _contract(recorded: Recorded) -> EvidenceFact:
    known = recorded.accepted_on is not None and recorded.settled_on is not None
    return EvidenceFact(
        "contract",
        known,
        Bilingual(
            zh=f"{recorded.started_on}开始，{recorded.accepted_on}验收，{recorded.settled_on}结算",
            en=f"Started on {recorded.started_on}, accepted on {recorded.accepted_on}, settled on"
            f" {recorded.settled_on}",
        )
        if known
        else Bilingual(zh="验收与结算日期", en="Days of acceptance and settlement"),
        _ENGAGEMENT if known else _NONE,
    )


def _integrity(recorded: Recorded) -> EvidenceFact:
    return EvidenceFact(
        "integrity",
        True,
        Bilingual(
            zh=f"项目期间所发生、至今已记录的外部反馈{recorded.outside_events}件",
            en=f"{recorded.outside_events} outside events of the time of the work, as recorded by"
            " now",
        ),
        _EVENTS,
    )


def _yuan(fen: int) -> str:
    return f"{(Decimal(fen) / 100).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
