"""A local server that speaks the part of HashiCorp Vault's HTTP API that KV version 2 is read with, OpenBao's too.

The shapes are those of developer.hashicorp.com/vault/api-docs, read in November 2026:
- "HTTP API": the token in X-Vault-Token, the namespace in X-Vault-Namespace; errors are {"errors": [...]}. 403 is a token that is not known or
  a policy that does not allow it (the two differ in their text alone); 404 is nothing there; 429 a quota; 503 sealed.
- "KV secrets engine, version 2": GET /v1/MOUNT/data/PATH[?version=N]; a version that was deleted is a 404 that has its metadata.
- "AppRole", "Userpass", "Token": logging in, /auth/token/lookup-self and /auth/token/renew-self. A login that is refused is a 400.
- "High availability", "client redirection": a standby answers 307 with the active node's address.
"""

import datetime
import secrets
import time
import uuid

from recording_server import Answer, RecordingServer

BAD_TOKEN = "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"
DENIED = "1 error occurred:\n\t* permission denied\n\n"


class Version:
    def __init__(self, data):
        self.data, self.created, self.deleted, self.destroyed = data, _time(time.time()), "", False


class Token:
    def __init__(self, lifetime, greatest_age, renewable):
        self.accessor, self.made, self.lifetime, self.renewable = secrets.token_urlsafe(18), time.time(), lifetime, renewable
        self.last, self.ends = self.made + greatest_age, self.made + lifetime

    @property
    def rest(self):
        return max(0, round(self.ends - time.time()))


