"""Find the photos of a tree, each once, with what belongs to them; nothing is opened but files without an extension.

A folder is entered once, known by (device, inode): links, nested roots, bind mounts and case-folding file
systems cannot make one photo two. Symbolic links are not followed unless asked for, and a photo that is only
reached through one is protected: a link is never acted on. Hard links to one inode are one photo.
"""

from __future__ import annotations

import dataclasses
import gc
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from dedupe.errors import MissingRootError
from dedupe.formats import sniff
from dedupe.tree import aliases, companions, dir_entry, ignore
from dedupe.tree.file_list import Folder, Found, Record, path_of, photo_of, record, record_of
from dedupe.tree.roots import checked, narrow, shown
from dedupe.types import Companion, CompanionKind, FileStamp, PhotoFile, SkipKind, Skipped

MARKER: Final = ".dedupe-moved"
"""The name of the file that marks a folder that dedupe filled.

Such a folder is not scanned, unless it is named as a root.
"""

_CLOUD_REASON: Final = "is kept in the cloud only: download it to include it"


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """How a tree is walked.

    ``exclude`` are globs (``ignore.Excludes``); ``reference`` and ``protect`` are folders, and the former are walked too.
    """

    exclude: tuple[str, ...] = ()
    min_bytes: int = 0
    include_hidden: bool = False
    follow: bool = False
    reference: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found, in the order of the paths' bytes. Files that are clearly no photos are in neither."""

    files: Found
    skipped: tuple[Skipped, ...]


@dataclass(slots=True)
class _Contents:
    """What one folder holds; the photos still without their companions."""

    photos: list[Record] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    linked: bool = False
    marked: bool = False


def walk(roots: Sequence[str], options: WalkOptions | None = None) -> Walk:
    """Every photo below the roots, each once; touches nothing.

    Raises MissingRootError where a root, a reference or a protected folder is missing or no folder. A folder
    below that may not be read is one Skipped.
    """
    walker = _Walker(options or WalkOptions())
    collecting = gc.isenabled()
    gc.disable()  # nothing made here is garbage; collections would take a third of the time
    try:
        walker.run(roots)
        walker.take_named(walker.named)
        return walker.result()
    finally:
        if collecting:
            gc.enable()


