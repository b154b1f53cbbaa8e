"""Documents that give only their differences: how they are merged, what is removed, what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric.inheritance import BadInheritance, merged, whole

BASE: dict[str, Any] = {
    "name": "base",
    "hold": {"level": "a", "span": {"amount": 1, "unit": "days"}},
    "ladder": [{"code": "a", "name": "甲"}, {"code": "b", "name": "乙"}, {"code": "c", "name": "丙"}],
    "roles": [{"code": "x", "units": ["X"], "words": ["一"]}, {"code": "y", "words": ["二"]}],
    "words": ["一", "二"],
}


def on_base(own: dict[str, Any]) -> dict[str, Any]:
    return whole({"extends": "base", **own}, lambda name: BASE, own=("name",))


def test_tables_by_key_and_coded_lists_by_code() -> None:
    made = on_base(
        {
            "hold": {"span": {"amount": 2}},
            "ladder": [{"code": "d", "name": "丁"}, {"code": "b", "name": "新乙"}],
            "words": ["三"],
        }
    )
    assert made["hold"] == {"level": "a", "span": {"amount": 2, "unit": "days"}}
    assert [(level["code"], level["name"]) for level in made["ladder"]] == [
        ("a", "甲"),
        ("b", "新乙"),
        ("c", "丙"),
        ("d", "丁"),
    ]
    assert made["words"] == ["三"]
    assert "name" not in made, "its own, never inherited"


def test_an_empty_list_empties_and_what_bears_no_code_is_replaced() -> None:
    assert on_base({"ladder": []})["ladder"] == []
    assert on_base({"ladder": [{"name": "无"}]})["ladder"] == [{"name": "无"}]
    assert on_base({"hold": 3})["hold"] == 3


def test_remove_comes_first() -> None:
    made = on_base({"remove": ["ladder/b", "hold/span/unit", "roles/*/units"]})
    assert [level["code"] for level in made["ladder"]] == ["a", "c"]
    assert made["hold"]["span"] == {"amount": 1}
    assert made["roles"] == [{"code": "x", "words": ["一"]}, {"code": "y", "words": ["二"]}]
    assert "remove" not in made
    anew = on_base({"remove": ["ladder"], "ladder": [{"code": "b", "name": "只有乙"}]})
    assert anew["ladder"] == [{"code": "b", "name": "只有乙"}]
    assert on_base({"remove": ["roles/*"]})["roles"] == []


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"remove": ["ladder/z"]}, "remove 里的 ladder/z 在 base 里没有"),
        ({"remove": ["roles/*/none"]}, "remove 里的 roles/\\*/none 在 base 里没有"),
        ({"remove": ["words/一"]}, "remove 里的 words/一"),
        ({"remove": ["hold/level/x"]}, "remove 里的 hold/level/x"),
        ({"remove": "ladder"}, "remove 要写成一串路径"),
        ({"remove": [""]}, "remove 要写成一串路径"),
        ({"remove": [3]}, "remove 要写成一串路径"),
        ({"ladder": [{"code": "z"}, {"code": "z"}]}, "z 写了两次"),
        ({"extends": 3}, "extends 要写一个名字"),
    ],
)
def test_what_is_refused(own: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInheritance, match=said):
        on_base(own)


def test_remove_without_a_base_and_circles() -> None:
    with pytest.raises(BadInheritance, match="没有写 extends"):
        whole({"remove": ["x"]}, lambda name: {})
    with pytest.raises(BadInheritance, match="绕成了圈（a → b → a）"):
        whole({"extends": "a"}, lambda name: {"extends": {"a": "b", "b": "a"}[name]})


def test_a_line_of_three() -> None:
    documents: dict[str, dict[str, Any]] = {
        "one": {"name": "一", "a": {"x": 1, "y": 1}, "b": 1},
        "two": {"name": "二", "extends": "one", "a": {"x": 2}},
    }
    made = whole({"name": "三", "extends": "two", "b": 3}, documents.__getitem__, own=("name",))
    assert made == {"name": "三", "extends": "two", "a": {"x": 2, "y": 1}, "b": 3}


_values = st.recursive(
    st.one_of(st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        st.lists(st.sampled_from("xyz"), unique=True, max_size=3).flatmap(
            lambda codes: st.just([{"code": code, "n": 1} for code in codes])
        ),
    ),
    max_leaves=8,
)
_documents = st.dictionaries(st.sampled_from("abc"), _values, max_size=3)


@given(_documents, _documents)
def test_merging_keeps_what_stands_above_and_changes_neither(base: dict[str, Any], own: dict[str, Any]) -> None:
    said = repr((base, own))
    made = merged(base, own)
    assert repr((base, own)) == said
    assert set(made) == {*base, *own}
    assert merged(made, own) == made
    assert merged({}, own) == own
    assert merged(base, {}) == base
