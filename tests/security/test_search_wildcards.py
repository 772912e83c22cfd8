"""Somebody searches with the characters that mean “anything” to the database."""

from tests.county import County

TEXTS = ("%", "_", "%%", "__", "a%z", "O_e", "\\", "\\%", "'; --", "9_")


async def test_a_search_finds_only_what_it_says(county: County) -> None:
    plain = await county.agency(name="云溪甲咨询有限公司", name_en="One A to Z Consulting")
    exact = {
        text: await county.agency(name=f"云溪{text}测绘有限公司", name_en=f"Sign {text} Survey")
        for text in TEXTS
    }
    for text in TEXTS:
        wanted = {one.uscc for other, one in exact.items() if text in other}
        found = await county.centre.client.get("/api/v1/agencies", params={"text": text})
        assert {one["uscc"] for one in found.json()["items"]} == wanted, text
        page = await county.centre.browser.get("/agencies", params={"q": text})
        assert page.text.count('href="/agencies/9') == len(wanted), text
    assert plain.uscc not in wanted
