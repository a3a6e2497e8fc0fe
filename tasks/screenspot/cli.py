"""The grounding checks' commands: screenspot, screenspot-generate.

Reads the command line and prints; the libraries behind the command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

app = App()

NOT_ALL_ASKED = 1
"""Exit status when the work was done, but for some records or programs."""

AtLeastOne = Annotated[int, Parameter(validator=Number(gte=1))]


@app.command
def screenspot(
    data: str,
    /,
    *,
    model: str = "nano",
    zoom: bool = False,
    limit: AtLeastOne | None = None,
    workers: AtLeastOne = 1,
    language: Literal["en", "cn"] = "en",
    boxes: Literal["xywh", "xyxy"] | None = None,
    revision: str | None = None,
    out: Path | None = None,
) -> int:
    """Measure how well a model points, on a published benchmark or on your own screenshots.

    A run that was interrupted goes on when it is given the same folder with --out; run it once with and once without
    --zoom in one folder, and the report sets both side by side. The exit status is 1 when some records could not be
    asked.

    Args:
        data: the folder of ScreenSpot, ScreenSpot-V2, ScreenSpot-Pro or OSWorld-G as it is distributed, or one of its
            JSON files; a CSV or JSONL file of your own screens (image, instruction, left, top, right, bottom); or the
            id of such a data set on the Hugging Face hub.
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        zoom: look again, closer, around the place that was found.
        limit: ask only so many items, drawn with a fixed seed.
        workers: how many items are asked at the same time, for a model that can be.
        language: which of ScreenSpot-Pro's instructions are asked.
        boxes: what the boxes of a copy are, if not what the benchmark's are: x, y, width, height, or two corners.
        revision: branch, tag or commit on the hub.
        out: the folder for records and reports; by default a new one in runs/.
    """
    from rich.console import Console

    from model.loading import load_model
    from tasks.screenspot.boxes import BoxConvention
    from tasks.screenspot.export import write_results
    from tasks.screenspot.formats import Language
    from tasks.screenspot.hub import load_dataset
    from tasks.screenspot.methods import Method
    from tasks.screenspot.progress import Progress
    from tasks.screenspot.records import RunFolder, read_run
    from tasks.screenspot.report import print_table, write_reports
    from tasks.screenspot.runner import card_of, chosen, run_items

    console = Console(highlight=False, soft_wrap=True)
    dataset = load_dataset(data, Language(language), BoxConvention(boxes) if boxes else None, revision)
    folder = out or Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-screenspot"
    loaded = load_model(model)
    method = Method.ZOOM if zoom else Method.PLAIN
    items = chosen(dataset.items, limit)
    with RunFolder(folder, card_of(loaded, dataset)) as run, Progress(console, items, run.records, method) as progress:
        progress.left_out(dataset.left_out)
        try:
            unanswered = run_items(loaded, items, run, method, workers, progress.show)
        except KeyboardInterrupt:
            progress.say(f"Interrupted. Go on with the same command and --out {folder}")
            raise
    card, records = read_run(folder)
    if records:
        print_table(console, records)
        for path in write_reports(folder, card, records):
            console.print(str(path), markup=False)
        for each in Method:
            answered = [record for record in records if record.method is each]
            if answered:
                write_results(answered, folder / f"screenspot-pro-{each}.json")
    return NOT_ALL_ASKED if dataset.left_out or unanswered else 0


@app.command
def screenspot_generate(out: Path, /) -> int:
    """Make a grounding benchmark here: web pages in Chromium and programs on a display of its own.

    It is in ScreenSpot-V2's format, for `deixis screenspot OUT`. Where controls are is read from the pages' documents
    and from the programs' accessibility trees. None of it is used to train the embedded model. The exit status is 1
    when programs are missing: the pages are written all the same.

    Args:
        out: a new folder.
    """
    from rich.console import Console
    from rich.progress import track

    from tasks.screenspot.generate.programs import PROGRAMS, missing_programs, program_shots
    from tasks.screenspot.generate.shots import SCREENS
    from tasks.screenspot.generate.web import page_count, page_shots
    from tasks.screenspot.generate.write import write

    console = Console(highlight=False, soft_wrap=True)
    missing = missing_programs()
    if missing:
        console.print(f"Not installed, and left out: {', '.join(missing)}", style="yellow")
    web = write(out, "web", track(page_shots(), "web pages", page_count(), console=console, transient=True))
    shown = (len(PROGRAMS) - len(missing)) * len(SCREENS) * 2
    desktop = write(out, "desktop", track(program_shots(), "programs", shown, console=console, transient=True))
    console.print(f"{web} questions about web pages and {desktop} about programs: {out}", markup=False)
    return NOT_ALL_ASKED if missing else 0
