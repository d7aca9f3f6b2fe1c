"""Run by the Python of clients.py: asks a server as others' clients do, and prints what they made of the answers.

`client_calls.py infisical|infisical_list|infisical_each|vault|vault_each`: the arguments as an object on standard input, the results as an
object on standard output.
"""

import json
import sys


def infisical(url, identity, user, place):
    from infisical_sdk import InfisicalSDKClient
    from infisical_sdk.infisical_requests import APIError

    def refused(call, *arguments, **options):
        try:
            call(*arguments, **options)
        except APIError as error:
            return [error.status_code, error.response["error"], error.response["statusCode"], bool(error.response["reqId"])]

    def asking(token=None):
        return InfisicalSDKClient(host=url, token=token, cache_ttl=None)

    machine, person = asking(), asking(user)
    login = machine.auth.universal_auth.login(*identity)
    listed = machine.secrets.list_secrets(**place, expand_secret_references=True)
    every = machine.secrets.list_secrets(**place, recursive=True, include_imports=False, expand_secret_references=False)
    return {
        "login": [login.tokenType, login.expiresIn, login.accessTokenMaxTTL],
        "listed": {secret.secretKey: secret.secretValue for secret in listed.secrets},
        "imports": [[found.environment, found.secretPath, {each["secretKey"]: each["secretValue"] for each in found.secrets}] for found in listed.imports],
        "recursive": sorted(f"{secret.secretPath}:{secret.secretKey}={secret.secretValue}" for secret in every.secrets),
        "tagged": [secret.secretKey for secret in machine.secrets.list_secrets(**place, tag_filters=["blue"]).secrets],
        "one": machine.secrets.get_secret_by_name("PASSWORD", **place).secretValue,
        "imported_one": machine.secrets.get_secret_by_name("SHARED", **place).secretValue,
        "person": sorted([secret.secretKey, secret.type, secret.secretValue] for secret in person.secrets.list_secrets(**place).secrets),
        "no_folder": machine.secrets.list_secrets(**{**place, "secret_path": "/nowhere"}).secrets,
        "no_secret": refused(machine.secrets.get_secret_by_name, "NOTHING", **place),
        "no_project": refused(machine.secrets.list_secrets, **{**place, "project_id": "another"}),
        "not_allowed": refused(machine.secrets.list_secrets, **{**place, "environment_slug": "prod"}),
        "bad_login": refused(asking().auth.universal_auth.login, identity[0], "wrong"),
        "bad_token": refused(asking("nothing").secrets.list_secrets, **place),
        "no_token": refused(asking().secrets.list_secrets, **place),
    }


def infisical_list(url, identity, place):
    """All the secrets of a folder, in one request."""
    return [secret.secretValue for secret in _logged_in(url, identity).secrets.list_secrets(**place).secrets]


def infisical_each(url, identity, place, names):
    """Secrets, one after another."""
    asking = _logged_in(url, identity)
    return [asking.secrets.get_secret_by_name(name, **place).secretValue for name in names]


def _logged_in(url, identity):
    from infisical_sdk import InfisicalSDKClient

    client = InfisicalSDKClient(host=url, cache_ttl=None)
    client.auth.universal_auth.login(*identity)
    return client


def vault(url, token, role, secret, standby, sealed):
    import hvac

    def refused(call, *arguments, **options):
        try:
            call(*arguments, **options)
        except hvac.exceptions.VaultError as error:
            return [type(error).__name__, error.errors]

    def read(client, path, **options):
        return client.secrets.kv.v2.read_secret_version(path, raise_on_deleted_version=False, **options)["data"]

    client = hvac.Client(url=url, token=token)
    looked_up = client.auth.token.lookup_self()["data"]
    renewed = client.auth.token.renew_self(increment="120s")["auth"]
    by_role, by_name, elsewhere = hvac.Client(url=url), hvac.Client(url=url), hvac.Client(url=url, token=token, namespace="team")
    logins = [by_role.auth.approle.login(role, secret)["auth"], by_name.auth.userpass.login("ann", "pass word")["auth"]]
    newest = read(client, "app/db")
    return {
        "token": [looked_up["renewable"], looked_up["ttl"], looked_up["id"] == token],
        "renewed": [renewed["lease_duration"], renewed["renewable"], renewed["client_token"] == token],
        "logins": [[login["lease_duration"], login["renewable"], login["token_type"]] for login in logins],
        "authenticated": [each.is_authenticated() for each in (client, by_role, by_name, hvac.Client(url=url, token="hvs.nothing"))],
        "newest": [newest["data"], newest["metadata"]["version"]],
        "first": read(client, "app/db", version=1)["data"],
        "deleted": read(client, "old")["metadata"]["version"],
        "listed": client.secrets.kv.v2.list_secrets("app")["data"]["keys"],
        "deep_mount": read(client, "key", mount_point="team/kv")["data"],
        "namespace": read(elsewhere, "app")["data"],
        "nothing": refused(read, client, "nowhere"),
        "no_mount": refused(read, client, "app", mount_point="missing"),
        "denied": refused(read, client, "forbidden"),
        "bad_token": refused(read, hvac.Client(url=url, token="hvs.nothing"), "app/db"),
        "bad_role": refused(hvac.Client(url=url).auth.approle.login, role, "wrong"),
        "through_standby": read(hvac.Client(url=standby, token=token), "app/db")["data"],
        "sealed": refused(read, hvac.Client(url=sealed, token=token), "app/db"),
    }


def vault_each(url, token, paths):
    """Secrets, one after another."""
    import hvac

    client = hvac.Client(url=url, token=token)
    return [client.secrets.kv.v2.read_secret_version(path, raise_on_deleted_version=True)["data"]["data"]["value"] for path in paths]


if __name__ == "__main__":
    calls = {each.__name__: each for each in (infisical, infisical_list, infisical_each, vault, vault_each)}
    json.dump(calls[sys.argv[1]](**json.load(sys.stdin)), sys.stdout)
