"""What guards the files of a workspace: a journal of the run at work, earlier manifests, checks.

A file is removed only if an earlier manifest named it, or if the journal shows that a run which
began on the manifest of now wrote it. A missing manifest is a loss to be mended, never a beginning.
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import cast, get_args

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from clientela.errors import PlatformError, WorkspaceDamaged
from clientela.tables import manifest as manifests
from clientela.tables.manifest import File, Manifest, TableName
from clientela.tables.tombstones import Tombstones

KEPT_MANIFESTS = 3  # by convention: the current one and two to go back to
OUR_NAME = re.compile(r"\d{6,}-")  # how the files of a run begin, by how many sources were read
REPAIR = (
    "clientela doctor --repair brings the last one back; else restore a backup, or start anew with "
    "--replace"
)


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """What a run began on: the manifest's hash, empty for none, and files unknown then.

    ``following`` is the hash of the manifest that takes its place.
    """

    manifest: str
    following: str = ""
    strangers: tuple[str, ...] = ()


class Recovery:
    """The journal and the earlier manifests of a ``tables`` folder.

    Parameters
    ----------
    folder : Path
        The workspace's ``tables`` folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "manifest.json"
        self.earlier = folder / "manifests"
        self.journal_path = folder / ".journal.json"

    def check_absence(self) -> None:
        """Raise if there is no manifest although there was one.

        Raises
        ------
        WorkspaceDamaged
            Files or earlier manifests stand there, and no journal says that a first run left them.
        """
        journal = self._journal()
        if self.path.exists() or (journal is not None and journal.manifest == ""):
            return
        if any(self.earlier.glob("*.json")) or any(self.folder.rglob("*.parquet")):
            raise WorkspaceDamaged(
                "the workspace has lost its manifest, without which its files tell nothing",
                where=str(self.path),
                do=REPAIR,
            )

    def check_origin(self) -> None:
        """Raise if the manifest is not the one that was written last.

        Raises
        ------
        WorkspaceDamaged
            It is an earlier one, another workspace's or edited: files that it does not name would
            be removed.
        """
        if self.path.exists() and not self._is_ours():
            raise WorkspaceDamaged(
                "the workspace's manifest is not the one that the last run wrote, and would lose "
                "what that one names",
                where=str(self.path),
                do=REPAIR,
            )

    def begin(self, *, anew: bool = False) -> None:
        """Remove what a dead run left, and note what a run begins on.

        A run that starts anew needs no manifest: of a damaged one every file stays a stranger.
        """
        self.sweep()
        try:
            named = {file.path for file in self._current().files}
        except PlatformError:
            if not anew:
                raise
            named = set()
        strangers = tuple(sorted(set(self._parquet_files()) - named))
        self._note(Journal(manifest=self._digest(), strangers=strangers))

    def commit(self, manifest: Manifest) -> None:
        """Make a manifest the current one, keep a copy, and remove what neither names."""
        journal, content = self._journal(), manifests.encode(manifest)
        if journal is not None:
            following = hashlib.sha256(content).hexdigest()
            self._note(msgspec.structs.replace(journal, following=following))
        manifests.write_whole(self.path, content)
        self._keep(journal)
        self.sweep()

    def _keep(self, journal: Journal | None) -> None:
        """Keep a copy of the manifest just written, and let the journal stand on it."""
        self.earlier.mkdir(exist_ok=True)
        copies = self._copies()
        number = int(copies[-1].stem) + 1 if copies else 0
        manifests.write_whole(self.earlier / f"{number:06d}.json", self.path.read_bytes())
        if journal is not None:
            self._note(Journal(manifest=self._digest(), strangers=journal.strangers))

    def sweep(self) -> None:
        """Remove files that only earlier manifests name, or that a dead run wrote."""
        copies, journal = self._copies(), self._journal()
        if not self._is_ours():
            return  # a lost manifest is the user's to mend, and its files with it
        try:
            named = {file.path for file in self._current().files}
            removable = {file.path for copy in copies for file in manifests.read(copy).files}
        except PlatformError:
            return  # so is a damaged one
        unnamed = set(self._parquet_files()) - named
        if journal is not None:
            removable |= set(filter(_is_named_by_us, unnamed - set(journal.strangers)))
        for path in unnamed & removable:
            (self.folder / path).unlink(missing_ok=True)
        for copy in copies[:-KEPT_MANIFESTS]:
            copy.unlink()

    def repair(self) -> str:
        """Bring back a lost or damaged manifest; say from what.

        Raises
        ------
        WorkspaceDamaged
            There are no files to make one of.
        """
        for copy in reversed(self._copies()):
            manifest = manifests.read(copy)
            if not find_damage(self.folder, manifest.files, deep=False):
                self._bring_back(manifest)
                return f"brought back from {copy}"
        manifest = self._rebuild()
        self._bring_back(manifest)
        return f"made of {len(manifest.files)} files; compare the sums with those of the last run"

    def _bring_back(self, manifest: Manifest) -> None:
        manifests.write_whole(self.path, manifests.encode(manifest))
        named = {file.path for file in manifest.files}
        strangers = tuple(sorted(set(self._parquet_files()) - named))
        self._keep(Journal(manifest="", strangers=strangers))

    def _rebuild(self) -> Manifest:
        files = tuple(describe_file(self.folder, path) for path in self._parquet_files())
        files = tuple(file for file in files if file.table in get_args(TableName))
        sold = [self.folder / file.path for file in files if file.table == "transactions"]
        if not sold:
            raise WorkspaceDamaged(
                "there are no files to make a manifest of", where=str(self.folder), do="run again"
            )
        currencies = pa.concat_tables(pq.read_table(path, columns=["currency"]) for path in sold)
        named = currencies["currency"].unique().to_pylist()
        tags = [Path(file.path).name.partition("-")[0] for file in files]
        return Manifest(
            currency=named[0] if len(named) == 1 else "",
            tombstones=len(Tombstones(self.folder.parent).hashes),
            read=max((int(tag) for tag in tags if tag.isdigit()), default=0) + 1,
            files=files,
        )

    def _current(self) -> Manifest:
        return manifests.read(self.path)

    def _is_ours(self) -> bool:
        """Check whether the manifest, or that there is none, is what the last run left."""
        digest, journal, copies = self._digest(), self._journal(), self._copies()
        if journal is not None:
            return digest in (journal.manifest, journal.following or journal.manifest)
        return bool(digest) and (not copies or hash_file(copies[-1]) == digest)

    def _copies(self) -> list[Path]:
        return sorted(self.earlier.glob("*.json"))

    def _digest(self) -> str:
        return hash_file(self.path) if self.path.exists() else ""

    def _parquet_files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.parquet"))

    def _journal(self) -> Journal | None:
        try:
            return msgspec.json.decode(self.journal_path.read_bytes(), type=Journal)
        except (OSError, msgspec.DecodeError):
            return None

    def _note(self, journal: Journal) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        manifests.write_whole(self.journal_path, msgspec.json.encode(journal))


