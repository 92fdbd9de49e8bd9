"""Objects in S3, or in what speaks its protocol: ``s3://bucket/prefix/name``.

Credentials come from the environment (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``,
``AWS_SESSION_TOKEN``) or from the role of the machine, never from a URL or a file of ours;
``AWS_ENDPOINT_URL`` names a server other than Amazon's, ``AWS_REGION`` the region.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from clientela.errors import (
    ClientelaError,
    InputError,
    MissingExtra,
    ObjectStoreError,
    ObjectStoreRefused,
    SourceError,
)

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

Copy = tuple[str, Path]
CallEach = Callable[[Callable[[Copy], bool], Sequence[Copy]], list[bool]]
SCHEME = "s3://"
TEXT_ENDINGS = tuple(
    f"{text}{packed}" for text in (".csv", ".tsv", ".txt") for packed in ("", ".gz")
)
"""Of the text files of a folder."""
CHUNK_BYTES = 8 << 20  # by convention: 8 MB a request, so that a time limit holds for any size
CONNECT_TIMEOUT = timedelta(seconds=10)  # by convention: a server in reach answers in far less
REQUEST_TIMEOUT = timedelta(seconds=60)  # 8 MB a minute: slower lines than 1 Mbit/s are called cut
RETRIES = 3  # by convention; a server that restarts is back within the time of all of them
RETRY_TIMEOUT = timedelta(seconds=90)  # by convention: one time-out and a half
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
NO_BUCKET = re.compile(r"[@:]")
SECRET = re.compile(r"[?&](x-amz-|aws|signature|[^=&]*(secret|token|key|passw|pwd)[^=&]*=)", re.I)
"""What an address holds that is signed, or carries credentials."""
NO_KEY = re.compile(r"[\x00-\x1f\x7f]|(^|/)\.\.?(/|$)|//|^/")
"""What clients of S3 read in different ways: control characters, steps up, empty parts."""
NO_TEXT = re.compile(r"[\x00-\x1f\x7f]")
NAMED = re.compile(r'[Pp]ath "([^"\x00-\x1f\x7f]+)"')  # as the library says it
CODE = re.compile(r"<Code>(\w+)</Code>")
ADVICE = "check AWS_ENDPOINT_URL and the network, then run again"


class FetchedObject(str):
    """The address of an object, with its copy on the disk, which is read in its place."""

    copy: Path


def is_object(location: str) -> bool:
    """Check whether a location is in S3.

    Examples
    --------
    >>> is_object("s3://shop/sales.csv"), is_object("s3/sales.csv")
    (True, False)
    """
    return location.startswith(SCHEME)


def open_bucket(location: str) -> tuple["ObjectStore", str]:
    """Open the bucket of an address; return it with the rest of the address, the key.

    Raises
    ------
    InputError
        The address names no bucket, or carries a secret.
    MissingExtra
        The extra ``s3`` is not installed.
    ObjectStoreRefused
        The key stands in the environment without its secret, or the other way round.
    """
    bucket, _, key = location.removeprefix(SCHEME).partition("/")
    if not bucket or NO_BUCKET.search(bucket) or SECRET.search(key):
        raise InputError(
            "an address in S3 is s3://BUCKET/NAME, without a key or secret",
            where=f"{SCHEME}…",  # what stands there may be the secret
            do="put the credentials into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if NO_KEY.search(key):
        raise InputError(
            "a name in S3 has no step up, no empty part and no control character",
            where=f"{SCHEME}{bucket}/{NO_TEXT.sub('?', key)}",
            do="write it without '.', '..' and '//' between slashes; where the object has such a "
            "name, give it another one",
        )
    try:
        from obstore.store import S3Store
    except ModuleNotFoundError:
        raise MissingExtra.of("s3", "an address that begins with s3://") from None
    options = {
        "allow_http": _allows_http(),
        "connect_timeout": CONNECT_TIMEOUT,
        "timeout": REQUEST_TIMEOUT,
    }
    retries = {"max_retries": RETRIES, "retry_timeout": RETRY_TIMEOUT}
    _check_credentials(location)
    return S3Store(bucket, client_options=options, retry_config=retries), key  # type: ignore[arg-type]


def _check_credentials(location: str) -> None:
    """Raise where the environment holds the key or its secret alone."""
    held = [bool(os.environ.get(name)) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    if any(held) and not all(held):
        raise ObjectStoreRefused(
            "of the credentials for S3 one half is set and the other is missing",
            where=location,
            do="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, both of one key",
        )


def _allows_http() -> bool:
    """Allow a connection that others can read on this machine alone, or where the user says so."""
    server = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).netloc.rpartition(":")[0]
    return server in LOOPBACK or os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"


@contextmanager
def explain_failures(location: str) -> Iterator[None]:
    """Say in one sentence what S3 refuses, without a secret.

    Raises
    ------
    SourceError
        There is no such object, or one that no client can name.
    ObjectStoreRefused
        The credentials are wrong or lack a right, or the bucket is gone.
    ObjectStoreError
        Nobody answers, or too slowly.
    """
    from obstore.exceptions import BaseError, InvalidPathError

    try:
        yield
    except InvalidPathError as error:
        named = NAMED.search(str(error))
        raise SourceError(
            f"an object has a name that cannot be read: {named[1] if named else '?'}",
            where=location,
            do="give it another name, without '.', '..' and '//' between slashes, or move it away",
        ) from None
    except (BaseError, FileNotFoundError) as error:
        raise _explain(error, location) from None


def _explain(error: Exception, location: str) -> ClientelaError:
    from obstore.exceptions import PermissionDeniedError, PreconditionError, UnauthenticatedError

    text = str(error)
    match = CODE.search(text)
    code = match[1] if match else ""
    if code == "NoSuchBucket":
        return ObjectStoreRefused(
            "there is no such bucket", where=location, do="check its name, and AWS_ENDPOINT_URL"
        )
    if "169.254.169.254" in text or "credential" in text.lower():
        return ObjectStoreRefused(
            "no credentials for S3 are set, and this machine has no role",
            where=location,
            do="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role",
        )
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or " 403 " in text:
        return ObjectStoreRefused(
            f"S3 refuses the credentials: {code or 'forbidden'}",
            where=location,
            do="check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do",
        )
    if isinstance(error, PreconditionError):
        return ObjectStoreError(
            "the object was changed while it was read", where=location, do="run again"
        )
    if isinstance(error, FileNotFoundError):
        return SourceError("there is no such file", where=location, do="check the path")
    if "builder error" in text:
        return ObjectStoreRefused(
            "S3 is spoken to by HTTPS, and AWS_ENDPOINT_URL has none of it",
            where=location,
            do="give https://…, or set AWS_ALLOW_HTTP=true for a network that is yours alone",
        )
    if code:
        return ObjectStoreError(f"S3 failed: {code}", where=location, do=ADVICE)
    return ObjectStoreError("S3 does not answer, or too slowly", where=location, do=ADVICE)


def list_objects(location: str) -> list["ObjectMeta"]:
    """List what stands under a prefix, the oldest first; its folders' files too."""
    import obstore

    store, prefix = open_bucket(location)
    with explain_failures(location):
        objects = [meta for batch in obstore.list(store, prefix.rstrip("/")) for meta in batch]
    return sorted(objects, key=lambda meta: (meta["last_modified"], meta["path"]))


