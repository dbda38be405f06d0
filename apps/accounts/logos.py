"""Uploaded logos: checked, made small, and drawn anew, so that nothing but pixels is ever served."""

from __future__ import annotations

import secrets
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

MAX_BYTES = 2 * 1024 * 1024
MAX_PIXELS = 4000
SIDE = 512
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def logo_from_upload(upload: UploadedFile) -> ContentFile[bytes]:
    """A PNG of at most 512 pixels a side under a new random name; raises ValidationError in words."""
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(_("This picture is larger than 2 MB. Please choose a smaller one."))
    picture = _opened(upload)
    if max(picture.size) > MAX_PIXELS:
        raise ValidationError(_("This picture is larger than 4,000 pixels a side. Please choose a smaller one."))
    try:
        drawn = picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise ValidationError(_("This file is damaged. Please export the picture again.")) from error
    drawn.thumbnail((SIDE, SIDE))
    out = BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return ContentFile(out.getvalue(), name=f"{secrets.token_hex(12)}.png")


def _opened(upload: UploadedFile) -> Image.Image:
    try:
        upload.seek(0)
        return Image.open(upload, formats=_FORMATS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(_("Please choose a picture: PNG, JPEG, WebP or GIF.")) from error
