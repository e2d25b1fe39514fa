// call - one HTTP request at a time, on a thread of the pool.
//
// The connection is kept for the next request. libcurl is used in steps, so
// that a reload does not wait for a receiver that hangs.

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "webhook.h"

#define STEP_MS         50
#define CONNECT_MAX_MS  5000L
#define SIGNED_TIME_MAX 24

struct call {
    const struct settings *settings;
    CURL *curl;
    CURLM *multi;
};

// NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type
static size_t discard(char *data, size_t size, size_t count, void *user) {
    (void)data;
    (void)user;
    return size * count;
}

static bool set_options(CURL *curl, const struct settings *settings) {
    bool set = curl_easy_setopt(curl, CURLOPT_URL, settings->url) == CURLE_OK
            && curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https")
                    == CURLE_OK
            && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
            && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard)
                    == CURLE_OK
            && curl_easy_setopt(curl, CURLOPT_USERAGENT, "nexus-webhook/1.0")
                    == CURLE_OK
            && curl_easy_setopt(
                       curl, CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms)
                    == CURLE_OK
            && curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MAX_MS)
                    == CURLE_OK;
    if (set && settings->ca_file[0] != '\0') {
        set = curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca_file)
                == CURLE_OK;
    }
    return set;
}

struct call *call_create(const struct settings *settings) {
    struct call *call = calloc(1, sizeof(*call));
    if (!call) {
        return NULL;
    }
    call->settings = settings;
    call->curl = curl_easy_init();
    call->multi = curl_multi_init();
    if (!call->curl || !call->multi || !set_options(call->curl, settings)) {
        call_destroy(call);
        return NULL;
    }
    return call;
}

void call_destroy(struct call *call) {
    if (call) {
        curl_easy_cleanup(call->curl);
        (void)curl_multi_cleanup(call->multi);
        free(call);
    }
}

// Adds a line to the list; the list stays as it is without memory.
static struct curl_slist *add(
        struct curl_slist *list, const char *name, const char *value) {
    char line[256];
    (void)snprintf(line, sizeof(line), "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(list, line);
    return longer ? longer : list;
}

// The receiver checks the time, too: a request that was recorded is no use
// later.
static struct curl_slist *sign(struct curl_slist *list, const char *secret,
        const struct delivery *delivery) {
    char when[SIGNED_TIME_MAX];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    char text[sizeof("v1=") + (size_t)2 * EVP_MAX_MD_SIZE] = "v1=";
    int when_len = snprintf(when, sizeof(when), "%lld", (long long)time(NULL));
    size_t len = (size_t)when_len + 1 + delivery->len;
    char *content = malloc(len + 1);
    if (!content) {
        return list;
    }
    (void)snprintf(content, len + 1, "%s.%s", when, delivery->body);
    (void)HMAC(EVP_sha256(), secret, (int)strlen(secret),
            (const unsigned char *)content, len, mac, &mac_len);
    free(content);
    for (unsigned i = 0; i < mac_len; i++) {
        (void)snprintf(text + 3 + (size_t)2 * i, 3, "%02x", mac[i]);
    }
    list = add(list, "Nexus-Timestamp", when);
    return add(list, "Nexus-Signature", text);
}

static struct curl_slist *make_headers(
        const struct call *call, const struct delivery *delivery) {
    struct curl_slist *list = add(NULL, "Content-Type", "application/json");
    list = add(list, "Expect", ""); // no 100-continue for large bodies
    list = add(list, "Nexus-Delivery", delivery->id);
    return call->settings->secret[0] != '\0'
            ? sign(list, call->settings->secret, delivery)
            : list;
}

// Runs until the request has ended, or the job is asked to stop.
static CURLcode perform(struct call *call, const volatile int32_t *cancelled) {
    int running = 1;
    CURLMcode error = curl_multi_add_handle(call->multi, call->curl);
    while (error == CURLM_OK && running > 0 && !*cancelled) {
        error = curl_multi_perform(call->multi, &running);
        if (error == CURLM_OK && running > 0) {
            error = curl_multi_poll(call->multi, NULL, 0, STEP_MS, NULL);
        }
    }
    int left = 0;
    const struct CURLMsg *message = curl_multi_info_read(call->multi, &left);
    CURLcode result =
            message ? message->data.result : CURLE_ABORTED_BY_CALLBACK;
    (void)curl_multi_remove_handle(call->multi, call->curl);
    return result;
}

void call_run(void *arg, const volatile int32_t *cancelled) {
    struct delivery *delivery = arg;
    struct call *call = delivery->call;
    const char *body = delivery->body;
    struct curl_slist *headers = make_headers(call, delivery);
    CURLcode result = curl_easy_setopt(
            call->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)delivery->len);
    if (result == CURLE_OK) {
        result = curl_easy_setopt(call->curl, CURLOPT_POSTFIELDS, body);
    }
    if (result == CURLE_OK) {
        result = curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, headers);
    }
    if (result == CURLE_OK) {
        result = perform(call, cancelled);
    }
    (void)curl_easy_getinfo(
            call->curl, CURLINFO_TOTAL_TIME, &delivery->seconds);
    if (result == CURLE_OK) {
        curl_off_t after = 0;
        (void)curl_easy_getinfo(
                call->curl, CURLINFO_RESPONSE_CODE, &delivery->status);
        (void)curl_easy_getinfo(call->curl, CURLINFO_RETRY_AFTER, &after);
        delivery->retry_after_s = (long)after;
    } else {
        (void)snprintf(delivery->reason, sizeof(delivery->reason), "%s",
                curl_easy_strerror(result));
    }
    curl_slist_free_all(headers);
}
