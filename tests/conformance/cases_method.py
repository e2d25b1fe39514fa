"""Method and HTTP version of an upgrade request: RFC 6455, section 4.2.1, and
RFC 9110."""

from handshake import request
from suite import Group
from upgrade import refused

methods = Group("handshake-method")

NO_GET = (400, 403, 405, 426, 501)


@methods.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def other_than_get_does_not_upgrade(context, method):
    refused(context, request(method=method), NO_GET)


@methods.case
def head_does_not_upgrade_and_its_answer_has_no_body(context):
    refused(context, request(method="HEAD"), NO_GET, head=True)


@methods.each(["get", "Get", "BREW", "GETX", "TRACE", "PROPFIND"])
def unknown_is_refused(context, method):
    refused(context, request(method=method), NO_GET)


@methods.case
def connect_is_refused(context):
    refused(context, request(method="CONNECT", uri="localhost:80"), NO_GET)


@methods.each(["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/3.0", "HTTP/11",
               "http/1.1", "HTTP/1.1x", "HTTP", "FTP/1.1", "HTTP/1."])
def other_than_http_1_1_does_not_upgrade(context, version):
    refused(context, request(version=version), (400, 403, 426, 501, 505))


@methods.case
def a_request_without_a_version_does_not_upgrade(context):
    data = request().replace(b" HTTP/1.1", b"")
    refused(context, data, (400, 403, 426, 501, 505))
