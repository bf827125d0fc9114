"""A caption reads as its writer meant it, in whatever alphabet and character set it was written, and in full."""

from __future__ import annotations

import struct

import pytest

from dedupe.formats import metadata
from dedupe.formats.texts import wording
from tests.formats.test_inventory import inventory, iptc, jpeg, packet

QUOTED = "Zoë – “été”, 5 €"


def with_charset(sequence: bytes, block: bytes) -> bytes:
    """The IPTC of a Photoshop block with the character set stated before it."""
    record = b"\x1c\x01\x5a" + struct.pack(">H", len(sequence)) + sequence
    data = record + block[12:]
    return block[:8] + struct.pack(">I", len(data)) + data + b"\0" * (len(data) & 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (QUOTED.encode(), QUOTED),
        (QUOTED.encode("cp1252"), QUOTED),
        (b"caf\xe9", "café"),
        (b"\xef\xbb\xbfcaf\xc3\xa9", "café"),
        (b"\xff\xfe" + "奈良公園".encode("utf-16-le"), "奈良公園"),
        (b"\xfe\xff" + "奈良公園".encode("utf-16-be"), "奈良公園"),
        ("奈良公園".encode()[:-1], "奈良公"),
        ("a new face 🫨".encode(), "a new face 🫨"),
        ("family 👨‍👩‍👧".encode(), "family 👨‍👩‍👧"),
        (b"a slip\x0b of\x07 the pen", "a slip of the pen"),
        (b"two\nlines\0and more", "two lines"),
    ],
)
def test_a_text_of_no_stated_character_set_is_read_as_it_was_meant(written: bytes, meant: str) -> None:
    assert wording(written) == meant


@pytest.mark.parametrize("written", [b"", b"  \0", b"\x01\x02\x03\x04ab", "\u200d\u200e".encode()])
def test_what_is_no_text_is_none(written: bytes) -> None:
    assert wording(written) is None


@pytest.mark.parametrize(
    ("sequence", "name", "text"),
    [
        (b"\x1b%G", "utf-8", "Žižkov 奈良"),
        (b"\x1b%/I", "utf-8", "Žižkov"),
        (b"\x1b-B", "iso8859-2", "Žižkov, Łódź"),
        (b"\x1b-L", "iso8859-5", "Красная площадь"),
        (b"\x1b.A", "iso8859-1", "Genève"),
        (b"\x1b/F", "iso8859-7", "Αθήνα"),
    ],
)
def test_iptc_is_read_in_the_character_set_that_it_states(sequence: bytes, name: str, text: str) -> None:
    block = with_charset(sequence, iptc((25, text.encode(name)), (120, text.encode(name))))
    alternatives = f"<dc:description><rdf:Alt><rdf:li>{text}</rdf:li></rdf:Alt></dc:description>"
    keyword = f"<dc:subject><rdf:Bag><rdf:li>{text}</rdf:li></rdf:Bag></dc:subject>"
    assert inventory(jpeg(photoshop=block)) == inventory(jpeg(xmp=packet(alternatives + keyword)))
    assert metadata.read(None, None, block).caption == text


def test_iptc_that_states_utf_8_and_is_latin_is_read_all_the_same() -> None:
    block = with_charset(b"\x1b%G", iptc((120, "Genève".encode("latin-1"))))
    assert metadata.read(None, None, block).caption == "Genève"


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_comment_in_utf_16_is_read_in_either_byte_order(order: str) -> None:
    body = b"UNICODE\0" + "Łódź, 奈良".encode("utf-16-le" if order == "little" else "utf-16-be")
    assert inventory(jpeg(photo={0x9286: body})) == inventory(jpeg(photoshop=iptc((120, "Łódź, 奈良".encode()))))


def test_two_captions_that_differ_far_from_their_beginning_are_two() -> None:
    long = "é" * 3000
    assert inventory(jpeg(t0x010E=long + "a")) != inventory(jpeg(t0x010E=long + "b"))
    stated = metadata.read(None, packet(f"<dc:description>{long}</dc:description>")).caption
    assert stated is not None and len(stated) == 2000
