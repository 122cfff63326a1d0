"""Files to a repository on the Hugging Face Hub: one commit for all of them, and a sentence for what goes wrong."""

from __future__ import annotations

import argparse
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Content = Path | bytes


class HubRefusal(Exception):
    """The Hub did not take the files; says why, and what to do."""


@dataclass(frozen=True)
class Target:
    """A repository to fill.

    Attributes:
        repo: ``USER/NAME``.
        kind: what the Hub calls it.
        private: who may see it; None leaves an existing one as it is and makes a new one private.
        mirror: whether files of the repository that are not sent are removed from it.
    """

    repo: str
    kind: Literal["model", "space"] = "model"
    private: bool | None = None
    mirror: bool = False


@dataclass(frozen=True)
class Sent:
    """The commit that holds the files; ``changed`` is False where it already did."""

    revision: str
    changed: bool


def repository(text: str) -> str:
    """``USER/NAME``, as the Hub allows it.

    Raises:
        argparse.ArgumentTypeError: it is not.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not USER/NAME")
    return text


def table(files: Mapping[str, Content]) -> str:
    """Names and sizes, one a line, and their sum."""
    sizes = {name: _size(content) for name, content in files.items()}
    lines = [f"{size / 1e6:10.3f} MB  {name}" for name, size in sorted(sizes.items())]
    return "\n".join([*lines, f"{sum(sizes.values()) / 1e6:10.3f} MB  {len(sizes)} files"])


def _size(content: Content) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def send(target: Target, files: Mapping[str, Content], message: str) -> Sent:
    """Brings files into a repository, made if there is none, in one commit.

    What the Hub already holds is not sent again: a call that was cut goes on where it stopped, and a call with nothing
    new makes no commit.

    Args:
        files: path in the repository -> content.
        message: of the commit.

    Raises:
        HubRefusal: no token, a wrong one, no rights, no room, no network, or a repository that is not as asked.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
    from huggingface_hub.errors import HTTPError

    if get_token() is None:
        raise HubRefusal("There is no token: `hf auth login` keeps one, HF_TOKEN gives one to a single command.")
    api = HfApi()
    try:
        sdk = "gradio" if target.kind == "space" else None
        private = target.private is not False
        api.create_repo(target.repo, repo_type=target.kind, private=private, space_sdk=sdk, exist_ok=True)
        before = api.repo_info(target.repo, repo_type=target.kind)
        if target.private is not None and before.private != target.private:
            found = "private" if before.private else "public"
            raise HubRefusal(f"{target.repo} is {found} already: change that in its settings, or leave the option out.")
        operations: list = [
            CommitOperationAdd(name, content if isinstance(content, bytes) else str(content))
            for name, content in files.items()
        ]
        if target.mirror:
            there = set(api.list_repo_files(target.repo, repo_type=target.kind)) - {".gitattributes"}
            operations += [CommitOperationDelete(name) for name in sorted(there - set(files))]
        with warnings.catch_warnings():  # the portfolio is a table that belongs to the app
            warnings.filterwarnings("ignore", message="It seems that you are about to commit a data file")
            commit = api.create_commit(
                target.repo, operations, commit_message=message, repo_type=target.kind, parent_commit=before.sha
            )
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        raise HubRefusal(explain(error, target.repo)) from error
    return Sent(commit.oid, commit.oid != before.sha)


def explain(error: BaseException, repo: str) -> str:
    """What an error of the Hub's library means for the person who pushes, and what to do."""
    if isinstance(error, RuntimeError) and error.__cause__:  # the upload of one file failed
        error = error.__cause__
    response = getattr(error, "response", None)
    status = response.status_code if response is not None else 0
    said = " ".join((getattr(error, "server_message", None) or str(error)).split())
    if status in (413, 507) or re.search(r"quota|storage limit|exceeded your", said, re.IGNORECASE):
        return f"There is no room left for {repo}: make some in your storage settings on the Hub. It says: {said}"
    if status >= 500:
        return f"The Hub is out of order (HTTP {status}): try again later; files that it has are not sent again."
    sentences = {
        401: "The Hub does not know this token (401): make a new one with the right to write and put it in HF_TOKEN.",
        402: f"The Hub asks to be paid for {repo} (402). It says: {said}",
        403: f"This token may not write to {repo} (403): it needs the right to write, and USER must be you or an "
        f"organisation of yours. The Hub says: {said}",
        404: f"There is no {repo} on the Hub, or this token may not see it (404).",
        409: f"{repo} changed in the meantime (409): run the command again.",
        412: f"{repo} changed in the meantime (412): run the command again.",
        429: "The Hub asks for patience (429): wait some minutes; files that it has are not sent again.",
    }
    if status in sentences:
        return sentences[status]
    if status:
        return f"The Hub refused (HTTP {status}): {said}"
    if isinstance(error, ValueError):
        return f"The Hub refused: {said}"
    return (
        f"The Hub cannot be reached ({type(error).__name__}: {said}): check the network, HF_ENDPOINT, HF_HUB_OFFLINE."
    )
