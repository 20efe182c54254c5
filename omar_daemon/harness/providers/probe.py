"""Whether a new model card works: one request for one token."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from starlette.concurrency import run_in_threadpool

from omar_daemon.harness.providers.choice import from_card, open_provider
from omar_daemon.harness.providers.interface import ModelError, ModelRequest
from omar_daemon.store.managed.documents import Document

_SECONDS = 6.0


async def probe(card: Document) -> dict[str, Any]:
    """`{ok, message}`; never raises for what the provider does."""
    choice = from_card(card)
    request = ModelRequest(choice.model, "", [{"role": "user", "content": [{"type": "text", "text": "hi"}]}])
    try:
        provider = await run_in_threadpool(open_provider, choice)
        try:
            parts = provider.stream(ModelRequest(**{**vars(request), "max_tokens": 1}))
            async with asyncio.timeout(_SECONDS), contextlib.aclosing(parts) as stream:  # type: ignore[type-var]
                async for _ in stream:
                    break
        finally:
            await provider.close()
    except ModelError as error:
        return {"ok": False, "message": error.message}
    except TimeoutError:
        return {"ok": False, "message": f"The model did not answer within {_SECONDS:g} s."}
    except Exception as error:
        # An address or a header that the client's library refuses is the card's fault, not the daemon's.
        return {"ok": False, "message": f"The card cannot be used: {error}"[:500]}
    return {"ok": True, "message": "The model answers."}