def describe_file(folder: Path, path: str) -> File:
    """Return what the manifest says of a file: where its rows belong, how many, and its bytes."""
    parts = dict(part.split("=", 1) for part in Path(path).parts if "=" in part)
    file = folder / path
    table = cast("TableName", Path(path).parts[0])
    return File(
        table=table,
        path=path,
        bucket=parts.get("bucket", ""),
        kind=parts.get("kind", ""),
        rows=pq.ParquetFile(file).metadata.num_rows,
        size=file.stat().st_size,
        sha256=hash_file(file),
    )


def _is_named_by_us(path: str) -> bool:
    return OUR_NAME.match(Path(path).name) is not None


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_damage(folder: Path, files: Iterable[File], *, deep: bool) -> list[str]:
    """Name the files that are missing or other than the manifest says.

    Parameters
    ----------
    deep : bool
        Whether their bytes are hashed, beyond their sizes.
    """
    damaged = []
    for file in files:
        path = folder / file.path
        if not path.exists():
            damaged.append(f"{file.path} is missing")
        elif file.size and path.stat().st_size != file.size:
            damaged.append(f"{file.path} has another size")
        elif deep and file.sha256 and hash_file(path) != file.sha256:
            damaged.append(f"{file.path} has other content")
    return damaged


def check_files(folder: Path, files: Iterable[File], *, deep: bool = False) -> None:
    """Raise if a file is missing or other than the manifest says.

    Raises
    ------
    WorkspaceDamaged
        One is; the first are named.
    """
    damaged = find_damage(folder, files, deep=deep)
    if damaged:
        more = f" and {len(damaged) - 3} more" if len(damaged) > 3 else ""
        raise WorkspaceDamaged(
            "files of the workspace are damaged: " + "; ".join(damaged[:3]) + more,
            where=str(folder),
            do="restore the workspace from a backup, or start anew with --replace and all sources; "
            "clientela doctor --deep checks every file",
        )
