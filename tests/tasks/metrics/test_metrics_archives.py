"""PDF files, archives and books."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageDraw

from tasks.errors import EvaluationFailed
from tasks.metrics.archives import compare_archive, compare_epub, compare_zip_files
from tasks.metrics.pdf import check_pdf_pages, compare_pdf_images, compare_pdfs
from tests.tasks.metrics.conftest import WriteFile

Zip = Callable[[str, dict[str, bytes]], str]


def pdf(*texts: str, pictures: tuple[str, ...] = ()) -> bytes:
    document = pymupdf.open()
    for text in texts:
        page = document.new_page()
        page.insert_text((72, 72), text)
        for number, picture in enumerate(pictures):
            image = Image.new("RGB", (64, 64), "white")
            draw = ImageDraw.Draw(image)
            draw.rectangle((0, 0, 32, 64) if picture == "left" else (0, 40, 64, 64), fill="black")
            content = io.BytesIO()
            image.save(content, "PNG")
            page.insert_image(pymupdf.Rect(100, 100 + 80 * number, 164, 164 + 80 * number), stream=content.getvalue())
    return document.tobytes(no_new_id=True)


@pytest.fixture
def zipped(tmp_path: Path) -> Zip:
    def made(name: str, contents: dict[str, bytes]) -> str:
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path, content in contents.items():
                archive.writestr(path, content)
        return str(tmp_path / name)

    return made


def test_pdf_texts(write: WriteFile) -> None:
    one, other = write("a.pdf", pdf("kitten")), write("b.pdf", pdf("sitting"))
    assert compare_pdfs(one, one) == 1.0
    assert compare_pdfs(one, other) == pytest.approx(8 / 13)
    assert compare_pdfs([one, one], [one, other]) == pytest.approx((1 + 8 / 13) / 2)
    assert compare_pdfs([one], [one, other]) == 0.5
    assert compare_pdfs([one, "nowhere.pdf"], [one, other]) == 0.5
    for broken in (None, write("c.pdf", "no PDF"), [one]):
        assert compare_pdfs(broken, one) == 0.0
    assert compare_pdfs(one, None) == 0.0
    assert compare_pdfs(None, [one]) == 0.0


def test_pdf_pictures(write: WriteFile) -> None:
    both = write("a.pdf", pdf("text", pictures=("left", "below")))
    assert compare_pdf_images(both, write("b.pdf", pdf("other", pictures=("left", "below")))) == 1.0
    assert compare_pdf_images(both, write("c.pdf", pdf("text", pictures=("left", "left")))) == 0.5
    assert compare_pdf_images(both, write("d.pdf", pdf("text", pictures=("left",)))) == 0.0
    assert compare_pdf_images(write("e.pdf", pdf("a")), write("f.pdf", pdf("b"))) == 1.0
    assert compare_pdf_images(write("g.pdf", "no PDF"), both) == 0.0


def test_pdf_pages(write: WriteFile) -> None:
    three = write("a.pdf", pdf("1", "2", "3"))
    assert check_pdf_pages(three, {"relation": "eq", "ref_value": 3}) == 1.0
    assert check_pdf_pages(three, {"relation": "lt", "ref_value": 3}) == 0.0
    assert check_pdf_pages(write("b.pdf", "no PDF"), {"relation": "ge", "ref_value": 0}) == 0.0


def test_archives(zipped: Zip, write: WriteFile, tmp_path: Path) -> None:
    result = zipped("a.zip", {"lectures/1.txt": b"one", "lectures/2.txt": b"two", "notes.txt": b"x"})
    expected = tmp_path / "b.tar.gz"
    with tarfile.open(expected, "w:gz") as archive:
        for name, content in (("lectures/1.txt", b"one"), ("lectures/2.txt", b"TWO")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert compare_archive(result, str(expected), file_path="lectures") == 0.5
    assert compare_archive(result, str(expected), file_path="lectures", ignore_case=True) == 1.0
    assert compare_archive(result, str(expected)) == 0.0
    assert compare_archive(result, str(expected), file_path="nowhere") == 0.0
    books = zipped("c.zip", {"1.pdf": pdf("kitten")}), zipped("d.zip", {"1.pdf": pdf("sitting")})
    assert compare_archive(*books, file_type="pdf") == pytest.approx(8 / 13)
    for broken in (None, write("e.zip", "no archive")):
        assert compare_archive(broken, result) == 0.0
    with pytest.raises(EvaluationFailed, match="'font'"):
        compare_archive(result, result, file_type="font")


def test_an_archive_cannot_write_elsewhere(tmp_path: Path, zipped: Zip) -> None:
    evil = tmp_path / "evil.tar"
    with tarfile.open(evil, "w") as archive:
        member = tarfile.TarInfo(f"..{tmp_path}/stolen.txt")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    assert compare_archive(str(evil), zipped("b.zip", {"stolen.txt": b"x"})) == 0.0
    assert not (tmp_path / "stolen.txt").exists()


def test_zip_files(zipped: Zip, write: WriteFile) -> None:
    expected = zipped("b.zip", {"a.txt": b"one", "b.pdf": pdf("A long enough text to be nearly the same")})
    near = pdf("A long enough text to be nearly the sane")
    assert compare_zip_files(zipped("a.zip", {"a.txt": b"one", "b.pdf": near}), expected) == 1.0
    assert compare_zip_files(zipped("c.zip", {"a.txt": b"two", "b.pdf": near}), expected) == 0.0
    assert compare_zip_files(zipped("d.zip", {"a.txt": b"one", "b.pdf": pdf("Another")}), expected) == 0.0
    assert compare_zip_files(zipped("e.zip", {"a.txt": b"one", "b.pdf": b"no PDF"}), expected) == 0.0
    assert compare_zip_files(zipped("f.zip", {"a.txt": b"one"}), expected) == 0.0
    assert compare_zip_files(write("g.zip", "no archive"), expected) == 0.0


def test_books(zipped: Zip, write: WriteFile) -> None:
    def book(name: str, page: str, identifier: str = "1") -> str:
        toc = f"<ncx>\n<navPoint id='{identifier}'>\n<text>One</text>\n</ncx>\n"
        description = f"<dc:identifier>{identifier}</dc:identifier>\n<dc:title>Book</dc:title>"
        contents = {"toc.ncx": toc, "content.opf": description, "1.html": page, "style.css": identifier}
        return zipped(name, {path: content.encode() for path, content in contents.items()})

    expected = book("b.epub", "<html><body><p>One</p>\n<p>Two</p></body></html>")
    assert compare_epub(book("a.epub", "<html><body><p>One</p><p>Two</p></body></html>", "2"), expected) == 1.0
    assert 0.5 < compare_epub(book("c.epub", "<html><body><p>One</p></body></html>"), expected) < 1.0
    assert compare_epub(zipped("d.epub", {"style.css": b""}), expected) == 0.0
    assert compare_epub(write("e.epub", "no book"), expected) == 0.0
