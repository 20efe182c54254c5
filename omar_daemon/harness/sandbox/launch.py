"""The command line that starts a program inside a session's sandbox."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from omar_daemon.harness.sandbox import limits
from omar_daemon.harness.sandbox.isolation import POWERLESS, Isolation, bubblewrap_sizes
from omar_daemon.harness.sandbox.layout import PLACES, SYSTEM, WORKSPACE, Layout

_SETTINGS = (
    "alternatives", "ca-certificates", "ca-certificates.conf", "debian_version", "group", "host.conf", "hosts",
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "os-release", "passwd",
    "pki", "profile", "protocols", "resolv.conf", "services", "shells", "ssl", "terminfo", "timezone",
)  # fmt: skip
"""What programs need of /etc; the rest of it is not shown."""

_ROOT_BYTES = 64 * 1024 * 1024
"""For what a tool writes outside of the session's places. It lies in memory and is gone after the call."""


@dataclass(frozen=True)
class Mount:
    """A file or folder of this machine under another path inside; `writable` or not."""

    source: Path
    target: str
    writable: bool = False


def command_line(
    kind: Isolation, layout: Layout, arguments: Sequence[str], *, network: bool, mounts: Sequence[Mount] = ()
) -> list[str]:
    """`arguments` inside of the sandbox, its limits set. Without isolation they run as they are."""
    inner = list(arguments)
    if kind == "bubblewrap":
        inner = [*_bubblewrap(layout, network, mounts), "--", *arguments]
    elif kind == "unshare":
        inner = _unshare(layout, arguments, network, mounts)
    return ["/bin/sh", "-c", f'{limits.current.as_commands}exec "$@"', "sh", *inner]


def _own_mounts(layout: Layout, mounts: Sequence[Mount]) -> list[Mount]:
    places = [Mount(layout.root / name, target, writable=True) for name, target in PLACES.items()]
    return [*places, Mount(layout.state, "/run/oma", writable=True), *mounts]


def _bubblewrap(layout: Layout, network: bool, mounts: Sequence[Mount]) -> list[str]:
    line = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    # Of a root daemon's rights nothing is left: with them a tool could mount /usr anew to write to it.
    line += ["--unshare-user-try", "--cap-drop", "ALL", "--unshare-cgroup-try", "--hostname", "sandbox"]
    line += [] if network else ["--unshare-net"]
    line += _sized("/", _ROOT_BYTES)
    for path in SYSTEM:
        if Path(path).is_symlink():
            line += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            line += ["--ro-bind", path, path]
    for name in _SETTINGS:
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    line += ["--dev", "/dev", "--proc", "/proc", *_sized("/dev/shm", limits.current.shared_memory)]  # noqa: S108
    line += ["--remount-ro", "/dev"]
    for mount in _own_mounts(layout, mounts):
        line += ["--bind" if mount.writable else "--ro-bind", str(mount.source), mount.target]
    return [*line, "--chdir", WORKSPACE]


def _sized(path: str, size: int) -> list[str]:
    """A tmpfs of its own: otherwise each takes half of the machine's memory."""
    return ["--size", str(size), "--tmpfs", path] if bubblewrap_sizes() else []


def _unshare(layout: Layout, arguments: Sequence[str], network: bool, mounts: Sequence[Mount]) -> list[str]:
    """The same with unshare(1): a shell builds the new root, moves into it and forgets the old one."""
    line = [shutil.which("unshare") or "unshare", "--user", "--map-root-user", "--mount", "--pid", "--ipc", "--uts"]
    line += ["--fork", "--kill-child=SIGKILL", *([] if network else ["--net"])]
    return [*line, "/bin/sh", "-c", _root_script(layout, mounts), "sh", *arguments]


def _root_script(layout: Layout, mounts: Sequence[Mount]) -> str:
    root = shlex.quote(str(layout.base))
    size = f"mode=755,size={_ROOT_BYTES}"
    steps = ["set -e", f"root={root}", f'mount -t tmpfs -o {size} tmpfs "$root"', 'cd "$root"']
    for path in SYSTEM:
        if Path(path).is_symlink():
            steps.append(f"ln -s {shlex.quote(str(Path(path).readlink()))} .{path}")
        elif Path(path).is_dir():
            steps += [f"mkdir -p .{path}", f"mount --rbind {path} .{path}", f"mount -o remount,bind,ro .{path}"]
    steps.append("mkdir -p etc dev/shm proc run old")
    for name in _SETTINGS:
        steps.append(f"if [ -e /etc/{name} ]; then cp -RH /etc/{name} etc/{name} 2>/dev/null || :; fi")
    for device in ("null", "zero", "full", "random", "urandom", "tty"):
        steps.append(f": > dev/{device}; mount --bind /dev/{device} dev/{device}")
    steps += ["ln -s /proc/self/fd dev/fd", "mount -t proc proc proc"]
    steps.append(f"mount -t tmpfs -o mode=1777,size={limits.current.shared_memory} tmpfs dev/shm")
    for mount in _own_mounts(layout, mounts):
        steps += _bind_steps(mount)
    steps += ["pivot_root . old", "umount -l /old", "rmdir /old || :", f"cd {WORKSPACE}", f'exec {POWERLESS} "$@"']
    return "\n".join(steps)


def _bind_steps(mount: Mount) -> list[str]:
    source, target = shlex.quote(str(mount.source)), shlex.quote("." + mount.target)
    parent = shlex.quote("." + str(Path(mount.target).parent))
    make = f"mkdir -p {target}" if mount.source.is_dir() else f"mkdir -p {parent}; : > {target}"
    steps = [make, f"mount --bind {source} {target}"]
    return steps if mount.writable else [*steps, f"mount -o remount,bind,ro {target}"]
