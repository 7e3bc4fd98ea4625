"""The edge of approval links: their tokens are the only way in, and their page asks with them."""

from aws_lambda_powertools.event_handler import Response

from lamplighter.entrypoints.api import MAX_BODY_BYTES, Api
from lamplighter.entrypoints.no_store import no_store
from lamplighter.entrypoints.pages import page
from lamplighter.schemas.approvals import MAX_COMMENT
from lamplighter.services import approval_links, approval_views, attempts


class ApprovalsApi(Api):
    """Routes outside of any tenant, for whoever has a link into one."""

    def __init__(self, name: str) -> None:
        super().__init__(name, public=True, max_body_bytes=MAX_BODY_BYTES)
        self.use(middlewares=[no_store])

    def link(self) -> approval_links.Link:
        """The link whose token the request bears. Bounded by address before the token is looked at, and by
        link before anything is told of it."""
        origin = self.origin()
        self.heed(attempts.counted_from("approval", attempts.LINKS, origin.address))
        scheme, _, token = self.current_event.headers.get("authorization", "").partition(" ")
        link, over = approval_links.presented(token.strip() if scheme.lower() == "bearer" else None, origin)
        self.heed(attempts.counted_link(link.caller.id))
        approval_links.must_work(over)
        self.admit(link.caller)
        return link

    def page(self) -> Response[str]:
        """The page, the same for everybody: its script finds the token where no server sees it."""
        images = approval_views.picture_origin()
        return page("approval", {"max_comment": MAX_COMMENT}, images=images)
