"""Pictures from outside: every format and mode becomes upright RGB, every bad file a clear sentence."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from models.errors import InputError
from models.texts import ENGLISH, FRENCH
from models.vision import uploads
from models.vision.uploads import WORKING_SIDE, read_content, read_upload

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def halves(mode: str = "RGB") -> Image.Image:
    """A picture of 40 x 20 px: red on the left, blue on the right."""
    image = Image.new("RGB", (40, 20), RED)
    image.paste(BLUE, (20, 0, 40, 20))
    return image.convert(mode)


def close(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int], tolerance: int = 12) -> bool:
    return max(abs(a - b) for a, b in zip(image.getpixel(place), colour, strict=True)) <= tolerance


def refused(path: Path | None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_upload(path)
    assert str(caught.value).startswith("image: ")
    assert caught.value.message(FRENCH).startswith("image\u00a0: ")
    return caught.value


@pytest.mark.parametrize("name", uploads.FORMATS)
def test_formats_by_content_whatever_the_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "picture.txt"
    halves().save(path, format=name)
    upload = read_upload(path)
    assert (upload.width, upload.height, upload.image.mode) == (40, 20, "RGB")
    assert close(upload.image, (5, 10), RED) and close(upload.image, (35, 10), BLUE)
    assert upload.unshown == (name in ("HEIF", "TIFF")) and not upload.cut_short


def red_for_blue() -> bytes:
    """The profile of a screen on which red light is blue, and blue is red."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ", 128), profile.index(b"bXYZ", 128)  # in the table of tags
    at_red, at_blue = slice(red + 4, red + 12), slice(blue + 4, blue + 12)
    profile[at_red], profile[at_blue] = profile[at_blue], profile[at_red]
    return bytes(profile)


@pytest.mark.parametrize(
    ("name", "mode"),
    [*((name, "RGB") for name in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF")), ("PNG", "RGBA"), ("PNG", "P")],
)
def test_colours_are_those_that_a_person_sees(tmp_path: Path, name: str, mode: str) -> None:
    path = tmp_path / "picture"
    halves(mode).save(path, format=name, icc_profile=red_for_blue(), quality=95)
    image = read_upload(path).image
    assert close(image, (5, 10), BLUE, 20) and close(image, (35, 10), RED, 20)


def test_a_grey_profile(tmp_path: Path) -> None:
    """One whose grey is linear light: half of it looks lighter than half."""
    path = tmp_path / "grey.png"
    curve = b"curv" + bytes(4) + struct.pack(">IH2x", 1, 256)  # gamma 1.0
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    tags = [(b"kTRC", curve), (b"wtpt", white)]
    table, content = struct.pack(">I", len(tags)), b""
    for name, tag in tags:
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(content), len(tag))
        content += tag
    head = struct.pack(">I4sI4s4s4s12x4s", 132 + 12 * len(tags) + len(content), b"", 0x02400000, b"mntr", b"GRAY",
                       b"XYZ ", b"acsp") + bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)  # fmt: skip
    Image.new("L", (16, 16), 128).save(path, icc_profile=head.ljust(128, b"\0") + table + content)
    assert close(read_upload(path).image, (8, 8), (188, 188, 188), 2)


@pytest.mark.parametrize("profile", [b"nonsense" * 40, red_for_blue()[:200]])
def test_a_damaged_profile_is_passed_over(tmp_path: Path, profile: bytes) -> None:
    path = tmp_path / "picture.png"
    halves().save(path, icc_profile=profile)
    assert read_upload(path).image.getpixel((5, 10)) == RED


def test_a_profile_for_other_colours_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    halves("CMYK").save(path, quality=95, icc_profile=red_for_blue())
    assert close(read_upload(path).image, (5, 10), RED)


