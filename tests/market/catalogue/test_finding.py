"""Search: what people type for an item finds it, says why, and counts what each filter leaves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from market.catalogue.finding import FILTERS, Found, Wanted, find, parts, qualification_of
from market.catalogue.items import load_items
from market.catalogue.matching import How, Text, match, plain, words
from market.catalogue.package_file import load_packages
from market.catalogue.standards import load_fee_standards

ITEMS = load_items()
NAMES = [item.name_zh for item in ITEMS.values()]


def search(text: str = "", ranges: dict[str, tuple[int, int]] | None = None, **more: str) -> Found:
    wanted = Wanted(text=text, **more)
    return find(
        wanted, ITEMS.values(), load_packages().values(), load_fee_standards(), ranges or {}
    )


def codes(text: str = "", **more: str) -> list[str]:
    return [hit.item.code for hit in search(text, **more).hits]


@settings(max_examples=40)
@given(st.sampled_from(NAMES), st.data())
def test_any_two_neighbouring_characters_find_the_item(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 2))
    found = search(name[start : start + 2])
    assert name in {hit.item.name_zh for hit in found.hits}


@settings(max_examples=40)
@given(st.sampled_from(NAMES), st.data())
def test_any_two_characters_in_order_find_the_item(name: str, data: st.DataObject) -> None:
    letters = [place for place, one in enumerate(name) if one.isalpha()]
    pair = data.draw(st.lists(st.sampled_from(letters), min_size=2, max_size=2, unique=True))
    short = "".join(name[place] for place in sorted(pair))
    assert name in {hit.item.name_zh for hit in search(short).hits}


def test_short_forms_that_people_use() -> None:
    assert codes("环评") == ["11", "10"]
    assert set(codes("水保")) == {"12", "13", "14"}
    assert codes("可研")[:2] == ["02", "04"]
    assert "雷" in ITEMS["45"].name_zh
    assert codes("雷") == ["24", "45"]


def test_pinyin_whole_in_part_by_initials_and_of_heteronyms() -> None:
    assert codes("huanjingyingxiang")[:2] == codes("huanjingyingx")[:2] == ["10", "11"]
    assert codes("hjyx") == codes("huanjyx") == ["10", "11"]
    assert set(codes("shuitubaochi")) >= {"12", "13", "14"}
    assert codes("huanping") == ["11", "10"]
    heteronym = [Text("name", "重大调查")]
    for said in ("zhongdadiaocha", "chongdadiaocha", "zhongdatiaocha", "zddc", "cddc", "diaocha"):
        assert match(words(said), heteronym), said
    assert match(words("zhongxiaodiaocha"), heteronym) is None


def test_english_words_numbers_and_documents() -> None:
    assert codes("energy") == ["07", "08", "33"]
    assert codes("ENERGY review")[0] == "08"
    assert codes("05") == ["05"]
    assert codes("5")[0] == "05"
    assert codes("1980") == ["34"]
    assert codes("浙价服〔2013〕252号") == ["01", "02", "04", "06"]
    assert set(codes("673")) == {"03", "04"}
    assert "nergy" in ITEMS["07"].name_en
    assert codes("nergy") == []


def test_packages_and_standards_are_found_too() -> None:
    found = search("设计")
    assert [one.code for one in found.packages] == ["design"]
    assert "design-10" in [one.code for one in found.standards]
    assert search("").packages == search("").standards == ()


def test_it_says_where_each_word_was_found() -> None:
    [hit] = search("房 测绘").hits
    assert [(one.where, one.how) for one in hit.because] == [
        ("name", How.WRITTEN),
        ("field", How.EXACT),
    ]
    assert parts(hit.item.name_zh, hit.because)[0] == ("房", True)
    [shortened] = [one for one in search("环评").hits if one.item.code == "11"]
    marked = "".join(
        piece for piece, hit in parts(shortened.item.name_zh, shortened.because) if hit
    )
    assert marked == "环评"


@settings(max_examples=30)
@given(st.text(max_size=30))
def test_whatever_is_typed_is_searched_and_shown_in_its_place(text: str) -> None:
    for hit in search(text).hits:
        for one in hit.because:
            assert "".join(piece for piece, _ in parts(one.text, hit.because)) == one.text
            assert all(0 <= start < end <= len(one.text) for start, end in one.spans)


@given(st.text(max_size=40))
def test_full_width_and_capitals_are_alike_and_keep_their_places(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain("ＥＩＡ") == plain("EIA") == "eia"


wanted = st.builds(
    dict,
    text=st.sampled_from(["", "测", "评", "sj", "design"]),
    field=st.sampled_from(["", "测绘", "节能", "none"]),
    qualification=st.sampled_from(["", "certificate", "none", "not-stated"]),
    kind=st.sampled_from(["", "mandatory", "non-mandatory"]),
    package=st.sampled_from(["", "review", "as-built-survey"]),
    state=st.sampled_from(["", "active", "withdrawn"]),
    days=st.sampled_from(["", "5", "15", "30"]),
    fee=st.sampled_from(["", "1", "10"]),
)


@settings(max_examples=8)
@given(wanted)
def test_a_count_is_what_choosing_that_value_gives(asked: dict[str, str]) -> None:
    ranges = {code: (int(code) * 1_000_000, int(code) * 2_000_000) for code in list(ITEMS)[::2]}
    found = search(ranges=ranges, **asked)
    for name in FILTERS:
        for count in found.counts[name]:
            chosen = search(ranges=ranges, **(asked | {name: count.value}))
            assert len(chosen.hits) == count.count, (name, count.value)
    for name, left in found.without.items():
        assert not found.hits
        assert len(search(ranges=ranges, **(asked | {name: ""})).hits) == left


def test_qualifications_as_the_list_words_them() -> None:
    words_of = {item.qualification_zh: qualification_of(item) for item in ITEMS.values()}
    assert words_of["具备测绘资质"] == words_of["认定的审查机构，由主管部门委托"] == "certificate"
    assert words_of["无资质要求"] == words_of["2021年7月起取消资质"] == "none"
    assert words_of["具备相应能力的单位"] == "none"
    assert words_of[""] == "not-stated"


def test_nothing_found_suggests_something() -> None:
    assert "33" in [one.code for one in search("enrgy").suggestions]
    assert "05" in [one.code for one in search("设纪").suggestions]
    assert search("zzz").suggestions == ()
    assert search("节能", field="测绘").without == {"field": len(codes("节能"))}