class _Walker:
    """One walk: what was entered, found and left out so far."""

    def __init__(self, options: WalkOptions) -> None:
        self._options = options
        self.named = tuple(options.files)
        self._excludes = ignore.Excludes(options.exclude)
        self._protected = {_identity(checked(folder)) for folder in options.protect}
        self._reference = {_identity(narrow(folder)) for folder in options.reference}
        self._roots: tuple[str, ...] = ()
        self._entered: set[tuple[int, int]] = set()
        self._files: list[Record] = []
        self._skipped: list[Skipped] = []
        self._linked: dict[tuple[int, int], list[PhotoFile]] = {}
        self._folder_links: list[Folder] = []
        self._file_links: list[tuple[str, Folder, os.stat_result]] = []

    def run(self, roots: Sequence[str]) -> None:
        """Enter the roots, the outer before the inner, so that the same tree gives the same walk in any order."""
        paths = {aliases.spelled(checked(path)) for path in (*roots, *self._options.reference)}
        self._roots = tuple(paths)
        for path in sorted(paths, key=lambda path: (path.count(os.sep), os.fsencode(path))):
            above = _ancestors(path)
            self._descend(
                Folder(
                    path,
                    path,
                    not self._protected.isdisjoint(above) or ignore.is_in_library(os.path.realpath(path)),
                    not self._reference.isdisjoint(above),
                )
            )
        while self._folder_links:  # after all that is really there, so that real paths win
            links, self._folder_links = self._folder_links, []
            for folder in links:
                self._descend(folder)

    def take_named(self, files: Sequence[str]) -> None:
        """Take in single files, each with its companions; those in a folder that was entered are there already."""
        by_folder: dict[str, set[str]] = {}
        for path in files:
            by_folder.setdefault(os.path.dirname(path), set()).add(path)
        for path, wanted in sorted(by_folder.items()):
            identity, above = _identity(path), _ancestors(path)
            if identity in self._entered:
                continue
            protected = not self._protected.isdisjoint(above) or ignore.is_in_library(os.path.realpath(path))
            folder = Folder(path, path, protected, not self._reference.isdisjoint(above))
            contents = self._scan(folder)
            contents.photos = [one for one in contents.photos if path_of(one) in wanted]
            contents.folders.clear()
            self._take(contents, folder)
            for missing in sorted(wanted - {path_of(one) for one in contents.photos}):
                self._skip(missing, SkipKind.NOT_A_PHOTO, "is not a photo, or hidden, or left out by an option")

    def result(self) -> Walk:
        """The account, in the order of the paths' bytes."""
        files = [*self._files, *(record_of(_merged(names)) for names in self._linked.values())]
        files.extend(self._through_links(files))
        files, seen_twice = aliases.without_aliases(files, self._roots)
        skipped = sorted((*self._skipped, *seen_twice), key=lambda one: os.fsencode(one.path))
        return Walk(Found(_in_order(files)), tuple(skipped))

    def _descend(self, folder: Folder) -> None:
        stack = [folder]
        while stack:
            stack.extend(self._enter(stack.pop()))

    def _enter(self, folder: Folder) -> list[Folder]:
        """Take in one folder; the folders in it, last first."""
        try:
            identity = _identity(folder.path)
            if identity in self._entered:
                return []
            self._entered.add(identity)
            folder = self._flagged(folder, identity)
            contents = self._scan(folder)
        except OSError as problem:
            if folder.path == folder.root:
                raise MissingRootError(f"{shown(folder.path)} can't be read: {problem.strerror}.") from None
            self._skip(folder.path, SkipKind.UNREADABLE, f"is a folder that cannot be read: {problem.strerror}")
            return []
        if folder.path != folder.root and (contents.marked or ignore.is_trash(folder.path, contents.folders)):
            return []
        self._take(contents, folder)
        return [dataclasses.replace(folder, path=path) for path in sorted(contents.folders, reverse=True)]

    def _flagged(self, folder: Folder, identity: tuple[int, int]) -> Folder:
        """The folder with the flags that its own identity adds to what it inherited."""
        return dataclasses.replace(
            folder,
            protected=folder.protected or identity in self._protected,
            reference=folder.reference or identity in self._reference,
        )

    def _scan(self, folder: Folder) -> _Contents:
        """Sort out the entries of a folder: photos, possible companions, folders to enter. The hot loop of a walk."""
        contents, kinds = _Contents(), dir_entry.KINDS
        least, hidden, excluding = self._options.min_bytes, self._options.include_hidden, bool(self._excludes)
        keep, flagged, photo = contents.photos.append, dir_entry.FLAGGED, dir_entry.PHOTO
        with os.scandir(folder.path) as listing:
            for entry in listing:
                name = entry.name
                kind = kinds.get(name[-4:]) or dir_entry.kind_of(name)
                if kind != photo or not entry.is_file(follow_symlinks=False):
                    self._other(entry, kind, folder, contents)
                    continue
                if name[0] == "." and (not hidden or name[1:2] == "_"):
                    continue
                if excluding and self._excludes.match(entry.path, folder.root, folder=False):
                    continue
                try:
                    found = dir_entry.lstat(entry) if flagged else entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if found.st_size >= least and (not flagged or self._is_here(entry.path, found)):
                    keep(record(entry.path, found, folder))
                    if found.st_nlink > 1:
                        contents.linked = True
        return contents

    def _other(self, entry: os.DirEntry[str], kind: int, folder: Folder, contents: _Contents) -> None:
        """An entry that is not a plain file with a photo's name."""
        name = entry.name
        if name == MARKER:
            contents.marked = True
        elif kind == dir_entry.CLOUD:
            self._cloud(entry)
        elif name[0] == "." and (not self._options.include_hidden or name[:2] == "._"):
            return
        elif dir_entry.is_link(entry):
            if self._options.follow:
                self._follow(entry, kind, folder)
        elif entry.is_dir(follow_symlinks=False):
            if self._wanted(entry.path, folder):
                contents.folders.append(entry.path)
        elif kind == dir_entry.OTHER:
            contents.others.append(name)
        elif (
            kind == dir_entry.NAMELESS
            and entry.is_file(follow_symlinks=False)
            and dir_entry.looks_like_photo(entry.path)
        ):
            self._take_nameless(entry, folder, contents)

    def _take_nameless(self, entry: os.DirEntry[str], folder: Folder, contents: _Contents) -> None:
        """A file without an extension that begins as a picture."""
        found = dir_entry.lstat(entry)
        if self._is_asked_for(entry.path, found, folder) and self._is_here(entry.path, found):
            contents.photos.append(record(entry.path, found, folder))
            contents.linked |= found.st_nlink > 1

    def _wanted(self, path: str, folder: Folder) -> bool:
        """Whether a folder is to be entered."""
        if ignore.is_system_folder(os.path.basename(path)):
            return False
        if self._excludes and self._excludes.match(path, folder.root, folder=True):
            return False
        return not dir_entry.FLAGGED or self._options.include_hidden or not dir_entry.is_flagged_hidden(os.lstat(path))

    def _is_here(self, path: str, found: os.stat_result) -> bool:
        """Whether a file's bytes are on this machine (else it is listed) and it is not hidden by a flag."""
        if dir_entry.is_in_the_cloud(found):
            self._skip(path, SkipKind.PLACEHOLDER, _CLOUD_REASON)
            return False
        return self._options.include_hidden or not dir_entry.is_flagged_hidden(found)

    def _cloud(self, entry: os.DirEntry[str]) -> None:
        """iCloud's older placeholders: ``.IMG_1.HEIC.icloud`` stands for ``IMG_1.HEIC``."""
        name = entry.name[1:-7] if entry.name[0] == "." else entry.name[:-7]
        if os.path.splitext(name)[1].lower() in sniff.PHOTO_EXTENSIONS:
            self._skip(entry.path, SkipKind.PLACEHOLDER, _CLOUD_REASON)

    def _follow(self, entry: os.DirEntry[str], kind: int, folder: Folder) -> None:
        """A link, where links are followed: a folder is entered later, a file is kept for the end."""
        path = entry.path
        try:
            found = os.stat(path)
        except OSError:
            if kind == dir_entry.PHOTO:
                self._skip(path, SkipKind.UNREADABLE, "is a link that leads nowhere")
            return
        if stat.S_ISDIR(found.st_mode):
            if self._wanted(path, folder) and not ignore.is_in_library(os.path.realpath(path)):
                above = _ancestors(path)
                protected = folder.protected or not self._protected.isdisjoint(above)
                reference = folder.reference or not self._reference.isdisjoint(above)
                self._folder_links.append(Folder(path, folder.root, protected, reference))
        elif stat.S_ISREG(found.st_mode) and kind == dir_entry.PHOTO and self._is_asked_for(path, found, folder):
            self._file_links.append((path, folder, found))

    def _is_asked_for(self, path: str, found: os.stat_result, folder: Folder) -> bool:
        """Whether neither its size nor a glob excludes a file."""
        excluded = bool(self._excludes) and self._excludes.match(path, folder.root, folder=False)
        return found.st_size >= self._options.min_bytes and not excluded

    def _skip(self, path: str, kind: SkipKind, reason: str) -> None:
        self._skipped.append(Skipped(path, kind, reason))

    def _take(self, contents: _Contents, folder: Folder) -> None:
        """Keep the photos of a folder, each with its companions; hard-linked ones apart, until all names are known."""
        photos = contents.photos
        photos.sort(key=path_of)  # the sort of all at the end then finds long runs in order
        if contents.others and photos:
            start = os.path.join(folder.path, "")
            attached = companions.attach([path[len(start) :] for path, _, _ in photos], contents.others)
            for at, one in enumerate(photos):
                names = attached.get(one[0][len(start) :])
                if names:
                    photos[at] = record_of(dataclasses.replace(photo_of(one), companions=_companions(start, names)))
        if not contents.linked:
            self._files += photos
            return
        for one in photos:
            file = photo_of(one)
            if file.stamp.links > 1:
                self._linked.setdefault((file.stamp.dev, file.stamp.inode), []).append(file)
            else:
                self._files.append(one)

    def _through_links(self, files: list[Record]) -> list[Record]:
        """The photos that only a symbolic link leads to, each once, protected."""
        if not self._file_links:
            return []
        known = {(file.stamp.dev, file.stamp.inode) for file in map(photo_of, files)}
        found = []
        for path, folder, target in sorted(self._file_links, key=lambda link: os.fsencode(link[0])):
            if (target.st_dev, target.st_ino) not in known:
                known.add((target.st_dev, target.st_ino))
                file = PhotoFile(path, folder.root, FileStamp.of(target), (), (), True, folder.reference)
                found.append(record_of(file))
        return found


