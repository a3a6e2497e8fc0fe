"""Random inputs for the metrics of PDF files, archives and books."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from pathlib import Path

from metric_files import BROKEN, WORDS, Call, MakeCall, maybe_broken, maybe_changed, some_text, written


def pdf(texts: list[str], pictures: int = 0) -> bytes:
    import pymupdf
    from PIL import Image, ImageDraw

    made = pymupdf.open()
    for text in texts:
        page = made.new_page()
        page.insert_text((72, 72), text)
        for number in range(pictures):
            image, content = Image.new("RGB", (64, 64), "white"), io.BytesIO()
            ImageDraw.Draw(image).rectangle((0, 0, 20 + 20 * number, 64), fill="black")
            image.save(content, "PNG")
            page.insert_image(pymupdf.Rect(100, 100, 164, 164), stream=content.getvalue())
    return made.tobytes()


def pdf_pair(rng: random.Random, folder: Path) -> Call:
    def pair(number: int) -> tuple[str | None, str]:
        text = some_text(rng)
        first = written(folder, f"a{number}.pdf", pdf([maybe_changed(rng, text)]))
        return maybe_broken(rng, folder, first), written(folder, f"b{number}.pdf", pdf([text]))

    if rng.random() < 0.5:
        return pair(0), {}
    firsts, seconds = zip(*(pair(number) for number in range(3)), strict=True)
    return (list(firsts), list(seconds)), {}


def pdf_pictures(rng: random.Random, folder: Path) -> Call:
    paths = [written(folder, f"{name}.pdf", pdf(["text"] * rng.randint(1, 2), rng.randint(0, 2))) for name in "ab"]
    return (maybe_broken(rng, folder, paths[0]), paths[1]), {}


def pdf_pages(rng: random.Random, folder: Path) -> Call:
    path = written(folder, "a.pdf", pdf(["text"] * rng.randint(1, 3)))
    return (path, {"relation": rng.choice(["eq", "lt", "ge"]), "ref_value": rng.randint(1, 3)}), {}


def zipped(folder: Path, name: str, contents: dict[str, bytes]) -> str:
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, content in contents.items():
            archive.writestr(path, content)
    return str(folder / name)


def archives(rng: random.Random, folder: Path) -> Call:
    kind, below = rng.choice(["text", "pdf"]), rng.choice(["", "lectures"])

    def file(text: str) -> bytes:
        return pdf([text]) if kind == "pdf" else text.encode()

    texts = {f"{below}/{number}".lstrip("/"): some_text(rng) for number in range(3)}
    result = {name: file(maybe_changed(rng, text)) for name, text in texts.items() if rng.random() > 0.05}
    first = zipped(folder, "a.zip", result)
    if rng.random() < 0.3:
        with tarfile.open(folder / "a.tar.gz", "w:gz") as archive:
            for name, content in result.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        first = str(folder / "a.tar.gz")
    second = zipped(folder, "b.zip", {name: file(text) for name, text in texts.items()})
    options: dict[str, object] = {"file_type": kind} | ({"file_path": below} if below else {})
    return (first if rng.random() > BROKEN else None, second), options


def zips(rng: random.Random, folder: Path) -> Call:
    text = some_text(rng, 30)
    first = {"a.txt": b"one", "b.pdf": pdf([text if rng.random() < 0.6 else some_text(rng, 30)])}
    if rng.random() < 0.3:
        first["a.txt"] = b"two"
    if rng.random() < 0.1:
        first["more"] = b""
    path = zipped(folder, "a.zip", first)
    second = zipped(folder, "b.zip", {"a.txt": b"one", "b.pdf": pdf([text])})
    return (path if rng.random() > BROKEN else None, second), {}


def books(rng: random.Random, folder: Path) -> Call:
    def book(name: str, words: list[str]) -> str:
        page = "<html><body>" + "\n".join(f"<p>{word}</p>" for word in words) + "</body></html>"
        toc = "\n".join(["<ncx>", f'<navPoint id="{name}">', *words, "</ncx>"])
        description = f"<dc:identifier>{name}</dc:identifier>\n<dc:title>{words[0]}</dc:title>"
        contents = {"toc.ncx": toc, "content.opf": description, "1.html": page, "2.html": page}
        return zipped(folder, name, {part: text.encode() for part, text in contents.items() if rng.random() > 0.1})

    words = rng.choices(WORDS, k=5)
    others = [word if rng.random() < 0.8 else rng.choice(WORDS) for word in words]
    return (maybe_broken(rng, folder, book("a.epub", others)), book("b.epub", words)), {}


INPUTS: dict[str, MakeCall] = {
    "compare_pdfs": pdf_pair,
    "compare_pdf_images": pdf_pictures,
    "check_pdf_pages": pdf_pages,
    "compare_archive": archives,
    "compare_zip_files": zips,
    "compare_epub": books,
}
