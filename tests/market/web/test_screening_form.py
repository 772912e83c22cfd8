"""The features and excuses of a screening policy have names that people read."""

import pytest
from babel import Locale

from market.web import text
from market.web.screening_form import names_of
from ratings.shells.policy import load_policy, policy_names


@pytest.mark.parametrize("name", policy_names())
@pytest.mark.parametrize("locale", [text.ZH, text.EN])
def test_every_feature_and_excuse_has_a_name_of_its_own(name: str, locale: Locale) -> None:
    policy = load_policy(name)
    called = names_of(locale, policy)
    assert called.keys() == {one.name for one in policy.features} | policy.excuses.keys()
    assert len(set(called.values())) == len(called)
    assert not [code for code, words in called.items() if words == code or "_" in words]
