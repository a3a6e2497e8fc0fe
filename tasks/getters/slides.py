"""Sounds and background pictures of a presentation's slides."""

from __future__ import annotations

import posixpath
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from tasks.getters.config import Config, number, text
from tasks.getters.files import fetched
from tasks.guest import Guest

_RELATIONSHIP: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_BACKGROUND: Final = "{http://schemas.openxmlformats.org/presentationml/2006/main}bgPr"
_PICTURE: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_EMBEDDED: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"


def audio_in_slide(guest: Guest, config: Config) -> str | None:
    """The first sound of slide `slide_index`, from 0, of the presentation `ppt_file_path`; None without one.

    A sound outside the presentation is fetched to `dest`.
    """
    return _part(guest, config, lambda _zip, _slide: lambda kind, _name: "audio" in kind)


def background_image_in_slide(guest: Guest, config: Config) -> str | None:
    """The picture behind slide `slide_index`, as `audio_in_slide` gives a sound."""

    def chosen(archive: zipfile.ZipFile, slide: str) -> Callable[[str, str], bool]:
        name = _background(archive, slide)
        return lambda kind, id: name is not None and "image" in kind and id == name

    return _part(guest, config, chosen)


def _background(archive: zipfile.ZipFile, slide: str) -> str | None:
    """The id of the relationship to the slide's background picture."""
    if slide not in archive.namelist():
        return None
    with archive.open(slide) as file:
        root = ElementTree.parse(file).getroot()
    pictures = (picture for background in root.iter(_BACKGROUND) for picture in background.iter(_PICTURE))
    return next((id for picture in pictures if (id := picture.get(_EMBEDDED))), None)


def _part(
    guest: Guest, config: Config, choose: Callable[[zipfile.ZipFile, str], Callable[[str, str], bool]]
) -> str | None:
    """The first part that a slide has a chosen relationship to, by its type and id."""
    path = text(config, "ppt_file_path")
    here = fetched(guest, path, PurePosixPath(path).name)
    if here is None:
        raise FileNotFoundError(path)
    slide = f"slide{number(config, 'slide_index') + 1}.xml"
    relationships = f"ppt/slides/_rels/{slide}.rels"
    with zipfile.ZipFile(here) as archive:
        if relationships not in archive.namelist():
            return None
        fits = choose(archive, f"ppt/slides/{slide}")
        with archive.open(relationships) as file:
            root = ElementTree.parse(file).getroot()
        targets = (
            each.get("Target", "")
            for each in root.iter(_RELATIONSHIP)
            if fits(each.get("Type", ""), each.get("Id", ""))
        )
        target = next(targets, None)
        if target is None:
            return None
        if target.startswith(".."):
            part = posixpath.normpath(posixpath.join("ppt/slides", target))
            copy = guest.kept(PurePosixPath(part).name)
            copy.write_bytes(archive.read(part))
            return str(copy)
    return fetched(guest, target.removeprefix("file://"), text(config, "dest"))
