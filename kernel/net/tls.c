#include "kernel/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/base/log.h"
#include "kernel/core/settings.h"

// OpenSSL's buffers come and go, and would do so in the same size class of
// jemalloc as the buffer that libwebsockets gives each session and hardly
// touches: that would then consist of used pages. That made 4.4 KB more for
// a session of 18. The one for reading is made larger than it has
// to be, the one for writing a little smaller than a full record.
#define READ_BUFFER_BYTES 21000 // 20 KB < class <= 24 KB
#define FRAGMENT_BYTES    16000 // with what surrounds it: class <= 16 KB

// A setting that names a file.
struct tls_file {
    const char *setting;
    const char *path;
};

// --- saying what is wrong -------------------------------------------------

static bool fail(const struct tls_file *file, const char *reason) {
    log_error("net", "cannot use TLS", LOG_STR("setting", file->setting),
            LOG_STR("file", file->path), LOG_STR("reason", reason));
    ERR_clear_error();
    return false;
}

// With the first thing that OpenSSL noticed: the rest is what followed.
static bool fail_by_openssl(const struct tls_file *file) {
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    return fail(file, reason ? reason : "OpenSSL does not accept it");
}

static bool is_readable(const struct tls_file *file) {
    FILE *stream = fopen(file->path, "re");
    if (!stream) {
        log_error("net", "cannot use TLS", LOG_STR("setting", file->setting),
                LOG_STR("file", file->path), LOG_ERRNO());
        return false;
    }
    (void)fclose(stream);
    return true;
}

// --- rules ----------------------------------------------------------------

static bool set_ciphers(SSL_CTX *ctx, const struct settings *settings) {
    if (SSL_CTX_set_cipher_list(ctx, settings->tls_ciphers) == 1) {
        return true;
    }
    ERR_clear_error();
    log_error("net", "cannot use TLS: OpenSSL knows no such ciphers",
            LOG_STR("setting", "tls.ciphers"),
            LOG_STR("value", settings->tls_ciphers));
    return false;
}

static bool set_rules(SSL_CTX *ctx, const struct settings *settings) {
    bool only_13 = strcmp(settings->tls_min_version, "1.3") == 0;
    (void)SSL_CTX_set_min_proto_version(
            ctx, only_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    (void)SSL_CTX_set_options(ctx,
            SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET
                    | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(ctx, 0);
    // Partial writes: a session's 64 KB leave as far as the socket takes them.
    (void)SSL_CTX_set_mode(
            ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_default_read_buffer_len(ctx, READ_BUFFER_BYTES);
    (void)SSL_CTX_set_max_send_fragment(ctx, FRAGMENT_BYTES);
    // libwebsockets would look for another vhost by the name a client gives.
    (void)SSL_CTX_set_tlsext_servername_callback(ctx, NULL);
    return set_ciphers(ctx, settings);
}

// --- files ----------------------------------------------------------------

static bool load_certificate(SSL_CTX *ctx, const struct settings *settings) {
    const struct tls_file file = {"tls.certificate", settings->tls_certificate};
    if (!is_readable(&file)) {
        return false;
    }
    return SSL_CTX_use_certificate_chain_file(ctx, file.path) == 1
            || fail_by_openssl(&file);
}

static struct tls_file key_file(const struct settings *settings) {
    if (settings->tls_key[0] == '\0') {
        return (struct tls_file){"tls.certificate", settings->tls_certificate};
    }
    return (struct tls_file){"tls.key", settings->tls_key};
}

// OpenSSL would ask at the terminal.
static int refuse_password(char *out, int size, int writing, void *asked) {
    *(bool *)asked = true;
    return 0;
}

static bool is_mismatch(void) {
    return ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH;
}

static bool load_key(SSL_CTX *ctx, const struct settings *settings) {
    const struct tls_file file = key_file(settings);
    bool asked = false;
    if (!is_readable(&file)) {
        return false;
    }
    SSL_CTX_set_default_passwd_cb(ctx, refuse_password);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
    bool loaded =
            SSL_CTX_use_PrivateKey_file(ctx, file.path, SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
    SSL_CTX_set_default_passwd_cb(ctx, NULL);
    if (asked) {
        return fail(&file, "the key is protected by a password");
    }
    if (!loaded && !is_mismatch()) {
        return fail_by_openssl(&file);
    }
    if (!loaded || SSL_CTX_check_private_key(ctx) != 1) {
        return fail(&file, "the key is not that of tls.certificate");
    }
    return true;
}

static bool load_client_ca(SSL_CTX *ctx, const struct settings *settings) {
    const struct tls_file file = {"tls.client_ca", settings->tls_client_ca};
    if (file.path[0] == '\0') {
        return true;
    }
    if (!is_readable(&file)) {
        return false;
    }
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(file.path);
    if (!names || SSL_CTX_load_verify_file(ctx, file.path) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return fail_by_openssl(&file);
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(
            ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return true;
}

bool tls_configure(struct ssl_ctx_st *ctx, const struct settings *settings) {
    return set_rules(ctx, settings) && load_certificate(ctx, settings)
            && load_key(ctx, settings) && load_client_ca(ctx, settings);
}

// --- what clients will not like -------------------------------------------

static void warn_of_dates(SSL_CTX *ctx, const struct settings *settings) {
    const X509 *certificate = SSL_CTX_get0_certificate(ctx);
    const char *text = NULL;
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
        text = "the certificate has expired";
    } else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
        text = "the certificate is not valid yet";
    }
    if (text) {
        log_warn("net", text, LOG_STR("setting", "tls.certificate"),
                LOG_STR("file", settings->tls_certificate));
    }
}

static void warn_of_readers(const struct settings *settings) {
    const struct tls_file file = key_file(settings);
    struct stat status;
    if (stat(file.path, &status) == 0 && (status.st_mode & S_IROTH) != 0) {
        log_warn("net", "everybody on this machine can read the TLS key",
                LOG_STR("setting", file.setting), LOG_STR("file", file.path));
    }
}

SSL_CTX *tls_create(const struct settings *settings) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx) {
        log_error("net", "cannot use TLS: out of memory");
        return NULL;
    }
    if (!tls_configure(ctx, settings)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    warn_of_dates(ctx, settings);
    warn_of_readers(settings);
    return ctx;
}

void tls_free(SSL_CTX *ctx) {
    SSL_CTX_free(ctx);
}

bool tls_check(const struct settings *settings) {
    SSL_CTX *ctx = tls_create(settings);
    tls_free(ctx);
    return ctx != NULL;
}

// --- changing certificates ------------------------------------------------

// Before anything of the handshake was decided. Everything that is not the
// certificate comes with it, but for what a connection has copied already.
static int follow(SSL *ssl, int *alert, void *arg) {
    SSL_CTX *now = *(SSL_CTX **)arg;
    if (now && SSL_get_SSL_CTX(ssl) != now) {
        (void)SSL_set_SSL_CTX(ssl, now);
        SSL_set_verify(ssl, SSL_CTX_get_verify_mode(now),
                SSL_CTX_get_verify_callback(now));
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

void tls_follow(SSL_CTX *ctx, SSL_CTX **now) {
    SSL_CTX_set_client_hello_cb(ctx, follow, now);
}
