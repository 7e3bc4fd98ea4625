"""The template's queues, buckets, keys and secrets: made where they are missing, and what refers to them."""

import json
import re
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.local.intrinsics import ACCOUNT, REGION, Scope, UnresolvedError
from infra.local.services import Services
from infra.local.template import HTTP_API, SERVERLESS_FUNCTION, Template

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CreateBucketConfigurationTypeDef

References = Mapping[str, str]
_DYNAMIC = re.compile(r"\{\{resolve:secretsmanager:(.+?)(?::SecretString(?::(\w+))?)?\}\}")
_PREFIX = "lamplighter-"
_HERE: "CreateBucketConfigurationTypeDef" = {"LocationConstraint": REGION}  # type: ignore[typeddict-item]  # one of its literals


def create(template: Template, services: Services) -> dict[str, References]:
    """Every resource that functions may refer to, by logical id; a second time finds what the first made."""
    made: dict[str, References] = dict(_named(template))
    makers: Mapping[str, Callable[[Services, str, Mapping[str, Any]], References]] = {
        "AWS::KMS::Key": _key,
        "AWS::SecretsManager::Secret": _secret,
        "AWS::SQS::Queue": _queue,
        "AWS::S3::Bucket": _bucket,
    }
    wanted = [
        (maker, logical_id, properties)
        for kind, maker in makers.items()
        for logical_id, properties in template.resources(kind).items()
    ]
    while wanted:
        waiting = []
        for maker, logical_id, properties in wanted:
            try:
                resolved = _resolved(template.scope.knowing(made), maker, logical_id, properties)
            except UnresolvedError as error:  # perhaps what it refers to comes later in this round
                waiting.append((maker, logical_id, properties))
                problem = error
            else:
                made[logical_id] = maker(services, logical_id, resolved)
        if len(waiting) == len(wanted):
            raise problem
        wanted = waiting
    return made


def _resolved(scope: Scope, maker: object, logical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    used = _USED[maker]
    return {name: scope.resolve(properties[name], logical_id) for name in used if name in properties}


def _named(template: Template) -> Iterator[tuple[str, References]]:
    """What needs no making to be referred to."""
    for logical_id in template.resources(SERVERLESS_FUNCTION):
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{logical_id}"
        yield logical_id, {"Ref": logical_id, "Arn": arn}
    for logical_id in template.resources(HTTP_API):
        yield logical_id, {"Ref": "local"}


def _key(services: Services, logical_id: str, properties: Mapping[str, Any]) -> References:
    alias = f"alias/{_PREFIX}{logical_id}"
    try:
        key = services.kms.describe_key(KeyId=alias)["KeyMetadata"]
    except services.kms.exceptions.NotFoundException:
        key = services.kms.create_key(Description=properties.get("Description", ""))["KeyMetadata"]
        services.kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    return {"Ref": key["KeyId"], "KeyId": key["KeyId"], "Arn": key["Arn"]}


def _secret(services: Services, logical_id: str, properties: Mapping[str, Any]) -> References:
    name = properties.get("Name", f"{_PREFIX}{logical_id}")
    try:
        arn = services.secrets.describe_secret(SecretId=name)["ARN"]
    except services.secrets.exceptions.ResourceNotFoundException:
        value = properties.get("SecretString") or _generated(properties.get("GenerateSecretString", {}))

        def referred(match: re.Match[str]) -> str:
            found = services.secrets.get_secret_value(SecretId=match[1])["SecretString"]
            return str(json.loads(found)[match[2]]) if match[2] else found

        arn = services.secrets.create_secret(Name=name, SecretString=_DYNAMIC.sub(referred, value))["ARN"]
    return {"Ref": arn, "Id": arn}


def _generated(wanted: Mapping[str, Any]) -> str:
    """A random value of the kind that CloudFormation's GenerateSecretString describes."""
    alphabet = string.ascii_letters + string.digits
    if not wanted.get("ExcludePunctuation"):
        alphabet += string.punctuation
    alphabet = "".join(
        character for character in alphabet if character not in wanted.get("ExcludeCharacters", "")
    )
    password = "".join(secrets.choice(alphabet) for _ in range(int(wanted.get("PasswordLength", 32))))
    if "GenerateStringKey" not in wanted:
        return password
    return json.dumps({**json.loads(wanted["SecretStringTemplate"]), wanted["GenerateStringKey"]: password})


def queue_name(logical_id: str) -> str:
    """What a queue is called that has no name in the template."""
    return f"{_PREFIX}{logical_id}"


def _queue(services: Services, logical_id: str, properties: Mapping[str, Any]) -> References:
    name = properties.get("QueueName", queue_name(logical_id))
    if properties.get("FifoQueue"):
        message = f"{logical_id}: FIFO queues do not run locally"
        raise ValueError(message)
    url = services.sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = {
        key: json.dumps(value) if isinstance(value, dict | bool) else str(value)
        for key, value in properties.items()
        if key != "QueueName"
    }
    if attributes:
        services.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)  # type: ignore[arg-type]  # str keys
    found = services.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return {"Ref": url, "QueueUrl": url, "QueueName": name, "Arn": found["Attributes"]["QueueArn"]}


def _bucket(services: Services, logical_id: str, properties: Mapping[str, Any]) -> References:
    name = properties.get("BucketName", f"{_PREFIX}{logical_id}".lower())
    try:
        services.s3.head_bucket(Bucket=name)
    except ClientError:
        services.s3.create_bucket(Bucket=name, CreateBucketConfiguration=_HERE)
    rules = [
        {_CORS_NAMES.get(key, key): value for key, value in rule.items()}
        for rule in properties.get("CorsConfiguration", {}).get("CorsRules", [])
    ]
    if rules:
        services.s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})  # type: ignore[typeddict-item]  # built from the template
    return {"Ref": name, "Arn": f"arn:aws:s3:::{name}"}


_CORS_NAMES = {"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders", "Id": "ID"}
# Only these properties are resolved and used: much of what a template says about a resource is for AWS alone.
_USED: Mapping[object, tuple[str, ...]] = {
    _key: ("Description",),
    _secret: ("Name", "SecretString", "GenerateSecretString"),
    _queue: (
        "DelaySeconds",
        "FifoQueue",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "QueueName",
        "ReceiveMessageWaitTimeSeconds",
        "RedrivePolicy",
        "VisibilityTimeout",
    ),
    _bucket: ("BucketName", "CorsConfiguration"),
}
