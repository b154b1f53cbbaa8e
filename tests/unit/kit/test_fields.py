"""Names as they come from outside."""

import pytest
from pydantic import TypeAdapter, ValidationError

from services.kit.fields import Name

NAME = TypeAdapter(Name)


@pytest.mark.parametrize("blank", ["  ", "\u3000", "\t\n", "\u200b", "\u200b \ufeff"])
def test_what_shows_nothing_is_no_name(blank: str) -> None:
    with pytest.raises(ValidationError, match="只有空白"):
        NAME.validate_python(blank)


def test_blanks_round_a_name_are_not_part_of_it() -> None:
    assert NAME.validate_python(" 兰溪 居民区\u3000") == "兰溪 居民区"
    assert NAME.validate_python("👮") == "👮"
