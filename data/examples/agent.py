import asyncio
import base64
from pathlib import Path

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

APP = "http://127.0.0.1:7860/gradio_api/mcp/"


async def main() -> None:
    async with streamable_http_client(APP) as (reading, writing, _), ClientSession(reading, writing) as session:
        await session.initialize()
        print([tool.name for tool in (await session.list_tools()).tools])

        answer = await session.call_tool("score_client", {"client_id": 900001, "changes": {"AMT_CREDIT": 270000}})
        score = answer.structuredContent  # the same stands in answer.content[0].text, as JSON
        print(score["probability"], score["decision"], score["contributions"][0])

        photo = "data:image/jpeg;base64," + base64.b64encode(Path("photo.jpg").read_bytes()).decode()
        overlay = await session.call_tool("explain_image", {"image": photo, "model": "yolov8", "method": "grad-cam"})
        Path("overlay.png").write_bytes(base64.b64decode(overlay.content[0].data))


asyncio.run(main())