class VaultServer(RecordingServer):
    """Mounts and tokens are in a namespace, "" being the root's."""

    def __init__(self, **options):
        self.sealed, self.active_node, self.denied = False, None, set()
        self._mounts, self._tokens, self._roles, self._users = {}, {}, {}, {}
        super().__init__(**options)

    # -- what is kept ------------------------------------------------------------------------------------------------------

    def mount(self, name="secret", namespace=""):
        self._mounts[namespace, name] = {}

    def put(self, path, mount="secret", namespace="", **data):
        """Writes a new version."""
        self._mounts[namespace, mount].setdefault(path, []).append(Version(data))

    def delete(self, path, mount="secret", namespace=""):
        """Deletes the newest version."""
        self._mounts[namespace, mount][path][-1].deleted = _time(time.time())

    def add_token(self, namespace="", lifetime=3600, greatest_age=86400, renewable=True):
        text = "hvs." + secrets.token_urlsafe(24)
        self._tokens[namespace, text] = Token(lifetime, greatest_age, renewable)
        return text

    def add_role(self, namespace="", **token):
        """An AppRole: its role id and secret id. `token`: what its tokens are like."""
        role, secret = str(uuid.uuid4()), str(uuid.uuid4())
        self._roles[namespace, role] = (secret, token)
        return role, secret

    def add_user(self, name, password, namespace="", **token):
        self._users[namespace, name] = (password, token)

    def revoke_all(self):
        self._tokens.clear()

    def tokens_used(self):
        return [request.headers["X-Vault-Token"] for request in self.requests if request.headers["X-Vault-Token"]]

    # -- answers -----------------------------------------------------------------------------------------------------------

    def answer(self, request):
        if self.active_node is not None:
            return Answer(307, headers={"Location": self.active_node + request.path})
        if self.sealed:
            return errors(503, "Vault is sealed")
        namespace = (request.headers["X-Vault-Namespace"] or "").strip("/")
        parts = request.path.strip("/").split("/")
        if parts[:1] != ["v1"]:
            return errors(404)
        if request.path == "/v1/sys/health":
            return Answer(200, {"initialized": True, "sealed": False, "standby": False, "version": "1.20.0"})
        if request.method in ("POST", "PUT") and parts[1:] == ["auth", "approle", "login"]:
            return self._log_in(namespace, self._roles, request.json().get("role_id"), request.json().get("secret_id"), "invalid role or secret ID")
        if request.method in ("POST", "PUT") and parts[1:4] == ["auth", "userpass", "login"] and len(parts) == 5:
            return self._log_in(namespace, self._users, parts[4], request.json().get("password"), "invalid username or password")
        text = request.headers["X-Vault-Token"]
        token = self._tokens.get((namespace, text)) or self._tokens.get(("", text))
        if token is None or token.rest == 0:
            return errors(403, BAD_TOKEN)
        if parts[1:] == ["auth", "token", "lookup-self"]:
            return self._look_up(text, token)
        if parts[1:] == ["auth", "token", "renew-self"] and request.method in ("POST", "PUT"):
            return self._renew(text, token)
        return self._key_value(request, namespace, parts[1:])

    def _log_in(self, namespace, known, name, proof, refusal):
        kept = known.get((namespace, name))
        if kept is None or not isinstance(proof, str) or not secrets.compare_digest(kept[0], proof):
            return errors(400, refusal)
        text = self.add_token(namespace, **kept[1])
        return self._login_answer(text, self._tokens[namespace, text])

    def _renew(self, text, token):
        if not token.renewable:
            return errors(400, "lease is not renewable")
        token.ends = min(time.time() + token.lifetime, token.last)
        return self._login_answer(text, token)

    @staticmethod
    def _login_answer(text, token):
        return Answer(200, _envelope(auth={
            "client_token": text, "accessor": token.accessor, "policies": ["default", "dev"], "token_policies": ["default", "dev"],
            "identity_policies": None, "metadata": {}, "lease_duration": token.rest, "renewable": token.renewable, "entity_id": str(uuid.uuid4()),
            "token_type": "service", "orphan": True, "mfa_requirement": None, "num_uses": 0,
        }))

    @staticmethod
    def _look_up(text, token):
        return Answer(200, _envelope(data={
            "accessor": token.accessor, "creation_time": int(token.made), "creation_ttl": token.lifetime, "display_name": "token", "entity_id": "",
            "expire_time": _time(token.ends), "explicit_max_ttl": 0, "id": text, "issue_time": _time(token.made), "meta": None, "num_uses": 0,
            "orphan": True, "path": "auth/token/create", "policies": ["default", "dev"], "renewable": token.renewable, "ttl": token.rest,
            "type": "service",
        }))

    def _key_value(self, request, namespace, parts):
        mount = next((name for space, name in self._mounts if space == namespace and parts[:len(name.split("/"))] == name.split("/")), None)
        if mount is None:
            route = "/".join(parts)
            return errors(404, f'no handler for route "{route}". route entry not found.')
        kind, *rest = parts[len(mount.split("/")):] or [""]
        path, kept = "/".join(rest), self._mounts[namespace, mount]
        if f"{mount}/{path}" in self.denied:
            return errors(403, DENIED)
        if kind == "data" and request.method == "GET":
            return self._read(kept.get(path, []), request.query.get("version", "0"))
        if kind == "metadata" and (request.method == "LIST" or request.query.get("list") == "true"):
            return self._names(kept, path)
        return errors(404)

    @staticmethod
    def _read(versions, number):
        if not number.isdigit():
            return errors(400, f"Field validation failed: error converting input {number} for field \"version\"")
        index = int(number) or len(versions)
        if not 1 <= index <= len(versions):
            return errors(404)
        version = versions[index - 1]
        metadata = {
            "created_time": version.created, "custom_metadata": None, "deletion_time": version.deleted, "destroyed": version.destroyed, "version": index,
        }
        gone = bool(version.deleted) or version.destroyed
        return Answer(404 if gone else 200, _envelope(data={"data": None if gone else version.data, "metadata": metadata}))

    @staticmethod
    def _names(kept, folder):
        below = folder.rstrip("/") + "/" if folder else ""
        names = {path[len(below):].split("/")[0] + ("/" if "/" in path[len(below):] else "") for path in kept if path.startswith(below)}
        return Answer(200, _envelope(data={"keys": sorted(names)})) if names else errors(404)


def errors(status, *messages):
    return Answer(status, {"errors": list(messages)})


def too_many(seconds):
    """The answer to one who asks more often than a rate limit quota allows."""
    answer = errors(429, 'request path "secret/data/app": rate limit quota exceeded')
    answer.headers = {"Retry-After": str(seconds), "X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": str(seconds)}
    return answer


def _envelope(**fields):
    return {
        "request_id": str(uuid.uuid4()), "lease_id": "", "renewable": False, "lease_duration": 0, "data": None, "wrap_info": None,
        "warnings": None, "auth": None, **fields,
    }


def _time(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
