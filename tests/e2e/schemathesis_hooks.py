"""Session descriptions go on the wire as the text that they are: the runner knows no serializer for them."""

import schemathesis


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def described(_context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
