"""The main job of the market from end to end, in eight steps against a running server."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from market.demonstration.ground import Firm, Ground
from market.demonstration.visitors import claim, wait_for
from ratings.ledger.clock import add_months
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile

Say = Callable[[str, str], None]

PACKAGE = "review"
_FIGURES = {"investment_wan": "2600", "building_area_m2": "8000"}
_DEADLINE = timedelta(seconds=4)


def walk(ground: Ground, say: Say) -> None:
    """All eight steps; WalkFailed where the server does something else than is said of it."""
    highest = catalogue(ground, say)
    good, bad, price = admission(ground, say, highest)
    engagements = group_buy(ground, say, good, price)
    dockets = work(ground, say, good, engagements)
    evaluations(ground, say, good, dockets)
    delisting(ground, say, bad, engagements[0][1])
    screen(ground, say)
    ledger(ground, say, bad)


def catalogue(ground: Ground, say: Say) -> int:
    """Step 1; returns the top of the fee range in fen."""
    items = ground.public.every("/items")
    active = [item for item in items if item["active"]]
    withdrawn = len(items) - len(active)
    claim(len(items) == 49 and len(active) == 39, "49 items, 39 of them active")
    claim(len(ground.public.every("/packages")) == 4, "four packages")
    department = ground.sign_in()
    package = f"/packages/{PACKAGE}"
    if ground.public.get(package)["supervisor"] is None:
        ground.centre.put(f"{package}/supervisor", {"supervisor": department}, of=package)
    _set_ranges(ground)
    found = ground.public.get(f"/packages/{PACKAGE}/fee-range", **_FIGURES)
    highest: int = found["high_fen"]
    total = sum(line["high_fen"] for line in found["lines"])
    claim(total == highest, "the lines of the fee range sum to the range")
    low, high = _yuan(found["low_fen"]), _yuan(highest)
    say(
        f"1 目录：49个事项，39个在用，{withdrawn}个已退出；评审套餐的收费区间为{low}～{high}元",
        f"  Catalogue: 49 items, 39 active, {withdrawn} withdrawn; the review package should cost"
        f" {low} to {high} yuan",
    )
    return highest


def _set_ranges(ground: Ground) -> None:
    """On a server without demonstration data the centre first sets what no standard covers."""
    known = {row["item"] for row in ground.public.every("/county-ranges")}
    items = ground.public.get(f"/packages/{PACKAGE}")["items"]
    missing = [
        item["code"] for item in items if item["fee_standard"] is None and item["code"] not in known
    ]
    if not missing:
        return
    second = ground.second_person()
    for code in missing:
        wanted = {
            "item": code,
            "size_class": "small",
            "low_fen": 600_000,
            "high_fen": 1_200_000,
            "set_on": ground.today.isoformat(),
            "reason": "演示用虚构区间 / Invented for a walk through the market",
        }
        proposals = "/county-range-proposals"
        proposal = ground.centre.post(proposals, wanted)["proposal"]
        own = ground.centre.refused("POST", f"{proposals}/{proposal}/adoption", {})
        claim(own["status"] == 403, "nobody decides what they have proposed")
        second.post(f"{proposals}/{proposal}/adoption", {})


def admission(ground: Ground, say: Say, highest: int) -> tuple[Firm, Firm, int]:
    """Step 2; returns the good agency, the bad one, and the price in fen that both ask."""
    good, bad = ground.agency("衡正"), ground.agency("速成")
    over = highest + 100
    problem = good.visitor.refused("POST", "/listings", _listing(over))
    claim(problem["status"] == 422, "a price above the range is refused")
    claim(_yuan(highest) in problem["detail"], "the refusal states the range and its workings")
    price = round(highest * 0.8) // 10_000 * 10_000
    for firm in (good, bad):
        firm.visitor.post("/listings", _listing(price))
    say(
        f"2 入驻：{good.name}、{bad.name}经审核入驻；报价{_yuan(over)}元超出区间，被拒并附测算",
        f"  Admission: two agencies admitted; this was refused: {problem['detail']}",
    )
    return good, bad, price


def _listing(price_fen: int) -> dict[str, Any]:
    return {"package": PACKAGE, "price_fen": price_fen, "working_days": 20, "facts": _FIGURES}


def group_buy(ground: Ground, say: Say, agency: Firm, price: int) -> list[tuple[str, Firm]]:
    """Step 3; returns each participant's engagement."""
    firms = [ground.enterprise(brand) for brand in ("云织", "云铸", "云酿")]
    prices = (price, price * 9 // 10, price * 8 // 10)
    wanted = {
        "package": PACKAGE,
        "title": "评审团购（演示）",
        "facts": _FIGURES,
        "tiers": [
            {"at_least": least, "price_fen": each}
            for least, each in zip((2, 3, 5), prices, strict=True)
        ],
        "places": 6,
        "deadline": (datetime.now(UTC) + _DEADLINE).isoformat(),
        "project_name": f"{firms[0].name}一期厂房",
    }
    path = f"/group-buys/{firms[0].visitor.post('/group-buys', wanted)['group_buy']}"
    for firm in firms[1:]:
        firm.visitor.post(f"{path}/participations", {"project_name": f"{firm.name}一期厂房"})
    agency.visitor.post(f"{path}/offers", {})

    def closed() -> dict[str, Any] | None:
        found: dict[str, Any] = ground.public.get(path)
        return found if found["state"] == "closed" else None

    found = wait_for("The close of the group buy", closed)
    claim(found["price_fen"] == prices[1], "three participants reach the tier of three")
    late = firms[0].visitor.refused("POST", f"{path}/participations", {"project_name": "迟到"})
    claim(late["status"] == 409, "nobody joins after the close")
    choice = {"uscc": agency.uscc, "reason": "报价和时限最优"}
    started = firms[0].visitor.post(f"{path}/choice", choice)["engagements"]
    claim(len(started) == len(firms), "each participant gets an engagement")
    say(
        f"3 团购：三家企业参加，到期按三家档{_yuan(prices[1])}元成交，选定{agency.name}",
        f"  Group buy: three enterprises, closed at the tier of three, {_yuan(prices[1])} yuan"
        " each; the agency is chosen, three engagements start",
    )
    return list(zip(started, firms, strict=True))


def work(
    ground: Ground, say: Say, agency: Firm, engagements: list[tuple[str, Firm]]
) -> list[tuple[str, Firm]]:
    """Step 4; returns the evaluation that each settled engagement opens."""
    dockets = []
    for engagement, owner in engagements:
        shown, docket = ground.work(engagement, agency, owner)
        dockets.append((docket, owner))
        steps, size = len(shown["milestones"]), shown["deliverables"][0]["size"]
        say(
            f"4 委托项目{shown['number']}：{steps}个节点，{size}字节的PDF成果，业主验收并结清",
            f"  Engagement {shown['number']}: {steps} milestones, a PDF of {size} bytes, accepted"
            " and settled",
        )
    return dockets


def evaluations(ground: Ground, say: Say, agency: Firm, dockets: list[tuple[str, Firm]]) -> None:
    """Step 5: the published score is the one that the answers give."""
    given = [
        ground.evaluate(docket, owner, (95 - turn, 97 - turn, 92), "成果一次通过，沟通顺畅。")
        for turn, (docket, owner) in enumerate(dockets)
    ]
    standing = ground.standing(agency, len(dockets))
    points = sum((Decimal(step["points"]) for step in standing["waterfall"]), Decimal(0))
    score = Decimal(standing["score"])
    expected = sum(given, Decimal(0)) / len(given)
    claim(points == score, f"the waterfall sums to the score ({points} and {score})")
    claim(
        abs(score - expected) <= Decimal("0.005"),
        f"0.3·s + 0.5·o + 0.2·c gives {expected}, published is {score}",
    )
    say(
        f"5 一事一评：三方密封评价后公布；得分{score}，{standing['stars']}星，构成逐项相加正好相等",
        f"  Evaluation: sealed answers of three; score {score}, {standing['stars']} stars, and the"
        f" {len(standing['waterfall'])} steps of its waterfall sum to it exactly",
    )


def delisting(ground: Ground, say: Say, bad: Firm, owner: Firm) -> None:
    """Step 6: three bad engagements, one star, a case, a decision; a fourth one goes on."""
    listing = ground.public.get(f"/agencies/{bad.uscc}")["listings"][0]["id"]
    bought = [
        owner.visitor.post("/purchases", {"listing": listing, "project_name": f"零星项目{n}"})
        for n in range(1, 5)
    ]
    for purchase in bought[:3]:
        _, docket = ground.work(purchase["engagement"], bad, owner)
        ground.evaluate(docket, owner, (45, 40, 50), "三次退回，超期一个月，联系不上负责人。")
    standing = ground.standing(bad, 3)
    claim(standing["stars"] == 1, "three engagements of about 44 points are one star")
    case = wait_for("The case", lambda: ground.case(bad))
    reason = "三个项目均严重超期、成果多次退回，下架整改。"
    until = add_months(ground.today, 6)
    address = f"/cases/{case['id']}"
    proposal = {"severity": "ordinary", "until": until.isoformat(), "reason": reason}
    ground.centre.refused("POST", f"{address}/delisting-proposal", proposal)
    bad.visitor.post(f"{address}/answer", {"text": "人员变动所致，正在整改。"})
    ground.centre.post(f"{address}/delisting-proposal", proposal)
    ground.centre.refused("POST", f"{address}/delisting")
    ground.second_person().post(f"{address}/delisting", None)
    listed = {row["uscc"] for row in ground.public.every(f"/packages/{PACKAGE}/listings")}
    claim(bad.uscc not in listed, "its listings leave the catalogue at once")
    ground.public.refused("GET", f"/listings/{listing}")
    page = ground.public.get(f"/agencies/{bad.uscc}")
    claim(page["listings"] == [], "its public page shows no listing")
    claim(page["delisting"]["reason"] == reason, "its public page says why it is gone")
    running = bad.visitor.get(f"/engagements/{bought[3]['engagement']}")
    claim(running["state"] == "running", "its running engagement stays")
    score, number = standing["score"], case["number"]
    say(
        f"6 退出：{bad.name}得分{score}为一星，立案{number}；下架至{until}，服务立即下线，"
        "在办项目保留，公开页面说明原因",
        f"  Exit: {score} points are one star; case {number}; delisted until {until}: its listings"
        " are gone at once, running work stays, the public page says why",
    )


def screen(ground: Ground, say: Say) -> None:
    """Step 7: of four firms without sales only the shell is flagged."""
    new = ground.today - timedelta(days=80)
    firms = {
        Profile.SHELL: ground.agency("空壳"),
        Profile.NEW_FIRM: ground.agency("新设", new),
        Profile.REGISTERED_CLOSURE: ground.agency("歇业"),
        Profile.MISSING_FEED: ground.agency("缺数"),
    }
    month = add_months(ground.today.replace(day=1), -1).strftime("%Y-%m")
    facts = [
        AgencyFacts(firm.uscc, profile, new if profile is Profile.NEW_FIRM else ground.long_ago)
        for profile, firm in firms.items()
    ]
    with tempfile.TemporaryDirectory() as directory:
        write_feeds(Path(directory), facts, month)
        files = {path.name: path.read_bytes() for path in sorted(Path(directory).iterdir())}
    delivery = ground.centre.send_files("/feed-deliveries", files, as_of=month)
    shell = firms.pop(Profile.SHELL)
    claim(delivery["cases"] == [shell.uscc], "the shell is flagged, and nobody else")
    case = wait_for("The case about the shell", lambda: ground.case(shell))
    claim(bool(case["reasons"]), "its case states its reasons")
    for profile, firm in firms.items():
        outcome = ground.centre.get(f"/findings/{firm.uscc}")["outcome"]
        claim(outcome in ("none", "insufficient"), f"{profile} is left alone ({outcome})")
    first = case["reasons"][0]
    say(
        f"7 预警：{len(files)}份数据；空壳机构被标出并立案（{first['zh']}）；"
        "新设、登记歇业、缺数据的机构不受影响",
        f"  Screen: {len(files)} feed files; the shell is flagged and its case opened"
        f" ({first['en']}); new firm, registered closure and missing feed are left alone",
    )


def ledger(ground: Ground, say: Say, bad: Firm) -> None:
    """Step 8: the public sees what was decided, officials see every act without a gap."""
    seen = [entry["act"] for entry in ground.public.every(f"/agencies/{bad.uscc}/history")]
    for act in ("agency.admitted", "listing.put_up", "standing.published", "agency.delisted"):
        claim(act in seen, f"the public history of {bad.name} shows {act}")
    newest = ground.centre.get("/ledger", limit="100")["items"]
    claim(
        all(later["seq"] == earlier["seq"] + 1 for later, earlier in pairwise(newest)),
        "the ledger has no gap",
    )
    whole = ground.centre.every("/ledger", subject_kind="agency", subject=bad.uscc)
    claim(
        "case.opened" in {entry["act"] for entry in whole}, "officials see the case in the ledger"
    )
    number = newest[0]["seq"]
    say(
        f"8 台账：以上各步均已入链，最新为第{number}条；用 steelyard verify 核对整条链",
        f"  Ledger: every act is in it, the newest is entry {number}; `steelyard verify` walks the"
        " whole chain",
    )


def _yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:,.2f}"
