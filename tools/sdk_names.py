"""The names that the SDKs give to the endpoints, and how each call may be repeated.

An endpoint is `resource.method` in both languages, in snake case here; TypeScript writes it in camel case. An endpoint
that a table lacks stops the generator, so none is published under a name that nobody chose.
"""

from collections.abc import Mapping
from typing import Final

CARD: Final[Mapping[str, str]] = {
    "merchant/info": "merchant.get",
    "merchant/asset": "accounts.list",
    "account/supportcurrency": "accounts.currencies",
    "account/info": "accounts.get",
    "merchant/fund/list": "funds.list",
    "merchant/fund/info": "funds.get",
    "merchant/verify/password/set": "verify_password.set",
    "merchant/verify/password/update": "verify_password.update",
    "merchant/verify/password/status": "verify_password.set_enabled",
    "common/area/list": "areas.list",
    "common/file/upload": "files.upload",
    "customer/group/add": "groups.create",
    "customer/group/update": "groups.update",
    "customer/group/delete": "groups.delete",
    "customer/group/list": "groups.list",
    "customer/group/info": "groups.get",
    "customer/group/change": "groups.move_customer",
    "customer/group/remove": "groups.remove_customer",
    "card/rate/add": "rates.create",
    "card/rate/update": "rates.update",
    "card/rate/delete": "rates.delete",
    "card/rate/list": "rates.list",
    "card/rate/info": "rates.get",
    "card/rate/group/add": "rates.attach",
    "card/rate/group/remove": "rates.detach",
    "customer/add": "customers.create",
    "customer/update": "customers.update",
    "customer/list": "customers.list",
    "customer/info": "customers.get",
    "customer/kyc/submit": "kyc.submit",
    "customer/kyc/info": "kyc.list",
    "customer/code/send": "customers.send_code",
    "customer/email/bind": "customers.bind_email",
    "customer/phone/bind": "customers.bind_phone",
    "card/registerable/list": "products.list",
    "card/operate/metadata": "products.requirements",
    "card/operate/register": "cards.register",
    "card/order/pay": "orders.pay_opening",
    "card/order/info": "orders.get_opening",
    "card/operate/progress": "orders.progress",
    "card/operate/recharge": "cards.recharge",
    "card/recharge/pay": "orders.pay_recharge",
    "card/list": "cards.list",
    "card/info": "cards.get",
    "card/balance": "cards.balance",
    "card/sensitive": "cards.reveal",
    "card/bill/list": "cards.bills",
    "card/operate/activate": "cards.activate",
    "card/activation/code": "cards.activation_code",
    "card/operate/lock": "cards.lock",
    "card/operate/unlock": "cards.unlock",
    "card/operate/cancel": "cards.cancel",
    "card/password/set": "cards.set_password",
    "card/logistics/info": "cards.logistics",
    "card/3ds/confirm": "cards.confirm_3ds",
    "wallet/info": "wallet.holdings",
    "wallet/coin/list": "wallet.coins",
    "wallet/chain/list": "wallet.chains",
    "wallet/config": "wallet.config",
    "wallet/address/apply": "wallet.create_addresses",
    "wallet/address/list": "wallet.addresses",
    "wallet/deposit/list": "deposits.list",
    "wallet/deposit/info": "deposits.get",
    "wallet/withdraw": "withdrawals.create",
    "wallet/withdraw/list": "withdrawals.list",
    "wallet/withdraw/info": "withdrawals.get",
    "events/list": "events.list",
    "webhook/info": "webhooks.get",
    "webhook/update": "webhooks.update",
    "webhook/replay": "webhooks.replay",
}
"""By path below the prefix."""

