"""Pictures from files, for whoever shows them to a model."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from model.base import ModelError


class UnreadablePicture(ModelError):
    """Raised when a file that is to be shown to a model is not a picture."""


def read_picture(path: Path) -> Image.Image:
    """A picture from a file, RGB, at its own resolution.

    Raises:
        UnreadablePicture: there is no such file, it is damaged, or it is not a picture.
    """
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except UnidentifiedImageError:
        raise UnreadablePicture(f"{path} is not a picture in a format that can be read.") from None
    except (OSError, SyntaxError) as error:  # a damaged PNG is a SyntaxError to Pillow
        raise UnreadablePicture(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    except (Image.DecompressionBombError, ValueError) as error:
        raise UnreadablePicture(f"{path} cannot be read: {error}.") from error
