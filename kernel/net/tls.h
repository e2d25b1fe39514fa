/*
 * tls - certificate, key and rules of the TLS listener.
 *
 * TLS 1.2 or newer with ECDHE and authenticated ciphers only; no
 * renegotiation, no compression, and no session resumption: its ticket keys
 * would have to be rotated, and WebSockets live long enough to pay for a full
 * handshake.
 *
 * Thread:  logic
 * Errors:  false; the log names the file and the setting
 */
#ifndef KERNEL_NET_TLS_H
#define KERNEL_NET_TLS_H

#include <stdbool.h>

struct settings;
struct ssl_ctx_st; // OpenSSL's SSL_CTX

// Whether a TLS listener can be had of the settings. Also warns of what works
// but clients will not like.
bool tls_check(const struct settings *settings);

// The same, and keeps what was read; tls_free() accepts NULL.
struct ssl_ctx_st *tls_create(const struct settings *settings);
void tls_free(struct ssl_ctx_st *ctx);

// From now on handshakes of ctx are done as *now has it, unless that is NULL
// then. now is borrowed as long as ctx lives.
void tls_follow(struct ssl_ctx_st *ctx, struct ssl_ctx_st **now);

// Puts everything into an empty SSL_CTX for servers.
bool tls_configure(struct ssl_ctx_st *ctx, const struct settings *settings);

#endif
