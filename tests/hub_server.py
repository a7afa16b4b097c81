"""A hub of one's own: speaks the API of huggingface.co on two local ports (the hub and its content network), keeps what
it was asked, and fails on demand."""

import hashlib
import http.server
import json
import pathlib
import ssl
import threading
import urllib.parse

CERTIFICATE = pathlib.Path(__file__).with_name("hub_certificate.pem")
TOKEN = "hf_ThisIsTheSecretToken"
SIGNATURE = "SignatureThatNobodyMaySee"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_sha1(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Repo:
    def __init__(self, files, large=("*.safetensors",), gated=False, private=False, commit=COMMIT):
        self.files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.endings = tuple(pattern.lstrip("*") for pattern in large)
        self.gated, self.private, self.commit = gated, private, commit
        self.claimed = {}  # sizes that are not true
        self.revisions = {"main": commit, "refs/pr/1": commit, commit: commit}
        self.versions = {}  # other commits

    def at(self, revision):
        return self.versions.get(self.revisions[revision], self)

    def is_large(self, path):
        return path.endswith(self.endings)

    def entry(self, path):
        content = self.files[path]
        out = {"type": "file", "path": path, "size": len(content), "oid": git_sha1(content)}
        if self.is_large(path):
            out["oid"] = git_sha1(b"version https://git-lfs.github.com/spec/v1\n" + path.encode())
            size = self.claimed.get(path, len(content))
            out["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": size, "pointerSize": 134}
        return out

    def etag(self, path):
        entry = self.entry(path)
        return entry["lfs"]["oid"] if "lfs" in entry else entry["oid"]


class Fault:
    """What happens to one request instead of a good answer."""

    def __init__(self, status=None, headers=None, cut=None, damaged=False, no_range=False, extra=b"", stall=None):
        self.status, self.headers, self.cut, self.damaged = status, headers or {}, cut, damaged
        self.no_range, self.extra, self.stall = no_range, extra, stall


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        hub = self.server.hub
        split = urllib.parse.urlsplit(self.path)  # of a proxy's request: the whole address
        self.route, self.query = urllib.parse.unquote(split.path), dict(urllib.parse.parse_qsl(split.query))
        with hub.lock:
            hub.log.append({"port": self.server.server_port, "path": self.route, "address": self.path,
                            "method": self.command, "headers": {k.lower(): v for k, v in self.headers.items()}})
            queue = next((faults for part, faults in hub.faults.items() if part in self.route and faults), [])
            fault = queue.pop(0) if queue else None
        if fault is not None and fault.stall:
            hub.stopping.wait(fault.stall)
        if fault is not None and fault.status:
            self.send(fault.status, b"", fault.headers)
        elif self.route.startswith("/content/"):
            self.send_content(hub.contents[self.route.split("/")[2]], fault or Fault())
        elif self.route.startswith("/api/resolve-cache/"):
            self.send_content(hub.contents[self.route.split("/")[-1]], fault or Fault())
        elif self.route.startswith("/api/"):
            self.send_api(hub)
        else:
            self.send_resolve(hub, fault)

    def send(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if "Content-Length" not in dict(headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code, message=""):
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self.send(status, b"{}", {name: value for name, value in headers.items() if value})

    def find_repo(self, hub, kind, name):
        repo = hub.repos.get((kind, name))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and token != TOKEN:
            return self.refuse(401, "", "Invalid credentials in Authorization header")
        if repo is None or (repo.private and not token):
            return self.refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        return repo

    def send_api(self, hub):
        _, _, kind, *rest = self.route.split("/")
        if kind == "whoami-v2":
            is_known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            return self.send(200 if is_known else 401, b"{}", {"Content-Type": "application/json"})
        if kind == "models" and not rest:
            return self.send(200, b"[]", {"Content-Type": "application/json"})
        at = next(i for i, word in enumerate(rest) if word in ("revision", "tree", "refs"))
        name, what, revision = "/".join(rest[:at]), rest[at], "/".join(rest[at + 1:])
        repo = self.find_repo(hub, kind, name)
        if repo is None:
            return
        if what == "refs":
            names = [name for name in repo.revisions if "/" not in name and name not in repo.revisions.values()]
            refs = {"branches": [{"name": name} for name in names if name == "main"],
                    "tags": [{"name": name} for name in names if name != "main"]}
            return self.send(200, json.dumps(refs).encode(), {"Content-Type": "application/json"})
        if revision not in repo.revisions:
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        repo = repo.at(revision)
        if what == "revision":
            info = {"id": name, "modelId": name, "sha": repo.commit, "siblings": [], "tags": [], "private": False}
            return self.send(200, json.dumps(info).encode(), {"Content-Type": "application/json"})
        entries = [{"type": "directory", "path": "sub", "oid": "0" * 40, "size": 0}]
        entries += [repo.entry(path) for path in sorted(repo.files)]
        first = int(self.query.get("cursor", 0))
        page, rest = entries[first:first + hub.page_size], entries[first + hub.page_size:]
        headers = {"Content-Type": "application/json"}
        if rest:
            query = urllib.parse.urlencode({**self.query, "cursor": first + hub.page_size})
            headers["Link"] = f'<{hub.url}{urllib.parse.quote(self.route)}?{query}>; rel="next"'
        self.send(200, json.dumps(page).encode(), headers)

    def send_resolve(self, hub, fault):
        words = self.route.strip("/").split("/")
        kind = "datasets" if words[0] == "datasets" else "models"
        words = words[1:] if kind == "datasets" else words
        at = words.index("resolve")
        repo = self.find_repo(hub, kind, "/".join(words[:at]))
        if repo is None:
            return
        if repo.gated and "Authorization" not in self.headers:
            return self.refuse(401, "GatedRepo", "Access to this model is restricted.")
        repo = repo.at(words[at + 1])
        path = "/".join(words[at + 2:])
        if path not in repo.files:
            return self.send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found",
                                        "X-Repo-Commit": repo.commit})
        etag = repo.etag(path)
        headers = {"X-Repo-Commit": repo.commit, "X-Linked-Etag": f'"{etag}"',
                   "X-Linked-Size": str(len(repo.files[path]))}
        if repo.is_large(path):
            where = f"{hub.content_url}/content/{etag}?Signature={SIGNATURE}"
        else:
            where = f"/api/resolve-cache/models/{etag}"
        self.send(302 if repo.is_large(path) else 307, b"", {**headers, "Location": where, "ETag": f'"{etag}"'})

    def send_content(self, content, fault):
        first, status, headers = 0, 200, {"ETag": f'"{self.route.split("/")[-1]}"', "X-Repo-Commit": COMMIT}
        wanted = self.headers.get("Range")
        if wanted and not fault.no_range:
            first, status = int(wanted.removeprefix("bytes=").split("-")[0]), 206
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        body = content[first:]
        if fault.damaged:
            body = bytes(byte ^ 1 for byte in body)
        body += fault.extra
        headers["Content-Length"] = str(len(body))
        if fault.cut is None:
            return self.send(status, body, headers)
        self.send(status, body[:fault.cut], headers)
        self.wfile.flush()
        self.close_connection = True


