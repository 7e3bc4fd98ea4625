"""`make zones ARGS="--publish STACK"`, on moto, whose functions run the code with the layer they have."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend, lambda_simple_backends

from infra.local.intrinsics import ACCOUNT, REGION
from infra.tools import zone_layer, zone_stack, zones
from lamplighter.clients import aws as clients
from tests.integration.clients.conftest import forget_clients
from tests.integration.zones.almaty import HOUR, ZONE, Almaty
from tests.zone_data import AFTER, BEFORE, using, wheel

STACK = "lamps"
_FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Timeout": 50,
        "Code": {"ZipFile": "handler = None"},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Layers": [{"Fn::If": ["HasZonesLayer", {"Ref": "ZonesLayerArn"}, {"Ref": "AWS::NoValue"}]}],
    },
}
TEMPLATE = {
    "Parameters": {
        "ZonesLayerArn": {"Type": "String", "Default": ""},
        "DatabaseUrl": {"Type": "String"},
    },
    "Conditions": {"HasZonesLayer": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ZonesLayerArn"}, ""]}]}},
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
        },
        "RezoneRecurringFunction": _FUNCTION,
        "SpawnRecurringFunction": _FUNCTION,
    },
}


@dataclass
class Aws:
    """A deployed stack: its functions, and what the command did to it."""

    almaty: Almaty
    folder: Path
    pauses: list[float] = field(default_factory=list)
    invoked: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.functions = boto3.client("lambda", region_name=REGION)
        self.stacks = boto3.client("cloudformation", region_name=REGION)

    def deploy(self) -> None:
        """With the zones from before."""
        given = [{"ParameterKey": "DatabaseUrl", "ParameterValue": "postgresql://db"}]
        body = json.dumps(TEMPLATE)
        self.stacks.create_stack(StackName=STACK, TemplateBody=body, Parameters=given)  # type: ignore[arg-type]

    def layers(self) -> set[str]:
        """What all functions have."""
        found = self.functions.list_functions()["Functions"]
        assert len(found) == 2
        return {layer["Arn"] for each in found for layer in each["Layers"]}

    def parameters(self) -> dict[str, str]:
        [stack] = self.stacks.describe_stacks(StackName=STACK)["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    def run(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        """What Lambda does: the function's code, with the content of its layer at /opt."""
        self.invoked.append(event)
        layers = self.functions.get_function_configuration(FunctionName=name)["Layers"]
        with using(self.unpacked(layers[0]["Arn"]) if layers else BEFORE):  # moto heeds no layer at creation
            return self.almaty.invoke(event)

    def unpacked(self, arn: str) -> Path:
        name, version = arn.split(":")[6:]
        content = lambda_simple_backends[ACCOUNT][REGION].get_layer_version(name, version).code_bytes
        target = self.folder / f"{name}-{version}"
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(target)
        return target / "zoneinfo"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index with both releases, the only one that uv knows."""
    folder = tmp_path / "index" / "tzdata"
    folder.mkdir(parents=True)
    names = [wheel(each, folder).name for each in (BEFORE, AFTER)]
    (folder / "index.html").write_text("".join(f'<a href="{name}">{name}</a>' for name in names))
    monkeypatch.setenv("UV_DEFAULT_INDEX", folder.parent.as_uri())
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return folder.parent


@pytest.fixture
def deployed(almaty: Almaty, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """The stack, with the older data; what the command asks of AWS, moto answers."""
    made = Aws.__new__(Aws)

    def invoke(_: Any, function_name: str, qualifier: Any, body: Any, *__: Any) -> bytes:
        return json.dumps(made.run(function_name.rpartition(":")[2], json.loads(body))).encode()

    monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
    for client in (clients.sqs, clients.kms):
        client()  # the functions' own, with the local stack's address, which goes now
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws(config={"lambda": {"use_docker": False}}):
        made.__init__(almaty, tmp_path / "layers")  # type: ignore[misc]  # its clients are the mock's
        made.deploy()
        monkeypatch.setattr(zone_stack, "pause", made.pauses.append)
        yield made
    forget_clients()  # other tests would have any that were made without the address


def test_new_data_are_published_set_on_every_function_and_followed_by_what_is_not_sent(
    deployed: Aws, almaty: Almaty, capsys: pytest.CaptureFixture[str]
):
    post = almaty.made()
    before, keys = almaty.scheduled(), set(almaty.ledger(post))
    zones.main(["--publish", STACK])
    [layer] = deployed.layers()
    assert layer == deployed.parameters()["ZonesLayerArn"]
    assert deployed.parameters()["DatabaseUrl"] == "postgresql://db"
    [published] = deployed.functions.list_layer_versions(LayerName="lamps-zones")["LayerVersions"]
    assert (published["LayerVersionArn"], published["Description"]) == (
        layer,
        "Time zones 2025a, after 2024b",
    )
    assert almaty.scheduled() == {at + HOUR for at in before}
    assert set(almaty.ledger(post)) == keys
    assert deployed.pauses == [50]  # as long as a planner may run that began before
    said = capsys.readouterr().out
    assert "2024b -> 2025a: 4 zones change" in said
    assert ZONE in said
    assert "recurring posts: 1 rules, 3 moved" in said


def test_the_same_release_again_changes_nothing(
    deployed: Aws, almaty: Almaty, capsys: pytest.CaptureFixture[str]
):
    zones.main(["--publish", STACK, "--version", "2024b"])
    assert "lamps has 2024b already" in capsys.readouterr().out
    assert deployed.parameters()["ZonesLayerArn"] == ""
    assert deployed.invoked == [{"zones": []}]
    assert deployed.functions.list_layer_versions(LayerName="lamps-zones")["LayerVersions"] == []


@pytest.mark.parametrize("step", ["published", "use", "settle", "rezone"])
def test_killed_at_any_step_the_next_run_does_the_rest(
    deployed: Aws, almaty: Almaty, step: str, monkeypatch: pytest.MonkeyPatch
):
    almaty.made()
    before = almaty.scheduled()

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(zone_stack.Deployed, step, killed)
        with pytest.raises(KeyboardInterrupt):
            zones.main(["--publish", STACK])
    zones.main(["--publish", STACK])
    assert almaty.scheduled() == {at + HOUR for at in before}
    published = deployed.functions.list_layer_versions(LayerName="lamps-zones")["LayerVersions"]
    assert len(published) == 1
    assert deployed.layers() == {published[0]["LayerVersionArn"]}


def test_a_release_that_lacks_a_zone_is_not_published(deployed: Aws, index: Path, tmp_path: Path):
    poorer = tmp_path / "poorer"
    zone_layer.laid_out(AFTER, poorer)
    (poorer / "Asia" / "Almaty").unlink()
    with pytest.raises(SystemExit, match="2025a has no Asia/Almaty"):
        zones.main(["--publish", STACK, "--from", str(wheel(poorer, tmp_path))])
    assert deployed.parameters()["ZonesLayerArn"] == ""


def test_the_former_release_can_be_named_where_the_deployment_brought_the_new_one(
    deployed: Aws, almaty: Almaty
):
    """`sam deploy` with a newer lock file changes the data too, and asks nobody what changed."""
    post = almaty.made()
    before = almaty.scheduled()
    with using(AFTER):
        zones.main(["--publish", STACK])  # everything is in place ...
    almaty.rezone()  # ... but for what was not moved
    assert almaty.scheduled() == before
    zones.main(["--publish", STACK, "--since", "2024b"])
    assert almaty.scheduled() == {at + HOUR for at in before}
    assert post["id"]


def test_the_same_folder_makes_the_same_layer(tmp_path: Path):
    zone_layer.laid_out(AFTER, tmp_path / "copy")
    layer = zone_layer.zipped(AFTER)
    assert zone_layer.zipped(tmp_path / "copy") == zone_layer.zipped(AFTER) == layer
    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        names = archive.namelist()
    assert "zoneinfo/Asia/Almaty" in names
    assert "zoneinfo/tzdata.zi" in names


@pytest.mark.parametrize(("name", "number"), [("2025a", "2025.1"), ("2026f", "2026.6"), ("2025.2", "2025.2")])
def test_releases_are_found_by_either_name(name: str, number: str):
    assert zone_layer.package_version(name) == number
