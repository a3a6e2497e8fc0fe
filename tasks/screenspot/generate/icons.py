"""Icons as line drawings, drawn for these pages: by name, the inside of an SVG of 24 x 24 units."""

from __future__ import annotations

from typing import Final

ICONS: Final = {
    "back": '<path d="M20 12H5M11 5l-7 7 7 7"/>',
    "bell": '<path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4"/>',
    "calendar": '<path d="M4 6h16v14H4zM4 10h16M8 3v4M16 3v4"/>',
    "cart": '<path d="M2 4h3l3 11h10l3-8H6"/><circle cx="9" cy="19" r="1.6"/><circle cx="17" cy="19" r="1.6"/>',
    "close": '<path d="M5 5l14 14M19 5L5 19"/>',
    "copy": '<path d="M8 8h12v12H8zM16 8V4H4v12h4"/>',
    "download": '<path d="M12 3v12M6 10l6 6 6-6M4 21h16"/>',
    "edit": '<path d="M4 20l1-5L16 4l4 4L9 19zM14 6l4 4"/>',
    "filter": '<path d="M3 5h18l-7 8v6l-4 2v-8z"/>',
    "forward": '<path d="M4 12h15M13 5l7 7-7 7"/>',
    "heart": '<path d="M12 20C4 14 3 10 4 7c2-4 7-3 8 0 1-3 6-4 8 0 1 3 0 7-8 13z"/>',
    "home": '<path d="M3 12l9-8 9 8M6 10v10h12V10M10 20v-6h4v6"/>',
    "lock": '<path d="M5 11h14v10H5zM8 11V8a4 4 0 0 1 8 0v3"/>',
    "mail": '<path d="M3 6h18v13H3zM3 7l9 7 9-7"/>',
    "menu": '<path d="M3 6h18M3 12h18M3 18h18"/>',
    "next": '<path d="M5 5l10 7-10 7zM18 5v14"/>',
    "pause": '<path d="M7 4v16M17 4v16" stroke-width="4"/>',
    "play": '<path d="M6 4l14 8-14 8z"/>',
    "plus": '<path d="M12 4v16M4 12h16"/>',
    "previous": '<path d="M19 5L9 12l10 7zM6 5v14"/>',
    "search": '<circle cx="10" cy="10" r="6"/><path d="M15 15l6 6"/>',
    "settings": '<circle cx="12" cy="12" r="4"/>'
    '<path d="M12 2v4M12 18v4M2 12h4M18 12h4M5 5l3 3M16 16l3 3M5 19l3-3M16 8l3-3"/>',
    "star": '<path d="M12 3l3 6 6 1-4.500 4.500 1 6.500-5.500-3-5.500 3 1-6.500L3 10l6-1z"/>',
    "trash": '<path d="M4 6h16M9 6V3h6v3M6 6l1 15h10l1-15M10 10v7M14 10v7"/>',
    "upload": '<path d="M12 16V4M6 9l6-6 6 6M4 21h16"/>',
    "user": '<circle cx="12" cy="8" r="4"/><path d="M4 21c0-9 16-9 16 0"/>',
    "volume": '<path d="M3 9h4l6-5v16l-6-5H3zM16 8c2 2 2 6 0 8M19 5c4 4 4 10 0 14"/>',
}
