#include "kernel/net/tls.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/base/log.h"
#include "kernel/core/settings.h"
#include "tests/support/cmocka.h"

#define DAY 86400

static char folder[] = "/tmp/nexus-tls-XXXXXX";
static char said[4 * LOG_LINE_MAX];

// --- files ----------------------------------------------------------------

static void write_key(EVP_PKEY *key, const char *path, const char *password) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    const EVP_CIPHER *cipher = password ? EVP_aes_128_cbc() : NULL;
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, key, cipher, password,
                             password ? (int)strlen(password) : 0, NULL, NULL),
            1);
    assert_int_equal(fclose(file), 0);
}

// Signed by itself, valid between two days counted from today.
static void write_certificate(
        EVP_PKEY *key, const char *path, long from, long until) {
    X509 *x = X509_new();
    assert_non_null(x);
    (void)X509_set_version(x, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(x), from * DAY);
    (void)X509_gmtime_adj(X509_getm_notAfter(x), until * DAY);
    X509_NAME *name = X509_get_subject_name(x);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
            (const unsigned char *)"localhost", -1, -1, 0);
    (void)X509_set_issuer_name(x, name);
    (void)X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, x), 1);
    assert_int_equal(fclose(file), 0);
    X509_free(x);
}

static int set_up(void **state) {
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0) {
        return -1;
    }
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *other = EVP_EC_gen("P-256");
    EVP_PKEY *weak = EVP_RSA_gen(1024);
    write_key(key, "key.pem", NULL);
    write_key(key, "secret.pem", "hush");
    write_key(key, "open.pem", NULL);
    (void)chmod("open.pem", 0644);
    write_key(other, "other.pem", NULL);
    write_key(weak, "weak-key.pem", NULL);
    write_certificate(key, "good.pem", -1, 1);
    write_certificate(key, "old.pem", -2, -1);
    write_certificate(key, "early.pem", 1, 2);
    write_certificate(weak, "weak.pem", -1, 1);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    EVP_PKEY_free(weak);
    int fd = open("junk.pem", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    return fd < 0 || write(fd, "hello\n", 6) != 6 || close(fd) != 0;
}

static int tear_down(void **state) {
    (void)state;
    static const char *const files[] = {"key.pem", "secret.pem", "open.pem",
            "other.pem", "weak-key.pem", "good.pem", "old.pem", "early.pem",
            "weak.pem", "junk.pem"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)unlink(files[i]);
    }
    return chdir("/") != 0 || rmdir(folder) != 0;
}

// --- checking -------------------------------------------------------------

static struct settings settings_with(const char *certificate, const char *key) {
    return (struct settings){.tls_certificate = certificate,
            .tls_key = key,
            .tls_client_ca = "",
            .tls_min_version = "1.2",
            .tls_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"};
}

// `said` becomes what it logs.
static bool check(const struct settings *settings) {
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    log_set_fd(fds[1]);
    bool good = tls_check(settings);
    log_set_fd(2);
    ssize_t len = read(fds[0], said, sizeof(said) - 1);
    said[len > 0 ? len : 0] = '\0';
    (void)close(fds[0]);
    (void)close(fds[1]);
    return good;
}

static void expect_said(const char *word) {
    if (!strstr(said, word)) {
        fail_msg("no \"%s\" in: %s", word, said);
    }
}

static void expect_refused(
        const struct settings *settings, const char *const *words) {
    assert_false(check(settings));
    for (; *words; words++) {
        expect_said(*words);
    }
    assert_null(strchr(strchr(said, '\n') + 1, '\n')); // one line
}

static void refuses(const char *certificate, const char *key,
        const char *setting, const char *reason) {
    const struct settings settings = settings_with(certificate, key);
    const char *const words[] = {"cannot use TLS", setting, reason, NULL};
    expect_refused(&settings, words);
}

static void accepts_what_fits_together(void **state) {
    (void)state;
    struct settings settings = settings_with("good.pem", "key.pem");
    assert_true(check(&settings));
    assert_string_equal(said, "");
    settings.tls_client_ca = "good.pem";
    settings.tls_min_version = "1.3";
    assert_true(check(&settings));
    assert_string_equal(said, "");
}

static void names_the_file_that_is_wrong(void **state) {
    (void)state;
    refuses("no.pem", "key.pem", "setting=tls.certificate file=no.pem",
            "No such file");
    refuses("good.pem", "no.pem", "setting=tls.key file=no.pem",
            "No such file");
    refuses("junk.pem", "key.pem", "setting=tls.certificate file=junk.pem",
            "no start line");
    refuses("good.pem", "junk.pem", "setting=tls.key file=junk.pem", "reason=");
    refuses("good.pem", ".", "setting=tls.key file=.", "reason=");
}

static void knows_whose_key_it_is(void **state) {
    (void)state;
    refuses("good.pem", "other.pem", "setting=tls.key file=other.pem",
            "not that of tls.certificate");
    refuses("good.pem", "weak-key.pem", "setting=tls.key",
            "not that of tls.certificate");
    refuses("good.pem", "", "setting=tls.certificate", "reason=");
}

static void asks_nobody_for_a_password(void **state) {
    (void)state;
    refuses("good.pem", "secret.pem", "setting=tls.key file=secret.pem",
            "protected by a password");
}

static void refuses_short_keys(void **state) {
    (void)state;
    refuses("weak.pem", "weak-key.pem", "setting=tls.certificate",
            "key too small");
}

static void names_other_settings_too(void **state) {
    (void)state;
    struct settings settings = settings_with("good.pem", "key.pem");
    const char *const ca[] = {"setting=tls.client_ca file=junk.pem", NULL};
    const char *const ciphers[] = {"setting=tls.ciphers value=rot13", NULL};
    settings.tls_client_ca = "junk.pem";
    expect_refused(&settings, ca);
    settings.tls_client_ca = "";
    settings.tls_ciphers = "rot13";
    expect_refused(&settings, ciphers);
}

static void warns_of_dates_and_of_readers(void **state) {
    (void)state;
    struct settings settings = settings_with("old.pem", "key.pem");
    assert_true(check(&settings));
    assert_non_null(strstr(said, "warn net: the certificate has expired"));
    settings = settings_with("early.pem", "key.pem");
    assert_true(check(&settings));
    assert_non_null(strstr(said, "warn net: the certificate is not valid yet"));
    settings = settings_with("good.pem", "open.pem");
    assert_true(check(&settings));
    assert_non_null(strstr(said, "can read the TLS key setting=tls.key"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(accepts_what_fits_together),
            cmocka_unit_test(names_the_file_that_is_wrong),
            cmocka_unit_test(knows_whose_key_it_is),
            cmocka_unit_test(asks_nobody_for_a_password),
            cmocka_unit_test(refuses_short_keys),
            cmocka_unit_test(names_other_settings_too),
            cmocka_unit_test(warns_of_dates_and_of_readers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