def test_the_first_picture_of_several(tmp_path: Path) -> None:
    path = tmp_path / "burst.heic"
    pictures = [Image.new("RGB", (64, 64), colour) for colour in (RED, BLUE)]
    pictures[0].save(path, format="HEIF", save_all=True, append_images=pictures[1:])
    assert close(read_upload(path).image, (8, 8), RED)
    pictures[0].save(path, format="HEIF", save_all=True, append_images=pictures[1:], primary_index=1)
    assert close(read_upload(path).image, (8, 8), BLUE)  # the one that its maker put first


def test_cmyk_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    halves("CMYK").save(path, quality=95)
    assert close(read_upload(path).image, (5, 10), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_png_modes(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "picture.png"
    halves(mode).save(path)
    red, green, blue = read_upload(path).image.getpixel((5, 10))
    if mode in ("1", "L", "LA"):
        assert red == green == blue
    else:
        assert (red, green, blue) == RED


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_range(tmp_path: Path, form: str) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(16, axis=0)
    path = tmp_path / "ramp"
    Image.fromarray(ramp).save(path, format=form)
    row = np.asarray(read_upload(path).image)[8, :, 0]
    assert row[0] == 0 and row[-1] == 255 and abs(int(row[128]) - 128) <= 1


def test_floating_tiff(tmp_path: Path) -> None:
    path = tmp_path / "ramp.tif"
    Image.fromarray(np.linspace(-3, 7, 256, dtype=np.float32)[None].repeat(16, axis=0)).save(path)
    row = np.asarray(read_upload(path).image)[8, :, 0]
    assert row[0] == 0 and row[-1] == 255


@pytest.mark.parametrize("edges", [(np.inf, -np.inf), (np.nan, np.inf), (-np.inf, np.nan)])
def test_floating_tiff_with_numbers_that_are_none(tmp_path: Path, edges: tuple[float, float]) -> None:
    """Beyond all numbers is as light or as dark as the picture gets; nothing else changes."""
    ramp = np.linspace(-3, 7, 256, dtype=np.float32)[None].repeat(16, axis=0)
    ramp[0, :2] = edges
    path = tmp_path / "ramp.tif"
    Image.fromarray(ramp).save(path)
    pixels = np.asarray(read_upload(path).image)[:, :, 0]
    assert pixels[8, 0] == 0 and pixels[8, -1] == 255 and abs(int(pixels[8, 128]) - 128) <= 1
    assert pixels[0, :2].tolist() == [255 if edge == np.inf else 0 for edge in edges]


def test_the_grey_of_sixteen_bits_that_is_transparent_becomes_white(tmp_path: Path) -> None:
    """Its number has sixteen bits too: of eight it would name another grey, or none."""
    grey = np.full((20, 40), 0x1234, dtype=np.uint16)
    grey[:, 20:] = 0x3412
    path = tmp_path / "picture.png"
    Image.fromarray(grey).save(path, transparency=0x3412)
    assert Image.open(path).info["transparency"] == 0x3412
    found = read_upload(path).image
    assert found.getpixel((5, 10)) == (0x12,) * 3 and found.getpixel((35, 10)) == WHITE


def test_transparency_becomes_white(tmp_path: Path) -> None:
    image = halves("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 20, 20))
    for name in ("picture.png", "picture.webp"):
        image.save(tmp_path / name, lossless=True)
        assert read_upload(tmp_path / name).image.getpixel((5, 10)) == WHITE
    palette = halves("P")
    palette.save(tmp_path / "palette.png", transparency=palette.getpixel((5, 10)))
    assert read_upload(tmp_path / "palette.png").image.getpixel((5, 10)) == WHITE
    halves().save(tmp_path / "key.png", transparency=RED)
    assert read_upload(tmp_path / "key.png").image.getpixel((5, 10)) == WHITE


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_an_animation(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, BLUE)]
    path = tmp_path / "animation"
    frames[0].save(
        path,
        format=name,
        save_all=True,
        append_images=frames[1:],
        **({"lossless": True} if name == "WEBP" else {}),
    )
    assert close(read_upload(path).image, (8, 8), RED)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "TIFF", "PNG", "WEBP", "AVIF", "HEIF"])