def exists(location: str) -> bool:
    """Check whether an object is there."""
    import obstore

    store, key = open_bucket(location)
    with explain_failures(location):
        try:
            obstore.head(store, key)
        except FileNotFoundError:
            return False
    return True


def fetch(location: str, folder: Path, call_each: CallEach | None = None) -> FetchedObject:
    """Copy an object, or the files of a prefix that ends with ``/``, into a new folder.

    Of a prefix the Parquet files are taken, or the CSV files where there are none. Files that
    ``call_each`` cannot have copied elsewhere are copied here.

    Raises
    ------
    SourceError
        There is nothing.
    ObjectStoreError
        S3 refuses, fails, or the object is changed meanwhile.
    """
    folder.mkdir(parents=True)
    fetched = FetchedObject(location)
    if not location.endswith("/"):
        fetched.copy = folder / location.rsplit("/", 1)[-1]
        _download(location, fetched.copy)
        return fetched
    fetched.copy = folder
    _, prefix = open_bucket(location)
    names = [meta["path"].removeprefix(prefix) for meta in list_objects(location)]
    tables = [name for name in names if name.endswith(".parquet")]
    wanted = tables or [name for name in names if name.endswith(TEXT_ENDINGS)]
    if not wanted:
        raise SourceError(
            "no Parquet or CSV file stands there", where=location, do="check the path"
        )
    copies = [(location + name, folder / name) for name in wanted]
    for _, target in copies:
        target.parent.mkdir(parents=True, exist_ok=True)
    copied = call_each(_try_download, copies) if call_each else [False] * len(copies)
    for (address, target), is_copied in zip(copies, copied, strict=True):
        if not (is_copied and target.is_file()):
            _download(address, target)
    return fetched


