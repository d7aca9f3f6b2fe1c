"""A local server that speaks the part of Infisical's REST API that secrets are read with.

Where each shape is from, read in November 2026:
- logging in, renewing: docs "Universal Auth", and backend/src/server/routes/v1/identity-access-token-router.ts of github.com/Infisical/infisical:
  a renewal answers with a new token, the old one goes on until its own end; past the greatest age the token is gone (401).
- listing: backend/src/server/routes/v3/secret-router.ts. Infisical's CLI and its Python SDK both ask /api/v3/secrets/raw. The list has no pages.
  A folder or an environment that is not there is an empty list, not an error (secret-v2-bridge-service.ts).
- imports: beside `secrets`, in `imports`, in their order; docs "Secret Referencing and Importing": "the last one wins", and the folder's own
  secrets win over every import.
- references: the same page: ten levels deep, and what cannot be found stays as it is written.
- errors: backend/src/server/plugins/error-handler.ts and lib/errors. A token that is malformed, forged or past its date is a 403 TokenError; one
  that the server no longer has is a 401; a permission that is missing is a 403 PermissionDenied.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
import uuid

from recording_server import Answer, RecordingServer

HIDDEN = "<hidden-by-infisical>"
REFERENCE = re.compile(r"\$\{([a-zA-Z0-9-_.]+)\}")
DEPTH = 10
CREATED = "2026-01-01T00:00:00.000Z"


class Secret:
    def __init__(self, value, kind="shared", tags=()):
        self.id, self.value, self.kind, self.tags, self.version = str(uuid.uuid4()), value, kind, tuple(tags), 1


class Project:
    """Its environments' folders: (environment, path) to the secrets by (name, kind), and to the folders that are imported."""

    def __init__(self, slug):
        self.slug, self.folders, self.imports, self.denied, self.hidden = slug, {}, {}, set(), set()


class Actor:
    """Who asks: a machine identity, a user, or a service token with the one folder that it may read."""

    def __init__(self, kind, projects, scope=None):
        self.kind, self.projects, self.scope = kind, projects, scope


