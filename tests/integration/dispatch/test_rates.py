"""三率 over cases that fell due."""

from datetime import timedelta

from tests.harness.single import Single
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import do, opened

RATES = "/dispatch/v1/rates"


async def test_rates_count_what_fell_due(dispatch: Single) -> None:
    good, bad, idle = Order("ord_1"), Order("ord_2"), Order("ord_3")
    asked = Order("ord_4", kind="consult")
    cases = await opened(dispatch, good, bad, idle, asked)
    admin = await dispatch.visitor("admin")
    before = (await admin.get(f"{RATES}?by=concern&period=2026-11")).json()
    assert before["items"] == []
    for case in cases[:2]:
        await do(admin, case, "sign")
        await do(admin, case, "contact")
        await do(admin, case, "resolve", measures="已劝导")
    await dispatch.publish(good.feedback(satisfaction="fair"))
    await dispatch.advance(timedelta(days=8))
    await dispatch.publish(bad.feedback(resolved=False, satisfaction="dissatisfied"))
    for by in ("unit", "grid", "concern", "channel", "street"):
        found = (await admin.get(f"{RATES}?by={by}&period=2026-11")).json()
        assert found["formula"].startswith("总分")
        assert found["weights"] == {"response": 0.2, "resolution": 0.4, "satisfaction": 0.4}
        assert all(item["name"] and item["small_sample"] for item in found["items"])
    by_unit = (await admin.get(f"{RATES}?by=unit&period=2026-11")).json()["items"]
    assert [item["key"] for item in by_unit] == ["ZR-DUTY-5"], "whom it climbed past answers for it"
    [item] = found["items"]
    assert item["name"] == "真如镇街道"
    assert item["response"]["denominator"] == 3
    assert item["response"]["numerator"] == 2
    assert item["on_time"] == {"numerator": 2, "denominator": 3, "rate": 0.6667}
    assert item["resolution"] == {"numerator": 1, "denominator": 2, "rate": 0.5}
    assert item["satisfaction"] == {"numerator": 0.5, "denominator": 2, "rate": 0.25}
    assert item["excluded"] == {"consult": 1}
    assert found["total"]["cases"] == 3
    assert (await admin.get(f"{RATES}?period=2026-12")).json()["items"] == []


async def test_bad_questions_and_strangers(dispatch: Single) -> None:
    admin = await dispatch.visitor("admin")
    for query in ("by=colour", "period=昨天", "period=2026-13", "period=9999-12", "period=%00"):
        assert (await admin.get(f"{RATES}?{query}")).status_code == 422
    assert (await (await dispatch.visitor("auditor")).get(RATES)).status_code == 200
    assert (await (await dispatch.visitor("department", unit="ZR-DUTY")).get(RATES)).status_code == 403
