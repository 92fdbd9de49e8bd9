"""Files in S3, on a real server: read, written, moved, locked; and every failure in a sentence."""

import datetime as dt
import http.server
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import obstore
import pytest

from clientela.config import Source
from clientela.errors import (
    InputError,
    Locked,
    ObjectStoreError,
    ObjectStoreRefused,
    PlatformError,
    SourceError,
)
from clientela.files import object_store
from clientela.files.object_lock import LOCK_NAME, lock_prefix, name_process
from clientela.files.object_store import (
    Copy,
    FetchedObject,
    exists,
    fetch,
    fetch_all,
    list_objects,
    move,
    open_bucket,
    open_reader,
    open_writer,
    upload,
    write_object,
    write_to,
)
from clientela.pipeline.inbox import run_inbox
from clientela.pipeline.reading import RunRequest
from clientela.sources.guard import Guard
from clientela.sources.reading import peek, stage
from tests.seaweed import server
from tests.shop import FirstRun, clientela

NOW = dt.datetime(2024, 5, 1, 2, 15, tzinfo=dt.UTC)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Give a prefix of the test's own, with credentials in the environment."""
    s3 = server()
    for name, value in (
        ("AWS_ACCESS_KEY_ID", s3.key),
        ("AWS_SECRET_ACCESS_KEY", s3.secret),
        ("AWS_ENDPOINT_URL", s3.endpoint),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    return f"s3://{s3.bucket}/{request.node.name}/"


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the address of a server that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def names(place: str) -> list[str]:
    prefix = open_bucket(place)[1]
    return sorted(meta["path"].removeprefix(prefix) for meta in list_objects(place))


def test_what_is_written_is_read_again_whatever_its_size(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "CHUNK_BYTES", 5)
    write_object(b"seventeen letters", place + "a.txt")
    write_object(b"", place + "empty.txt")
    (copied,) = fetch_all([place + "a.txt"], tmp_path)
    assert isinstance(copied, FetchedObject)
    assert (copied, copied.copy.read_bytes()) == (place + "a.txt", b"seventeen letters")
    assert fetch_all([copied, "own.csv"], tmp_path) == (copied, "own.csv")
    assert fetch(place + "empty.txt", tmp_path / "empty").copy.read_bytes() == b""
    with write_to(place + "lists/b.csv") as path:
        path.write_text("id\n", "utf-8")
    move(place + "a.txt", place + "done/a.txt")
    assert names(place) == ["done/a.txt", "empty.txt", "lists/b.csv"]


def test_a_source_is_named_as_it_was_given_and_so_is_what_is_wrong_with_it(
    place: str, tmp_path: Path
) -> None:
    write_object(b"id,day\n1,2024-05-01\n", place + "a.csv")
    write_object(b"PAR1 and no more", place + "b.parquet")
    good, bad = fetch_all([place + "a.csv", place + "b.parquet"], tmp_path)
    staged = stage(good, Source(), Guard(), tmp_path / "staged")
    assert (type(staged.location), staged.location, staged.counted) == (str, place + "a.csv", 1)
    with pytest.raises(SourceError) as caught:
        peek(bad, Source())
    assert caught.value.where == place + "b.parquet"


def test_a_prefix_is_a_folder_of_parquet_files(place: str, tmp_path: Path) -> None:
    write_object(b"PAR1", place + "year=2024/part.parquet")
    write_object(b"read me", place + "README")
    copied = fetch(place, tmp_path / "copy").copy
    assert [path.name for path in copied.rglob("*.*")] == ["part.parquet"]
    with pytest.raises(SourceError, match="no Parquet or CSV file"):
        fetch(place + "nothing/", tmp_path / "nothing")


def test_a_prefix_is_copied_elsewhere_and_here_where_that_fails(place: str, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        write_object(f"id,day\n{day},2024-05-0{day}\n".encode(), f"{place}{day}.csv")
    copied: list[str] = []

    def call_each(function: Callable[[Copy], bool], items: Sequence[Copy]) -> list[bool]:
        elsewhere = [(place + "gone.csv", items[0][1]), *items[1:]]
        answers = [function(item) for item in elsewhere]
        copied.extend(path.name for path in (tmp_path / "copy").iterdir())
        return answers

    folder = fetch(place, tmp_path / "copy", call_each).copy
    assert sorted(copied) == ["2.csv", "3.csv"]
    staged = stage(str(folder), Source(), Guard(), tmp_path / "staged")
    assert (staged.counted, staged.columns) == (3, ("id", "day"))


class Odd(http.server.BaseHTTPRequestHandler):
    """A bucket in which some other program wrote an object that cannot be named."""

    def do_GET(self) -> None:
        key = f"<Contents><Key>in/{self.server.name}</Key><Size>3</Size><ETag>x</ETag>"  # type: ignore[attr-defined]
        key += "<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>"
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{key}</ListBucketResult>"
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("name", ["../a.csv", "/a.csv", "./a.csv"])
def test_an_object_that_cannot_be_named_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd) as bucket:
        bucket.name = name  # type: ignore[attr-defined]
        threading.Thread(target=bucket.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        with pytest.raises(SourceError, match="cannot be read: in/"):
            list_objects("s3://b/in/")
        bucket.shutdown()


@pytest.mark.parametrize("key", ["in/../out", "in//a.csv", "/in", "in/./a", "..", "a\nb"])
def test_a_name_of_several_readings_is_refused_as_what_it_is(key: str) -> None:
    with pytest.raises(InputError, match="no step up, no empty part") as failure:
        open_bucket(f"s3://b/{key}")
    assert "\n" not in failure.value.where
    with pytest.raises(InputError, match="without a key or secret"):
        open_bucket("s3://b/a?X-Amz-Signature=1")


def test_what_is_not_written_whole_does_not_appear(place: str) -> None:
    def fail() -> None:
        with open_writer(place + "a.tar") as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not exists(place + "a.tar")


def test_an_object_that_changes_while_it_is_read_is_not_read(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_object(b"the first", place + "a.txt")
    whole = obstore.get

    def change(store: object, key: str, **options: object) -> object:
        answer = whole(store, key, **options)  # type: ignore[arg-type]
        write_object(b"the other", place + "a.txt")
        return answer

    monkeypatch.setattr(obstore, "get", change)
    with pytest.raises(ObjectStoreError, match="changed while it was read") as caught:
        fetch(place + "a.txt", tmp_path / "a")
    assert caught.value.retry


def test_each_failure_is_one_sentence_of_the_environment(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sentence shows a secret, and those that cannot pass say so."""

    def read(location: str) -> PlatformError:
        with pytest.raises(PlatformError) as caught:
            fetch(location, Path(tempfile.mkdtemp(dir=tmp_path)) / "copy")
        assert "segredo" not in str(caught.value.problem())
        assert caught.value.exit_code == 3
        return caught.value

    write_object(b"x", place + "a.txt")
    gone = read("s3://no-such-bucket/a.txt")
    assert (gone.what, gone.retry) == ("there is no such bucket", False)
    with pytest.raises(ObjectStoreRefused, match="no such bucket"):
        list_objects("s3://no-such-bucket/a")
    with pytest.raises(ObjectStoreRefused, match="no such bucket"):
        upload(Path(__file__), "s3://no-such-bucket/a.txt")
    with pytest.raises(SourceError, match="no such file"):
        fetch(place + "b.txt", tmp_path / "b")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "segredo-de-outra")
    wrong = read(place + "a.txt")
    assert (wrong.what, wrong.retry) == (
        "S3 refuses the credentials: SignatureDoesNotMatch",
        False,
    )
    monkeypatch.setattr(object_store, "RETRIES", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    cut = read(place + "a.txt")
    assert (cut.what, cut.retry) == ("S3 does not answer, or too slowly", True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://s3.example.org")
    assert "HTTPS" in read(place + "a.txt").what


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_half_of_the_credentials_is_told(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "segredo")
    monkeypatch.delenv(missing)
    with pytest.raises(ObjectStoreRefused, match="one half is set") as caught:
        open_bucket("s3://shop/a.csv")
    assert "segredo" not in str(caught.value.problem())


def test_a_server_that_says_nothing_is_given_up(
    silent: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", silent)
    monkeypatch.setattr(object_store, "REQUEST_TIMEOUT", dt.timedelta(milliseconds=200))
    monkeypatch.setattr(object_store, "RETRIES", 1)
    with pytest.raises(ObjectStoreError, match="too slowly"), open_reader(place + "a.txt"):
        pass


@pytest.mark.parametrize(
    "location",
    [
        *("s3://ana:segredo@shop/a.csv", "s3://", "s3:///a.csv", "s3://ANA:segredo/a.csv"),
        "s3://shop/a.csv?X-Amz-Signature=segredo",
        "s3://shop/a.csv?aws_secret_access_key=segredo",
        "s3://shop/a.csv?region=x&session_token=segredo",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_shown(location: str) -> None:
    with pytest.raises(InputError, match=r"s3://BUCKET/NAME") as caught:
        open_bucket(location)
    assert "segredo" not in str(caught.value)


def test_one_writer_at_a_time(place: str) -> None:
    with lock_prefix(place, NOW) as before:
        assert before is None
        with pytest.raises(Locked, match=name_process()) as caught, lock_prefix(place, NOW):
            pass
        assert "2024-05-01T02:15" in caught.value.what
    with lock_prefix(place, NOW) as before:  # it was let go
        assert before is None
    with pytest.raises(RuntimeError), lock_prefix(place, NOW):
        raise RuntimeError
    with lock_prefix(place, NOW):
        pass


def test_a_lock_that_expired_is_taken_over_and_its_owner_is_told(place: str) -> None:
    later = NOW + dt.timedelta(hours=7)
    lost, winner = lock_prefix(place, NOW), lock_prefix(place, later)
    lost.__enter__()
    assert winner.__enter__() == name_process()
    with pytest.raises(Locked, match="since 2024-05-01T09:15"):
        lost.__exit__(None, None, None)
    winner.__exit__(None, None, None)


def test_an_inbox_in_s3_is_taken_file_by_file(place: str) -> None:
    for name in ("a.csv", "b.csv", ".hidden", "c.csv.part", "done/old.csv"):
        write_object(b"rows", place + name)

    def run(request: RunRequest) -> dict[str, object]:
        with pytest.raises(Locked):
            run_inbox(place, request, run, NOW)
        for source in request.sources:
            if source.endswith("a.csv"):
                raise SourceError("the file is broken", where=f"{source}, line 3")
        return {"sources": request.sources}

    facts = run_inbox(place, RunRequest(), run, NOW)
    assert facts["sources"] == (place + "b.csv",)
    assert names(place) == sorted(
        [
            *(LOCK_NAME, ".hidden", "c.csv.part", "done/20240501T021500-b.csv", "done/old.csv"),
            *("refused/a.csv", "refused/a.csv.problem.json"),
        ]
    )


def test_a_workspace_comes_back_from_s3(
    place: str, first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, archive = first_run.copy(tmp_path / "workspace"), place + "monday.tar"
    wrote = clientela(capsys, "backup", archive, "--workspace", workspace)
    assert wrote.code == 0, wrote.out
    twice = clientela(capsys, "backup", archive, "--workspace", workspace)
    assert (twice.code, "already" in twice.facts["detail"]) == (2, True)
    back = clientela(capsys, "restore", archive, "--workspace", tmp_path / "there")
    assert (back.code, back.facts["files"]) == (0, wrote.facts["files"])
    gone = clientela(capsys, "restore", place + "b.tar", "--workspace", tmp_path / "none")
    assert (gone.code, gone.facts["detail"]) == (2, "there is no such file")
    listed = clientela(
        capsys, "export", "no-purchases", "--workspace", workspace, "--out", place + "lists/x.csv"
    )
    assert (listed.code, exists(place + "lists/x.csv")) == (0, True)