class InfisicalServer(RecordingServer):
    def __init__(self, **options):
        self.projects, self._identities, self._issued, self._service_tokens = {}, {}, {}, {}
        self._key = secrets.token_bytes(32)
        super().__init__(**options)

    # -- what is kept ------------------------------------------------------------------------------------------------------

    def add_project(self, project="11111111-2222-4333-8444-555555555555", slug="demo", environments=("dev",)):
        self.projects[project] = Project(slug)
        for environment in environments:
            self.projects[project].folders[environment, "/"] = {}
        return project

    def put(self, project, environment, path, **values):
        """Sets secrets, in a folder that is made if need be."""
        folder = self.projects[project].folders.setdefault((environment, path), {})
        for name, value in values.items():
            secret = value if isinstance(value, Secret) else Secret(value)
            folder[name, secret.kind] = secret

    def link(self, project, environment, path, source_environment, source_path):
        """Imports one folder into another, below those that are imported already."""
        self.projects[project].imports.setdefault((environment, path), []).append((source_environment, source_path))

    def add_identity(self, *projects, lifetime=7200, greatest_age=86400):
        """A machine identity that may read the projects: its client id and secret."""
        client, secret = str(uuid.uuid4()), secrets.token_hex(32)
        self._identities[client] = (secret, Actor("identity", set(projects)), lifetime, greatest_age)
        return client, secret

    def add_user_token(self, *projects, lifetime=864000):
        """What a person's login gave."""
        return self._sign(Actor("user", set(projects)), lifetime, time.time() + lifetime)

    def add_service_token(self, project, environment, path):
        token = f"st.{uuid.uuid4()}.{secrets.token_hex(16)}"
        self._service_tokens[token] = Actor("service", {project}, (project, environment, path))
        return token

    def revoke_all(self):
        """The server no longer knows any token."""
        self._issued.clear()
        self._service_tokens.clear()

    def tokens_used(self):
        return [request.headers["Authorization"].removeprefix("Bearer ") for request in self.requests if request.headers["Authorization"]]

    # -- tokens ------------------------------------------------------------------------------------------------------------

    def _sign(self, actor, lifetime, last, token_id=None):
        """A JWT; `last`: when even a renewed one ends."""
        token_id = token_id or str(uuid.uuid4())
        self._issued[token_id] = (actor, lifetime, last)
        kind = "identityAccessToken" if actor.kind == "identity" else "accessToken"
        now = int(time.time())
        claims = {"authTokenType": kind, "identityAccessTokenId": token_id, "iat": now, "exp": now + lifetime, "jti": secrets.token_hex(8)}
        text = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{text}.{self._signature(text)}"

    def _signature(self, text):
        return _encoded(hmac.new(self._key, text.encode(), hashlib.sha256).digest())

    def _claims(self, token):
        parts = token.split(".")
        if len(parts) != 3:
            raise error(403, "The provided access token is malformed. Please use a valid token or generate a new one and try again.", "TokenError")
        if not hmac.compare_digest(self._signature(".".join(parts[:2])), parts[2]):
            raise error(403, "invalid signature", "TokenError")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        if claims["exp"] <= time.time():
            raise error(403, "Your token has expired. Please re-authenticate.", "TokenError")
        return claims

    def _actor(self, request):
        header = request.headers["Authorization"]
        if not header:
            raise error(401, "Token missing")
        token = header[len("Bearer "):]
        if token.startswith("st."):
            if token not in self._service_tokens:
                raise error(404, "Service token with not found", "NotFound")
            return self._service_tokens[token]
        issued = self._issued.get(self._claims(token)["identityAccessTokenId"])
        if issued is None:
            raise error(401, "No identity access token found")
        return issued[0]

    # -- answers -----------------------------------------------------------------------------------------------------------

    def answer(self, request):
        if (request.method, request.path) == ("GET", "/api/status"):
            return Answer(200, {"message": "Ok", "emailConfigured": False})
        if (request.method, request.path) == ("POST", "/api/v1/auth/universal-auth/login"):
            return self._log_in(request.json())
        if (request.method, request.path) == ("POST", "/api/v1/auth/token/renew"):
            return self._renew(request.json())
        if request.method == "GET" and request.path == "/api/v3/secrets/raw":
            return self._list(request.query, self._actor(request))
        if request.method == "GET" and request.path.startswith("/api/v3/secrets/raw/"):
            return self._one(request.path.removeprefix("/api/v3/secrets/raw/"), request.query, self._actor(request))
        message = f"Route {request.method}:{request.path} not found"
        return Answer(404, {"message": message, "error": "Not Found", "statusCode": 404})

    def _log_in(self, body):
        missing = [name for name in ("clientId", "clientSecret") if not isinstance(body.get(name), str)]
        if missing:
            issues = [{"code": "invalid_type", "expected": "string", "received": "undefined", "path": [name], "message": "Required"} for name in missing]
            raise error(422, issues, "ValidationFailure")
        identity = self._identities.get(body["clientId"])
        if identity is None or not hmac.compare_digest(identity[0], body["clientSecret"]):
            raise error(401, "Invalid credentials")
        _, actor, lifetime, greatest_age = identity
        return self._token_answer(self._sign(actor, lifetime, time.time() + greatest_age), lifetime, greatest_age)

    def _renew(self, body):
        claims = self._claims(body.get("accessToken", ""))
        if claims["authTokenType"] != "identityAccessToken":
            raise error(400, "Only identity access tokens can be renewed", "BadRequest")
        issued = self._issued.get(claims["identityAccessTokenId"])
        if issued is None:
            raise error(401, "No identity access token found")
        actor, lifetime, last = issued
        if time.time() + lifetime > last:
            del self._issued[claims["identityAccessTokenId"]]
            raise error(401, "Failed to renew MI access token past its Max TTL expiration")
        return self._token_answer(self._sign(actor, lifetime, last, claims["identityAccessTokenId"]), lifetime, round(last - time.time()))

    @staticmethod
    def _token_answer(token, lifetime, greatest_age):
        return Answer(200, {"accessToken": token, "expiresIn": lifetime, "accessTokenMaxTTL": greatest_age, "tokenType": "Bearer"})

    def _place(self, query, actor):
        """The project, environment and path that are asked for, if the actor may read there."""
        project = query.get("workspaceId") or next(
            (id for id, project in self.projects.items() if project.slug == query.get("workspaceSlug")), None)
        environment, path = query.get("environment"), "/" + query.get("secretPath", "/").strip("/")
        if actor.scope:
            project, environment, path = actor.scope
        if not project or not environment:
            raise error(400, "Missing workspace id or environment", "BadRequest")
        if project not in self.projects:
            raise error(404, f"Project with ID '{project}' not found", "NotFound")
        if project not in actor.projects:
            raise error(403, "You are not allowed to access this resource", f"Identity is not a member of the specified project with ID '{project}'")
        if (environment, path) in self.projects[project].denied:
            raise error(403, "You are not allowed to describeSecret on secrets", "PermissionDenied", details=[])
        return project, environment, path

    def _list(self, query, actor):
        project, environment, path = self._place(query, actor)
        kept, tags = self.projects[project], {tag for tag in query.get("tagSlugs", "").split(",") if tag}
        below = path.rstrip("/") + "/"
        paths = [
            folder for place, folder in kept.folders
            if place == environment and (folder == path or query.get("recursive") == "true" and folder.startswith(below))
        ]
        answer = {"secrets": [], "imports": []}
        for folder in paths:
            answer["secrets"] += self._folder(query, project, environment, folder, actor, tags)
            if query.get("include_imports") == "true":
                for source in kept.imports.get((environment, folder), []):
                    answer["imports"].append(self._import(query, project, source, actor, tags))
        return Answer(200, answer)

    def _import(self, query, project, source, actor, tags):
        imported = self._folder(query, project, *source, actor, tags)
        for secret in imported:
            del secret["createdAt"], secret["updatedAt"]
        return {"secretPath": source[1], "environment": source[0], "folderId": str(uuid.uuid4()), "secrets": imported}

    def _folder(self, query, project, environment, path, actor, tags):
        """The secrets of one folder; personal ones are a user's own."""
        return [
            self._secret(query, project, environment, path, name, secret)
            for (name, kind), secret in self.projects[project].folders.get((environment, path), {}).items()
            if (kind == "shared" or actor.kind == "user") and (not tags or tags & set(secret.tags))
        ]

    def _one(self, name, query, actor):
        project, environment, path = self._place(query, actor)
        folder = self.projects[project].folders.get((environment, path))
        if folder is None:
            raise error(404, f"Folder with path '{path}' in environment with slug '{environment}' not found", "NotFound")
        places = [(environment, path)]
        if query.get("include_imports") == "true":
            places += reversed(self.projects[project].imports.get((environment, path), []))
        for place in places:
            secret = self.projects[project].folders.get(place, {}).get((name, query.get("type", "shared")))
            if secret:
                return Answer(200, {"secret": self._secret(query, project, *place, name, secret)})
        raise error(404, f"Secret with name '{name}' not found", "NotFound")

    def _secret(self, query, project, environment, path, name, secret):
        hidden = (environment, path) in self.projects[project].hidden or query.get("viewSecretValue") == "false"
        value = secret.value
        if query.get("expandSecretReferences") == "true":
            value = self._expanded(project, environment, path, value)
        return {
            "id": secret.id, "_id": secret.id, "workspace": project, "environment": environment, "version": secret.version, "type": secret.kind,
            "secretKey": name, "secretValue": HIDDEN if hidden else value, "secretValueHidden": hidden, "secretComment": "", "secretPath": path,
            "secretReminderNote": None, "secretReminderRepeatDays": None, "skipMultilineEncoding": False, "secretMetadata": [],
            "tags": [{"id": str(uuid.uuid4()), "slug": tag, "name": tag, "color": None} for tag in secret.tags],
            "createdAt": CREATED, "updatedAt": CREATED,
        }

    def _expanded(self, project, environment, path, value, depth=0):
        def referred(match):
            *place, name = match.group(1).split(".")
            where = (place[0], "/" + "/".join(place[1:])) if place else (environment, path)
            secret = self.projects[project].folders.get(where, {}).get((name, "shared"))
            if secret is None or depth >= DEPTH:
                return match.group(0)
            return self._expanded(project, *where, secret.value, depth + 1)

        return REFERENCE.sub(referred, value)


def error(status, message, name="UnauthorizedError", **more):
    return Answer(status, {"reqId": f"req-{secrets.token_hex(7)}", "statusCode": status, "message": message, "error": name, **more})


def too_many(seconds):
    """The answer to one who asks too often, as @fastify/rate-limit gives it."""
    answer = error(429, f"Rate limit exceeded. Please try again in {seconds} seconds", "RateLimitExceeded")
    answer.headers = {"Retry-After": str(seconds), "X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(seconds)}
    return answer


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
