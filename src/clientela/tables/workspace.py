"""The folder that keeps a firm's canonical tables, models and results.

Rows stand in buckets by their customer, so that one person can be found and removed, and so that
work larger than memory goes bucket by bucket.
"""

import contextlib
import datetime as dt
import fcntl
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import ibis.expr.types as ir
import pyarrow.parquet as pq

from clientela.contract.tables import TRANSACTIONS
from clientela.engine import Engine
from clientela.errors import (
    ClientelaError,
    InputError,
    KeyChanged,
    Locked,
    PlatformError,
    WorkspaceDamaged,
)
from clientela.files.object_lock import name_process
from clientela.store.read import open_reader
from clientela.tables import manifest as manifests
from clientela.tables.buckets import BUCKETS, group_buckets
from clientela.tables.manifest import Manifest, TableName
from clientela.tables.recovery import Recovery, check_files
from clientela.tables.schema import Tables
from clientela.tables.tombstones import Tombstones


class Workspace:
    """The tables of a workspace folder, as its manifest names them.

    Parameters
    ----------
    folder : Path
        The workspace; created by the first run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables_folder = folder / "tables"
        self.models_folder = folder / "models"
        self.manifest_path = self.tables_folder / "manifest.json"
        self.rotation_path = folder / manifests.ROTATION
        self.recovery = Recovery(self.tables_folder)

    @property
    def default_store_path(self) -> Path:
        """The results database used where no other is configured."""
        return self.folder / "results.db"

    @property
    def default_store_url(self) -> str:
        """The URL of that database."""
        return f"sqlite:///{self.default_store_path.absolute()}"

    def manifest(self) -> Manifest:
        """Read what the tables hold now.

        Raises
        ------
        WorkspaceDamaged
            It is lost, damaged or another one.
        """
        self.recovery.check_absence()
        manifest = manifests.read(self.manifest_path)
        self.recovery.check_origin()
        return manifest

    def anew(self) -> Manifest:
        """Return a manifest of contacts alone; new files take no name that stands on the disk."""
        tags = [path.name.split("-")[0] for path in self.tables_folder.rglob("*.parquet")]
        # What people wished is no source's to undo: contacts, suppressions and erasures stay.
        try:
            before = self.manifest()
        except PlatformError:
            before = Manifest()
        number = max((int(tag) for tag in tags if tag.isdigit()), default=-1) + 1
        return Manifest(
            read=number,
            files=before.of("contacts"),
            tombstones=before.tombstones,
            pseudonyms=before.pseudonyms,
        )

    def begin(self, *, anew: bool = False, rotating: bool = False) -> None:
        """Prepare the tables for a run: remove what a dead one left, and note what stands there.

        Parameters
        ----------
        anew : bool
            Whether the run starts anew, so that nothing needs to be there.
        rotating : bool
            Whether the key of the pseudonyms is being rotated.

        Raises
        ------
        KeyChanged
            A rotation was interrupted, so that some records have new pseudonyms and some old ones.
        WorkspaceDamaged
            The manifest is lost although rows, or a published run, say that there was one; or it
            is not the last one.
        """
        if not rotating and self.rotation_path.exists():
            raise KeyChanged(
                "a rotation of the key of the pseudonyms was interrupted",
                where=str(self.folder),
                do="let it end: clientela keys rotate",
            )
        if not anew:
            self.manifest()
            self._check_published()
        self.recovery.begin(anew=anew)

    def _check_published(self) -> None:
        if self.manifest_path.exists() or not self.default_store_path.exists():
            return
        with contextlib.closing(open_reader(self.default_store_url)) as reader:
            run = reader.current_run()
        if run is not None:
            raise WorkspaceDamaged(
                f"the tables are gone, and a run of {run.customers:,} customers is published: its "
                "results would be replaced by those of this file alone",
                where=str(self.tables_folder),
                do="restore the folder from a backup, or start anew with --replace and all sources",
            )

    def tombstones(self, manifest: Manifest) -> Tombstones:
        """Read who was erased.

        Raises
        ------
        WorkspaceDamaged
            Fewer are left than a manifest counts.
        """
        tombstones = Tombstones(self.folder)
        tombstones.check(manifest.tombstones)
        return tombstones

    def commit(self, manifest: Manifest) -> None:
        """Make a manifest the current one, durably, and remove files that it no longer names."""
        self.recovery.commit(manifest)

    def check_files(self) -> None:
        """Raise if a file of the tables is not, byte by byte, what was written."""
        check_files(self.tables_folder, self.manifest().files, deep=True)

    def check_columns(self) -> None:
        """Refuse tables of an earlier build: a file may lack a column, but not all files.

        Raises
        ------
        WorkspaceDamaged
            A column of the canonical transactions stands in none of their files.
        """
        lacking = {column.name for column in TRANSACTIONS}
        paths = self.paths("transactions")
        for path in paths:
            lacking -= set(pq.read_schema(path).names)
            if not lacking:
                return
        if paths:
            names = ", ".join(sorted(lacking))
            raise WorkspaceDamaged(
                f"the tables were written by an earlier build and lack: {names}",
                where=str(self.tables_folder),
                do="read all sources again into another folder with --workspace, "
                "or move this one away",
            )

    @contextlib.contextmanager
    def find_damage(self) -> Iterator[None]:
        """Compare the files with their hashes where the block fails: damage fails anywhere.

        Raises
        ------
        WorkspaceDamaged
            It failed for no reason of ours or the user's, and files are damaged.
        """
        try:
            yield
        except ClientelaError:
            raise
        except Exception:
            self.check_files()
            raise

    def paths(
        self,
        table: TableName,
        buckets: tuple[str, ...] | None = None,
        manifest: Manifest | None = None,
    ) -> list[Path]:
        """Return the files of a table that the current manifest, or another, names.

        Raises
        ------
        WorkspaceDamaged
            One is missing, or has another size than was written.
        """
        files = (manifest or self.manifest()).of(table, buckets)
        check_files(self.tables_folder, files)
        return [self.tables_folder / file.path for file in files]

    def tables(
        self,
        engine: Engine,
        buckets: Sequence[str] | None = None,
        manifest: Manifest | None = None,
    ) -> Tables:
        """Read the canonical tables, whole or of some buckets, as a manifest names them.

        Raises
        ------
        InputError
            The workspace holds no transactions.
        WorkspaceDamaged
            They were written in an earlier form.
        """
        bucket_names = tuple(buckets) if buckets is not None else None
        manifest = manifest or self.manifest()
        transactions = self.paths("transactions", bucket_names, manifest)
        if not transactions:
            raise InputError(
                "the workspace holds no transactions",
                where=str(self.folder),
                do="give a file: clientela run FILE",
            )
        lines = engine.read_parquet(transactions)
        missing = [column.name for column in TRANSACTIONS if column.name not in lines.columns]
        if missing:
            raise WorkspaceDamaged(
                f"the tables were written by an earlier build, without {', '.join(missing)}",
                where=str(self.folder),
                do="read the files again: clientela run FILE --replace --refit",
            )
        return Tables(
            transactions=lines,
            customers=self._optional(engine, "customers", bucket_names, manifest),
            quarantine=self._optional(engine, "quarantine", bucket_names, manifest),
        )

    def _optional(
        self,
        engine: Engine,
        table: TableName,
        buckets: tuple[str, ...] | None,
        manifest: Manifest,
    ) -> ir.Table | None:
        paths = self.paths(table, buckets, manifest)
        return engine.read_parquet(paths) if paths else None

    def groups(self, rows_at_once: float) -> list[tuple[str, ...]]:
        """Split the buckets in use into groups of so many rows that are computed together."""
        rows = dict.fromkeys(BUCKETS, 0)
        for file in self.manifest().of("transactions"):
            rows[file.bucket] += file.rows
        return group_buckets({bucket: n for bucket, n in rows.items() if n}, rows_at_once)

    def lines(self) -> int:
        """Count the lines of the canonical transactions."""
        return sum(file.rows for file in self.manifest().of("transactions"))

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace for one run.

        Raises
        ------
        Locked
            Another process holds it.
        """
        self.tables_folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise self._describe_holder() from None
            handle.truncate(0)
            handle.write(name_process())
            handle.flush()
            yield

    def _describe_holder(self) -> Locked:
        """Say who holds the workspace and since when: it wrote so when it took the lock."""
        path = self.folder / ".lock"
        holder = path.read_text("utf-8") or "a process"
        since = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
        return Locked(
            f"another run holds the workspace: {holder}, since {since:%Y-%m-%d %H:%M} UTC",
            where=str(self.folder),
            do="wait for it to end, then run again",
        )

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Open an empty folder for this run's work, removed afterwards."""
        folder = self.folder / ".work"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
