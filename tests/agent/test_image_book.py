"""Which images go, and how far a pull is."""

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.collect import Disk, Policy
from barter.agent.containers.image_book import Discard, ImageBook, Present
from barter.agent.containers.pull_progress import PullProgress

HOUR = 3_600_000
KEEP = Policy(10 * HOUR)
ROOMY = Disk(1000, 900)


def here(image_id: str, *names: str, size: int = 10) -> Present:
    return Present(image_id, frozenset(names), size)


def gone(book: ImageBook, *present: Present, in_use: tuple[str, ...] = (), at: int, disk: Disk = ROOMY) -> list[str]:
    return [each.image_id for each in book.sweep(present, in_use, disk, KEEP, at)]


def test_only_what_was_pulled_goes_and_when_it_is_old() -> None:
    book = ImageBook()
    book.pulled("i1", "web:1", 0)
    by_hand = here("i2", "mine:1")
    assert gone(book, here("i1", "web:1"), by_hand, at=9 * HOUR) == []
    [discard] = book.sweep([here("i1", "web:1"), by_hand], (), ROOMY, KEEP, 10 * HOUR)
    assert discard == Discard("i1", ("web:1",), "not used for 10h, kept for 10h")


def test_what_has_a_container_stays_and_counts_as_used_then() -> None:
    book = ImageBook()
    book.pulled("i1", "web:1", 0)
    assert gone(book, here("i1", "web:1"), in_use=("i1",), at=20 * HOUR) == []
    assert gone(book, here("i1", "web:1"), at=29 * HOUR) == []
    book.used("web:1", 29 * HOUR)
    assert gone(book, here("i1", "web:1"), at=38 * HOUR) == []
    assert gone(book, here("i1", "web:1"), at=39 * HOUR) == ["i1"]


def test_a_full_disk_takes_the_longest_unused() -> None:
    book = ImageBook()
    for number in range(3):
        book.pulled(f"i{number}", f"web:{number}", number * HOUR)
    present = [here(f"i{number}", f"web:{number}", size=40) for number in range(3)]
    assert gone(book, *present, at=3 * HOUR, disk=Disk(1000, 30)) == ["i0", "i1"]


def test_a_name_pulled_anew_leaves_an_image_without_one_that_goes_too() -> None:
    book = ImageBook()
    book.pulled("old", "web:1", 0)
    book.pulled("new", "web:1", 5 * HOUR)
    assert book.sweep([here("old"), here("new", "web:1")], (), ROOMY, KEEP, 11 * HOUR) == [
        Discard("old", (), "not used for 11h, kept for 10h")
    ]


def test_an_image_that_only_others_name_is_theirs() -> None:
    book = ImageBook()
    book.pulled("i1", "web:1", 0)
    assert gone(book, here("i1", "backup:1"), here("i9", "web:1"), at=99 * HOUR) == []
    both = ImageBook()
    both.pulled("i1", "web:1", 0)
    [discard] = both.sweep([here("i1", "web:1", "backup:1")], (), ROOMY, KEEP, 99 * HOUR)
    assert discard.names == ("web:1",)


def test_what_the_engine_lost_is_forgotten() -> None:
    book = ImageBook()
    book.pulled("i1", "web:1", 0)
    assert gone(book, at=1) == []
    assert "i1" not in book


NAMES = st.sampled_from(["a:1", "b:1", "c@sha256:0"])
IDS = st.sampled_from(["i1", "i2", "i3"])


@given(st.lists(st.tuples(IDS, NAMES, st.integers(0, 9))), st.lists(st.tuples(NAMES, st.integers(0, 9))))
def test_a_book_is_read_as_it_was_written(pulls: list[tuple[str, str, int]], uses: list[tuple[str, int]]) -> None:
    book = ImageBook()
    for pulled in pulls:
        book.pulled(*pulled)
    for used in uses:
        book.used(*used)
    assert ImageBook.from_json(book.to_json()).to_json() == book.to_json()


def line(layer: str, status: str, current: int = 0, total: int = 0) -> dict[str, object]:
    return {"id": layer, "status": status, "progressDetail": {"current": current, "total": total} if total else {}}


def test_how_far_a_pull_is() -> None:
    progress = PullProgress()
    assert progress.after({"status": "Pulling from web", "id": "1"}) == ""
    assert progress.after(line("a", "Pulling fs layer")) == ""
    assert progress.after(line("a", "Downloading", 1 << 20, 20 << 20)) == "1MiB of 20MiB"
    assert progress.after(line("b", "Downloading", 11 << 20, 20 << 20)) == "12MiB of 40MiB"
    assert progress.after(line("a", "Download complete")) == "31MiB of 40MiB"
    assert progress.after(line("b", "Pull complete")) == "unpacking 40MiB"
    assert progress.after({"status": "Status: Downloaded newer image"}) == "unpacking 40MiB"


NUMBERS = st.integers(-9, 9) | st.text(max_size=2)
DETAILS = st.fixed_dictionaries({}, optional={"current": NUMBERS, "total": NUMBERS}) | NUMBERS
LINES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b"]) | st.none(),
        "status": st.sampled_from(["Downloading", "Pull complete", "Waiting"]) | st.none(),
        "progressDetail": DETAILS,
    },
)


@given(st.lists(LINES))
def test_whatever_an_engine_writes_is_no_accident(lines: list[dict[str, object]]) -> None:
    progress = PullProgress()
    assert all(isinstance(progress.after(each), str) for each in lines)
