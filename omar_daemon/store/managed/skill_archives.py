"""Skill files: what an upload may hold, and the zip archive that is kept of it."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

MAX_FILES = 500
MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_BYTES = 100 * 1024 * 1024
_JUNK = re.compile(r"(^|/)(__MACOSX|\.git|node_modules|__pycache__|\.venv)(/|$)|(^|/)(\.DS_Store|Thumbs\.db)$")
_NAME = re.compile(r"[a-z0-9-]{1,64}")
_FIELD = re.compile(r"^([A-Za-z_-]+):[ \t]*(.*)$")
_FIXED_TIME = (2020, 1, 1, 0, 0, 0)


class NotASkill(Exception):
    """The files are no skill; the text says why."""


@dataclass(frozen=True)
class Bundle:
    """A checked skill: its name and description from SKILL.md, its files below one folder, as a zip archive."""

    name: str
    description: str
    archive: bytes


def bundle(files: Iterable[tuple[str, bytes]]) -> Bundle:
    """Check the files and pack them; NotASkill when SKILL.md is missing or says no valid name, or a path is unsafe."""
    kept: dict[str, bytes] = {}
    for path, content in files:
        if not _JUNK.search(path.replace("\\", "/")) and kept.setdefault(_checked_path(path), content) is not content:
            raise NotASkill(f"The file {path[:100]!r} is there twice.")
    for path in kept:
        parent = next((str(folder) for folder in PurePosixPath(path).parents if str(folder) in kept), None)
        if parent is not None:
            raise NotASkill(f"{parent[:100]!r} is a file and a folder.")
    if not kept:
        raise NotASkill("The skill has no files.")
    if len(kept) > MAX_FILES or sum(map(len, kept.values())) > MAX_BYTES:
        raise NotASkill(f"A skill has at most {MAX_FILES} files and {MAX_BYTES} bytes.")
    if any(len(content) > MAX_FILE_BYTES for content in kept.values()):
        raise NotASkill(f"A file of a skill has at most {MAX_FILE_BYTES} bytes.")
    inner = _below_one_folder(kept)
    if "SKILL.md" not in inner:
        raise NotASkill("The skill needs a SKILL.md at the root of its folder.")
    name, description = _front_matter(inner["SKILL.md"])
    return Bundle(name, description, _zipped(name, inner))


def unpacked(archive: bytes) -> list[tuple[str, bytes]]:
    """The files of an uploaded zip archive; NotASkill when it is none or would unpack to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            if any(stat.S_ISLNK(entry.external_attr >> 16) for entry in entries):
                raise NotASkill("A skill holds no symbolic links.")
            if len(entries) > MAX_FILES * 4 or sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise NotASkill(f"A skill has at most {MAX_FILES} files and {MAX_BYTES} bytes.")
            return [(entry.filename, opened.read(entry)) for entry in entries]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise NotASkill("The file is no readable zip archive.") from None


def read_files(archive: bytes) -> dict[str, bytes]:
    """The files of a kept archive by their path, the skill's folder included."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist()}


def _checked_path(path: str) -> str:
    plain = path.replace("\\", "/").removeprefix("./")
    parts = plain.split("/")
    unsafe = (
        plain.startswith("/") or any(part in ("", ".", "..") for part in parts) or re.search(r"[\x00-\x1f:]", plain)
    )
    if unsafe or len(plain) > 512:
        raise NotASkill(f"The path {plain[:100]!r} is not one below the skill's folder.")
    return plain


def _below_one_folder(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Paths inside of the one top folder; files without a folder are taken as they are."""
    if "SKILL.md" in files:
        return dict(files)
    tops = {path.split("/")[0] for path in files}
    if len(tops) != 1 or any("/" not in path for path in files):
        raise NotASkill("The files of a skill lie in one folder with SKILL.md at its root.")
    return {path.split("/", 1)[1]: content for path, content in files.items()}


def _front_matter(content: bytes) -> tuple[str, str]:
    """`name` and `description` of SKILL.md's front matter; folded and quoted values are understood."""
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    found = re.match(r"---\n(.*?)\n---(\n|$)", text, re.S)
    fields = _fields(found[1]) if found else {}
    name, description = fields.get("name", ""), fields.get("description", "")
    if not _NAME.fullmatch(name):
        raise NotASkill("SKILL.md: its front matter needs a `name` of lower-case letters, digits and hyphens.")
    if not description or len(description) > 1024:
        raise NotASkill("SKILL.md: its front matter needs a `description` of at most 1024 characters.")
    return name, description


def _fields(lines: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    current = ""
    for line in lines.split("\n"):
        found = _FIELD.match(line)
        if found:
            current = found[1].lower()
            fields[current] = "" if found[2].strip() in ("|", ">", "|-", ">-") else found[2].strip()
        elif current and line.startswith((" ", "\t")):
            fields[current] = f"{fields[current]} {line.strip()}".strip()
    return {name: _unquoted(value) for name, value in fields.items()}


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _zipped(name: str, files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(f"{name}/{path}", _FIXED_TIME), files[path], zipfile.ZIP_DEFLATED)
    return sink.getvalue()
