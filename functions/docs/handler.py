"""HTTP: the OpenAPI document, its page, and the answer to every path that nothing else takes."""

from aws_lambda_powertools.event_handler import Response

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.pages import docs, files

app = handler = build_api("docs", public=True)


@app.get("/", include_in_schema=False, enable_validation=False)
def show_start() -> Response[str]:
    """There is nothing at the top but the way to the documentation."""
    return Response(status_code=302, headers={"Location": "/docs"})


@app.get("/docs", include_in_schema=False, enable_validation=False)
def show_docs() -> Response[str]:
    """The page."""
    return docs.docs_page()


@app.get("/docs/<name>", include_in_schema=False, enable_validation=False)
def read_below(name: str) -> Response[str]:
    """What the page loads, and where links in mails lead."""
    return docs.below(name, app.current_event.headers)


@app.get("/openapi.json", enable_validation=False, tags=["Documentation"])
def read_openapi() -> Response[str]:
    """Read this document."""
    return docs.sent_to(app.current_event.headers, files.openapi_document())