PAYOUT: Final[Mapping[str, str]] = {
    "GET merchant/balance": "balances.list",
    "GET payee/banks": "banks.list",
    "GET payee/exchangeRate": "exchange_rates.list",
    "POST payee/custom/create": "customers.create",
    "POST payee/custom/update": "customers.update",
    "POST payee/custom/file": "customers.upload_photo",
    "POST payee/custom/delete": "customers.delete",
    "POST payee/custom/autoapproval": "customers.set_auto_approval",
    "POST payee/custom/batch": "customers.create_batch",
    "GET payee/custom/list": "customers.list",
    "GET payee/custom/detail": "customers.get",
    "POST payee/custom/resendStcAccountOtp": "customers.resend_stc_code",
    "POST payee/custom/submitStcAccountOtp": "customers.submit_stc_code",
    "POST payee/payCustomTicket/create": "tickets.create",
    "POST payee/payCustomTicket/rapid": "tickets.rapid",
    "POST payee/payCustomTicket/batch": "tickets.create_batch",
    "POST payee/payCustomTicket/cancel": "tickets.cancel",
    "GET payee/payCustomTicket/list": "tickets.list",
    "GET payee/payCustomTicket/detail": "tickets.get",
    "GET payee/payCustomTicket/batchDetail": "tickets.get_batch",
    "GET payee/statement": "statements.get",
    "POST otp/sendOtp": "otp.send",
    "POST otp/checkOtp": "otp.check",
    "GET otp/otpDetail": "otp.get",
    "GET events": "events.list",
    "GET webhook": "webhooks.get",
    "POST webhook": "webhooks.update",
    "POST webhook/replay": "webhooks.replay",
}
"""By method and path below the prefix."""

CONTROL: Final[Mapping[str, str]] = {
    "POST /cards/{card_id}/ship": "ship_card",
    "POST /cards/{card_id}/freeze": "freeze_card",
    "POST /cards/{card_id}/unfreeze": "unfreeze_card",
    "POST /cards/{card_id}/3ds": "challenge",
    "POST /clock": "move_clock",
    "GET /clock": "read_clock",
    "GET /outbox": "list_outbox",
    "GET /wallet/alarms": "list_wallet_alarms",
    "POST /wallet/deposits/{order_no}/decide": "decide_deposit",
    "POST /wallet/withdrawals/{order_no}/decide": "decide_withdrawal",
    "PUT /webhooks": "set_webhook_urls",
    "GET /webhooks": "list_webhooks",
    "DELETE /webhooks": "clear_webhooks",
    "GET /webhooks/messages": "list_webhook_messages",
    "GET /webhooks/{delivery_id}/message": "get_webhook_message",
    "POST /webhooks/{delivery_id}/replay": "replay_webhook",
    "PUT /webhooks/faults": "plant_webhook_faults",
    "GET /webhooks/faults": "list_webhook_faults",
    "DELETE /webhooks/faults": "clear_webhook_faults",
    "GET /requests": "list_requests",
    "GET /requests/{record_id}": "get_request",
    "POST /sign-check": "check_signature",
    "GET /merchants": "list_merchants",
    "POST /merchants": "make_merchant",
    "DELETE /merchants/{merchant_no}": "remove_merchant",
}
"""Calls of the sandbox whose function has a name that says too little, or that two calls share. The others keep it."""

STREAMS: Final = frozenset({"GET /events/stream"})
"""Calls of the sandbox that never end; no method is made of them."""

NULLS: Final = frozenset({"PUT /webhooks"})
"""Calls of the sandbox in which a null is something else than a field left out, besides every PATCH."""

ONE_TIME: Final = frozenset(
    {
        "customers.bind_email",
        "customers.bind_phone",
        "cards.confirm_3ds",
        "customers.submit_stc_code",
        "otp.check",
    }
)
"""They verify a one-time password, so every try counts against its owner: never repeated."""

PAYOUT_REPEATS: Final[Mapping[str, str]] = {
    "customers.create": "reference",
    "customers.update": "same",
    "customers.upload_photo": "same",
    "customers.delete": "never",
    "customers.set_auto_approval": "never",
    "customers.create_batch": "never",
    "customers.resend_stc_code": "never",
    "customers.submit_stc_code": "never",
    "tickets.create": "reference",
    "tickets.rapid": "reference",
    "tickets.create_batch": "reference",
    "tickets.cancel": "never",
    "otp.send": "never",
    "otp.check": "never",
    "webhooks.update": "same",
    "webhooks.replay": "never",
}
"""The payout API has no request ids: a call that changes something is repeated by its reference, or not at all."""