def test_orientation(tmp_path: Path, orientation: int, name: str) -> None:
    """Wherever the camera's sensor had it, the red corner comes out at the upper left."""
    upright = Image.new("RGB", (48, 24), WHITE)
    upright.paste(RED, (0, 0, 16, 12))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo"
    turn = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)  # what undoes each turn
    stored = upright.transpose(uploads._TURNS[turn]) if turn > 1 else upright
    stored.save(path, format=name, exif=exif.tobytes(), quality=95)
    upload = read_upload(path)
    assert (upload.width, upload.height) == upload.image.size == (48, 24)
    assert close(upload.image, (4, 4), RED) and close(upload.image, (44, 20), WHITE)


def test_a_large_picture_is_reduced_and_its_size_remembered(tmp_path: Path) -> None:
    for name, size in {"wide.png": (12_000, 100), "wide.jpg": (12_000, 900), "tall.gif": (64, 9_000)}.items():
        Image.new("L", size, 90).save(tmp_path / name)
        upload = read_upload(tmp_path / name)
        assert (upload.width, upload.height) == size
        assert max(upload.image.size) == WORKING_SIDE
        assert close(upload.image, (10, 5), (90, 90, 90), 2)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    for side in (14_000, 60_000):  # above our bound, above Pillow's
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        chunk = struct.pack(">I", len(header)) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
        data = b"IDAT" + zlib.compress(b"0")
        rest = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
        path = tmp_path / "bomb.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + rest)
        error = refused(path)
        assert error.key == "image_pixels"
    assert "> 300,000,000 pixels" in error.message(ENGLISH)
    assert "> 300\u202f000\u202f000 pixels" in error.message(FRENCH)


def test_one_pixel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("RGB", (1, 1)).save(path)
    assert "1 x 1" in str(refused(path))


