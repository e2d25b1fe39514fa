"""The header Host: RFC 6455, section 4.2.1, and RFC 9112, section 3.2."""

from handshake import request, target
from suite import Group
from upgrade import accepted, refused

hosts = Group("handshake-host")


@hosts.case
def missing_is_refused(context):
    refused(context, request(without=["host"]), (400,))


@hosts.each([("same", "localhost"), ("other", "elsewhere")])
def twice_is_refused(context, second):
    refused(context, request(add=[f"Host: {second}"]), (400,))


@hosts.each([("nothing", ""), ("two_words", "local host"),
             ("list", "localhost, elsewhere"), ("path", "localhost/x"),
             ("user", "user@localhost"), ("bad_port", "localhost:port"),
             ("two_ports", "localhost:1:2"), ("open_bracket", "[::1")])
def that_is_none_is_refused(context, value):
    # RFC 9112, 3.2: 400 for a request with an invalid field value.
    refused(context, request(host=value), (400,))


@hosts.each(["localhost:8000", "127.0.0.1", "127.0.0.1:80", "[::1]",
             "[::1]:8000", "EXAMPLE.org", "a-b.example", "localhost:"])
def of_any_valid_form_is_accepted(context, value):
    accepted(context, request(host=value))


@hosts.case
def in_an_absolute_target_is_accepted(context):
    # RFC 6455, 4.1, item 2 of the requirements, and RFC 9112, 3.2.2.
    accepted(context, request(uri="http://localhost" + target()))