def _merged(names: list[PhotoFile]) -> PhotoFile:
    """The names of one inode as one photo: the first leads, one protected name protects all."""
    first, *further = sorted(names, key=lambda file: os.fsencode(file.path))
    return PhotoFile(
        first.path,
        first.root,
        first.stamp,
        tuple({one.path: one for file in names for one in file.companions}.values()),
        tuple(file.path for file in further),
        any(file.protected for file in names),
        any(file.reference for file in names),
    )


def _in_order(files: list[Record]) -> list[Record]:
    """By the paths' bytes; for valid UTF-8 that is the order of the strings, which is quicker to compare."""
    try:
        "".join(map(path_of, files)).encode()
    except UnicodeEncodeError:
        return sorted(files, key=lambda one: os.fsencode(one[0]))
    return sorted(files, key=path_of)


def _companions(start: str, names: Sequence[tuple[str, CompanionKind]]) -> tuple[Companion, ...]:
    """Those that are regular files, with their stamps."""
    found = []
    for name, kind in names:
        try:
            status = os.lstat(start + name)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            found.append(Companion(start + name, kind, FileStamp.of(status)))
    return tuple(found)


def _identity(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _ancestors(path: str) -> set[tuple[int, int]]:
    """The identities of a folder and of all above it, links resolved."""
    real, found = os.path.realpath(path), set[tuple[int, int]]()
    while True:
        try:
            found.add(_identity(real))
        except OSError:
            return found
        above = os.path.dirname(real)
        if above == real:
            return found
        real = above
