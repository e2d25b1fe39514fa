#include "kernel/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

// sockaddr_storage is read and written through copies: the casts that sockets
// programs live by break the aliasing rules.

static void store_v4(
        struct address *address, const struct in_addr *ip, uint16_t port) {
    struct sockaddr_in in = {
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = *ip};
    memset(address, 0, sizeof(*address));
    memcpy(&address->storage, &in, sizeof(in));
    address->len = sizeof(in);
}

static void store_v6(
        struct address *address, const struct in6_addr *ip, uint16_t port) {
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
            .sin6_port = htons(port),
            .sin6_addr = *ip};
    memset(address, 0, sizeof(*address));
    memcpy(&address->storage, &in6, sizeof(in6));
    address->len = sizeof(in6);
}

static struct sockaddr_in load_v4(const struct address *address) {
    struct sockaddr_in in;
    memcpy(&in, &address->storage, sizeof(in));
    return in;
}

static struct sockaddr_in6 load_v6(const struct address *address) {
    struct sockaddr_in6 in6;
    memcpy(&in6, &address->storage, sizeof(in6));
    return in6;
}

bool address_parse(struct address *address, const char *text, uint16_t port) {
    char bare[ADDRESS_TEXT_SIZE];
    size_t len = strlen(text);
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= sizeof(bare)) {
        return false;
    }
    memcpy(bare, text, len);
    bare[len] = '\0';

    struct in_addr v4;
    struct in6_addr v6;
    const char *number = strcmp(bare, "localhost") == 0 ? "127.0.0.1" : bare;
    if (inet_pton(AF_INET, number, &v4) == 1) {
        store_v4(address, &v4, port);
        return true;
    }
    if (inet_pton(AF_INET6, number, &v6) == 1) {
        store_v6(address, &v6, port);
        return true;
    }
    return false;
}

static bool ask(struct address *address, int fd,
        int (*name)(int, struct sockaddr *, socklen_t *)) {
    memset(address, 0, sizeof(*address));
    address->len = sizeof(address->storage);
    return name(fd, (struct sockaddr *)&address->storage, &address->len) == 0;
}

bool address_of_peer(struct address *address, int fd) {
    return ask(address, fd, getpeername);
}

bool address_of_socket(struct address *address, int fd) {
    return ask(address, fd, getsockname);
}

void address_format(
        const struct address *address, char out[ADDRESS_TEXT_SIZE]) {
    const char *text = NULL;
    if (address->storage.ss_family == AF_INET) {
        struct sockaddr_in in = load_v4(address);
        text = inet_ntop(AF_INET, &in.sin_addr, out, ADDRESS_TEXT_SIZE);
    } else if (address->storage.ss_family == AF_INET6) {
        struct sockaddr_in6 in6 = load_v6(address);
        if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
            text = inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], out,
                    ADDRESS_TEXT_SIZE);
        } else {
            text = inet_ntop(AF_INET6, &in6.sin6_addr, out, ADDRESS_TEXT_SIZE);
        }
    }
    if (!text) {
        (void)snprintf(out, ADDRESS_TEXT_SIZE,
                address->storage.ss_family == AF_UNIX ? "unix" : "unknown");
    }
}

bool address_ip(const struct address *address, struct ip *ip) {
    struct in6_addr bytes = {0};
    if (address->storage.ss_family == AF_INET) {
        struct in_addr v4 = load_v4(address).sin_addr;
        bytes.s6_addr[10] = 0xff;
        bytes.s6_addr[11] = 0xff;
        memcpy(&bytes.s6_addr[12], &v4, sizeof(v4));
    } else if (address->storage.ss_family == AF_INET6) {
        bytes = load_v6(address).sin6_addr;
    } else {
        return false;
    }
    memcpy(ip->bytes, &bytes, IP_BYTES);
    return true;
}

uint16_t address_port(const struct address *address) {
    if (address->storage.ss_family == AF_INET6) {
        return ntohs(load_v6(address).sin6_port);
    }
    return ntohs(load_v4(address).sin_port);
}

bool address_is_any(const struct address *address) {
    if (address->storage.ss_family == AF_INET6) {
        struct sockaddr_in6 in6 = load_v6(address);
        return IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr);
    }
    return load_v4(address).sin_addr.s_addr == htonl(INADDR_ANY);
}
