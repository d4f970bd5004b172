"""Webhook endpoints and their deliveries (Standard Webhooks 1.0)."""

from datetime import datetime
from uuid import UUID

from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from vitalapp.core.employer_auth import Employer, provide_employer, require_employer
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.resources import Resources
from vitalapp.domains.webhooks import service
from vitalapp.domains.webhooks.schemas import Delivery, Endpoint, EndpointInput, EndpointUpdate


@get("/webhook-endpoints", operation_id="list_webhook_endpoints")
async def list_webhook_endpoints(
    employer: NamedDependency[Employer],
    resources: NamedDependency[Resources],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Endpoint]:
    """The endpoints, oldest first."""
    rows = await service.list_webhook_endpoints(
        resources, employer.employer_id, after=decode_cursor(cursor, tuple[datetime, UUID]), limit=limit + 1
    )
    return make_page(rows, limit=limit, to_item=lambda row: row, to_key=lambda row: (row.created_at, row.id))


@post("/webhook-endpoints", operation_id="create_webhook_endpoint")
async def create_webhook_endpoint(
    data: JSONBody[EndpointInput], employer: NamedDependency[Employer], resources: NamedDependency[Resources]
) -> Endpoint:
    """Add an endpoint; `secret` is shown in this answer and never again.

    Every delivery carries `webhook-id`, `webhook-timestamp` and `webhook-signature`; act on an id once. An answer other than 2xx is
    tried again for three days; 410 disables the endpoint.
    """
    return await service.create_webhook_endpoint(resources, employer.employer_id, data)


@get("/webhook-endpoints/{endpoint_id:uuid}", operation_id="get_webhook_endpoint")
async def get_webhook_endpoint(
    endpoint_id: FromPath[UUID], employer: NamedDependency[Employer], resources: NamedDependency[Resources]
) -> Endpoint:
    """One endpoint."""
    return await service.get_webhook_endpoint(resources, employer.employer_id, endpoint_id)


@put("/webhook-endpoints/{endpoint_id:uuid}", operation_id="update_webhook_endpoint")
async def update_webhook_endpoint(
    endpoint_id: FromPath[UUID],
    data: JSONBody[EndpointUpdate],
    employer: NamedDependency[Employer],
    resources: NamedDependency[Resources],
) -> Endpoint:
    """Replace an endpoint's settings; `rotate_secret` makes a new secret, and both sign for a day."""
    return await service.update_webhook_endpoint(resources, employer.employer_id, endpoint_id, data)


@delete("/webhook-endpoints/{endpoint_id:uuid}", operation_id="delete_webhook_endpoint")
async def delete_webhook_endpoint(
    endpoint_id: FromPath[UUID], employer: NamedDependency[Employer], resources: NamedDependency[Resources]
) -> None:
    """Delete an endpoint and what is on its way to it."""
    await service.delete_webhook_endpoint(resources, employer.employer_id, endpoint_id)


@get("/webhook-endpoints/{endpoint_id:uuid}/deliveries", operation_id="list_webhook_deliveries")
async def list_webhook_deliveries(
    endpoint_id: FromPath[UUID],
    employer: NamedDependency[Employer],
    resources: NamedDependency[Resources],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Delivery]:
    """Deliveries to an endpoint, newest first; they are kept for thirty days."""
    rows = await service.list_webhook_deliveries(
        resources,
        employer.employer_id,
        endpoint_id,
        before=decode_cursor(cursor, tuple[datetime, UUID]),
        limit=limit + 1,
    )
    return make_page(rows, limit=limit, to_item=lambda row: row, to_key=lambda row: (row.created_at, row.id))


@post(
    "/webhook-endpoints/{endpoint_id:uuid}/deliveries/{delivery_id:uuid}/replay",
    operation_id="replay_webhook_delivery",
    status_code=202,
)
async def replay_webhook_delivery(
    endpoint_id: FromPath[UUID],
    delivery_id: FromPath[UUID],
    employer: NamedDependency[Employer],
    resources: NamedDependency[Resources],
) -> Delivery:
    """Send an event once more, under the same `webhook-id`."""
    return await service.replay_webhook_delivery(resources, employer.employer_id, endpoint_id, delivery_id)


ROUTES = [
    Router(
        path="/employer/v1",
        route_handlers=[
            list_webhook_endpoints,
            create_webhook_endpoint,
            get_webhook_endpoint,
            update_webhook_endpoint,
            delete_webhook_endpoint,
            list_webhook_deliveries,
            replay_webhook_delivery,
        ],
        guards=[require_employer("webhooks")],
        dependencies={"employer": Provide(provide_employer)},
        tags=["Employers"],
    )
]
