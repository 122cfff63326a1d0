"""A session costs little, and what happens in one stays there."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio.blocks import BlocksConfig
from gradio.state_holder import SessionState
from tabs.sessions import LightBlocks

from app import create_app


def test_a_session_describes_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    page = create_app()
    page.state_session_capacity = 10

    def describe(*args: object) -> dict:
        raise AssertionError(f"described: {args}")

    monkeypatch.setattr(BlocksConfig, "config_for_block", staticmethod(describe))
    session = SessionState(page)
    assert session.blocks_config.blocks == page.blocks and len(page.blocks) > 100
    assert not any(session.config_values.values())


def test_what_one_session_replaces_no_other_sees() -> None:
    with LightBlocks() as page:
        box, kept = gr.Textbox("as built"), gr.State("mine")
    first, second = SessionState(page), SessionState(page)
    first[box._id] = gr.Textbox("replaced", render=False)
    first[kept._id] = "changed"
    first._update_value_in_config(box._id, "typed")
    assert first[box._id].value == "replaced" and first[kept._id] == "changed"
    assert second[box._id].value == "as built" and second[kept._id] == "mine"
    assert SessionState(page)[box._id].value == "as built"


def test_the_page_itself_is_described_in_full() -> None:
    with LightBlocks() as page:
        box = gr.Textbox("as built", label="a box")
    described = {block["id"]: block for block in page.get_config_file()["components"]}
    assert described[box._id]["props"]["value"] == "as built" and described[box._id]["api_info"]


def test_who_listens_is_not_forgotten() -> None:
    with LightBlocks() as page:
        gr.Textbox()
    messages = page.queue(max_size=3)._queue.pending_messages_per_session
    messages["waits"] = "for a long time"
    for number in range(messages.max_size + 5):
        messages[f"gone {number}"] = "left"
        assert messages["waits"] == "for a long time"
    assert len(messages) == messages.max_size and "gone 0" not in messages
    with pytest.raises(KeyError):
        messages["gone 0"]