class Hub:
    """Used as a context; `faults[part of a path]` is a list of Fault, one for each request to come."""

    def __init__(self, page_size=1000, encrypted=False):
        self.encrypted = encrypted
        self.repos, self.contents, self.faults, self.log = {}, {}, {}, []
        self.page_size, self.lock, self.stopping = page_size, threading.Lock(), threading.Event()

    def add(self, name, files, kind="models", **options):
        repo = self.repos[(kind, name)] = Repo(files, **options)
        self.contents.update({repo.etag(path): content for path, content in repo.files.items()})
        return repo

    def tag(self, name, kind, revision, commit, files):
        """Another version of a repository."""
        repo = self.repos[(kind, name)]
        repo.versions[commit] = version = Repo(files, commit=commit)
        repo.revisions.update({revision: commit, commit: commit})
        self.contents.update({version.etag(path): content for path, content in version.files.items()})

    def __enter__(self):
        self.servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
        if self.encrypted:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self.servers[0].socket = context.wrap_socket(self.servers[0].socket, server_side=True)
        for server in self.servers:
            server.hub, server.daemon_threads = self, True
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.url, self.content_url = (f"http://127.0.0.1:{server.server_port}" for server in self.servers)
        if self.encrypted:  # the hub alone, not where its contents lie
            self.url = self.url.replace("http:", "https:")
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def paths(self, part=""):
        return [entry["path"] for entry in self.log if part in entry["path"]]
