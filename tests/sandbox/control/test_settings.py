"""A merchant's settings: any sequence of changes is what a dictionary with defaults would make of it."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clients.card import Sandbox, SandboxRefused
from tests.e2e.scene import Scene

ONE_VALUE: Final[Mapping[str, tuple[Any, list[Any]]]] = {
    "ip_allow_list": (None, [["127.0.0.0/8"], ["127.0.0.1", "::1"]]),
    "cooling_off_s": (0, [0, 1, 86_400]),
    "min_sign_version": (1, [1, 2]),
    "webhook_detail": ("object", ["object", "string"]),
    "min_api_version": (1, [1, 2]),
    "user_agent_deny": ([], [[], ["curl"], ["curl", "wget"]]),
    "auto_review": (False, [True, False]),
    "iban_check": ("full", ["full", "format"]),
    "callback_version": (2, [1, 2]),
    "payout_public_key": (None, ["MIIB", "of no use"]),
}
"""The default of each, and values that it can have."""
NO_FEE: Final = {"rate": "0", "fixed": "0", "minimum": "0", "bearer": "payee"}
MAPS: Final[Mapping[str, tuple[dict[str, Any], dict[str, list[Any]]]]] = {
    "quotas": (
        {"customers": 1_000_000, "payees": 1_000_000, "addresses": 100_000},
        {"customers": [0, 7], "payees": [5], "addresses": [10**12]},
    ),
    "rate_limits": ({"per_key": 1_000, "per_address": 2_000}, {"per_key": [0, 5], "per_address": [10**6]}),
    "wallet_limits": (
        {},
        {
            "USDT": [
                {"withdrawMin": "1.000000", "withdrawMax": "5.000000"},
                {"withdrawMin": "2.000000", "withdrawMax": None},
            ],
            "BTC": [{"withdrawMin": None, "withdrawMax": "0.10000000"}],
        },
    ),
    "smallest_amounts": ({"SAR": "0.01", "AED": "0.01", "KWD": "0.001"}, {"SAR": ["10.00"], "KWD": ["0.500"]}),
    "fees": ({"payout": NO_FEE}, {"payout": [{**NO_FEE, "rate": "0.05"}, {**NO_FEE, "bearer": "merchant"}]}),
}
"""The entries by default, and values that some can have."""
REQUIRED: Final[Mapping[str, list[Any]]] = {
    "permissions": [["card"], ["card", "otp", "payout", "wallet"], []],
    "product_names": [["Bursar", "Demo"], ["One"]],
    "status": ["active", "closed"],
}


def change_of_map(values: Mapping[str, list[Any]]) -> st.SearchStrategy[Any]:
    entries = {name: st.sampled_from([None, *possible]) for name, possible in values.items()}
    return st.none() | st.fixed_dictionaries({}, optional=entries)


changes: Final = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.sampled_from([None, *values]) for name, (_, values) in ONE_VALUE.items()},
        **{name: change_of_map(values) for name, (_, values) in MAPS.items()},
        **{name: st.sampled_from(values) for name, values in REQUIRED.items()},
    },
)


def changed(model: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings are afterwards."""
    after = deepcopy(model)
    for name, value in change.items():
        if name in MAPS and value is not None:
            defaults = MAPS[name][0]
            for key, entry in value.items():
                after[name][key] = defaults.get(key) if entry is None else entry
            after[name] = {key: entry for key, entry in after[name].items() if entry is not None}
        elif name in MAPS:
            after[name] = deepcopy(MAPS[name][0])
        else:
            after[name] = ONE_VALUE[name][0] if value is None and name in ONE_VALUE else value
    return after


@pytest.fixture(scope="module")
def settings_at_first(scene: Scene) -> Iterator[dict[str, Any]]:
    told: dict[str, Any] = scene.sandbox.request("PATCH", "merchant", {})
    yield told
    put_back = {name: told[name] for name in (*ONE_VALUE, *REQUIRED)}
    scene.sandbox.request("PATCH", "merchant", {**put_back, **dict.fromkeys(MAPS)})


@pytest.mark.usefixtures("settings_at_first")
def test_any_sequence_of_changes_is_that_of_a_dictionary_with_defaults(scene: Scene) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(changes, min_size=1, max_size=8))
    def every(sequence: list[dict[str, Any]]) -> None:
        model = scene.sandbox.request("PATCH", "merchant", {})
        for change in sequence:
            model = changed(model, change)
            assert scene.sandbox.request("PATCH", "merchant", change) == model, change
        assert scene.sandbox.request("PATCH", "merchant", {}) == model

    every()


@pytest.mark.parametrize(
    "refused",
    [
        {"status": None},
        {"permissions": None},
        {"product_names": None},
        {"ip_allow_list": []},
        {"quotas": {"cats": 1}},
        {"quotas": {"customers": -1}},
        {"quotas": {"customers": True}},
        {"rate_limits": {"per_day": None}},
        {"wallet_limits": {"XYZ": None}},
        {"callback_version": 3},
        {"wallet_limits": {"USDT": {"withdrawMin": "2", "withdrawMax": "1"}}},
        {"payout_accounts": {"USD": None}},
        {"smallest_amounts": {"USD": None}},
        {"fees": {"card": None}},
        {"name": "x"},
        {"webhook_detail": "text"},
        {"permissions": ["cards"]},
        {"ip_allow_list": ["nowhere"]},
        {"min_sign_version": 3},
        {"status": "gone"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_nothing_else_changes(
    scene: Scene, settings_at_first: dict[str, Any], refused: dict[str, Any]
) -> None:
    before = scene.sandbox.request("PATCH", "merchant", {})
    assert status_of(scene.sandbox, {"auto_review": True, "cooling_off_s": 77, **refused}) == 422
    assert scene.sandbox.request("PATCH", "merchant", {}) == before


@pytest.mark.parametrize("accounts", [{"SAR": None}, None])
def test_an_account_with_money_on_it_stays(
    scene: Scene, settings_at_first: dict[str, Any], accounts: dict[str, None] | None
) -> None:
    before = scene.sandbox.request("PATCH", "merchant", {})
    assert status_of(scene.sandbox, {"payout_accounts": accounts, "cooling_off_s": 77, "auto_review": True}) == 409
    assert scene.sandbox.request("PATCH", "merchant", {}) == before


def test_a_suspension_is_lifted_by_null_and_a_closed_merchant_stays_closed(scene: Scene) -> None:
    def standing(**change: Any) -> tuple[str, Any]:
        told = scene.sandbox.request("PATCH", "merchant", change)
        return told["status"], told["suspension"]

    try:
        assert standing(status="active") == ("active", None)
        assert standing(suspension=None) == ("active", None)
        assert standing(suspension={"level": "money_out"}) == ("suspended", {"level": "money_out"})
        assert standing(cooling_off_s=0) == ("suspended", {"level": "money_out"})
        assert standing(status="suspended") == ("suspended", {"level": "money_out"})
        assert standing(status="suspended", suspension=None) == ("suspended", {"level": "api"})
        assert standing(suspension=None) == ("active", None)
        assert standing(status="closed") == ("closed", None)
        assert standing(suspension=None) == ("closed", None)
    finally:
        assert standing(status="active") == ("active", None)


def status_of(sandbox: Sandbox, change: Mapping[str, Any]) -> int:
    """The status that refuses a change."""
    with pytest.raises(SandboxRefused) as refusal:
        sandbox.request("PATCH", "merchant", change)
    return refusal.value.status
