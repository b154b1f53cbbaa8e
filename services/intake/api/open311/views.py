"""What the calls answer, element by element in the specification's order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.fabric.taxonomy import OTHER
from services.intake.api.open311.writing import Document, Listed
from services.intake.domain.open311.standing import TOLD, closed_at, standing, told, withheld
from services.intake.domain.open311.taxonomy import Attribute, ServiceType
from services.intake.models import Order
from services.intake.repository.open311 import Shown, ShownStep
from services.kit.masking import public_address

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
# A picture is shown only where the client itself had published it: other sources' links are not meant for everybody.
_PUBLISHED_BY_CLIENT = "open311"


def discovery(profile: Profile, fabric: Fabric | None, url: str, dev: bool) -> Document:
    home = profile.home
    office = f"{home.city}{home.district or ''}{home.street or ''}城市运行管理中心"
    changeset = f"{fabric.published_at:%Y-%m-%d %H:%M}" if fabric else "2000-01-01 00:00"
    endpoint = {
        "specification": SPECIFICATION,
        "url": url,
        "changeset": changeset,
        "type": "test" if dev else "production",
        "formats": Listed("format", ["text/xml", "application/json"]),
    }
    return Document(
        "discovery",
        {
            "changeset": changeset,
            "contact": f"{office}，或拨打 12345",
            "key_service": f"报单要用的 api_key 由{office}发放；读取不用",
            "endpoints": Listed("endpoint", [endpoint]),
        },
    )


def services(found: Sequence[ServiceType]) -> Document:
    listed = [
        {
            "service_code": one.code,
            "service_name": one.name,
            "description": one.description,
            "metadata": True,
            "type": "realtime",
            "keywords": ",".join(one.keywords),
            "group": one.group,
        }
        for one in found
    ]
    return Document("services", Listed("service", listed))


def definition(code: str, attributes: Sequence[Attribute]) -> Document:
    listed = [_attribute(place, attribute) for place, attribute in enumerate(attributes, 1)]
    return Document("service_definition", {"service_code": code, "attributes": Listed("attribute", listed)})


def posted(order_id: str, notice: str | None, account_id: str | None) -> Document:
    return _requests([{"service_request_id": order_id, "service_notice": notice, "account_id": account_id}])


def token(order_id: str) -> Document:
    return _requests([{"service_request_id": order_id, "token": order_id}])


def requests(
    found: Sequence[Shown], profile: Profile, fabric: Fabric | None, source: str | None, extensions: bool = False
) -> Document:
    """`source`: whose own words are shown to it whatever they are."""
    return _requests([_request(one, profile, fabric, one.order.source == source, extensions) for one in found])


def updates(found: Sequence[ShownStep]) -> Document:
    listed = [
        {
            "update_id": f"{one.order.order_id}-{one.place}",
            "service_request_id": one.order.order_id,
            "status": TOLD[one.step["type"]],
            "updated_datetime": datetime.fromisoformat(one.step["at"]),
            "description": one.step["text"],
            "media_url": None,
            "external_status_code": one.step["type"],
        }
        for one in found
    ]
    return Document("service_request_updates", Listed("request_update", listed))


def updated(update_id: str, order_id: str) -> Document:
    one = {"update_id": f"{order_id}-{update_id}", "service_request_id": order_id}
    return Document("service_request_updates", Listed("request_update", [one]))


def _requests(listed: Sequence[dict[str, Any]]) -> Document:
    return Document("service_requests", Listed("request", listed))


def _attribute(place: int, attribute: Attribute) -> dict[str, Any]:
    values = [{"key": key, "name": name} for key, name in (attribute.values or {}).items()]
    said = {
        "variable": attribute.variable,
        "code": attribute.code,
        "datatype": attribute.datatype,
        "required": False,
        "datatype_description": attribute.hint,
        "order": place,
        "description": attribute.description,
    }
    return said | ({"values": Listed("value", values)} if values else {})


def _request(one: Shown, profile: Profile, fabric: Fabric | None, own: bool, extensions: bool) -> dict[str, Any]:
    order = one.order
    concern = profile.concern(order.classified.concern if order.classified else OTHER)
    hidden = withheld(order) and not own
    known = order.located if order.located is not None and order.located.known and not hidden else None
    status = standing(order.status)
    steps = [step for _, step in told(one.progress)]
    linked = order.details.attachments if order.channel == _PUBLISHED_BY_CLIENT else ()
    picture = next((one["url"] for one in linked if "attachment_id" not in one), None)
    said: dict[str, Any] = {
        "service_request_id": order.order_id,
        "status": status,
        "status_notes": steps[-1]["text"] if steps else order.said,
        "service_name": concern.name,
        "service_code": concern.code,
        "description": None if hidden else order.content,
        "agency_responsible": fabric.unit_name(one.lead) if fabric and one.lead else None,
        "service_notice": order.said,
        "requested_datetime": order.reported_at,
        "updated_datetime": (closed_at(one.progress) if status == "closed" else None) or order.changed_at,
        "expected_datetime": one.due,
        "address": _address(order) if not hidden else None,
        "address_id": None,
        "zipcode": None,
        "lat": round(known.lat, 6) if known and known.lat is not None else None,
        "long": round(known.lon, 6) if known and known.lon is not None else None,
        "media_url": None if hidden else picture,
    }
    return said | (_more(order, steps, profile) if extensions else {})


def _address(order: Order) -> str | None:
    named = order.located.name if order.located is not None and order.located.known else None
    return order.address or (public_address(named) if named else None)


def _more(order: Order, steps: Sequence[Any], profile: Profile) -> dict[str, Any]:
    notes = [
        {"datetime": datetime.fromisoformat(step["at"]), "description": step["text"], "type": step["type"]}
        for step in steps
    ]
    sub = order.classified.sub if order.classified else None
    channel = profile.channel(order.channel)
    return {
        "extended_attributes": {
            "extended_status": order.status,
            "channel": channel.name if channel else order.channel,
            "sub_code": sub,
            "sub_name": profile.concern_name(sub) if sub else None,
        },
        "notes": Listed("note", notes),
    }
