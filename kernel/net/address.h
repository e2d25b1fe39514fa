/*
 * address - an IP address and a port, as text and as the system wants it.
 *
 * Only numbers, and "localhost" for 127.0.0.1: nothing here asks a name
 * server. An IPv4 client of an IPv6 socket is shown as IPv4, one of a Unix
 * socket as "unix".
 *
 * Owner:   the caller; plain data
 * Thread:  any
 * Errors:  false; the object is not filled
 */
#ifndef KERNEL_NET_ADDRESS_H
#define KERNEL_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "kernel/base/ip.h"

// The longest text, without brackets, and its NUL.
#define ADDRESS_TEXT_SIZE 46

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

// text: "0.0.0.0", "::1", "[::1]", "localhost".
bool address_parse(struct address *address, const char *text, uint16_t port);

// The two ends of a connected or bound socket.
bool address_of_peer(struct address *address, int fd);
bool address_of_socket(struct address *address, int fd);

void address_format(const struct address *address, char out[ADDRESS_TEXT_SIZE]);
uint16_t address_port(const struct address *address);

// False when it is not one of IP.
bool address_ip(const struct address *address, struct ip *ip);

// True for 0.0.0.0 and ::.
bool address_is_any(const struct address *address);

#endif
