"""Every evaluator function of OSWorld and WindowsAgentArena, by its original name.

Knows which module has which function; loads a module at the first use of one of its functions, so that a plain
installation can list them all and needs the libraries of none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from itertools import chain

from tasks.errors import MissingLibrary

Metric = Callable[..., float]
"""Called as the task files have it: what was found, what is expected (where a task has that), options by name."""

_NAMES: dict[str, str] = {
    "general": "infeasible exact_match literal_match match_in_list is_in_list check_include_exclude "
    "check_direct_json_object run_sqlite3",
    "fuzzy": "fuzzy_match",
    "structured": "check_json check_json_settings check_csv",
    "text": "compare_text_file compare_config diff_text_file compare_python_pure_text check_list check_line_number "
    "file_contains compare_csv",
    "web_pages": "compare_htmls",
    "tables": "compare_table compare_conference_city_in_order",
    "documents": "compare_docx_files compare_docx_files_and_ignore_new_lines compare_docx_tables compare_docx_images "
    "compare_references compare_unique_train_records fuzzy_place_math",
    "document_layout": "compare_line_spacing compare_font_names compare_subscript_contains compare_highlighted_text "
    "check_highlighted_words check_italic_font_size_14 check_tabstops contains_page_break "
    "evaluate_colored_words_in_tables evaluate_strike_through_last_paragraph has_page_numbers_in_footers "
    "is_first_line_centered",
    "office_settings": "find_default_font check_presenter_console_disable check_auto_saving_time check_left_panel",
    "slides": "compare_pptx_files",
    "slide_checks": "check_image_stretch_and_center check_page_number_colors check_slide_orientation_Portrait "
    "check_transition evaluate_presentation_fill_to_rgb_distance",
    "pdf": "compare_pdfs compare_pdf_images check_pdf_pages",
    "archives": "compare_archive compare_zip_files compare_epub",
    "browser": "is_cookie_deleted is_expected_active_tab is_expected_active_tab_approximate is_expected_tabs "
    "is_expected_bookmarks is_expected_installed_extensions is_expected_search_query is_expected_url_pattern_match "
    "is_shortcut_on_desktop is_url_shortcut_on_desktop is_added_to_steam_cart check_enabled_experiments "
    "check_font_size check_edge_font_size check_history_deleted",
    "vlc": "check_global_key_play_pause check_one_instance_when_started_from_file check_play_and_exit "
    "check_qt_bgcone check_qt_max_volume check_qt_minimal_view check_qt_slider_colours check_qt_video_resize "
    "is_vlc_fullscreen is_vlc_playing is_vlc_recordings_folder compare_videos",
    "vscode": "check_json_keybindings check_python_file_by_test_suite compare_result_files is_extension_installed",
    "thunderbird": "check_thunderbird_prefs check_thunderbird_filter check_thunderbird_folder",
    "gimp": "check_config_status check_brightness_decrease_and_structure_sim "
    "check_contrast_increase_and_structure_sim check_saturation_increase_and_structure_sim "
    "check_palette_and_structure_sim check_file_exists_and_structure_sim check_green_background "
    "check_textbox_on_leftside check_triangle_position check_image_mirror",
    "images": "compare_images compare_image_list compare_image_text check_structure_sim check_structure_sim_resized "
    "check_structure_sim_with_threshold check_image_size check_image_file_size",
    "audio": "compare_audios check_mp3_meta",
    "desktop": "check_gnome_favorite_apps check_moved_jpgs is_in_vm_clickboard is_utc_0 check_accessibility_tree",
}

_EXTRAS = {"audio": "osworld-audio", "vlc": "osworld-audio"}
"""Modules whose libraries are in an extra of their own."""


class _Metrics(Mapping[str, Metric]):
    """The functions by name, each from its module, which is imported then and not before."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._module_of = dict(chain.from_iterable(((n, m) for n in listed.split()) for m, listed in names.items()))

    def __getitem__(self, name: str) -> Metric:
        """The function.

        Raises:
            KeyError: neither benchmark has a function of this name.
            MissingLibrary: the function's module needs a library that is not installed.
        """
        module = self._module_of[name]
        try:
            return getattr(import_module(f"{__name__}.{module}"), name)
        except ModuleNotFoundError as missing:
            if (missing.name or "").startswith(__name__):
                raise
            extra = _EXTRAS.get(module, "osworld")
            raise MissingLibrary(
                f"The metric {name} needs {missing.name}, which is not installed: pip install 'deixis[{extra}]'."
            ) from missing

    def __contains__(self, name: object) -> bool:
        return name in self._module_of  # Mapping's own would import the module

    def __iter__(self) -> Iterator[str]:
        return iter(self._module_of)

    def __len__(self) -> int:
        return len(self._module_of)


METRICS: Mapping[str, Metric] = _Metrics(_NAMES)
