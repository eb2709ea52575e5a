"""Pictures of documents, made for tests: an invented state's passport with its zone, and a licence with its PDF417."""

import io

from PIL import Image, ImageDraw, ImageFont

from bursar.customers.desk.mrz import check_digit

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"


def passport_zone(
    number: str = "L898902C3", born: str = "900812", expires: str = "320415", name: str = "HART<<ADA<MARIA"
) -> tuple[str, str]:
    """Both lines of a TD3 zone with right check digits."""
    first = f"P<UTO{name}".ljust(44, "<")
    number = number.ljust(9, "<")
    optional = "".ljust(14, "<")
    parts = f"{number}{check_digit(number)}UTO{born}{check_digit(born)}F{expires}{check_digit(expires)}{optional}"
    second = f"{parts}{check_digit(optional)}"
    whole = second[:10] + second[13:20] + second[21:43]
    return first, f"{second}{check_digit(whole)}"


def passport(lines: tuple[str, str]) -> bytes:
    """A photo of the page, as a PNG."""
    page = Image.new("RGB", (1_400, 1_000), "#f4efe2")
    pen = ImageDraw.Draw(page)
    pen.rectangle((80, 120, 480, 620), fill="#b8c4cc")
    pen.text((560, 140), "UTOPIA", font=ImageFont.truetype(FONT, 60), fill="#333333")
    for at, line in enumerate(lines):
        pen.text((60, 790 + at * 80), line, font=ImageFont.truetype(FONT, 48), fill="black")
    return png(page)


def licence(**fields: str) -> bytes:
    """The back of a driving licence: its elements in a PDF417."""
    import zxingcpp

    elements = "".join(f"{name}{value}\n" for name, value in fields.items())
    text = f"@\n\x1e\rANSI 636000090002DL00410278ZV03190008DL\n{elements}"
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.PDF417)
    drawn = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=4))
    page = Image.new("L", (1_400, 900), 255)
    page.paste(drawn.convert("L"), (100, 200))
    return png(page)


def png(page: Image.Image) -> bytes:
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()
