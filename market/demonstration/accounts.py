"""The accounts a visitor of the demonstration signs in with; printed at every start."""

import msgspec

from market.accounts.rules import DEMONSTRATION_PASSWORD
from ratings.ledger.actors import Role

PASSWORD = DEMONSTRATION_PASSWORD
"""A server that runs no demonstration refuses every account that has it."""


class DemonstrationAccount(msgspec.Struct, frozen=True):
    """One account of a role and what there is to see with it."""

    login: str
    role: Role
    sees_zh: str
    sees_en: str


ACCOUNTS = (
    DemonstrationAccount(
        "enterprise@demo",
        Role.ENTERPRISE,
        "项目业主：团购、各阶段的委托项目、待评价的项目",
        "An owner: group buys, engagements at every stage, evaluations to answer",
    ),
    DemonstrationAccount(
        "enterprise2@demo",
        Role.ENTERPRISE,
        "另一家企业：可以参加别家发起的团购",
        "Another enterprise, to join the group buys of others",
    ),
    DemonstrationAccount(
        "agency@demo",
        Role.AGENCY,
        "五星中介机构：上架服务、进行中的项目、信用明细",
        "A five-star agency: listings, work in hand, its score step by step",
    ),
    DemonstrationAccount(
        "agency2@demo",
        Role.AGENCY,
        "一星中介机构：有一件待答复的核查案件",
        "A one-star agency with a case to answer",
    ),
    DemonstrationAccount(
        "agency41@demo",
        Role.AGENCY,
        "被空壳筛查预警的中介机构：有一件办理中的空壳核查案件",
        "An agency that the shell screen flagged, with its case under way",
    ),
    DemonstrationAccount(
        "supervisor@demo",
        Role.SUPERVISOR,
        "行业主管部门（发展和改革局）：待评价的项目",
        "A supervising department (development and reform): evaluations to answer",
    ),
    DemonstrationAccount(
        "supervisor2@demo",
        Role.SUPERVISOR,
        "行业主管部门（住房和城乡建设局）：待评价的项目",
        "A supervising department (housing and construction): evaluations to answer",
    ),
    DemonstrationAccount(
        "centre@demo",
        Role.CENTRE,
        "中介管理服务中心：入驻、案件、预警、评价",
        "The centre: admissions, cases, flags, evaluations",
    ),
    DemonstrationAccount(
        "centre2@demo",
        Role.CENTRE,
        "中心的第二人：复核他人提出的事项，如收费区间",
        "A second person of the centre, who decides what the first has proposed",
    ),
    DemonstrationAccount(
        "auditor@demo",
        Role.AUDITOR,
        "监督：可查看全部，不作改动",
        "An auditor: reads everything, changes nothing",
    ),
)


def table_of_accounts() -> str:
    """What is printed at start: a line for each account, and the password they share."""
    lines = [f"  {account.login:<18}{account.sees_zh}" for account in ACCOUNTS]
    english = [f"  {account.login:<18}{account.sees_en}" for account in ACCOUNTS]
    return "\n".join(
        [
            f"示范账号（均为虚构，密码 {PASSWORD}）：",
            *lines,
            f"Demonstration accounts (all invented, password {PASSWORD}):",
            *english,
        ]
    )
