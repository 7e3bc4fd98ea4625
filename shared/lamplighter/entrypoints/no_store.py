"""Answers that nobody may keep on the way: they hold tokens (RFC 6749, 5.1)."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware


def no_store(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """A middleware for functions whose answers are secrets."""
    response = next_middleware(app)
    response.headers["Cache-Control"] = "no-store"
    return response
