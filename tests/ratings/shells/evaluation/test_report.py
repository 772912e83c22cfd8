"""That the report in docs/ was made with the policy that ships."""

from pathlib import Path

from ratings.shells.policy import load_policy

REPORT = Path(__file__).parents[4] / "docs" / "screen-evidence.md"


def test_the_report_belongs_to_the_policy() -> None:
    policy = load_policy()
    text = " ".join(REPORT.read_text("utf-8").split())
    assert f"{policy.name} {policy.version}, `{policy.digest}`" in text, (
        "steelyard evaluate-screen --out docs"
    )
