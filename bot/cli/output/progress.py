"""Progress bars on stderr, shown only if it is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.cli.output.console import watched
from bot.config import PROGRESS_WINDOW


@contextmanager
def build_progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show the progress of a build while the block runs.

    Yields:
        A function that takes the number of encoded characters and their total. None if nobody can see the bar.
    """
    if not watched():
        yield None
        return
    # Imported here because answering from an existing index needs none of it.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, speed_estimate_period=PROGRESS_WINDOW) as bars:
        bar = bars.add_task("Preparing the model", total=None, rate="")

        def report(done: int, total: int) -> None:
            bars.update(bar, description="Encoding the reviews", completed=done, total=total)
            speed = bars.tasks[0].speed
            bars.update(bar, rate=f"{speed:,.0f} characters a second" if speed else "")

        yield report


@contextmanager
def counted_progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show how many things are done while the block runs, if they are more than one.

    Yields:
        A function that takes how many are done, and of how many. None if nobody can see the bar.
    """
    if not watched():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(what, total=None, visible=False)
        yield lambda done, total: bars.update(bar, completed=done, total=total, visible=total > 1)


@contextmanager
def evaluation_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show the progress of an evaluation while the block runs.

    Yields:
        A function that takes what is being done, how much of it is done, and the total.
    """
    if not watched():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("", total=None, visible=False)
        yield lambda what, done, total: bars.update(bar, description=what, completed=done, total=total, visible=True)
