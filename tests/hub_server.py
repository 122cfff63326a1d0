"""A Hub of our own: the part of the Hugging Face Hub's protocol that pushing and loading use, as its own process.

``python tests/hub_server.py`` prints its address; ``HF_ENDPOINT`` sends the library there. It knows two tokens: "owner"
may write below ``vitrine/``, "reader" may not. Repositories live as long as the process. Posting a list of
:class:`Fault` (as JSON) to ``/_faults`` makes the next matching requests fail; ``/_log`` gives the requests so far.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

TOKENS = {"owner": "vitrine", "reader": "someone-else"}
LARGE = (".safetensors", ".parquet", ".webp", ".png")  # kept as LFS objects, as on the Hub
LARGE_TEXT = 100_000  # bytes from which any file is


@dataclass
class Fault:
    """What goes wrong with the next ``times`` requests whose "METHOD path" ``where`` is found in.

    ``status`` answers with an error; ``headers`` come along, or else with the file that is asked for; ``cut`` closes
    the connection after so many bytes of the body; ``flip`` changes the byte in its middle.
    """

    where: str
    times: int = 1
    status: int = 0
    message: str = "made to fail"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    flip: bool = False


@dataclass(frozen=True)
class Blob:
    """A file's content; ``etag`` is the SHA-256 of an LFS object, git's SHA-1 of any other file."""

    content: bytes
    large: bool

    @property
    def etag(self) -> str:
        if self.large:
            return hashlib.sha256(self.content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content).hexdigest()


@dataclass
class Repo:
    """Commits in order: (SHA-1, path -> blob)."""

    private: bool
    commits: list[tuple[str, dict[str, Blob]]] = field(default_factory=list)

    def add(self, files: dict[str, Blob]) -> str:
        parent = self.commits[-1][0] if self.commits else ""
        listing = "".join(f"{path} {blob.etag}\n" for path, blob in sorted(files.items()))
        sha = hashlib.sha1(f"{parent}\n{listing}{len(self.commits)}".encode()).hexdigest()
        self.commits.append((sha, files))
        return sha

    def at(self, revision: str) -> tuple[str, dict[str, Blob]] | None:
        if revision == "main":
            return self.commits[-1]
        return next((commit for commit in self.commits if commit[0] == revision), None)


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        self.status, self.message, self.code = status, message, code


repos: dict[tuple[str, str], Repo] = {}
objects: dict[str, bytes] = {}  # LFS objects by SHA-256
faults: list[Fault] = []
log: list[str] = []
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    """One request; ``ROUTES`` says which method answers what."""

    protocol_version = "HTTP/1.1"
    fault: Fault | None = None

    def log_message(self, *_: object) -> None:
        pass

    def answer(self) -> None:
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == "/_log":
            return self.send(log)
        if path == "/_faults":
            faults[:] = [Fault(**item) for item in json.loads(body)]
            return self.send({})
        with lock:
            log.append(f"{self.command} {path} {self.headers.get('Range', '')}".strip())
            self.fault = next((f for f in faults if f.times > 0 and re.search(f.where, f"{self.command} {path}")), None)
            if self.fault:
                self.fault.times -= 1
        try:
            if self.fault and self.fault.status:
                raise Refused(self.fault.status, self.fault.message)
            for method, pattern, action in ROUTES:
                match = re.fullmatch(pattern, path)
                if match and self.command in method.split():
                    return action(self, body, *[unquote(part or "") for part in match.groups()])
            raise Refused(404, f"no such page: {path}")
        except Refused as refused:
            headers = {"X-Error-Message": refused.message, **(self.fault.headers if self.fault else {})}
            if refused.code:
                headers["X-Error-Code"] = refused.code
            self.send({"error": refused.message}, refused.status, headers)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

    def send(self, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault and self.fault.flip:
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        if self.fault and self.fault.cut:
            self.wfile.write(data[: self.fault.cut])
            self.wfile.flush()
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.wfile.write(data)

    def user(self) -> str:
        """Whose token it is; "" without one."""
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and token not in TOKENS:
            raise Refused(401, "Invalid credentials in Authorization header")
        return TOKENS.get(token, "")

    def repo(self, kind: str, name: str, write: bool = False) -> Repo:
        user, repo = self.user(), repos.get((kind, name))
        if repo is None or (repo.private and user != name.split("/")[0]):
            raise Refused(404 if user else 401, "Repository not found", "RepoNotFound")
        if write and user != name.split("/")[0]:
            raise Refused(403, "You have read access but not the required permissions for this operation")
        return repo

    def commit(self, kind: str, name: str, revision: str) -> tuple[str, dict[str, Blob]]:
        commit = self.repo(kind, name).at(revision)
        if commit is None:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit

    def create(self, body: bytes) -> None:
        asked, user = json.loads(body), self.user()
        name = f"{asked['organization'] or user}/{asked['name']}"
        if not user:
            raise Refused(401, "Invalid credentials in Authorization header")
        if user != name.split("/")[0]:
            raise Refused(
                403, f'You don\'t have the rights to create a repo under the namespace "{name.split("/")[0]}"'
            )
        key, url = (f"{asked.get('type', 'model')}s", name), f"http://{self.headers['Host']}/{name}"
        if key in repos:
            return self.send({"error": "You already created this repo", "url": url}, 409)
        repos[key] = Repo(asked.get("visibility") == "private")
        repos[key].add({".gitattributes": Blob(b"*.safetensors filter=lfs\n", False)})
        self.send({"url": url})

    def validate(self, body: bytes) -> None:
        head = re.match(r"---\n(.*?)\n---\n", json.loads(body)["content"], re.DOTALL)
        if not head:
            return self.send({"errors": [], "warnings": [{"message": "empty or missing yaml metadata"}]})
        began = yaml.safe_load(head[1]).get("base_model", [])
        for name in [began] if isinstance(began, str) else began:
            if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
                message = f'"base_model" with value "{name}" is not valid. Use a model id.'
                return self.send({"errors": [{"message": message}], "warnings": []}, 400)
        self.send({"errors": [], "warnings": []})

    def info(self, _: bytes, kind: str, name: str, revision: str) -> None:
        sha, files = self.commit(kind, name, revision or "main")
        siblings = [{"rfilename": path} for path in files]
        self.send({"id": name, "sha": sha, "private": self.repo(kind, name).private, "siblings": siblings, "tags": []})

    def tree(self, _: bytes, kind: str, name: str, revision: str) -> None:
        entries = []
        for path, blob in self.commit(kind, name, revision)[1].items():
            entry: dict[str, Any] = {"type": "file", "path": path, "size": len(blob.content), "oid": blob.etag}
            if blob.large:
                entry["lfs"] = {"oid": blob.etag, "size": len(blob.content), "pointerSize": 130}
            entries.append(entry)
        self.send(entries)

    def preupload(self, body: bytes, kind: str, name: str, revision: str) -> None:
        self.repo(kind, name, write=True)
        files, answer = self.commit(kind, name, revision)[1], []
        for item in json.loads(body)["files"]:
            known = files.get(item["path"])
            large = item["path"].endswith(LARGE) or item["size"] >= LARGE_TEXT
            entry = {"path": item["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
            answer.append({**entry, "oid": known.etag if known else None})
        self.send({"files": answer})

    def batch(self, body: bytes, kind: str, name: str) -> None:
        self.repo(kind or "models", name, write=True)
        answer = []
        for item in json.loads(body)["objects"]:
            if item["oid"] not in objects:
                root = f"http://{self.headers['Host']}/_lfs"
                upload, verify = {"href": f"{root}/{item['oid']}"}, {"href": f"{root}/verify"}
                item["actions"] = {"upload": upload, "verify": verify}
            answer.append(item)
        self.send({"transfer": "basic", "objects": answer})

    def put(self, body: bytes, oid: str) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            raise Refused(400, "the content is not the object's")
        objects[oid] = body
        self.send({})

    def verify(self, body: bytes) -> None:
        asked = json.loads(body)
        if len(objects.get(asked["oid"], b"")) != asked["size"]:
            raise Refused(404, "Object does not exist")
        self.send({})

    def change(self, body: bytes, kind: str, name: str, revision: str) -> None:
        repo = self.repo(kind, name, write=True)
        head, files = self.commit(kind, name, revision)
        files = dict(files)
        for line in body.splitlines():
            key, value = (item := json.loads(line))["key"], item["value"]
            if key == "header" and value.get("parentCommit", head) != head:
                raise Refused(412, "A commit has happened since. Please refresh and try again.")
            if key == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]), False)
            elif key == "lfsFile":
                if value["oid"] not in objects:
                    raise Refused(400, "an LFS pointer points to a file that is missing")
                files[value["path"]] = Blob(objects[value["oid"]], True)
            elif key == "deletedFile":
                del files[value["path"]]
        sha = repo.add(files)
        url = f"http://{self.headers['Host']}/{name}/commit/{sha}"
        self.send({"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})

    def resolve(self, _: bytes, kind: str, name: str, revision: str, path: str) -> None:
        sha, files = self.commit(kind or "models", name, revision)
        if path not in files:
            raise Refused(404, "Entry not found", "EntryNotFound")
        blob = files[path]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{blob.etag}"', "Accept-Ranges": "bytes"}
        headers |= self.fault.headers if self.fault else {}
        if blob.large:
            linked = {"X-Linked-Etag": f'"{blob.etag}"', "X-Linked-Size": str(len(blob.content))}
            # another host name, as a CDN has: the library must not send the token there
            place = f"http://localhost:{self.headers['Host'].split(':')[1]}/_cdn/{blob.etag}"
            return self.send(b"", 302, {**headers, **linked, "Location": place})
        self.part(blob.content, headers)

    def cdn(self, _: bytes, oid: str) -> None:
        if self.headers.get("Authorization"):
            raise Refused(400, "a token was sent to the CDN")
        self.part(objects[oid], {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"})

    def part(self, content: bytes, headers: dict[str, str]) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if not wanted:
            return self.send(content, 200, headers)
        start = int(wanted[1])
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.send(content[start:], 206, {**headers, "Content-Range": span})


KIND, NAME = "(models|spaces)", "([^/]+/[^/]+)"
ROUTES: list[tuple[str, str, Callable[..., None]]] = [
    ("POST", "/api/repos/create", Handler.create),
    ("POST", "/api/validate-yaml", Handler.validate),
    ("GET", f"/api/{KIND}/{NAME}(?:/revision/([^/]+))?", Handler.info),
    ("GET", f"/api/{KIND}/{NAME}/tree/([^/]+)", Handler.tree),
    ("POST", f"/api/{KIND}/{NAME}/preupload/([^/]+)", Handler.preupload),
    ("POST", f"/api/{KIND}/{NAME}/commit/([^/]+)", Handler.change),
    ("POST", f"/(?:(spaces)/)?{NAME}.git/info/lfs/objects/batch", Handler.batch),
    ("PUT", "/_lfs/([0-9a-f]{64})", Handler.put),
    ("POST", "/_lfs/verify", Handler.verify),
    ("GET", "/_cdn/([0-9a-f]{64})", Handler.cdn),
    ("GET HEAD", f"/(?:(spaces)/)?{NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
]


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
