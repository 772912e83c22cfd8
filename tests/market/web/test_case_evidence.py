"""What a shell case shows of the evidence: what would lift the flag, and the ties."""

import itertools
import re
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from market.web.ties_drawing import FIRM_HEIGHT, FIRM_WIDTH, ROW, drawn
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute
from ratings.shells.facts import TIES
from ratings.shells.policy import load_policy
from ratings.shells.policy_queries import keep_screen_policy
from ratings.shells.ties import around, joined
from tests.county import County
from tests.screened import screened_ring

_PAIRS = st.lists(st.sampled_from(list(TIES)), min_size=2, max_size=2, unique=True).map(tuple)
_BONDS = st.lists(
    st.tuples(st.frozensets(st.sampled_from("abcdefghijkl"), min_size=2, max_size=5), _PAIRS),
    min_size=1,
    max_size=12,
)


@given(_BONDS, st.integers(2, 12))
def test_a_drawing_has_every_firm_and_tie_and_lays_none_over_another(
    bonds: list[tuple[frozenset[str], tuple[str, ...]]], most: int
) -> None:
    ties = joined(bonds)
    found = around(ties[0].firms[0], ties, most)
    picture = drawn(found, {"a": "云溪某某某某某某某某某某某某咨询有限公司"})
    assert {one.uscc for one in picture.firms} == set(found.shown)
    assert [one.number for one in picture.knots] == list(range(1, len(found.ties) + 1))
    assert len(picture.lines) == sum(len(tie.firms) for tie in found.ties)
    assert [one.uscc for one in picture.firms if one.own] == [found.uscc]
    for one in picture.firms:
        assert 0 <= one.x <= picture.width - FIRM_WIDTH
        assert FIRM_HEIGHT / 2 <= one.y <= picture.height - FIRM_HEIGHT / 2
        assert len(one.label) <= 18
    boxes = sorted((one.x, one.y) for one in picture.firms)
    for (x, y), (beside, below) in itertools.pairwise(boxes):
        assert beside > x or below - y >= FIRM_HEIGHT
    columns = sorted({x for x, _ in boxes})
    assert all(right - left > FIRM_WIDTH for left, right in itertools.pairwise(columns))
    assert ROW > FIRM_HEIGHT


async def test_the_centre_and_the_agency_read_what_would_lift_the_flag_and_the_ties(
    county: County, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path)
    stranger, auditor = ring.honest[0], await county.account(Role.AUDITOR)
    pages = [
        (county.centre, f"/console/shell-cases/{ring.case}"),
        (auditor, f"/console/shell-cases/{ring.case}"),
        (ring.shell, f"/workspace/shell-cases/{ring.case}"),
    ]
    for who, path in pages:
        answer = await who.browser.get(path, params={"lang": "en"})
        assert answer.status_code == 200
        sources = answer.text.split('id="sources"')[1].split("</section>")[0]
        strip = re.findall(r"<tr><th scope=\"row\">([^<]+)</th>(.*?)</tr>", sources, re.DOTALL)
        assert len(strip) == 9
        assert {cells.count("<td") for _, cells in strip} == {24 + 1}
        dark = [name for name, cells in strip if cells.count("heat-x") == 24]
        assert f"Nothing known from: {', '.join(dark)}." in sources
        assert re.search(r"\d+% of the months were known, from \d kinds of source", sources)
        rows = answer.text.split('<table class="waterfall">')[1].split("</table>")[0]
        points = [float(one) for one in re.findall(r"number[^>]*>\+?(-?[\d.]+)</td>", rows)]
        assert len(points) > 4
        assert round(sum(points[:-1]), 2) == points[-1]
        change = answer.text.split('id="change"')[1].split('id="ties"')[0]
        assert "The shortest ways to lift the flag" in change
        assert "Branch whose head office files" in change
        assert change.count("<tr>") > 4
        ties = answer.text.split('id="ties"')[1].split("</section>")[0]
        assert ring.other.uscc in ties
        assert stranger.uscc not in ties
        assert "Registered address, Telephone number, Legal representative" in ties
        assert ties.count("ties__knot") == 1
        assert ties.count('class="ties__name') == 2
        # Neither a hash nor anything else by which a person could be told.
        assert not re.search(r"[0-9a-f]{32}", ties.replace(ring.case, ""))
        width = float(re.findall(r'<svg class="ties"[^>]* width="([\d.]+)"', ties)[0])
        larger = await who.browser.get(path, params={"lang": "en", "zoom": "200"})
        assert f'width="{width * 2}"' in larger.text
        odd = await who.browser.get(path, params={"lang": "en", "zoom": "9999"})
        assert f'width="{width}"' in odd.text
    own = await ring.shell.browser.get(pages[2][1])
    assert "/console/" not in own.text.split('id="ties"')[1].split("</section>")[0]
    hidden = await stranger.browser.get(pages[2][1])
    assert hidden.status_code == 404

    # It is counted by the policy of that screen and by no other.
    policy = load_policy()
    changed = msgspec.structs.replace(policy, class_cap=policy.class_cap / 2)
    await keep_screen_policy(changed, now())
    await execute("UPDATE screen_run SET policy_digest = $1", changed.digest)
    other = await county.centre.browser.get(pages[0][1], params={"lang": "en"})
    assert "The shortest ways to lift the flag" not in other.text
    assert "by which it cannot be computed again" in other.text
