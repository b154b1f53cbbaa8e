"""What the page of the API says of answers besides the usual one, where several routes say the same."""

from services.kit.http.answers import Responses, refusals

NO_OVERLAY = refusals({404: "没有这个图层"})
NO_UNIT = refusals({404: "没有这个单位"})
IN_USE = refusals({409: "还有别的靠着它"})
NOT_NOW = refusals({409: "现在不能这样做；allowed 是能做的，state 是现在的状态"})
NEW: Responses = {201: {"description": "新的", "content": {"application/json": {"schema": {"type": "object"}}}}}
GEO_JSON = "application/geo+json"
AS_GEO_JSON: Responses = {200: {"content": {GEO_JSON: {"schema": {"type": "object"}}}}}
