"""Secrets come as from AWS's extension, and lie where only their owner reads them."""

import http.client
import json
from urllib.parse import quote


def asked(stack, path, headers):
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports["secrets"])
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    found = response.status, json.loads(response.read())
    connection.close()
    return found


TOKEN = {"X-Aws-Parameters-Secrets-Token": "local"}


def test_a_secret_by_its_arn_and_by_its_name(stack):
    arn = stack.settings["LOGIN_SECRET_ID"]
    for name in (arn, "lamplighter-Login"):
        status, found = asked(stack, f"/secretsmanager/get?secretId={quote(name)}", TOKEN)
        login = json.loads(found["SecretString"])
        assert (status, login["username"], len(login["password"])) == (200, "somebody", 20)


def test_without_a_token_or_a_known_name_there_is_nothing(stack):
    assert asked(stack, "/secretsmanager/get?secretId=lamplighter-Login", {})[0] == 401
    assert asked(stack, "/secretsmanager/get?secretId=nobody", TOKEN)[0] == 400
    assert asked(stack, "/anything", TOKEN)[0] == 400


def test_files_of_secrets_and_keys_are_their_owners_alone(stack):
    files = [path for folder in ("secrets", "keys") for path in (stack.directory / folder).iterdir()]
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in files} == {0o700}