REFERENCES: Final[Mapping[str, tuple[str, int, str]]] = {
    "customers.create": ("mercustomid", 1302, "customers.get"),
    "tickets.create": ("payeeuid", 1401, "tickets.get"),
    "tickets.rapid": ("payeeuid", 1401, "tickets.get"),
    "tickets.create_batch": ("batchid", 1100, "tickets.get_batch"),
}
"""The reference of a call that is repeated by one: its parameter, the code that says it was used already, and the
method that finds what was made with it."""

TRANSIENT: Final[Mapping[str, frozenset[int]]] = {
    "card": frozenset({500, 900, 1001}),
    "payout": frozenset({1000, 1212}),
}
"""Codes after which a call that may be repeated is repeated: a fault of the service, too many calls, still running."""

FAMILIES: Final[Mapping[str, Mapping[str, frozenset[int]]]] = {
    "card": {
        "authentication": frozenset({401}),
        "permission": frozenset({403, 1003, 10000}),
        "parameter": frozenset({1004, 10123, 10300, 10301, 10302}),
        "rate_limit": frozenset({900}),
        "service_fault": frozenset({500}),
    },
    "payout": {
        "authentication": frozenset({1200, 1201, 1202, 1203, 1204, 1208, 1209, 1210, 1211, 1213}),
        "permission": frozenset({1205}),
        "parameter": frozenset({1102, 1103}),
        "rate_limit": frozenset({1212}),
        "service_fault": frozenset({1000}),
    },
}
"""Classes above the errors of single codes; a code of no family is a plain refusal."""

PARAMETER_NAMED: Final = frozenset({10021, 10022, 10023, 10300, 10301, 10302})
"""Codes of the card API in whose text `{0}` is the name of a parameter."""

ERROR_NAMES: Final[Mapping[str, str]] = {
    "BALANCE_INSUFFICIENT": "InsufficientBalance",
    "FAILED": "ServiceFault",
}
"""Errors whose class is not called like the code."""

SECRET: Final = frozenset(
    {
        "password",
        "confirmPassword",
        "oldPassword",
        "newPassword",
        "verifyPassword",
        "activationCode",
        "cvv",
        "credentialNo",
        "identity",
        "identitypic",
        "signpic",
        "cardno",
        "stcaccount",
        "payout_public_key",
        "secret",
        "string_to_sign",
    }
)
"""Fields that no `repr` and no log shows."""

SECRET_IN: Final[Mapping[str, frozenset[str]]] = {
    "SensitiveOut": frozenset({"cardNumber", "cvv", "expiry"}),
    "CardKeysOut": frozenset({"secret_key", "merchant_private_key"}),
    "PayoutKeysOut": frozenset({"merchant_private_key"}),
    "CodeDetail": frozenset({"code"}),
    "EmailBinding": frozenset({"code"}),
    "PhoneBinding": frozenset({"code"}),
    "ChallengeAnswer": frozenset({"code"}),
    "CodeSubmitted": frozenset({"code"}),
    "OtpCheck": frozenset({"code"}),
}
"""The same for names that are secret in some schemas alone."""

DECIMAL_TEXTS: Final = frozenset({"amount", "annualIncome", "fee", "originalAmount"})
"""Amounts whose schema says only that they are texts, because their number of decimals is another currency's."""

TITLES: Final[Mapping[str, str]] = {
    "card.EventOut": "ListedEvent",
    "payout.EventOut": "ListedEvent",
    "card.AddressIn": "AddressInput",
    "card.RateDetailIn": "RateDetailInput",
    "card.CodeOut": "SentCode",
    "card.CodeDetail": "OtpDetail",
    "card.ReplayOut": "Replayed",
    "payout.ReplayOut": "Replayed",
    "card.WebhookOut": "WebhookSettings",
    "payout.WebhookOut": "WebhookSettings",
    "card.Upload": "Upload",
}
"""Classes that are not called like their schema without `Out`."""
