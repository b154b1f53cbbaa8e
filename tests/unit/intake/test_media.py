"""Files told by their content, and photographs that don't tell where they were taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.media import EXTENSIONS, BadMedia, checked, kind_of, stripped
from tests.unit.intake import media

KINDS = [
    (media.jpeg(), "image/jpeg"),
    (media.png(), "image/png"),
    (media.webp(), "image/webp"),
    (media.heic(), "image/heic"),
    (media.mp4(), "video/mp4"),
    (media.mp4(b"M4A "), "audio/mp4"),
    (media.PDF, "application/pdf"),
    (media.AMR, "audio/amr"),
    (media.office(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (media.office("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
]


@pytest.mark.parametrize(("content", "kind"), KINDS, ids=[kind for _, kind in KINDS])
def test_each_kind_by_its_content(content: bytes, kind: str) -> None:
    assert checked(content, kind) == checked(content, "") == checked(content, "application/octet-stream") == kind
    assert kind in EXTENSIONS
    with pytest.raises(BadMedia, match="内容却是"):
        checked(content, "text/plain")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"<!DOCTYPE html><script>1</script>",
        b"MZ\x90\0",
        b"PK\x03\x04 broken",
        media.office("evil/other.xml"),
        media.office("word/document.xml", "word/vbaProject.bin"),
        b"RIFF\0\0\0\0AVI ",
        b"\0\0\0\x18ftypevil",
    ],
)
def test_what_is_not_taken(content: bytes) -> None:
    assert kind_of(content) is None
    with pytest.raises(BadMedia, match="这种附件不收"):
        checked(content, "image/jpeg")


def test_other_names_of_the_same_kind() -> None:
    assert checked(media.jpeg(), "image/JPG") == "image/jpeg"
    assert checked(media.mp4(b"mp42"), "audio/x-m4a") == "audio/mp4"


@pytest.mark.parametrize("order", [">", "<"])
def test_a_photograph_loses_all_but_which_way_up_it_stands(order: str) -> None:
    shown = stripped(media.jpeg(order, turned=6), "image/jpeg")
    assert b"GPS" not in shown
    assert b"made by me" not in shown
    assert media.POSITION not in shown
    assert b"JFIF" in shown
    assert shown.endswith(b"\x12\xff\0\x34\xff\xd9")
    assert shown.count(b"Exif\0\0") == 1
    assert b"Exif" not in stripped(media.jpeg(order, turned=1), "image/jpeg")
    assert stripped(shown, "image/jpeg") == shown


@pytest.mark.parametrize(("content", "kind"), KINDS[:6], ids=[kind for _, kind in KINDS[:6]])
def test_no_position_goes_out(content: bytes, kind: str) -> None:
    shown = stripped(content, kind)
    assert media.POSITION not in shown
    assert b"121.4078" not in shown
    assert kind_of(shown) == kind


@given(st.sampled_from(KINDS), st.integers(0, 200), st.binary(max_size=8))
def test_broken_files_never_break_it(known: tuple[bytes, str], place: int, noise: bytes) -> None:
    content, kind = known
    broken = content[:place] + noise + content[place + len(noise) :]
    stripped(broken, kind)
    stripped(content[:place], kind)
    kind_of(broken)
