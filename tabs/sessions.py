"""What a visitor's session costs.

Gradio describes every block of the page anew for every session, for links that restore one; a program's call without a
session is a session of its own. For some six hundred blocks these are 35 ms on the thread that serves everyone, and
0.8 MB. The links of this page are its own (:mod:`tabs.links`), so its sessions do without.

Gradio also keeps the messages of the 2,000 sessions that began last, whether or not anyone still listens: on a busy app
that drops those who wait longest. Here it keeps those that were listened to last.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.blocks import Block, BlocksConfig
from gradio.renderable import Renderable
from gradio.utils import LRUCache


class LightBlocks(gr.Blocks):
    """A ``gr.Blocks`` for a page without ``gr.DeepLinkButton``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.default_config = _OfPage(self)

    def queue(self, **options: Any) -> LightBlocks:  # type: ignore[override]  # Gradio's options, by name
        """As Gradio's, but nobody who listens is forgotten."""
        super().queue(**options)
        self._queue.pending_messages_per_session = _LastUsed(self._queue.pending_messages_per_session.max_size)
        return self


class _LastUsed(LRUCache[str, Any]):
    """Gradio's cache, in which what is read counts as used; whoever listens reads every ten seconds."""

    def __getitem__(self, key: str) -> Any:
        self.move_to_end(key)
        return super().__getitem__(key)


class _OfPage(BlocksConfig):
    """The blocks as they were built; a session begins with a copy."""

    def __copy__(self) -> _OfSession:
        session = _OfSession(self.root_block)
        vars(session).update(vars(super().__copy__()))
        return session


class _OfSession(BlocksConfig):
    """One session's blocks, some of which its events have replaced."""

    @staticmethod
    def config_for_block(
        _id: int, rendered_ids: list[int], block: Block, renderable: Renderable | None = None
    ) -> dict[str, Any]:
        """Nothing, as Gradio answers for a block that is not shown, but for what an event draws anew."""
        return BlocksConfig.config_for_block(_id, rendered_ids, block, renderable) if renderable else {}
