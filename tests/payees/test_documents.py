"""Documents: what is an image, and what is left of a hostile one."""

import asyncio
import random
import struct
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from bursar.payouts.payees.documents import DOCUMENT_BYTES_MAX, KEPT_SIDE_MAX, check_md5, repainted
from bursar.payouts.payees.errors import ChecksumMismatch, DocumentRefused
from bursar.payouts.payees.pictures import Pictures
from tests.payees.treasury import md5, png

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">{}</svg>'


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    assert image.format == "JPEG"
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP"])
def test_every_published_format_becomes_a_jpeg(kind: str) -> None:
    image = opened(repainted(png(40, "red", kind)))
    assert image.size == (40, 40)
    red, green, blue = image.getpixel((20, 20))  # type: ignore[misc]
    assert red > 240
    assert green < 15
    assert blue < 15


def test_only_pixels_are_kept() -> None:
    target = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"
    Image.new("RGB", (8, 8)).save(target, "JPEG", exif=exif, comment=b"secret place")
    kept = repainted(target.getvalue() + b"<?php evil(); ?>")
    assert b"script" not in kept
    assert b"secret" not in kept
    assert b"php" not in kept
    assert not opened(kept).getexif()


def test_a_picture_is_turned_upright_and_made_no_larger_than_needed() -> None:
    target = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (4000, 100)).save(target, "JPEG", exif=exif)
    image = opened(repainted(target.getvalue()))
    assert image.size == (75, KEPT_SIDE_MAX)


def test_transparency_is_white() -> None:
    target = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(target, "PNG")
    assert opened(repainted(target.getvalue())).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"%PDF-1.7",
        png(256)[:300],
        png(64)[:60],
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBP",
    ],
)
def test_what_is_not_a_whole_image_is_refused(content: bytes) -> None:
    with pytest.raises(DocumentRefused):
        repainted(content)


def test_other_formats_are_refused() -> None:
    for kind in ("TIFF", "ICO", "PPM"):
        target = BytesIO()
        Image.new("RGB", (32, 32)).save(target, kind)
        with pytest.raises(DocumentRefused):
            repainted(target.getvalue())


def test_2048_kilobytes_are_the_most() -> None:
    picture = png()
    assert opened(repainted(picture + b"\x00" * (DOCUMENT_BYTES_MAX - len(picture)))).size == (4, 4)
    with pytest.raises(DocumentRefused):
        repainted(picture + b"\x00" * (DOCUMENT_BYTES_MAX - len(picture) + 1))


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    target = BytesIO()
    Image.new("1", (12_000, 12_000)).save(target, "PNG")
    assert len(target.getvalue()) < 100_000
    with pytest.raises(DocumentRefused):
        repainted(target.getvalue())


def test_greys_of_a_16_bit_scan_stay_readable() -> None:
    ramp = b"".join(struct.pack("<H", value * 257) for value in range(256)) * 64
    target = BytesIO()
    Image.frombytes("I;16", (256, 64), ramp).save(target, "PNG")
    kept = opened(repainted(target.getvalue())).convert("L")
    for value in (0, 64, 128, 192, 255):
        assert abs(int(kept.getpixel((value, 32))) - value) < 4  # type: ignore[arg-type]


def test_a_photo_of_50_megapixels_is_kept_no_larger_than_needed() -> None:
    target = BytesIO()
    Image.new("L", (8160, 6144), 200).save(target, "JPEG")
    assert opened(repainted(target.getvalue())).size == (KEPT_SIDE_MAX, 2259)


def test_what_phones_and_editors_add_is_no_reason_to_refuse() -> None:
    said = PngImagePlugin.PngInfo()
    said.add_itxt("XML:com.adobe.xmp", "<x>" + "a" * 1_300_000 + "</x>", zip=True)
    edited, photo = BytesIO(), BytesIO()
    Image.new("RGB", (30, 20), "red").save(edited, "PNG", pnginfo=said, icc_profile=b"\0" * 1_500_000)
    Image.new("RGB", (30, 20), "red").save(photo, "JPEG")
    film = b"ftypmp42" + b"\xff\xda\x00\x08" * 100
    for content in (edited.getvalue(), photo.getvalue() + film, photo.getvalue()[:-2]):
        assert opened(repainted(content)).size == (30, 20)


def test_a_scan_turned_by_its_metadata_is_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    target = BytesIO()
    Image.new("I;16", (40, 20)).save(target, "PNG", exif=exif)
    assert opened(repainted(target.getvalue())).size == (20, 40)


