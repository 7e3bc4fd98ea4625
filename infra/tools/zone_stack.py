"""A deployed stack and its time zones: a layer published, its functions pointed at it, posts moved."""

import json
import time
from base64 import b64decode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import boto3
from botocore.config import Config

FUNCTION = "RezoneRecurringFunction"
PLANNER = "SpawnRecurringFunction"
PARAMETER = "ZonesLayerArn"
_AFTER = ", after "
pause = time.sleep


class Deployed:
    """One stack, by the credentials and region of the environment."""

    def __init__(self, stack: str) -> None:
        self.stack = stack
        # An invocation answers when it is done, and a second one beside it would only be in its way.
        patient = Config(read_timeout=910, retries={"total_max_attempts": 1})
        self._lambda: Any = boto3.client("lambda", config=patient)
        self._cloudformation: Any = boto3.client("cloudformation")

    def release(self) -> str:
        """What the functions work with now; they say so themselves, wherever they have it from."""
        return str(self._invoked({"zones": []})["version"])

    def former(self) -> str | None:
        """The release that the layer in use took the place of, if this command published it."""
        arn = self._parameters().get(PARAMETER)
        if not arn:
            return None
        name, number = arn.split(":")[-2:]
        found = self._lambda.get_layer_version(LayerName=name, VersionNumber=int(number))
        _, _, before = found["Description"].partition(_AFTER)
        return before or None

    def published(self, layer: bytes, release: str, before: str) -> str:
        """The ARN of a layer version with this content: one that is there already, or a new one."""
        name = f"{self.stack}-zones"
        digest = sha256(layer).digest()
        description = f"Time zones {release}{_AFTER}{before}"
        pages = self._lambda.get_paginator("list_layer_versions").paginate(LayerName=name)
        for found in (version for page in pages for version in page["LayerVersions"]):
            if found.get("Description") == description:
                whole = self._lambda.get_layer_version(LayerName=name, VersionNumber=found["Version"])
                if b64decode(whole["Content"]["CodeSha256"]) == digest:
                    return str(found["LayerVersionArn"])
        made = self._lambda.publish_layer_version(
            LayerName=name,
            Description=description,
            Content={"ZipFile": layer},
            CompatibleRuntimes=["python3.13"],
            CompatibleArchitectures=["arm64", "x86_64"],
        )
        return str(made["LayerVersionArn"])

    def use(self, layer_arn: str) -> bool:
        """Give the layer to every function through the stack's parameter, all else as it is; whether that
        changed anything. A change set, as `sam deploy` makes them: the template has a transform."""
        stands = self._parameters()
        if stands.get(PARAMETER) == layer_arn:
            return False
        if PARAMETER not in stands:
            message = f"{self.stack} has no parameter {PARAMETER}: deploy the present template first"
            raise RuntimeError(message)
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in stands if name != PARAMETER]
        change = self._cloudformation.create_change_set(
            StackName=self.stack,
            ChangeSetName=f"zones-{int(time.time())}",
            ChangeSetType="UPDATE",
            UsePreviousTemplate=True,
            Parameters=[*kept, {"ParameterKey": PARAMETER, "ParameterValue": layer_arn}],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        named = {"ChangeSetName": change["Id"], "StackName": self.stack}
        self._cloudformation.get_waiter("change_set_create_complete").wait(**named)
        self._cloudformation.execute_change_set(**named)
        self._cloudformation.get_waiter("stack_update_complete").wait(StackName=self.stack)
        return True

    def settle(self) -> None:
        """Wait until nobody plans any more who began to with the former data."""
        planner = self._lambda.get_function_configuration(FunctionName=self._physical(PLANNER))
        pause(planner["Timeout"])

    def rezone(self, zones: Sequence[str], release: str) -> dict[str, int]:
        """Move what is not sent yet of these zones' recurring posts. Again is safe, and does what is left."""
        total: dict[str, int] = {}
        after = None
        while True:
            answer = self._invoked({"zones": list(zones), "version": release, "after": after})
            after = answer.pop("after")
            for name, count in answer.items():
                if name != "version":
                    total[name] = total.get(name, 0) + count
            if after is None:
                return total

    def _invoked(self, event: Mapping[str, Any]) -> dict[str, Any]:
        name, payload = self._physical(FUNCTION), json.dumps(event).encode()
        answer = self._lambda.invoke(FunctionName=name, Payload=payload)
        body = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            message = f"{FUNCTION} failed: {body}"
            raise RuntimeError(message)
        return dict(json.loads(body))

    def _parameters(self) -> dict[str, str]:
        [stack] = self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}

    def _physical(self, logical_id: str) -> str:
        wanted = {"StackName": self.stack, "LogicalResourceId": logical_id}
        found = self._cloudformation.describe_stack_resource(**wanted)["StackResourceDetail"]
        return str(found["PhysicalResourceId"])
