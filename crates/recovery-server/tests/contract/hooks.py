"""What Schemathesis has to know of this server: whom to sign in, where tickets come from, and that not everything comes
from one network address."""

import itertools
import os
import random

import requests
import schemathesis

BASE = os.environ["CONTRACT_BASE"]
IDENTIFIER = os.environ["CONTRACT_IDENTIFIER"]
LINES = itertools.count(1)


def line():
    """Another network address each time: limits by address have tests of their own."""
    number = next(LINES)
    return f"198.{18 + (number >> 16 & 1)}.{number >> 8 & 255}.{number & 255}"


def post(path, body):
    return requests.post(BASE + path, json=body, headers={"X-Forwarded-For": line()}, timeout=30)


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    """A session of its own for each call, so that ending sessions leaves the others."""

    def get(self, case, context):
        password = os.environ["CONTRACT_PASSWORD"]
        answer = post("/v1/sign-in", {"identifier": IDENTIFIER, "password": password, "device": "contract"})
        answer.raise_for_status()
        return answer.json()["session"]["access_token"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers["X-Forwarded-For"] = line()
    body = case.body
    # Half of the recoveries and sign-ups are real ones, so that what comes after the ticket is seen, too.
    has_ticket = isinstance(body, dict) and isinstance(body.get("ticket"), str)
    begins = {
        "/v1/recoveries/": ("/v1/recoveries", {"identifier": f"nobody{random.random()}"}),
        "/v1/sign-ups/": ("/v1/sign-ups", {"address": f"nobody{random.random()}@example.org"}),
    }
    for path, (begin, who) in begins.items():
        if has_ticket and case.operation.path.startswith(path) and random.random() < 0.5:
            begun = post(begin, {**who, "device": "contract"})
            if begun.status_code == 202:
                body["ticket"] = begun.json()["ticket"]
    # Half of the changes come with the right password.
    if isinstance(body, dict) and case.operation.path.startswith("/v1/account/") and random.random() < 0.5:
        if isinstance(body.get("current_password"), str):
            body["current_password"] = os.environ["CONTRACT_PASSWORD"]