def _try_download(copy: Copy) -> bool:
    """Copy an object where this runs, whole or not at all, and tell whether it could be done."""
    address, target = copy
    part = target.with_name(f".{uuid4().hex}")
    try:
        _download(address, part)
        part.replace(target)
    except (ClientelaError, OSError):
        part.unlink(missing_ok=True)
        return False
    return True


def fetch_all(
    locations: Sequence[str], folder: Path, call_each: CallEach | None = None
) -> tuple[str, ...]:
    """Copy those of the sources that are in S3 into folders of their own; others stay."""
    return tuple(
        fetch(location, Path(tempfile.mkdtemp(dir=_make(folder))) / "copy", call_each)
        if is_object(location) and not isinstance(location, FetchedObject)
        else location
        for location in locations
    )


def _make(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _download(location: str, target: Path) -> None:
    """Copy one version of an object in requests of a size that a time limit can be set for."""
    import obstore

    store, key = open_bucket(location)
    with explain_failures(location), target.open("wb") as file:
        meta = obstore.get(store, key).meta
        for start in range(0, meta["size"], CHUNK_BYTES):
            span = (start, min(start + CHUNK_BYTES, meta["size"]))
            options: Any = {"range": span, "if_match": meta["e_tag"]}
            file.write(obstore.get(store, key, options=options).bytes())


def upload(source: Path, location: str) -> None:
    """Write a file to S3; the object appears whole or not at all."""
    import obstore

    store, key = open_bucket(location)
    with explain_failures(location):
        obstore.put(store, key, source, chunk_size=CHUNK_BYTES)


def write_object(content: bytes, location: str) -> None:
    """Write bytes to S3."""
    import obstore

    store, key = open_bucket(location)
    with explain_failures(location):
        obstore.put(store, key, content)


def move(location: str, target: str) -> None:
    """Give an object another name in its bucket."""
    import obstore

    store, key = open_bucket(location)
    with explain_failures(location):
        obstore.rename(store, key, open_bucket(target)[1])


@contextmanager
def open_writer(location: str) -> Iterator[IO[bytes]]:
    """Open an object to write it in parts; it appears when all is written, or not at all."""
    import obstore

    store, key = open_bucket(location)
    with explain_failures(location):
        writer: Any = obstore.open_writer(store, key, buffer_size=CHUNK_BYTES)
        yield writer
        writer.close()


@contextmanager
def open_reader(location: str) -> Iterator[IO[bytes]]:
    """Open an object to read it from its beginning, in parts."""
    import obstore

    store, key = open_bucket(location)
    with explain_failures(location):
        obstore.get(store, key)  # unlike what is asked next, it says whether the bucket is there
        reader: Any = obstore.open_reader(store, key, buffer_size=CHUNK_BYTES)
        yield reader


@contextmanager
def write_to(location: str) -> Iterator[Path]:
    """Return the file to write; where the location is in S3 it goes there once it is written."""
    if not is_object(location):
        yield Path(location)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / location.rsplit("/", 1)[-1]
        yield path
        upload(path, location)
