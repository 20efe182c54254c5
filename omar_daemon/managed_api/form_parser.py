"""The framework's form parser, spooling on the disk of the stored files.

The system's temporary folder may lie in memory, and an upload may have 500 MB. Imported with the first form.
"""

from __future__ import annotations

from tempfile import SpooledTemporaryFile

from starlette.formparsers import MultiPartParser

from omar_daemon.store.managed.files import folder
from shared import durable


class FormParser(MultiPartParser):
    """Files above `spool_max_size` go to the disk, unnamed: nothing of them stays when the process ends."""

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        upload = self._current_part.file
        if upload is not None:
            durable.private_dir(folder())
            spool = SpooledTemporaryFile(max_size=self.spool_max_size, dir=str(folder()))  # noqa: SIM115 - `discard`
            self._files_to_close_on_error.append(spool)
            upload.file = spool  # type: ignore[assignment]

    def discard(self) -> None:
        """Give back the disk of a form that did not come whole."""
        for spool in self._files_to_close_on_error:
            spool.close()
