"""The demo's side of the HTTP API: a program like any customer's, with nothing but a key."""

import json
from typing import Any

import urllib3

type Json = dict[str, Any]


class Refused(RuntimeError):  # noqa: N818  # reads as what happened
    """The API answered with a problem document."""


class Client:
    """Calls one workspace of one deployment."""

    def __init__(self, base_url: str, workspace_id: str, key: str) -> None:
        self._base = f"{base_url}/v1/workspaces/{workspace_id}"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=30))

    def get(self, path: str) -> Json:
        """A resource or a list."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Json | None = None) -> Json:
        """Create or act."""
        return self._call("POST", path, body or {})

    def upload(self, file_name: str, data: bytes) -> str:
        """Announce, upload and complete an image; its media id."""
        announced = self.post("/media", {"file_name": file_name, "byte_size": len(data)})
        form = announced["upload"]
        fields = {**form["fields"], "file": (file_name, data)}
        answer = self._http.request("POST", form["url"], fields=fields)
        if answer.status >= 300:  # noqa: PLR2004  # the success range ends there
            message = f"the object store answered {answer.status}"
            raise Refused(message)
        done = self.post(f"/media/{announced['id']}/complete")
        if done["status"] != "ready":
            raise Refused(done["rejection"])
        return str(done["id"])

    def _call(self, method: str, path: str, body: Json | None) -> Json:
        answer = self._http.request(method, self._base + path, json=body, headers=self._headers)
        content: Json = json.loads(answer.data)
        if answer.status >= 300:  # noqa: PLR2004  # likewise
            message = f"{method} {path}: {answer.status} {content.get('detail')} {content.get('errors')}"
            raise Refused(message)
        return content
