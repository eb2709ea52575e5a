"""Uploaded images: the content decides, all of it, and nothing hostile is decoded."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import PngImagePlugin

from bursar.files.errors import FileMissing, FileTooLarge, NotAnImage
from bursar.files.model import FILE_BYTES_MAX, IMAGE_PIXELS_MAX, Image, ImageKind, inspect_image
from bursar.files.purposes import FilePurpose


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    written = BytesIO()
    Pillow.effect_noise(size, 60).convert(mode).save(written, kind, **options)
    return written.getvalue()


JPEG, PNG = picture("JPEG"), picture("PNG")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def blank_png(width: int, height: int) -> bytes:
    """A black image of one bit a pixel: tiny as a file whatever its size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = zlib.compress(b"\0" * (1 + (width + 7) // 8) * height)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def refusal_of(content: bytes) -> NotAnImage:
    with pytest.raises(NotAnImage) as refusal:
        inspect_image(content)
    return refusal.value


@pytest.mark.parametrize(
    ("content", "image"),
    [
        (JPEG, Image(ImageKind.JPEG, 40, 30)),
        (picture("JPEG", mode="L"), Image(ImageKind.JPEG, 40, 30)),
        (picture("JPEG", mode="CMYK"), Image(ImageKind.JPEG, 40, 30)),
        (picture("JPEG", progressive=True), Image(ImageKind.JPEG, 40, 30)),
        (picture("JPEG", size=(1, 1)), Image(ImageKind.JPEG, 1, 1)),
        (PNG, Image(ImageKind.PNG, 40, 30)),
        (picture("PNG", mode="RGBA"), Image(ImageKind.PNG, 40, 30)),
        (picture("PNG", mode="P"), Image(ImageKind.PNG, 40, 30)),
        (picture("PNG", mode="1", size=(1, 1)), Image(ImageKind.PNG, 1, 1)),
    ],
)
def test_a_jpeg_or_png_of_any_colours_is_an_image(content, image):
    assert inspect_image(content) == image


def test_a_phone_s_jpeg_with_a_second_picture_behind_it_is_a_jpeg():
    content = picture("MPO", save_all=True, append_images=[Pillow.new("RGB", (10, 10))])
    assert inspect_image(content) == Image(ImageKind.JPEG, 40, 30)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF", "PPM", "PDF"])
def test_other_formats_are_refused(kind):
    assert isinstance(refusal_of(picture(kind)), NotAnImage)


@pytest.mark.parametrize(
    "content",
    [b"", b"a text", b"%PDF-1.7", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + b"\0" * 500],
)
def test_what_only_begins_like_an_image_is_refused(content):
    assert isinstance(refusal_of(content), NotAnImage)


@pytest.mark.parametrize(
    ("whole", "end"),
    [(JPEG, 2), (picture("JPEG", progressive=True), -2), (PNG, 12)],
    ids=["jpeg", "progressive", "png"],
)
def test_an_image_cut_anywhere_before_its_end_marker_is_refused(whole, end):
    for length in [*range(0, len(whole) - 60, 23), *range(len(whole) - 60, len(whole) - end - 2)]:
        refusal_of(whole[:length])


@pytest.mark.parametrize("cut", [1, 2])
def test_a_jpeg_without_its_end_marker_is_whole(cut):
    assert inspect_image(JPEG[:-cut]) == Image(ImageKind.JPEG, 40, 30)


@pytest.mark.parametrize("cut", [1, 4, 11, 12])
def test_a_png_without_its_end_chunk_is_whole(cut):
    assert inspect_image(PNG[:-cut]) == Image(ImageKind.PNG, 40, 30)


def test_a_large_jpeg_without_its_end_is_not_decoded_to_find_out():
    large = BytesIO()
    Pillow.new("L", (4_100, 4_000)).save(large, "JPEG")
    assert refusal_of(large.getvalue()[:-2]).reason == "truncated"


def test_a_motion_photo_is_its_picture_whatever_the_film_holds():
    film = b"\0\0\0\x18ftypmp42" + b"\xff\xda\x00\x08" * 100 + b"\xff\xd9" + bytes(range(256)) * 100
    assert inspect_image(JPEG + film) == Image(ImageKind.JPEG, 40, 30)


def test_texts_and_profiles_of_any_size_are_no_reason_to_refuse_a_png():
    said = PngImagePlugin.PngInfo()
    said.add_itxt("XML:com.adobe.xmp", "<x>" + "a" * 1_300_000 + "</x>", zip=True)
    assert inspect_image(picture("PNG", pnginfo=said)) == Image(ImageKind.PNG, 40, 30)
    assert inspect_image(picture("PNG", icc_profile=b"\0" * 1_500_000)) == Image(ImageKind.PNG, 40, 30)


def test_a_png_of_endless_chunks_and_one_with_a_chunk_that_matters_and_nobody_knows():
    head, rest = PNG[:33], PNG[33:]
    assert refusal_of(head + chunk(b"teXt", b"") * 10_001 + rest).reason == "more than 10000 chunks"
    assert inspect_image(head + chunk(b"teXt", b"") * 9_000 + rest) == Image(ImageKind.PNG, 40, 30)
    refusal_of(head + chunk(b"CgBI", b"") + rest)


def test_a_jpeg_of_endless_segments_is_refused():
    assert refusal_of(JPEG[:2] + b"\xff\xe1\x00\x02" * 10_001 + JPEG[2:]).reason == "more than 10000 segments"


def test_a_png_with_a_changed_pixel_is_refused_by_its_checksum():
    at = PNG.index(b"IDAT") + 40
    refusal_of(PNG[:at] + bytes([PNG[at] ^ 1]) + PNG[at + 1 :])


@pytest.mark.parametrize("whole", [JPEG, PNG], ids=["jpeg", "png"])
@given(at=st.integers(0, 3_000), noise=st.binary(min_size=1, max_size=60))
def test_damage_ends_in_an_image_or_in_a_refusal_and_in_nothing_else(whole, at, noise):
    try:
        image = inspect_image(whole[:at] + noise + whole[at + len(noise) :])
    except NotAnImage:
        return
    assert image.width * image.height <= IMAGE_PIXELS_MAX


def test_four_mebibytes_are_allowed_and_one_byte_more_is_not():
    full = PNG + b"\0" * (4 * 1024 * 1024 - len(PNG))
    assert inspect_image(full) == Image(ImageKind.PNG, 40, 30)
    with pytest.raises(FileTooLarge) as refusal:
        inspect_image(full + b"\0")
    assert (refusal.value.size_bytes, refusal.value.limit_bytes) == (4_194_305, 4_194_304)


def test_size_is_judged_before_content():
    with pytest.raises(FileTooLarge):
        inspect_image(b"\0" * (FILE_BYTES_MAX + 1))


def test_a_small_file_of_many_pixels_is_refused_undecoded():
    assert inspect_image(blank_png(8_160, 6_144)) == Image(ImageKind.PNG, 8_160, 6_144)
    bomb = blank_png(5_200, 10_001)
    assert len(bomb) < 10_000
    assert refusal_of(bomb).reason == "more than 52000000 pixels"


def test_a_jpeg_of_endless_scans_is_refused_undecoded():
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00"
    assert refusal_of(JPEG[:-2] + scan * 40 + JPEG[-2:]).reason == "more than 40 scans"


def test_a_missing_file_names_what_it_was_for():
    assert FileMissing(FilePurpose.SELFIE).purpose is FilePurpose.SELFIE
