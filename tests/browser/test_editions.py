"""Two people of the centre make an edition of the list; everybody sees what it changed."""

import re
from datetime import timedelta

from ratings.ledger.clock import local_date, now
from tests.browser.visitors import Arrive
from tests.county import County


async def test_amend_withdraw_and_merge_by_two_people(county: County, arrive: Arrive) -> None:
    second = await county.second()
    drafter, adopter, reader = [
        await arrive(login) for login in (county.centre.login, second.login, "")
    ]
    await drafter.go("/console/editions")
    await drafter.looks()
    await drafter.fill(title_zh="清单2.1", title_en="List 2.1", note_zh="年度评估后的调整")
    await drafter.press("Begin the draft")
    draft = re.sub(r"^https?://[^/]+", "", drafter.page.url)

    # A merge names what takes the item's place.
    await drafter.page.check("[name=kind][value=merge]")
    await drafter.page.select_option("[name=code]:not(#amended)", "14")
    await drafter.fill(reason_zh="与13号内容重复", reason_en="The same as No. 13")
    await drafter.press("Put into the draft", status=422)
    await drafter.looks()
    await drafter.page.select_option("[name=successor]", "13")
    await drafter.press("Put into the draft")
    await drafter.page.check("[name=kind][value=withdraw]")
    await drafter.page.select_option("[name=code]:not(#amended)", "01")
    await drafter.fill(reason_zh="并入可行性研究", reason_en="Part of the feasibility study")
    await drafter.press("Put into the draft")

    await drafter.page.select_option("#amended", "16")
    await drafter.press("Open its record")
    await drafter.looks()
    await drafter.fill(working_days="none", reason_zh="窗口承诺提速", reason_en="Faster")
    await drafter.press("Put into the draft", status=422)
    await drafter.fill(working_days="15")
    await drafter.page.select_option("[name=days_basis]", "promised")
    await drafter.fill(legal_basis__2__text_zh="浙江省水资源条例")
    await drafter.press("Put into the draft")
    await drafter.sees(
        "You have proposed acts of this draft yourself: somebody else of the centre has to adopt"
        " it."
    )
    await drafter.looks()
    await reader.go(draft.removeprefix("/console"), status=404)

    await adopter.go(draft)
    await adopter.looks()
    await adopter.press("Adopt this edition")
    await adopter.sees("What differs from {edition}", edition=adopter.either("清单2.0", "List 2.0"))
    await adopter.reads(adopter.either("与13号内容重复", "The same as No. 13"))
    await adopter.reads("浙江省水资源条例")
    await adopter.looks()

    await reader.go("/list-of-the-day")
    await reader.reads(reader.either("清单2.1", "List 2.1"))
    await reader.sees_count("{count} item", "{count} items", 37)
    await reader.looks()
    await reader.page.fill("[name=as_of]", (local_date(now()) - timedelta(days=1)).isoformat())
    await reader.press("Show this day")
    await reader.sees_count("{count} item", "{count} items", 39)
    await reader.follow("16 ")
    await reader.sees_count("{count} working day", "{count} working days", 20)
    await reader.looks()
    await reader.follow(reader.says("The item today"))
    await reader.sees_count("{count} working day", "{count} working days", 15)
    await reader.sees("Promised")
    await reader.go("/items/14")
    await reader.sees("This item is merged into another")
    await reader.looks()
    await reader.go("/editions")
    await reader.sees("Day of effect not published")
    await reader.looks()
    for visitor in (drafter, adopter, reader):
        assert visitor.troubles == []
