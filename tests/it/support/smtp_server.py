"""A mail server for tests: tells its port, then every mail that it took, as lines of JSON on standard output.

Its one argument is JSON: `user` and `password` (must then be given), `cert` and `key` (offers STARTTLS with them),
`require_tls` (takes nothing without it), `implicit_tls` (TLS from the first byte), `refuse` (a recipient it refuses).
It ends with its standard input, so that it never outlives the test.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

OPTIONS = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}


def say(line):
    print(json.dumps(line), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == OPTIONS.get("refuse"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "subject": mail["Subject"],
                "body": mail.get_content(),
                "user": session.auth_data,
                "tls": session.ssl is not None or bool(OPTIONS.get("implicit_tls")),
            }
        )
        return "250 taken"


def judge(server, session, envelope, mechanism, data):
    user, password = data.login.decode(), data.password.decode()
    known = user == OPTIONS["user"] and password == OPTIONS["password"]
    return AuthResult(success=known, handled=False, auth_data=user)


def tls_context():
    if "cert" not in OPTIONS:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(OPTIONS["cert"], OPTIONS["key"])
    return context


async def main():
    loop = asyncio.get_running_loop()
    context = tls_context()
    implicit = bool(OPTIONS.get("implicit_tls"))

    def connection():
        return SMTP(
            Handler(),
            hostname="localhost",
            tls_context=None if implicit else context,
            require_starttls=bool(OPTIONS.get("require_tls")),
            auth_required="user" in OPTIONS,
            auth_require_tls=False,
            authenticator=judge if "user" in OPTIONS else None,
        )

    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=context if implicit else None)
    say({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
