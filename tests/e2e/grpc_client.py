"""gRPC's own Python client against Viva, knowing nothing of it but what reflection says.

    grpc_client.py HOST:PORT [ROOT_CERTIFICATE.pem]

Asks for the health and the services, builds the messages from the descriptors that the server gives, starts a session,
watches it from another thread while it is ended, and reads the results. Prints a report as JSON; it judges nothing.
"""

import json
import sys
import threading

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

DEADLINE_S = 30
SERVICE = "viva.v1.Interviews"


class Service:
    """The methods of a service, made of its descriptor."""

    def __init__(self, channel, pool):
        self._channel = channel
        self._methods = pool.FindServiceByName(SERVICE).methods_by_name

    def __call__(self, name, **fields):
        method = self._methods[name]
        request = message_factory.GetMessageClass(method.input_type)(**fields)
        reply = message_factory.GetMessageClass(method.output_type)
        kind = self._channel.unary_stream if method.server_streaming else self._channel.unary_unary
        call = kind(f"/{SERVICE}/{name}", type(request).SerializeToString, reply.FromString)
        return call(request, timeout=DEADLINE_S)


def as_json(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        trailing = dict(error.trailing_metadata() or ()) | dict(error.initial_metadata() or ())
        return {"status": error.code().name, "code": trailing.get("viva-code"), "detail": error.details()}
    return None


def use(channel, database):
    pool = DescriptorPool(database)
    service = Service(channel, pool)
    health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=DEADLINE_S)
    started = service("Start", user_id="grpcio", kind="tryout")
    events, first = [], threading.Event()

    def watch():
        for response in service("Watch", session_id=started.session_id):
            events.append(as_json(response))
            first.set()

    watching = threading.Thread(target=watch)
    watching.start()
    first.wait(DEADLINE_S)
    got = service("Get", session_id=started.session_id)
    ended = service("End", session_id=started.session_id)
    watching.join(DEADLINE_S)
    results = service("Results", session_id=started.session_id)
    return {
        "health": health_pb2.HealthCheckResponse.ServingStatus.Name(health.status),
        "services": sorted(database.get_services()),
        "started": as_json(started),
        "got": as_json(got),
        "events": events,
        "ended": as_json(ended),
        "results": as_json(results),
        "unknown": failure(lambda: service("Get", session_id="nobody")),
        "wrong": failure(lambda: service("Start", kind="tryout")),
    }


def main():
    address, *certificate = sys.argv[1:]
    if certificate:
        with open(certificate[0], "rb") as file:
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))
    else:
        channel = grpc.insecure_channel(address)
    with channel:
        print(json.dumps(use(channel, ProtoReflectionDescriptorDatabase(channel))))


if __name__ == "__main__":
    main()
