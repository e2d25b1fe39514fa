#include "kernel/net/client.h"

#include <libwebsockets.h>
#include <string.h>

#include <nexus/util/str.h>

#include "kernel/core/core.h"
#include "kernel/core/settings.h"
#include "kernel/net/address.h"
#include "kernel/net/head.h"
#include "kernel/net/proxies.h"
#include "kernel/net/server.h"

struct place client_peer(int fd) {
    struct place peer = {.known = false};
    struct address address;
    char text[ADDRESS_TEXT_SIZE];
    if (address_of_peer(&address, fd) && address.storage.ss_family != AF_UNIX) {
        address_format(&address, text);
        // One that has gone already has no address any more; nobody trusts it.
        peer.known = true;
        (void)ip_parse(&peer.ip, nx_str_c(text));
    }
    return peer;
}

struct place client_place(
        const struct server *server, struct lws *wsi, const struct head *head) {
    struct place peer = client_peer(lws_get_socket_fd(wsi));
    return proxies_client(server->core->settings->listen_trusted_proxies, &peer,
            head_field(head, HEAD_FORWARDED_FOR));
}