def test_noise_fits_as_well() -> None:
    noise = Image.effect_noise((1300, 1300), 200).convert("RGB")
    target = BytesIO()
    noise.save(target, "JPEG", quality=80)
    assert len(repainted(target.getvalue())) <= DOCUMENT_BYTES_MAX


def test_a_checksum_is_compared_in_any_case() -> None:
    check_md5(b"x", md5(b"x").upper())
    for wrong in (md5(b"y"), "", "é" * 32):
        with pytest.raises(ChecksumMismatch):
            check_md5(b"x", wrong)


# ── drawings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_drawing_is_painted() -> None:
    image = opened(repainted(SVG.format('<rect width="200" height="100" fill="#00f"/>').encode()))
    assert image.size == (1200, 600)
    red, green, blue = image.getpixel((600, 300))  # type: ignore[misc]
    assert (red < 15, green < 15, blue > 240) == (True, True, True)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<image href="file:///etc/hostname" width="200" height="100"/>',
        '<image href="/etc/hostname" width="200" height="100"/>',
        '<image href="http://127.0.0.1:1/x.png" width="200" height="100"/>',
        "<foreignObject><p>x</p></foreignObject>",
        '<style>@import url("http://127.0.0.1:1/x.css");</style>',
        '<g id="a"><use href="#a"/></g>',
        '<filter id="f"><feImage href="/etc/hostname"/></filter><rect filter="url(#f)" width="0" height="0"/>',
        "<a href='javascript:alert(1)'><rect width='200' height='100'/></a>",
        "<text>hello</text>",
    ],
)
def test_of_a_hostile_drawing_only_plain_shapes_are_left(hostile: str) -> None:
    shape = '<rect onclick="evil()" style="fill:url(http://127.0.0.1:1)" width="50" height="50" fill="red"/>'
    assert repainted(SVG.format(hostile + shape).encode()) == repainted(
        SVG.format('<rect width="50" height="50" fill="red"/>').encode()
    )


ENCODINGS = [b"nonsense", b"utf-32", b"shift_jis", b"gb18030", b"hex", b"idna", b"rot13", b"utf-7", b"undefined"]


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
        b'<!DOCTYPE svg SYSTEM "file:///etc/hostname"><svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<svg xmlns="http://www.w3.org/2000/svg">',
        b'<svg xmlns="urn:else"><rect/></svg>',
        SVG.format("<g>" * 40 + "</g>" * 40).encode(),
        SVG.format("<rect/>" * 6_000).encode(),
        *(b'<?xml version="1.0" encoding="%s"?><svg xmlns="http://www.w3.org/2000/svg"/>' % name for name in ENCODINGS),
    ],
    ids=["entities", "external", "open", "namespace", "deep", "many", *(name.decode() for name in ENCODINGS)],
)
def test_drawings_that_are_refused(content: bytes) -> None:
    with pytest.raises(DocumentRefused):
        repainted(content)


def test_a_drawing_that_takes_too_long_is_given_up() -> None:
    chance = random.Random(1)
    points = " ".join(f"{chance.randrange(200)},{chance.randrange(100)}" for _ in range(250_000))
    line = f'<polyline points="{points}" fill="none" stroke="black" stroke-width="30" stroke-linejoin="round"/>'
    with pytest.raises(DocumentRefused):
        repainted(SVG.format(line).encode())


# ── in processes of their own ────────────────────────────────────────────────────────────────────────────────────────


async def test_pictures_are_painted_in_a_process_without_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    start = asyncio.create_subprocess_exec

    async def noted(*command: str, **options: Any) -> Any:
        given.append(options["env"])
        return await start(*command, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    pictures = Pictures()
    assert opened(await pictures.repainted(1, png(40, "red", "PNG"))).size == (40, 40)
    drawing = SVG.format('<rect width="200" height="100" fill="#00f"/>').encode()
    assert opened(await pictures.repainted(1, drawing)).format == "JPEG"
    assert given == [{}, {}]


async def test_the_reason_of_a_refusal_comes_out_of_the_process() -> None:
    for content in (b"no picture", SVG.format("<rect/>" * 6_000).encode()):
        with pytest.raises(DocumentRefused) as alone:
            repainted(content)
        with pytest.raises(DocumentRefused) as apart:
            await Pictures().repainted(1, content)
        assert apart.value.reason == alone.value.reason
