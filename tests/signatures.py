"""Random requests, with what Twilio's own library says of them: a line of JSON each.

usage: tests/signatures.py COUNT SEED

A line has a request, its signature as `RequestValidator.compute_signature` makes it, and headers with
the verdict of `RequestValidator.validate` on each. tests/it/signature/differential.rs reads it.

Not asked is what the library does not take as it comes: before it signs, it drops an empty query, fragment
or parameter (a ?, # or ; at an end), and with the port also a user name and the brackets of IPv6; and it
has no way to say a value that is not UTF-8. Our verifier signs what came, byte for byte.
"""

import json
import random
import sys
from hashlib import sha256
from urllib.parse import parse_qsl, quote, quote_plus

from twilio.request_validator import RequestValidator

ODD = "aZ09 +%&=;/?#[]{}<>\"'\\~^|`*()!,:@._-\0\t\r\n\x7f\u00e9\u00df\u20ac\u2028\ufeff\uffff\U0001f642\u5c71"
SAFE = "abcXYZ019-._~!$'()*,;:@/"
NAMES = ["CallSid", "callSid", "Caller", "From", "To", "Digits", "Digit", "", "a", "A", "ForwardedFrom"]
SLOPPY = ["%", "%4", "%zz", "+", "%2b", "%25", "%61", "a=b", "%C3%a9"]


class Pairs(dict):
    """A form with names that come more than once, as web frameworks hand it over."""

    def __init__(self, body):
        super().__init__()
        for name, value in parse_qsl(body, keep_blank_values=True, errors="strict"):
            self.setdefault(name, []).append(value)

    def getall(self, name):
        return self[name]


class Source:
    """Where random parts come from."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, letters, most):
        return "".join(self.random.choices(letters, k=self.random.randrange(most)))

    def encoded(self, most):
        """A text in one of the ways to write it."""
        text = self.text(ODD, most)
        ways = [quote_plus(text), quote(text, safe=""), quote(text, safe=SAFE), self.random.choice(SLOPPY)]
        return self.random.choice(ways)

    def name(self):
        return self.random.choice(NAMES) if self.random.random() < 0.7 else self.encoded(6)

    def form(self):
        pieces = []
        for _ in range(self.random.randrange(12)):
            name = self.name()
            pair = f"{name}={self.encoded(12)}"
            pieces.append(self.random.choice([pair] * 8 + [name, "", "=", pair + "=x"]))
            if self.random.random() < 0.1:
                pieces.append(self.random.choice(pieces))
        return "&".join(pieces)

    def address(self):
        """Scheme, host, port or nothing, and a path of ours or none."""
        scheme = self.random.choice(["https", "http"])
        host = self.random.choice(["h.example", "hotline.example.org", "127.0.0.1", "xn--bcher-kva.example"])
        port = self.random.choice(["", "", ":443", ":80", ":7000", ":65535"])
        return scheme, host, port, self.random.choice(["", "", "/phone", "/a/b"])

    def target(self):
        path = self.random.choice(["join", "twilio/caller/next", "%2f%7E", self.text(SAFE, 12).lstrip("/").rstrip(";")])
        query = self.form() if self.random.random() < 0.6 else ""
        return f"/{path}?{query}" if query else f"/{path}"


def request(source):
    """One request, signed and judged."""
    choice = source.random.choice
    token = source.text("0123456789abcdef", 80) or "\u00e9 token"
    scheme, host, port, folder = source.address()
    target = source.target()
    kind = choice(["GET", "POST", "POST", "POST", "body"])
    body = {"GET": "", "POST": source.form(), "body": source.text(ODD, 60)}[kind]
    if kind == "body":
        claimed = sha256(choice([body, body, body + "x"]).encode()).hexdigest()
        target += ("&" if "?" in target else "?") + f"bodySHA256={claimed}"
    params = Pairs(body) if kind == "POST" else {}

    def signed(port, end="", params=params, token=token):
        url = f"{scheme}://{host}{port}{folder}{target}{end}"
        return RequestValidator(token).compute_signature(url, params)

    signature = signed(port)
    own = {"https": ":443", "http": ":80"}[scheme]
    headers = [signature, signed(""), signed(port or own), signed(":1"), signed(port, end="x")]
    headers += [signed(port, params=Pairs(source.form())), signed(port, token=token + "x")]
    headers += [signature[:-3] + choice(["A==", "AA=", ""])]
    base = f"{scheme}://{host}{port}{folder}"
    asked = body if kind == "body" else params
    verdicts = [(header, RequestValidator(token).validate(base + target, asked, header)) for header in headers]
    # All that our side is given, then all that it has to come to as well.
    given = {"kind": kind, "token": token, "base": base, "target": target, "body": body}
    return {**given, "signature": signature, "verdicts": verdicts}


def main(count, seed):
    source = Source(seed)
    for _ in range(count):
        print(json.dumps(request(source)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
