"""What a task's evaluation fetches, by the getters' original names: `get_NAME` there, `GETTERS["NAME"]` here.

Every getter takes the guest and its configuration, and returns what the metrics of the same benchmark know: a path on
this machine, a text, a number, a list, or None where the original gives None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tasks.getters.config import Config
from tasks.guest import Guest
from tasks.registry import LazyFunctions

Getter = Callable[[Guest, Config], object]

GETTERS: Mapping[str, Getter] = LazyFunctions[Getter](
    {
        "tasks.getters.files": "vm_file cloud_file cache_file content_from_vm_file vm_file_exists_in_vm_folder",
        "tasks.getters.system": "vm_command_line vm_command_error vm_terminal_output accessibility_tree vm_screen_size "
        "vm_window_size vm_wallpaper list_directory",
        "tasks.getters.rules": "rule rule_relativeTime",
        "tasks.getters.applications": "gimp_config_file vlc_config vlc_playing_info default_video_player vscode_config",
        "tasks.getters.slides": "audio_in_slide background_image_in_slide",
        "tasks.getters.browser_address": "active_url_from_accessTree active_tab_url_parse url_dashPart url_path_parse",
        "tasks.getters.browser_pages": "open_tabs_info page_info active_tab_info pdf_from_url info_from_website "
        "gotoRecreationPage_and_get_html_content chrome_appearance_mode_ui",
        "tasks.getters.page_elements": "active_tab_html_parse",
        "tasks.getters.browser_profile": "default_search_engine enabled_experiments profile_name chrome_font_size "
        "enable_do_not_track enable_enhanced_safety_browsing enable_safe_browsing new_startup_page "
        "data_delete_automacally find_unpacked_extension_path find_installed_extension_name bookmarks cookie_data "
        "history shortcuts_on_desktop",
        "tasks.getters.edge_profile": "profile_name_from_edge enable_do_not_track_from_edge "
        "enable_enhanced_safety_browsing_from_edge data_delete_automacally_from_edge edge_font_size "
        "default_search_engine_from_edge favorites cookie_data_for_edge history_for_edge url_shortcuts_on_desktop "
        "edge_home_page edge_default_download_folder",
        "tasks.getters.google_drive": "googledrive_file",
        "tasks.getters.windows": "vm_folder_exists_in_documents vm_file_exists_in_desktop "
        "are_files_sorted_by_modified_time is_details_view is_directory_read_only_for_user are_all_images_tagged "
        "vm_library_folders is_file_saved_desktop is_file_desktop is_file_hidden all_png_file_names "
        "is_all_docx_in_archive is_files_moved_downloads zipped_folder_in_desktop vm_active_window_title",
        "tasks.getters.windows_settings": "night_light_state storage_sense_run_frequency system_timezone "
        "desktop_background system_notifications check_if_timer_started check_if_world_clock_exists "
        "image_dimension_matches_input is_red_circle_present_on_canvas",
    }
)
"""All getters."""