def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_read_as_far_as_it_goes(tmp_path: Path, progressive: bool) -> None:
    whole, path = tmp_path / "whole.jpg", tmp_path / "cut.jpg"
    draw = np.random.default_rng(0).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    Image.fromarray(draw).resize((96, 96)).save(whole, quality=95, progressive=progressive)
    content = whole.read_bytes()
    expected = np.asarray(read_upload(whole).image, dtype=int)
    for end in (-2, -1, len(content) // 2):
        path.write_bytes(content[:end])
        upload = read_upload(path)
        assert upload.cut_short and upload.image.size == (96, 96)
        assert np.abs(np.asarray(upload.image, dtype=int) - expected)[:16].mean() < (
            40 if progressive and end > 0 else 2
        )
    path.write_bytes(content + b"PK\x03\x04 and whatever else")
    assert not read_upload(path).cut_short


def png(rows: int, height: int = 40, colour: int = 2) -> bytes:
    """A PNG of so many rows, whatever its header says."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20, height, 8, colour, 0, 0, 0)
    pixels = zlib.compress((b"\0" + bytes([200] * 20 * {0: 1, 2: 3, 6: 4}[colour])) * rows)
    halves = pixels[: len(pixels) // 2], pixels[len(pixels) // 2 :]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, data) for kind, data in [(b"IHDR", header), *((b"IDAT", half) for half in halves), (b"IEND", b"")]
    )


@pytest.mark.parametrize("colour", [0, 2, 6])
def test_a_png_whose_rows_end_early_is_read_as_far_as_it_goes(tmp_path: Path, colour: int) -> None:
    path = tmp_path / "cut.png"
    for rows in (4, 39, 40):
        for content in (png(rows, colour=colour), png(rows, colour=colour) + b"and whatever else"):
            path.write_bytes(content)
            for upload in (read_upload(path), read_content(content, "cut.png")):
                assert upload.cut_short == (rows < 40) and upload.image.size == (20, 40)
                assert upload.image.getpixel((5, 3)) == read_content(png(40, colour=colour), "").image.getpixel((5, 3))
    path.write_bytes(png(1))
    assert refused(path).key == "image_damaged"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_a_png_that_ends_in_black_is_whole(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "black.png"
    Image.new("RGB", (37, 41)).convert(mode).save(path)
    assert not read_upload(path).cut_short


def test_a_jpeg_of_hardly_more_than_a_header_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    noise().resize((256, 256)).save(whole, format="JPEG")
    content = whole.getvalue()
    start = content.index(b"\xff\xda")
    path = tmp_path / "cut.jpg"
    for end in (start + 2, start + 14, start + 40):
        path.write_bytes(content[:end])
        assert refused(path).key in ("image_damaged", "image_format")


def test_large_pictures_are_decoded_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.png"
    noise().save(path)
    alone: list[bool] = []
    decode = uploads._decode
    monkeypatch.setattr(uploads, "_decode", lambda *given: (alone.append(uploads._large.locked()), decode(*given))[1])
    read_upload(path)
    monkeypatch.setattr(uploads, "LARGE_MEGAPIXELS", 0)
    read_upload(path)
    assert alone == [False, True] and not uploads._large.locked()


def test_a_header_that_promises_too_much_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    halves().save(whole, format="JPEG")
    content = bytearray(whole.getvalue())
    size = content.index(b"\xff\xc0") + 5
    content[size : size + 4] = struct.pack(">HH", 65_500, 65_500)
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    assert refused(path).key == "image_pixels"


def test_damaged_exif_says_nothing_about_the_pixels(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for seed in range(20):
        draw = random.Random(seed)
        content = bytearray(exif.tobytes())
        for place in draw.sample(range(6, len(content)), 8):
            content[place] = draw.randrange(256)
        path = tmp_path / "photo.jpg"
        halves().save(path, exif=bytes(content))
        assert sorted(read_upload(path).image.size) == [20, 40]


@pytest.mark.parametrize("name", ["PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF"])
def test_every_truncation_is_refused(tmp_path: Path, name: str) -> None:
    whole = io.BytesIO()
    noise().save(whole, format=name)
    content = whole.getvalue()
    path = tmp_path / "cut"
    for share in (0.02, 0.3, 0.7):
        path.write_bytes(content[: int(len(content) * share)])
        assert refused(path).key == "image_damaged", "its format is one that is taken"


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    assert refused(None).key == "no_image"
    assert refused(tmp_path / "nowhere.png").key == "image_missing"
    empty = tmp_path / "empty.jpg"
    empty.touch()
    assert refused(empty).key == "image_empty"
    for content in (b"%PDF-1.7 hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x00" * 5000):
        path = tmp_path / "photo.jpg"
        path.write_bytes(content)
        assert refused(path).key == "image_format"


def test_formats_outside_the_list_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    halves().save(path, format="PPM")
    assert refused(path).key == "image_format"


def test_markup_in_a_name_does_not_reach_the_message(tmp_path: Path) -> None:
    path = tmp_path / "<b onclick=x>.png"
    path.write_bytes(b"no picture")
    assert "<" not in str(refused(path))


def test_a_picture_may_be_as_small_as_is_said(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    side = uploads.MIN_SIDE
    halves().resize((side, side)).save(path)
    assert read_upload(path).width == side
    halves().resize((side, side - 1)).save(path)
    assert refused(path).key == "image_small"


def test_a_heavy_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_MEGABYTES", 0.0001)
    path = tmp_path / "photo.png"
    halves().resize((200, 200)).save(path)
    refusal = refused(path)
    assert refusal.key == "image_heavy" and refusal.details["size"] == "1", "beyond the limit, as it is written"


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 200 + ".jpg")
    path.write_bytes(b"no picture")
    assert len(str(refused(path))) < 250
